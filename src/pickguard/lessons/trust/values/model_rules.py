"""Trust rules about models that the browser names: each table is as open as the least careful page."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import root
from pickguard.source.python.walk import inside

_READS = frozenset(
    {"objects", "_default_manager", "_base_manager", "filter", "all", "queryset", "get_queryset"}
)
# What tells which models are meant to be reached this way
_KINDS = frozenset({"form", "view", "serializer"})
_CHOOSES = frozenset(
    {
        "_registry",
        "is_registered",
        "registry",
        "allowed_models",
        "ALLOWED_MODELS",
        "security_errors",
    }
)


@code_rule(
    "trust.model-from-browser",
    words=("get_model",),
    packages=("django", "rest_framework", "ninja"),
    title="the browser names the model that is read",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(862, 470),
    severity=Severity.HIGH,
    gain="a page meant for one table reads every other: accounts, sessions, tokens",
    mend="look the model up among those that are meant, and ask for the right to it: `user.has_perm(…)`",
)
def model_from_browser(code: Code) -> Iterator[Hit]:
    """Find `apps.get_model(app, name)` of the browser's names with no question who may."""
    words = _words(code)
    if not words & _READS or words & _CHOOSES or asks_who_may(words) or _is_unreached(code):
        return
    for call in code.calls("get_model"):
        if code.called(call) is not None:
            continue  # a function of the site's own chooses, and is looked at itself
        given = next((a for a in call.args if _is_the_browsers(code, a)), None)
        if given is not None and not call.keywords:
            yield Hit(
                (code.spot(call),),
                "the model is whatever the browser names",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(code.origin(given), call, "names the model"),
            )


def _is_unreached(code: Code) -> bool:
    """Whether code stands in a view that no address leads to, where addresses lead to others of the module."""
    if code.owner is None or "view" not in code.project.site.classes.kinds(code.owner):
        return False
    routed = {view.symbol for _route, view in code.project.site.routes}
    family = {code.owner, *code.project.site.classes.subclasses.get(code.owner, ())}
    beside = (one for one in routed if isinstance(one, ClassSymbol | FunctionSymbol))
    return family.isdisjoint(routed) and any(one.module is code.module for one in beside)


def _is_the_browsers(code: Code, given: n.Expr) -> bool:
    """Whether this code took a name from the browser itself; what calls a helper may have asked."""
    if code.owner is None and code.function is not None:
        names = {tail(part) for part in inside(given)} | {root(given)}
        handed = {param.name for param in code.function.node.params} - code.from_url.keys()
        if names & (handed - {"request"}):
            return False
    elif code.owner is None or not code.project.site.classes.kinds(code.owner) & _KINDS:
        return False
    # `[\w-]+` of an address holds nothing that breaks out of anything, and names a model all the same
    is_of_address = isinstance(given, n.Name) and given.id in code.from_url
    is_sent = is_of_address or code.origin(given).is_browser
    return is_sent and not _is_chosen(code, given)


def _is_chosen(code: Code, given: n.Expr) -> bool:
    """Whether the name is looked for among some: `if f"{app}.{name}" not in MEANT: raise Http404`."""
    names = {part.id for part in inside(given) if isinstance(part, n.Name)}
    return any(
        node.ops[0] in ("in", "not in")
        and any(isinstance(part, n.Name) and part.id in names for part in inside(node.left))
        for node in code.every(n.Compare)
    )


def _words(code: Code) -> frozenset[str]:
    """Return the words of the code, and of the other methods of its class."""
    if code.owner is None:
        return code.words
    methods = code.project.site.classes.own_methods(code.owner)
    return code.words.union(*(method.words for method in methods))
