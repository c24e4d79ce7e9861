"""Which of the values that are put into a text are numbers there: `"%d"`, `"{:.2f}"`, `f"{x:,}"`."""

from __future__ import annotations

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text

PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")
"""A place of a `%` format: the key, and the kind."""
BRACES = re.compile(r"\{(\w*)(?:[.\[][^}:!]*)?(?:!\w)?(?::([^}]*))?\}")
"""A place of a `format` text: the key or position, and the specification."""
_NUMERIC = re.compile(r"[+\- ]?[\d,._]*[dfFeEgGnxXob%]$|[+\- ]?\d*[,_](\.\d+)?$")
_KINDS = frozenset("diouxXeEfFgG")


def is_number(spec: str) -> bool:
    """Whether a specification of `format` takes numbers alone; anything else is an error."""
    return bool(_NUMERIC.match(spec))


def is_formatted_number(part: n.Formatted) -> bool:
    """Whether one `{value:spec}` of an f-string takes numbers alone."""
    spec = part.spec.parts if isinstance(part.spec, n.Joined) else ()
    return any(is_number(text(one) or "") for one in spec)


def numbers_in(node: n.Expr) -> list[n.Expr]:
    """Return what has to be a number in a text that is put together: `n` of `"%d of %s" % (n, name)`."""
    if isinstance(node, n.Formatted):
        return [node.value] if is_formatted_number(node) else []
    if isinstance(node, n.Binary) and node.op == "%":
        form = text(node.left)
        return numbers_of_percent(form, node.right) if form is not None else []
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "format":
        form = text(node.func.value)
        return numbers_of_format(form, node) if form is not None else []
    return []


def numbers_of_percent(form: str, right: n.Expr) -> list[n.Expr]:
    """Return the values of `form % right` that have to be numbers; none where it cannot be told."""
    places = [place for place in PERCENT.finditer(form) if place[2] != "%"]
    if isinstance(right, n.Mapping):
        asked = {place[1] for place in places if place[2] not in _KINDS}
        pairs = zip(right.keys, right.values, strict=True)
        return [value for key, value in pairs if text(key) and text(key) not in asked]
    items = right.items if isinstance(right, n.Sequence) and right.kind == "tuple" else (right,)
    if len(items) != len(places) or any("*" in place[0] for place in places):
        return []
    return [item for item, place in zip(items, places, strict=True) if place[2] in _KINDS]


def numbers_of_format(form: str, call: n.Call) -> list[n.Expr]:
    """Return the values of `form.format(…)` that have to be numbers; none where it cannot be told."""
    given: dict[str, n.Expr] = {str(index): value for index, value in enumerate(call.args)}
    given |= {keyword.name: keyword.value for keyword in call.keywords if keyword.name}
    if any(isinstance(value, n.Wrapped) for value in call.args):
        return []
    as_text: set[str] = set()
    as_number: set[str] = set()
    for position, place in enumerate(BRACES.finditer(form.replace("{{", "").replace("}}", ""))):
        (as_number if is_number(place[2] or "") else as_text).add(place[1] or str(position))
    return [value for key, value in given.items() if key in as_number - as_text]
