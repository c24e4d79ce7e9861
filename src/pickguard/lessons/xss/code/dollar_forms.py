"""Texts of Python's `string.Template`, which escapes nothing of what is put in for `$name`.

https://docs.python.org/3/library/string.html#template-strings-strings
"""

import re
from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

FILLS = frozenset({"substitute", "safe_substitute"})
_PLACE = re.compile(r"(?<!\$)(?:\$\$)*\$(?:\{(\w+)\}|(\w+))")


def dollar_form(code: Code, call: n.Call) -> str:
    """Return the constant text that `PAGE.substitute(…)` fills, or an empty one."""
    receiver = receiver_of(call) if tail(call.func) in FILLS else None
    if receiver is None:
        return ""
    kept = code.body.named(receiver) if isinstance(receiver, n.Name | n.Attr) else None
    for made in (*code.made(receiver), *([kept.value] if kept is not None else [])):
        if isinstance(made, n.Call) and tail(made.func) == "Template" and made.args:
            return code.body.said(made.args[0]) or ""
    return ""


def put_in(code: Code, call: n.Call) -> Iterator[n.Expr]:
    """Yield what is put into a text by name: keywords, and the entries of a dictionary that is written out."""
    named = {found[1] or found[2] for found in _PLACE.finditer(dollar_form(code, call))}
    for keyword in call.keywords:
        if keyword.name in named:
            yield keyword.value
    for given in call.args:
        for made in code.made(given):
            if isinstance(made, n.Mapping):
                pairs = zip(made.keys, made.values, strict=True)
                yield from (value for key, value in pairs if text(key) in named)
