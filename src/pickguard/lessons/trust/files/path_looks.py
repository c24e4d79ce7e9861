"""Whether code looks at where a path leads: below which folder, or by whom it was made."""

from collections.abc import Iterator

from pickguard.base.spans import unpack
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

SIGNED = frozenset({"constant_time_compare", "compare_digest", "unsign"})
"""What proves that the site itself has named a path."""
_CHECKS = SIGNED | {"is_relative_to", "commonpath", "commonprefix"}
# they take `..` out of a path, which says nothing before the outcome is looked at
_RESOLVERS = frozenset({"realpath", "resolve", "normpath", "abspath"})
_ASKING = frozenset({"startswith", "parents", "parts", "relative_to", "relpath"})


def looks_at_path(code: Code) -> bool:
    """Whether a body of code looks at where a path leads that it has put together."""
    words = code.words
    if words & _CHECKS or any(map(_asks_for_last_part, code.every(n.Compare))):
        return True
    return bool(words & _RESOLVERS) and (bool(words & _ASKING) or _compares(code))


def _asks_for_last_part(compared: n.Compare) -> bool:
    """Whether a name is asked for being nothing but one: `Path(name).name != name`, `basename(name) == name`."""
    sides = (compared.left, compared.rights[0])
    if compared.ops[0] not in ("==", "!="):
        return False
    for part, whole in (sides, sides[::-1]):
        is_name = isinstance(part, n.Attr) and part.name == "name"
        made = part.value if isinstance(part, n.Attr) and is_name else part
        taking = _PATHS if is_name else _LAST_PARTS
        if isinstance(made, n.Call) and made.args and tail(made.func) in taking:
            if access_path(whole) and access_path(made.args[0]) == access_path(whole):
                return True
    return False


_PATHS = frozenset({"Path", "PurePath", "PurePosixPath"})
_LAST_PARTS = frozenset({"basename"})


def was_looked_at(code: Code, origin: Origin) -> bool:
    """Whether a value came through a function that looks at where it leads."""
    return any(looks_at_path(code.project.code_of(function)) for function in passed(code, origin))


def passed(code: Code, origin: Origin) -> Iterator[FunctionSymbol]:
    """Yield the functions that hold a step of a value's way."""
    spans: dict[str, list[int]] = {}
    for step in origin.steps:
        spans.setdefault(step.path, []).append(step.span)
    for function in code.project.flow.callers.functions:
        known = spans.get(function.module.path, ())
        last = unpack(function.node.span).end_line if known else 0
        if any(function.node.span <= span and unpack(span).line <= last for span in known):
            yield function


def _compares(code: Code) -> bool:
    """Whether a path without `..` is compared with another one: `if normpath(path) != path`."""
    return any(_is_resolved(code, part) for test in code.every(n.Compare) for part in inside(test))


def _is_resolved(code: Code, part: n.Expr) -> bool:
    if isinstance(part, n.Call):
        return tail(part.func) in _RESOLVERS
    held = code.assigned(part.id) if isinstance(part, n.Name) else ()
    return any(isinstance(value, n.Call) and tail(value.func) in _RESOLVERS for value in held)
