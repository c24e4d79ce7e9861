"""What a body gives to names, wherever in it and in whatever order: far cheaper than a `Scope`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.flow.callees.poured import poured_by_library
from pickguard.flow.values.gone_over import picked
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import statements, target_names

ADDING_ITEM = frozenset({"append", "add", "insert", "appendleft"})
ADDING_ENTRY = "setdefault"
ADDING = ADDING_ITEM | {"extend", "update", "write"}


class Given(Struct, frozen=True, gc=False):
    """What a target is given.

    Attributes:
        path: the name, or the access path (`self.rows`, `data['q']`).
        expr: the value, or what it is a part of.
        part: the position in an unpacked value and how many there are, or None.
        index: the key that is set of a container of that path, or None.
    """

    path: str
    expr: n.Expr
    part: tuple[int, int] | None = None
    index: n.Expr | None = None


def given(target: n.Expr, value: n.Expr, how: str = "assigned") -> Iterator[Given]:
    """Yield what the names and paths of a target are given.

    Args:
        target: what stands left of the `=`, behind `for` or behind `as`.
        value: what it is given.
        how: `assigned`, `iterated` (an item of the value) or `entered` (by `with`).
    """
    if isinstance(target, n.Name):
        yield Given(target.id, value)
    elif isinstance(target, n.Sequence):
        yield from _unpacked(target, value, how)
    elif isinstance(target, n.Wrapped) and target.value is not None:
        yield from given(target.value, value, how)
    else:
        path = access_path(target)
        if path:
            yield Given(path, value)
        holder = access_path(target.value) if isinstance(target, n.Index) else ""
        if holder and isinstance(target, n.Index):
            yield Given(holder, value, None, target.index)


def _unpacked(target: n.Sequence, value: n.Expr, how: str) -> Iterator[Given]:
    count = len(target.items)
    is_pairwise = isinstance(value, n.Sequence) and len(value.items) == count and how == "assigned"
    for position, item in enumerate(target.items):
        if is_pairwise and isinstance(value, n.Sequence):
            yield from given(item, value.items[position])
            continue
        inner = picked(value, position) if how == "iterated" else None
        if not isinstance(item, n.Name):
            yield from given(item, inner or value, how)
        elif inner is not None and not isinstance(inner, n.Const):  # `i, row in enumerate(rows)`
            yield Given(item.id, inner)
        else:
            yield Given(item.id, value, (position, count))


def augmented(statement: n.Augment) -> n.Binary:
    """Return what `x += 1` gives to `x`."""
    return n.Binary(statement.span, statement.op, statement.target, statement.value)


def assigned(
    own: Iterable[n.Stmt], walruses: Iterable[n.Walrus]
) -> dict[str, list[tuple[n.Expr, int]]]:
    """Return everything that is assigned to a name or path, with where, in order.

    Args:
        own: the statements of a body, nested blocks included.
        walruses: the `:=` of it.
    """
    found: dict[str, list[tuple[n.Expr, int]]] = {}
    for target, value, how, span in _bindings(own, walruses):
        for one in given(target, value, how):
            if one.index is None:
                found.setdefault(one.path, []).append((one.expr, span))
    return found


def _bindings(
    own: Iterable[n.Stmt], walruses: Iterable[n.Walrus]
) -> Iterator[tuple[n.Expr, n.Expr, str, int]]:
    """Yield the targets of a body with what they are given, how, and where."""
    for s in own:
        match s:
            case n.Assign():
                for target in s.targets:
                    yield target, s.value, "assigned", s.span
            case n.Annotate() if s.value is not None:
                yield s.target, s.value, "assigned", s.span
            case n.Augment():
                yield s.target, augmented(s), "assigned", s.span
            case n.For():
                yield s.target, s.source, "iterated", s.span
            case n.With():
                for item in s.items:
                    if item.target is not None:
                        yield item.target, item.context, "entered", s.span
            case n.Match():
                for name in (name for case in s.cases for name in case.names):
                    yield n.Name(s.span, name), s.subject, "iterated", s.span
    for node in walruses:
        yield node.target, node.value, "assigned", node.span


def names(own: Iterable[n.Stmt], walruses: Iterable[n.Walrus]) -> dict[str, n.Import | None]:
    """Return the names that a body makes its own: with an import that binds one last, else with None.

    What is only added to (`rows.append(row)`) stays what it is outside.
    """
    found: dict[str, n.Import | None] = {}
    for s in own:
        if isinstance(s, n.Import):
            found[s.name] = s
        elif isinstance(s, n.Function | n.Class):
            found[s.name] = None
        elif isinstance(s, n.Try):
            found.update((handler.name, None) for handler in s.handlers if handler.name)
        else:
            for target, _value, _how, _span in _bindings((s,), ()):
                found.update((name, None) for name in target_names(target))
    found.update((name, None) for node in walruses for name in target_names(node.target))
    return found


def returned(own: Iterable[n.Stmt]) -> Iterator[n.Expr]:
    """Yield what a body returns or yields, in order."""
    for s in own:
        value = s.value if isinstance(s, n.Return | n.Do) else None
        if isinstance(s, n.Do):
            is_yield = isinstance(value, n.Wrapped) and value.kind in ("yield", "yield from")
            value = value.value if is_yield and isinstance(value, n.Wrapped) else None
        if value is not None:
            yield value


def kept_paths(own: Iterable[n.Stmt]) -> frozenset[str]:
    """Return the names and paths that a body may bind or add to, among them those of attributes."""
    found = set(paths_bound(own))
    for s in own:
        if isinstance(s, n.Assign | n.Do) and isinstance(s.value, n.Call | n.Wrapped):
            value = s.value.value if isinstance(s.value, n.Wrapped) else s.value
            poured = poured_by_library(value) if isinstance(value, n.Call) else None
            if poured is not None:
                found.add(access_path(poured.target))
    return frozenset(found)


def paths_bound(block: Iterable[n.Stmt]) -> list[str]:
    """Return the names and paths that statements bind, or add to, each once."""
    found: dict[str, None] = {}
    for s in block:
        for target in _targets(s):
            for path in _target_paths(target):
                found[path] = None
    return list(found)


def bound_in_loop(block: Iterable[n.Stmt]) -> list[str]:
    """Return the names and paths that a loop's body binds."""
    return paths_bound(statements(block))


def _targets(s: n.Stmt) -> tuple[n.Expr, ...]:
    if isinstance(s, n.Assign):
        return s.targets
    if isinstance(s, n.Annotate | n.Augment | n.For):
        return (s.target,)
    if isinstance(s, n.With):
        return tuple(i.target for i in s.items if i.target is not None)
    if isinstance(s, n.Do) and isinstance(s.value, n.Call):
        func = s.value.func
        if isinstance(func, n.Attr) and (func.name in ADDING or func.name == ADDING_ENTRY):
            return (func.value,)
    return ()


def _target_paths(target: n.Expr) -> Iterator[str]:
    if isinstance(target, n.Sequence):
        for item in target.items:
            yield from _target_paths(item)
        return
    if isinstance(target, n.Wrapped) and target.value is not None:
        yield from _target_paths(target.value)
        return
    path = access_path(target)
    if path:
        yield path
    if isinstance(target, n.Index):
        holder = access_path(target.value)
        if holder:
            yield holder
