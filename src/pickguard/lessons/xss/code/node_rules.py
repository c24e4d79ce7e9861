"""XSS rules about template tags: what they return goes into the page as it is."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.values.spread import carries, loops, names_of, spread
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.code.markup import ESCAPES, is_harmless, looks_harmless, named
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.formats import is_formatted_number
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)
_GAIN = "whoever can write the value runs scripts in the browser, and the session, of who sees it"
_AWARE = frozenset(
    {"autoescape", "nodelist", "conditional_escape", "render_value_in_context", "escape"}
)
_CARRIERS = frozenset(
    {"str", "force_str", "force_text", "smart_str", "pformat", "format", "join", "strip", "lower"}
    | {"upper", "title", "replace", "repr", "get", "resolve", "append", "rstrip", "lstrip"}
)


@code_rule(
    "xss.raw-node",
    words=("resolve", "context", "strip_tags"),
    title="a template tag returns a value of the context unescaped",
    areas=_AREAS,
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="return `conditional_escape(value)` where `context.autoescape` is on, or `render_value_in_context`",
    yields_to=("xss.formatted-markup",),
)
def raw_node(code: Code) -> Iterator[Hit]:
    """Find `Node.render` methods that hand on what they resolved."""
    function = code.function
    if function is None or function.node.name not in _RENDERING or not _is_node(code):
        return
    yield from _stripped(code)
    if code.words & _AWARE or not function.node.params[1:]:
        return
    context = function.node.params[1].name

    def clears(call: n.Call) -> bool:
        return _clears(call) and not _tells_name(code, call)

    held = spread(code, _from_context(code, context), clears)
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Return) else None
        if value is None or isinstance(value, n.Const):
            continue
        told = {name for name in held if not looks_harmless(name)}
        if _reads(value, context) or carries(value, told, clears):
            if not any(looks_harmless(text(part) or "") for part in inside(value)):
                yield Hit(
                    (code.spot(statement),),
                    f"`{code.symbol.rpartition('.')[0].rpartition('.')[2]}` returns a value of the"
                    " context, and Django escapes nothing that a tag returns",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _stripped(code: Code) -> Iterator[Hit]:
    """Yield what a tag returns of which only the tags were taken away: an unclosed one stays."""
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Return) else None
        values = code.assigned(value.id) if isinstance(value, n.Name) else [value]
        for made in values:
            if not isinstance(made, n.Call) or tail(made.func) != "strip_tags":
                continue
            if code.is_from(made.func, "django.utils.html"):
                yield Hit(
                    (code.spot(made),),
                    "`strip_tags` leaves an unclosed tag, and Django escapes nothing that a tag"
                    " returns",
                    Confidence.MEDIUM,
                    code.symbol,
                )


# what Django asks a tag for, and what the classes of `classytags` do
_RENDERING = ("render", "render_tag", "get_value")
_NODES = ("template.Node", "template.base.Node", "classytags.core.Tag", "classytags.helpers.AsTag")


def _is_node(code: Code) -> bool:
    if code.owner is None:
        return False
    return any(
        ancestor.node.name == "Node"
        if isinstance(ancestor, ClassSymbol)
        else ancestor.name.endswith(_NODES)
        for ancestor in code.project.site.classes.line(code.owner)
    )


def _from_context(code: Code, context: str) -> set[str]:
    """Return the names that hold a value of the context, or a list of its values."""
    held = {
        name
        for name, values in code.body.assigned.items()
        if any(_reads(value, context) for value, _span in values)
    }
    for target, source in loops(code):
        if _reads(source, context) or tail(source) == context:
            held |= names_of(target)
    return held


def _reads(node: n.Expr, context: str) -> bool:
    """Whether an expression is a value of the context, or is made from one by no more than text."""
    if isinstance(node, n.Call):
        if tail(node.func) == "resolve" and any(tail(given) == context for given in node.args):
            return True
        if _clears(node):
            return False
        receiver = receiver_of(node)
        if tail(node.func) == "get" and tail(receiver) == context:
            return True
        return any(_reads(given, context) for given in (*node.args, *_some(receiver)))
    if isinstance(node, n.Attr):
        return _reads(node.value, context)
    if isinstance(node, n.Index):
        return tail(node.value) == context or _reads(node.value, context)
    if isinstance(node, n.Comprehension):
        return any(tail(loop.source) == context for loop in node.loops) or _reads(
            node.value, context
        )
    if isinstance(node, n.Binary | n.Joined | n.Formatted | n.Choice | n.Logic):
        if isinstance(node, n.Formatted):
            return not is_formatted_number(node) and _reads(node.value, context)
        return any(_reads(part, context) for part in _operands(node))
    return False


def _operands(node: n.Binary | n.Joined | n.Choice | n.Logic) -> tuple[n.Expr, ...]:
    if isinstance(node, n.Binary):
        return (node.left, node.right)
    if isinstance(node, n.Choice):
        return (node.then, node.other)
    return node.parts if isinstance(node, n.Joined) else node.values


def _some(node: n.Expr | None) -> tuple[n.Expr, ...]:
    return (node,) if node is not None else ()


def _clears(call: n.Call) -> bool:
    """Whether what a call returns is not what it is given: a row is chosen by a value, and holds others."""
    is_query = any(tail(part) in MANAGERS for part in inside(call.func))
    return is_query or tail(call.func) not in _CARRIERS


_NAMING = re.compile(r"(^|_)(display|name|title|label|caption)(_|$)")
_MARKING = frozenset(
    {
        "escape",
        "conditional_escape",
        "format_html",
        "mark_safe",
        "Markup",
        "render",
        "render_to_string",
    }
    | {"SafeString", "urlize", "strip_tags", "slugify", "clean", "int", "len"}
)


def _tells_name(code: Code, call: n.Call) -> bool:
    """Whether a function of the site makes a text of a row, as it stands there: `user_display(user)`."""
    if not _NAMING.search(tail(call.func)):
        return False
    function = code.called(call)
    return function is not None and _MARKING.isdisjoint(function.node.words)


@code_rule(
    "xss.markup-of-value",
    words=("Markup",),
    title="a value is called markup",
    areas=_AREAS,
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend='escape it: `markupsafe.escape(value)`, or `Markup("<b>{}</b>").format(value)`',
)
def markup_of_value(code: Code) -> Iterator[Hit]:
    """Find `Markup(value)` of Jinja2, and markup that is formatted before it is called that."""
    if code.words & {"autoescape", "sanitize", "clean", "nh3", "bleach"}:
        return
    for call in code.calls("Markup"):
        if not call.args or not code.is_from(call.func, "markupsafe", "jinja2", "flask"):
            continue
        value = call.args[0]
        origin = code.origin(value, *ESCAPES)
        if origin.is_constant or any(_is_rendered(part) for part in inside(value)):
            continue
        if origin.is_browser or not is_harmless(code, value):
            yield Hit(
                (code.spot(call),),
                f"{named(value)} is called markup, and nothing escapes it",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, call, "is called markup"),
            )


def _is_rendered(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and ("render" in tail(node.func) or tail(node.func) in ESCAPES)
