"""XSS rules about JSONP: an answer that calls a function whose name the browser sends."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.character_sets import CHARACTERS
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_NAME = re.compile(
    r"^_?(json_?p?_?)?(callback|cb|jsonp)(_?(name|function|func|fn))?$", re.IGNORECASE
)
_PERCENT = re.compile(r"^%(?:\((\w+)\))?s\s?\(")
_BRACES = re.compile(r"^\{(\w*)\}\s?\(")


@code_rule(
    "xss.jsonp-callback",
    words=("GET", "POST", "query_params", "QUERY_PARAMS", "get_query_params"),
    needs_browser=True,
    title="the browser names the function that an answer calls",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 942),
    severity=Severity.MEDIUM,
    gain="an address of the site becomes any script, which its content security policy trusts; other "
    "sites read what the answer holds",
    mend="answer with `JsonResponse`, and CORS headers for the sites that may read it; or let only "
    r"`re.fullmatch(r'[A-Za-z_]\w*', name)` through",
)
def jsonp_callback(code: Code) -> Iterator[Hit]:
    """Find `"%s(%s)" % (request.GET["callback"], data)`, where nothing looked at the name."""
    texts: tuple[n.Expr, ...] = (
        *code.every(n.Joined),
        *code.every(n.Binary),
        *code.every(n.Call),
    )
    for node in texts:
        name = _called(node)
        origin = (
            code.origin(name, CHARACTERS) if name is not None and _is_callback(code, name) else None
        )
        if origin is not None and origin.is_browser:
            yield Hit(
                (code.spot(node),),
                "the answer calls whatever function the browser names",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, node, "is called"),
            )


def _is_callback(code: Code, node: n.Expr) -> bool:
    """Whether a value is called a callback, or was sent under such a name."""
    values = (node, *code.assigned(node.id)) if isinstance(node, n.Name) else (node,)
    parts = (part for value in values for part in inside(value))
    return any(_NAME.match(text(part) or tail(part)) for part in parts)


def _called(node: n.Expr) -> n.Expr | None:
    """Return `x` of a text that begins with `x(`, however it is put together."""
    match node:
        case n.Joined(parts=(n.Formatted() as first, second, *_)):
            return first.value if (text(second) or "").lstrip().startswith("(") else None
        case n.Binary(op="+", right=n.Const() as right) if not isinstance(node.left, n.Const):
            return node.left if (text(right) or "").startswith("(") else None
        case n.Binary(op="%"):
            place = _PERCENT.match(text(node.left) or "")
            return _filled(node.right, place[1]) if place else None
        case n.Call(func=n.Attr(name="format") as func):
            place = _BRACES.match(text(func.value) or "")
            if place is None:
                return None
            return argument(node, 0, *([place[1]] if place[1] and not place[1].isdigit() else []))
    return None


def _filled(node: n.Expr, name: str | None) -> n.Expr | None:
    """Return what the first place of `form % node` is filled with."""
    if isinstance(node, n.Sequence):
        return node.items[0] if node.items else None
    if name is not None and isinstance(node, n.Mapping):
        found = [v for k, v in zip(node.keys, node.values, strict=True) if text(k) == name]
        return found[0] if found else None
    return node
