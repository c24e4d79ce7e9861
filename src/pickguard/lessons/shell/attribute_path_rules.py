"""Code rules about attributes that are walked to by a name with dots, and set there."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, receiver_of
from pickguard.source.python.walk import inside

# what a message of a browser is called once it was read
_MESSAGES = frozenset(
    {"payload", "data", "body", "message", "params", "event", "content", "msg", "frame"}
)
_WALKS = frozenset({"getattr", "attrgetter"})
_CALLER_LIMIT = 12


@code_rule(
    "shell.attributes-by-path",
    words=("setattr",),
    title="a name with dots says which attribute of which object is set",
    areas=(Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(915, 1321),
    severity=Severity.HIGH,
    gain="`__init__.__globals__.settings.DEBUG` leads from any object to all there is: a stranger sets constants,"
    " settings and functions of the whole process",
    mend='refuse names that begin with an underscore: `if part.startswith("_"): raise …`, or list what may be set',
)
def attributes_by_path(code: Code) -> Iterator[Hit]:
    """Find `for part in name.split("."): holder = getattr(holder, part)` before a `setattr`, of a name that is sent."""
    if code.function is None or not _WALKS & code.words or _refuses(code):
        return
    for name, parts in _cut_up(code):
        walked = [
            c for c in code.calls("getattr") if len(c.args) > 1 and _is_part(c.args[1], parts)
        ]
        for call in code.calls("setattr"):
            if (
                walked
                and len(call.args) > 1
                and _is_part(call.args[1], parts)
                and _is_sent(code, name)
            ):
                yield Hit(
                    (code.spot(call), code.spot(walked[0], "walks on by the name")),
                    f"`{tail(name)}` leads to any attribute of any object, and sets it",
                    Confidence.HIGH if code.origin(name).is_browser else Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _refuses(code: Code) -> bool:
    """Whether names with underscores, or all but some, are refused: any question about underscores will do."""
    asked: list[n.Expr] = [*code.every(n.Compare), *code.calls("startswith", "match", "fullmatch")]
    said = (text(part) or "" for node in asked for part in inside(node))
    return any("_" in one for one in said) or "isidentifier" in code.words


def _cut_up(code: Code) -> Iterator[tuple[n.Expr, frozenset[str]]]:
    """Yield what is cut at its dots, and the names that its parts have then."""
    for call in code.calls("split"):
        name = receiver_of(call)
        if name is None or not call.args or text(call.args[0]) != ".":
            continue
        lists = {
            tail(t)
            for s in code.statements
            if isinstance(s, n.Assign) and s.value is call
            for t in s.targets
        }
        loops = [
            s for s in code.statements if isinstance(s, n.For) and _goes_over(s.source, call, lists)
        ]
        parts = {tail(part) for loop in loops for part in inside(loop.target)}
        yield name, frozenset(parts | lists) - {""}


def _goes_over(source: n.Expr, call: n.Call, lists: set[str]) -> bool:
    return any(
        part is call or (isinstance(part, n.Name) and part.id in lists) for part in inside(source)
    )


def _is_part(node: n.Expr, parts: frozenset[str]) -> bool:
    """Whether it is a part of the name: `part`, `parts[-1]`."""
    holder = node.value if isinstance(node, n.Index) else node
    return isinstance(holder, n.Name) and holder.id in parts


def _is_sent(code: Code, name: n.Expr) -> bool:
    """Whether a browser says the name: by what is known, or as an entry of a message that a caller was handed."""
    if code.origin(name).is_browser:
        return True
    function = code.function
    if function is None or not isinstance(name, n.Name):
        return False
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if caller.function is None:
            continue
        there = code.project.code_of(caller.function)
        for value in given(function, call, Passed(name.id), is_bound=is_bound):
            if any(_is_entry(made) for made in there.made(value)):
                return True
    return False


def _is_entry(node: n.Expr) -> bool:
    """Whether it is `payload.get("name")`, or `data["name"]`."""
    holder, key = entry_of(node) or (None, None)
    return tail(holder) in _MESSAGES and text(key) is not None
