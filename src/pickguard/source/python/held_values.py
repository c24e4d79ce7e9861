"""Values that have a name for a moment, put back where they are read.

`pk = request.POST["pk"]` and then `Note.objects.get(pk=pk)` says what
`Note.objects.get(pk=request.POST["pk"])` says. A part of a request is the same wherever it is read, and so
is what was sent and is read once; a text, a display or an attribute is where the next statement alone reads
it. The result of a call keeps its name, but where the next statement returns it, or calls a method of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import is_
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from pickguard.base.spans import LINE_SHIFT
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail
from pickguard.source.python.put_together import called
from pickguard.source.python.walk import heads, inside, own, target_names, within

_OF_REQUESTS = frozenset({"GET", "POST", "FILES", "COOKIES", "META", "headers", "data", "query_params",
                          "session", "user"})  # fmt: skip
_OF_OTHERS = frozenset({"cleaned_data", "validated_data", "initial_data", "kwargs"})
_LOOKUPS = frozenset({"get", "getlist"})
_CHANGING = frozenset({"pop", "popitem", "update", "setdefault", "clear", "append", "extend", "add", "remove",
                       "insert", "setlist", "discard"})  # fmt: skip
_Block: TypeAlias = tuple[n.Stmt, ...]
_DEEPEST = 6  # values in values
_MOST = 40  # of one statement
_MOST_STEPS = 40


def may_be_held(statement: n.Stmt, before: n.Stmt | None) -> bool:
    """Whether a statement, or the one before it, may set a value that is put back; most do not."""
    if isinstance(statement, n.Assign) and _may_be_sent(statement):
        return True
    return (
        isinstance(before, n.Assign)
        and bool(name := _only_name(before))
        and (_takes_over(statement, before, name) or _takes_plain(statement, before, name))
    )


def _takes_over(statement: n.Stmt, before: n.Assign, name: str) -> bool:
    """Whether a statement returns what the one before gives a name, or calls a method of what was made there."""
    value = statement.value if isinstance(statement, n.Return | n.Do | n.Assign) else None
    if isinstance(value, n.Name) and value.id == name:
        return isinstance(statement, n.Return)
    return isinstance(before.value, n.Call) and _begins_with(value, name)


def _takes_plain(statement: n.Stmt, before: n.Assign, name: str) -> bool:
    """Whether a statement reads a text, a display or a place that the one before gives a name."""
    return _is_plain(before.value) and any(
        isinstance(node, n.Name) and node.id == name for node in within(heads(statement))
    )


def _may_be_sent(statement: n.Assign) -> bool:
    value = statement.value
    is_part = type(value) is n.Attr and value.name in _OF_REQUESTS
    return (is_part or type(value) is n.Index or _is_lookup(value)) and bool(_only_name(statement))


def _is_lookup(value: n.Expr) -> bool:
    return type(value) is n.Call and type(value.func) is n.Attr and value.func.name in _LOOKUPS


def put_back(params: Iterable[n.Param], block: _Block) -> tuple[_Block, frozenset[str]]:
    """Return the body of a function with such values in their places, and the names that are gone.

    What nests deeper than Python's own limit stays as it is.
    """
    try:
        statements = own(block)
        if any(type(one) is n.Assign and type(one.value) is n.Mapping for one in statements):
            block = _filled(block)
            statements = own(block)
        uses = _Uses(params, statements)
        if "locals" in uses.loads:
            return block, frozenset()
        sent: dict[str, n.Expr] = {}
        for name, value in uses.sent(statements):
            whole = _rebuilt(value, sent)
            if _steps(whole) <= _MOST_STEPS:
                sent[name] = whole
        if sent:
            block = _rebuilt(block, sent)
            uses = _Uses(params, own(block))
        made = _in_place(block, uses)
        gone = uses.placed.union(sent)
        return made, frozenset(gone.difference(_words(made)) if gone else ())
    except RecursionError:
        return block, frozenset()


def _steps(value: n.Expr) -> int:
    """Return how many attributes, entries and lookups lead to a value."""
    steps = 0
    while isinstance(value, n.Attr | n.Index | n.Call):
        value = value.func if isinstance(value, n.Call) else value.value
        steps += 1
    return steps


def _words(block: _Block) -> Iterator[str]:
    """Yield every name, attribute, keyword and text of a body."""
    for statement in own(block):
        yield from bound_by(statement)
        for node in within(heads(statement)):
            if isinstance(node, n.Name):
                yield node.id
            elif isinstance(node, n.Attr):
                yield node.name
            elif isinstance(node, n.Const) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, n.Call):
                yield from (keyword.name for keyword in node.keywords if keyword.name)
            elif isinstance(node, n.Lambda):
                yield from (param.name for param in node.params)
            elif isinstance(node, n.Comprehension):
                for loop in node.loops:
                    yield from target_names(loop.target)


_COUNTED = frozenset(
    {n.Compare, n.Unary, n.Logic, n.Choice, n.Walrus, n.Comprehension, n.Lambda, n.Call}
)


_BINDING = frozenset({n.Import, n.Function, n.Class, n.Try, n.Match})
_SETTING = frozenset({n.Assign, n.Delete, n.Augment, n.Annotate, n.For, n.With})


class _Uses:
    """How often a function sets and reads each name, and what it changes."""

    def __init__(self, params: Iterable[n.Param], statements: Iterable[n.Stmt]) -> None:
        self.params = {param.name for param in params}
        self.stores: Counter[str] = Counter()
        self.loads: Counter[str] = Counter()
        self.elsewhere: set[str] = set()
        self.changed: set[str] = set()
        self.asked: set[str] = set()
        self.placed: set[str] = set()
        for statement in statements:
            self._count(statement)

    def _count(self, statement: n.Stmt) -> None:
        if type(statement) in _BINDING:
            self.stores.update(_bound(statement))
        if isinstance(statement, n.If | n.While | n.Assert):
            self.asked.update(_read(statement.test))
        elif isinstance(statement, n.Function | n.Class):
            self.elsewhere.update(statement.words)
        elif type(statement) in _SETTING:
            for target in _targets(statement):
                self._set(target)
        loads = self.loads
        for node in within(heads(statement)):
            if isinstance(node, n.Name):
                loads[node.id] += 1
            elif type(node) in _COUNTED:
                self._count_in(node)

    def _count_in(self, node: n.Expr) -> None:
        match node:
            case n.Compare() | n.Unary() | n.Logic():
                self.asked.update(_read(node))
            case n.Choice():
                self.asked.update(_read(node.test))
            case n.Walrus():
                self._set(node.target)
            case n.Comprehension():
                for loop in node.loops:
                    self.stores.update(target_names(loop.target))
            case n.Lambda():
                self.stores.update(param.name for param in node.params)
            case n.Call(_, n.Attr(_, value, name)) if name in _CHANGING:
                self.changed.add(access_path(value))

    def _set(self, target: n.Expr) -> None:
        for name in target_names(target):
            self.stores[name] += 1
            self.loads[name] -= 1  # the walk takes it for one that is read
        for part in target.items if isinstance(target, n.Sequence) else (target,):
            if isinstance(part, n.Attr):
                self.changed.add(access_path(part))
            if isinstance(part, n.Index):
                self.changed.add(access_path(part.value))

    def is_settled(self, name: str) -> bool:
        """Whether a name means one thing from the first to the last statement."""
        return self.stores[name] == (0 if name in self.params else 1)

    def is_for_a_moment(self, name: str) -> bool:
        """Whether a name is set once and read, and by nothing but these statements."""
        return (
            name not in self.params
            and name not in self.elsewhere
            and name not in self.changed
            and self.stores[name] == 1
            and self.loads[name] > 0
        )

    def sent(self, statements: Iterable[n.Stmt]) -> Iterator[tuple[str, n.Expr]]:
        """Yield the names that stand for what was sent, with that value."""
        for statement in statements:
            if type(statement) is n.Assign and _may_be_sent(statement):
                name = _only_name(statement)
                if self.is_for_a_moment(name) and self._is_sent(statement.value, name):
                    yield name, statement.value

    def _is_sent(self, value: n.Expr, name: str) -> bool:
        """Whether it is a part of a request, or an entry of one that is read once, and not by a condition."""
        holder, has_key = value, False
        while (inner := _looked_up_in(holder)) is not None:
            holder, has_key = inner, True
        if isinstance(holder, n.Attr):
            root = holder.value
            of_request = holder.name in _OF_REQUESTS and tail(root) == "request"
            if not (of_request or (has_key and holder.name in _OF_OTHERS)):
                return False
        elif isinstance(holder, n.Name) and has_key:
            root = holder
        else:
            return False
        if has_key and (self.loads[name] != 1 or name in self.asked):
            return False
        if has_key and access_path(holder) in self.changed:
            return False
        return self._is_settled_path(root)

    def _is_settled_path(self, root: n.Expr) -> bool:
        while isinstance(root, n.Attr):
            root = root.value
        return isinstance(root, n.Name) and self.is_settled(root.id)


def _read(test: n.Expr) -> Iterator[str]:
    return (node.id for node in inside(test) if isinstance(node, n.Name))


def _looked_up_in(node: n.Expr) -> n.Expr | None:
    """Return `data` of `data["key"]` and of `data.get("key")`."""
    match node:
        case n.Index(_, value, n.Const()):
            return value
        case n.Call(_, n.Attr(_, value, name), args, ()) if name in _LOOKUPS and args:
            return value if all(isinstance(each, n.Const) for each in args) else None
    return None


def bound_by(statement: n.Stmt) -> Iterator[str]:
    """Yield the names that a statement sets."""
    for target in _targets(statement):
        yield from target_names(target)
    yield from _bound(statement)


def _bound(statement: n.Stmt) -> Iterator[str]:
    """Yield the names that a statement sets without a target."""
    if isinstance(statement, n.Import | n.Function | n.Class):
        yield statement.name
    elif isinstance(statement, n.Try):
        yield from (handler.name for handler in statement.handlers if handler.name)
    elif isinstance(statement, n.Match):
        yield from (name for case in statement.cases for name in case.names)


def _targets(statement: n.Stmt) -> Iterable[n.Expr]:
    if isinstance(statement, n.Assign | n.Delete):
        return statement.targets
    if isinstance(statement, n.Augment):
        return (statement.target, statement.target)  # read and set
    if isinstance(statement, n.Annotate | n.For):
        return (statement.target,)
    if isinstance(statement, n.With):
        return [item.target for item in statement.items if item.target is not None]
    return ()


def _rebuilt(value: Any, known: Mapping[str, n.Expr]) -> Any:
    """Return nodes with values in place of names; where those were set, only that remains.

    A value then stands where it is read; what it is made of stands where it was written, and so does the
    result of a call.
    """
    kind = type(value)
    if kind is n.Name:
        held = known.get(value.id)
        if held is None:
            return value
        is_result = isinstance(held, n.Call) and _looked_up_in(held) is None
        return held if is_result else replace(held, span=value.span)
    if kind is tuple:
        return tuple([_rebuilt(one, known) for one in value])
    if not isinstance(value, msgspec.Struct):
        return value
    if isinstance(value, n.Assign) and _only_name(value) in known:
        return n.Placed(value.span)
    before = [getattr(value, name) for name in value.__struct_fields__]
    after = [_rebuilt(one, known) for one in before]
    if all(map(is_, before, after)):
        return value
    return called(*after) if kind is n.Call else kind(*after)


def _only_name(statement: n.Assign) -> str:
    target = statement.targets[0]
    return target.id if isinstance(target, n.Name) and len(statement.targets) == 1 else ""


def _filled(block: _Block) -> _Block:
    """Return a block with the entries in a display that are set right behind it: `page["title"] = title`."""
    found: list[n.Stmt] = []
    name = ""  # of the display that the last statements filled, with these entries
    entries: list[tuple[n.Expr, n.Expr]] = []
    for statement in block:
        entry = _entry_of(statement, name) if name else None
        if entry is not None:
            entries.append(entry)
            found.append(n.Placed(statement.span))
            continue
        _fill(found, entries)
        made = _inside(statement, _filled)
        name, entries = "", []
        if isinstance(made, n.Assign) and isinstance(made.value, n.Mapping):
            name = _only_name(made)
        found.append(made)
    _fill(found, entries)
    return tuple(found)


def _entry_of(statement: n.Stmt, name: str) -> tuple[n.Expr, n.Expr] | None:
    """Return the key and the value that a statement sets in a display; None where it does not, or reads it."""
    match statement:
        case n.Assign(_, (n.Index(_, n.Name(_, held), n.Const() as key),), value):
            return (key, value) if held == name and name not in _read(value) else None
    return None


def _fill(found: list[n.Stmt], entries: list[tuple[n.Expr, n.Expr]]) -> None:
    """Put entries into the display that stands before the statements that set them."""
    place = len(found) - len(entries) - 1
    display = found[place] if entries else None
    if isinstance(display, n.Assign) and isinstance(display.value, n.Mapping):
        known = display.value
        keys = (*known.keys, *(key for key, _value in entries))
        values = (*known.values, *(value for _key, value in entries))
        found[place] = replace(display, value=n.Mapping(known.span, keys, values))


def _in_place(block: _Block, uses: _Uses) -> _Block:
    """Return a block with what is read once in the place where the statement behind it reads it."""
    found: list[n.Stmt] = []
    depths: list[int] = []
    for statement in block:
        made, depth, taken = _inside(statement, lambda inner: _in_place(inner, uses)), 0, 0
        reads = 0 if isinstance(made, n.Placed) else len(found)
        for place in range(reads - 1, -1, -1):
            before = found[place]
            if isinstance(before, n.Placed):
                continue
            held = _read_by(made, before, uses) if depths[place] < _DEEPEST else {}
            if not held or taken == _MOST:
                break
            made, found[place] = _rebuilt(made, held), n.Placed(before.span)
            uses.placed.update(held)
            depth, taken = max(depth, depths[place] + 1), taken + 1
        found.append(made)
        depths.append(depth)
    return tuple(found)


def written_at(node: n.Expr) -> int:
    """Return the span at which a value was written: one that was put back stands where it is read."""
    first = node.func if isinstance(node, n.Call) else node
    if isinstance(first, n.Attr | n.Index):
        first = first.value
    elif isinstance(first, n.Joined | n.Sequence):
        first = next(iter(first.parts if isinstance(first, n.Joined) else first.items), node)
    elif isinstance(first, n.Mapping):
        first = next(iter(first.values), node)
    return first.span if first.span >> LINE_SHIFT < node.span >> LINE_SHIFT else node.span


_NESTING = frozenset({n.If, n.For, n.While, n.With, n.Try, n.Match})


def _inside(statement: n.Stmt, change: Callable[[_Block], _Block]) -> n.Stmt:
    """Return a statement with the blocks in it changed."""
    if type(statement) not in _NESTING:
        return statement
    match statement:
        case n.If() | n.For() | n.While():
            return replace(statement, body=change(statement.body), other=change(statement.other))
        case n.With():
            return replace(statement, body=change(statement.body))
        case n.Try(span, body, handlers, other, final):
            handled = tuple([replace(one, body=change(one.body)) for one in handlers])
            return n.Try(span, change(body), handled, change(other), change(final))
        case n.Match(span, subject, cases):
            return n.Match(
                span, subject, tuple([replace(one, body=change(one.body)) for one in cases])
            )
    return statement


def _read_by(statement: n.Stmt, before: n.Stmt, uses: _Uses) -> dict[str, n.Expr]:
    """Return the value that the statement before gives a name for this one alone, by that name."""
    if not isinstance(before, n.Assign) or isinstance(statement, n.While | n.Function | n.Class):
        return {}
    name = _only_name(before)
    if not name or uses.loads[name] != 1 or not uses.is_for_a_moment(name):
        return {}
    taken = _takes_over(statement, before, name) or (
        name not in uses.asked and _takes_plain(statement, before, name)
    )
    return {name: before.value} if taken else {}


def _begins_with(value: n.Expr | None, name: str) -> bool:
    """Whether a value is made by a method of what has a name: `rows.order_by("pk").first()` of `rows`."""
    if isinstance(value, n.Wrapped) and value.kind == "await":
        value = value.value
    if not isinstance(value, n.Call):
        return False
    receiver: n.Expr = value
    while isinstance(receiver, n.Call | n.Attr | n.Index):
        receiver = receiver.func if isinstance(receiver, n.Call) else receiver.value
    return isinstance(receiver, n.Name) and receiver.id == name and receiver is not value.func


def _is_plain(value: n.Expr) -> bool:
    return isinstance(value, n.Joined | n.Mapping | n.Sequence) or (
        bool(access_path(value)) and not isinstance(value, n.Name)
    )
