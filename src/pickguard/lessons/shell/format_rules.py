"""Shell and code rules about format strings: a form reaches the attributes of what fills it."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of

_TEXTS = frozenset({"str", "escape", "conditional_escape", "repr", "int", "len", "reverse"})


@code_rule(
    "shell.format-from-data",
    words=("format", "format_map"),
    title="data is a format string",
    areas=(Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(134, 1336),
    severity=Severity.HIGH,
    gain="`{user.password}` shows an attribute of what fills the form,"
    " `{user.__init__.__globals__[settings]}` the secrets of its module, and `{:9999999999}` takes the memory",
    mend="put values in by name alone: `string.Template(text).safe_substitute(name=str(name))`",
)
def format_from_data(code: Code) -> Iterator[Hit]:
    """Find `text.format(user=user)` where the browser, or a writer of the site, chose the text."""
    for call, form in _formatted(code):
        origin = code.origin(form)
        is_written = origin.is_stored and bool(origin.writer)
        if not origin.is_browser and not is_written:
            continue
        holds_objects = any(_may_be_object(code, part, call) for part in given_to(call))
        if not holds_objects and not origin.is_browser:
            continue  # an editor who breaks their own text
        who = "the browser sent" if origin.is_browser else "somebody stored"
        yield Hit(
            (code.spot(call),),
            f"`{tail(call.func)}` follows the places in a text that {who}",
            Confidence.HIGH,
            code.symbol,
            None if holds_objects else Severity.MEDIUM,
            flow=code.flow(origin, call, "is the form that values are put into"),
            gain=""
            if holds_objects
            else "`{:9999999999}` in the text takes the memory of a worker",
        )


def _formatted(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield what fills in a form that is no constant, and the form."""
    for call in code.calls("format", "format_map"):
        form = receiver_of(call)
        if form is None or isinstance(form, n.Const | n.Joined) or not given_to(call):
            continue
        if not (isinstance(form, n.Call) and tail(form.func) in TRANSLATIONS):
            yield call, form


def _may_be_object(code: Code, node: n.Expr, call: n.Call) -> bool:
    """Whether a value is a row, or a collection whose values are not to be seen."""
    match node:
        case n.Const() | n.Joined() | n.Binary():
            return False
        case n.Mapping():
            return any(_may_be_object(code, value, call) for value in node.values)
        case n.Call() if tail(node.func) in _TEXTS | TRANSLATIONS:
            return False
    if isinstance(node, n.Name) and code.body.is_request(node):
        return True
    found = code.type_of(node, call)
    if found is not None:
        return found.sort is Sort.INSTANCE
    is_spread = any(k.name is None and k.value is node for k in call.keywords)
    if is_spread or tail(call.func) == "format_map":
        return not code.origin(node).is_browser  # what was sent holds texts alone
    return tail(node) in ("user", "self")
