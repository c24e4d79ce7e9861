"""What a dictionary tells that goes out as a whole, also one that a function of the site makes."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.code import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

_SAME = frozenset({"dict", "dumps", "str", "repr", "pformat", "copy"})
_DEEPEST = 3


def told_entries(
    code: Code, value: n.Expr, words: frozenset[str], depth: int = 0
) -> Iterator[tuple[Code, n.Expr]]:
    """Yield the values of the entries of a dictionary, each with the code that it stands in.

    Args:
        code: where the dictionary goes out.
        value: what goes out: `{**self.context(request)}`, `context(request)`, a name of one of them.
        words: names of what is looked for: only functions that name one of them are looked into.
        depth: names and calls that were followed.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, n.Mapping):
        for key, entry in zip(value.keys, value.values, strict=True):
            if key is None:
                yield from told_entries(code, entry, words, depth + 1)
            else:
                yield code, entry
    elif isinstance(value, n.Name):
        yield from ((code, entry) for entry in _put_in(code, value.id))
        for made in code.assigned(value.id):
            yield from told_entries(code, made, words, depth + 1)
    elif isinstance(value, n.Call):
        yield from _told_by(code, value, words, depth)


def _told_by(
    code: Code, call: n.Call, words: frozenset[str], depth: int
) -> Iterator[tuple[Code, n.Expr]]:
    """Yield the entries of the dictionary that a call makes, hands on, or has a function of the site make."""
    if tail(call.func) in _SAME:
        yield from ((code, one.value) for one in call.keywords if one.name)
        for given in call.args:
            yield from told_entries(code, given, words, depth + 1)
        return
    function = code.called_with(call, words)
    if function is None or function == code.function:
        return
    there = code.project.code_of(function)
    for value in there.returned:
        yield from told_entries(there, value, words, depth + 1)


def _put_in(code: Code, name: str) -> Iterator[n.Expr]:
    """Yield what is put into a dictionary entry by entry: `told["session"] = …`."""
    for path, values in code.body.assigned.items():
        if path.startswith(f"{name}["):
            yield from (value for value, _span in values)
