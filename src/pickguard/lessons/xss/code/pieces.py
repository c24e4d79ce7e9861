"""What a text is put together from, and which of its pieces nothing escapes."""

import re
from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.kit.values.sure import worst
from pickguard.lessons.xss.code.dollar_forms import FILLS, put_in
from pickguard.lessons.xss.code.markup import ESCAPES
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import inside

HARMLESS = (*ESCAPES, "dumps", "nh3", "bleach", "naturalday")
"""Names of what leaves no markup in what it returns."""


def unescaped_parts(code: Code, node: n.Expr, depth: int = 0) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield the parts of a text that are put into HTML as they are, with their origins."""
    if depth > 6:
        return
    for part in _parts(code, node, depth):
        origin = code.origin(part, *HARMLESS)
        if not origin.is_constant:
            yield part, origin


def _parts(code: Code, node: n.Expr, depth: int) -> Iterator[n.Expr]:
    if isinstance(node, n.Joined):
        for part in node.parts:
            if isinstance(part, n.Formatted):
                is_inner = is_made(part.value) and depth < 4
                yield from _parts(code, part.value, depth + 1) if is_inner else (part,)
    elif isinstance(node, n.Binary) and node.op == "%":
        yield from items_of(node.right)
    elif isinstance(node, n.Binary) and node.op == "+":
        for side in (node.left, node.right):
            yield from _parts(code, side, depth + 1) if is_made(side) else (side,)
    elif isinstance(node, n.Call) and tail(node.func) == "format":
        yield from node.args
        yield from (keyword.value for keyword in node.keywords)
    elif isinstance(node, n.Call) and tail(node.func) in FILLS:
        yield from put_in(code, node)
    elif isinstance(node, n.Call) and tail(node.func) == "join" and depth < 4:
        yield from _joined_parts(code, node, depth)
    elif isinstance(node, n.Name) and depth < 4:
        for value in code.assigned(node.id):
            if value is not node and is_made(value):
                yield from _parts(code, value, depth + 1)


def _joined_parts(code: Code, node: n.Call, depth: int) -> Iterator[n.Expr]:
    """`"&amp;".join("%s=%s" % pair for pair in pairs)`: what is formatted for each item."""
    for given in node.args:
        if isinstance(given, n.Comprehension) and given.value is not None:
            yield from _parts(code, given.value, depth + 1)
        elif (whole := _split(given)) is not None:
            yield whole


def is_made(node: n.Expr) -> bool:
    """Whether an expression puts a text together."""
    return isinstance(node, n.Joined | n.Binary) or (
        isinstance(node, n.Call)
        and (
            tail(node.func) == "format"
            or tail(node.func) in FILLS
            or (tail(node.func) == "join" and any(_is_made_of(arg) for arg in node.args))
        )
    )


def _is_made_of(given: n.Expr) -> bool:
    if isinstance(given, n.Comprehension):
        return isinstance(given.value, n.Joined | n.Binary)
    return _split(given) is not None


def _split(given: n.Expr) -> n.Expr | None:
    """Return `text` of `text.split(",")`: joined again, it is the same text with other separators."""
    if isinstance(given, n.Call) and isinstance(given.func, n.Attr):
        return given.func.value if given.func.name in ("split", "splitlines") else None
    return None


def worst_part(code: Code, node: n.Expr) -> Origin | None:
    """Return the origin of the piece of a text that a rule can be surest of; None where all are harmless."""
    return worst(origin for _part, origin in unescaped_parts(code, node))


# an element, an entity, or an attribute: `class="`
_MARKUP = re.compile(r"""<|&(?:amp|lt|gt|quot|nbsp|#\d+);|(?:^|\s)[a-z][\w-]*=["']""")


def says_markup(said: str) -> bool:
    """Whether a constant text is markup."""
    return bool(_MARKUP.search(said))


def holds_markup(node: n.Expr) -> bool:
    """Whether markup is written in an expression, apart from what an escaping function is given."""
    escaped = {
        id(part)
        for call in inside(node)
        if isinstance(call, n.Call) and tail(call.func) in HARMLESS
        for part in inside(call)
    }
    return any(
        isinstance(p, n.Const) and id(p) not in escaped and says_markup(str(p.value))
        for p in inside(node)
    )
