"""Trust rules about templates: the browser names the one that is shown."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.requested import SEGMENT
from pickguard.flow.values.beginning import SCHEME
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of

# by the place of the name
_SHOWS = {
    "render": 1,
    "TemplateResponse": 1,
    "render_to_string": 0,
    "render_to_response": 0,
    "SimpleTemplateResponse": 0,
    "get_template": 0,
    "select_template": 0,
}
_CHOOSES = frozenset({"get_template_names", "template_name", "get_template_name"})
# Django's loaders keep to their folders: what names the folder, and leaves it nowhere, is enough
_CLEARS = (SCHEME, SEGMENT, "slugify", "basename", "safe_join", "get_valid_filename")


@code_rule(
    "trust.template-from-browser",
    words=(*_SHOWS, *_CHOOSES),
    needs_browser=True,
    title="the browser names the template that is shown",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(73, 98),
    severity=Severity.MEDIUM,
    gain="a stranger has any template of any app filled with what this page knows, also those for staff and for"
    " mails; where an upload lies in a folder of templates, what it says is run",
    mend="look the name up in a list of those that may be shown",
)
def template_from_browser(code: Code) -> Iterator[Hit]:
    """Find names of templates that begin with what the request says."""
    for name, place in (*_shown(code), *_chosen(code)):
        for one in items_of(name):
            origin = code.origin(one, *_CLEARS, *code.clears(SinkKind.PATH))
            if origin.is_browser and not _is_told_by_options(code, one):
                yield Hit(
                    (code.spot(place),),
                    "the name of the template comes from the browser",
                    Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, place, "names the template"),
                    cause=code.cause(origin),
                )
                break


def _shown(code: Code) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield the names that functions of Django's are given, each with the call."""
    for call in code.calls(*_SHOWS):
        name = argument(call, _SHOWS[code.asked_name(call)], "template_name", "template_name_list")
        if name is not None and code.is_from(call.func, "django"):
            yield name, call


def _chosen(code: Code) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield the names that a view says by its method, its property or its attribute."""
    if code.owner is None or "view" not in code.project.site.classes.kinds(code.owner):
        return
    if code.function is not None and code.function.node.name in _CHOOSES:
        yield from ((value, value) for value in code.returned)
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            target = statement.targets[0]
            is_own = isinstance(target, n.Attr) and tail(target.value) == "self"
            if is_own and tail(target) == "template_name":
                yield statement.value, statement.value


def _is_told_by_options(code: Code, name: n.Expr) -> bool:
    """Whether it is a parameter of a view that no route here leads to: `path("", shown, {"template": "a.html"})`."""
    if code.function is None or tail(name) not in code.body.params:
        return False
    routes = code.project.views()
    return not any(code.function in (f for _, f in view.handlers) for _route, view in routes)
