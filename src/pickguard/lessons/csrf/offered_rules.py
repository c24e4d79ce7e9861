"""CSRF rules about views that a package offers: the sites around it give them an address."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

# what a page of another site can send without asking: a form
_FORMS = re.compile(r"^(POST|FILES)$|parse_multipart|^multipart/form-data$")
# what tells the sender by more than a cookie
_PROOFS = re.compile(
    r"sign(ed|ature|er)|hmac|secret|token|digest|verif|api_?key|authenticat|csrf(?!_exempt$)|saml",
    re.IGNORECASE,
)

# what no browser sends
_OF_MACHINES = re.compile(r"webhook|ipn|notification|callback", re.IGNORECASE)


@rule(
    "csrf.offered-exempt-view",
    title="a view that a package offers is exempt from the CSRF check, and takes forms",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.HIGH,
    gain="every site that gives it an address lets any page on the web send forms in a visitor's name",
    mend="remove `csrf_exempt`, or take nothing but JSON: a browser asks before it sends that elsewhere",
)
def offered_exempt_view(project: Project) -> Iterator[Hit]:
    """Find views without an address here whose `dispatch` is exempt, that read forms, and ask for no proof."""
    classes = project.site.classes
    shown = {view.symbol for _route, view in project.site.routes}
    above = {o for one in shown if isinstance(one, ClassSymbol) for o in classes.own_line(one)}
    for symbol in classes.of_kind("view"):
        if symbol in above or symbol.module.holds_tests or _OF_MACHINES.search(symbol.node.name):
            continue
        exempting = _exempting(project, symbol)
        if exempting is None:
            continue
        words = {
            word
            for one in classes.own_line(symbol)
            for method in classes.own_methods(one)
            for word in method.words
        }
        if any(map(_FORMS.search, words)) and not any(map(_PROOFS.search, words)):
            yield Hit(
                (Spot(symbol.module.path, exempting.span),),
                f"`{symbol.node.name}` takes forms, and is exempt from the CSRF check",
                Confidence.MEDIUM,
                symbol.name,
            )


def _exempting(project: Project, symbol: ClassSymbol) -> n.Expr | None:
    """Return the decorator that exempts a view: on its `dispatch`, or on the class itself."""
    dispatch = project.site.names.own_member(symbol, "dispatch")
    decorators = symbol.node.decorators
    if isinstance(dispatch, FunctionSymbol):
        decorators = (*dispatch.node.decorators, *decorators)
    return next(
        (one for one in decorators if any(tail(part) == "csrf_exempt" for part in inside(one))),
        None,
    )
