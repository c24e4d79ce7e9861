"""Where a row that a function has taken gets out, and what was asked on the way there.

note = get_object_or_404(Note, pk=pk)
context = {"note": note, "may_edit": request.user.has_perm("notes.change_note")}  # decides nothing
if note.owner != request.user:                                                    # decides
    raise PermissionDenied
return render(request, "note.html", context)                                      # the way out

A row gets out where it is returned, in whatever it was put, and where it is written or deleted. What
decides is what has to hold on the way there, what may raise before, and what the row was chosen by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, given_to, is_false, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, heads, inside

_WRITES = frozenset({
    "save", "asave", "delete", "adelete", "update", "aupdate", "add", "aadd", "remove", "set", "clear",
    "bulk_create", "create", "acreate",
})  # fmt: skip
_MOST_GIVEN = 12  # ways on which one name may get the row
_MOST = 300_000  # conditions kept in one walk: each way keeps its own, however long the function is
_DEEPEST = 120  # blocks in each other: more than a person writes, fewer than Python takes
_SENT = frozenset({"method", "GET", "POST", "data", "query_params", "kwargs"})
_NOT_CHOSEN = frozenset({"self", "cls", "request", "user", "info"})
_FILLS = frozenset({"update", "append", "setdefault", "extend", "add"})
_SENDS_ON = frozenset({"redirect", "HttpResponseRedirect", "reverse", "reverse_lazy"})


class Asked(Struct, frozen=True):
    """What is evaluated on the way.

    Attributes:
        expr: a condition, a call, or a part of one of them.
        truth: what it is there; None where it only ran, or where that cannot be told.
        decides: whether its answer does; a call that only ran decides by raising alone.
    """

    expr: n.Expr
    truth: bool | None = None
    decides: bool = True


class WayOut(Struct, frozen=True):
    """One statement by which a row gets out.

    Attributes:
        span: of the statement, or of the call that writes.
        asked: what decides on the way there.
        write: the call that writes the row, or what hangs on it; None where it is returned.
        held: the names that hold the row, or what was made of it.
    """

    span: int
    asked: tuple[Asked, ...]
    write: n.Call | None = None
    held: frozenset[str] = frozenset()


Writes: TypeAlias = Callable[[n.Call], bool]


def writes_by_name(call: n.Call) -> bool:
    """Whether a call on a row writes it, by its name: not `context.update({…})`, which is of a mapping."""
    if tail(call.func) == "update" and call.args:
        return False
    return tail(call.func) in _WRITES and not is_false(argument(call, 0, "commit"))


def ways_out(function: n.Function, row: n.Call, writes: Writes = writes_by_name) -> list[WayOut]:
    """Return the ways on which a row gets out of a function, in the order in which they stand.

    What is asked in a branch counts behind it as well, where the row, the person or a setting decides
    whether it is run: `if note.is_private: …`. Where the browser decides, it takes the other branch.

    Args:
        function: a function that answers requests.
        row: the call in it that takes the row.
        writes: tells of a method that is called on the row, or on what was made of it.

    Returns:
        The ways; none where branches stand too deep in each other, or are too many, to be told apart.
    """
    walk = _Walk(row, writes, frozenset(param.name for param in function.params) - _NOT_CHOSEN)
    walk.block(body(function), [])
    return [] if walk.gave_up else walk.found


class _Walk:
    """One walk through a function, along the ways that its branches open."""

    def __init__(self, row: n.Call, writes: Writes, params: frozenset[str]) -> None:
        self.row = row
        self.params = params
        self.writes = writes
        self.held: dict[
            str, list[tuple[Asked, ...]]
        ] = {}  # what was asked where a name got the row
        self.given: dict[str, list[Asked]] = {}
        self.found: list[WayOut] = []
        self.ends = 0
        self.depth = 0
        self.kept = 0
        self.gave_up = False

    def block(self, block: Iterable[n.Stmt], before: Iterable[Asked]) -> list[Asked] | None:
        """Return what has been asked where a block was run; None where no way leads through."""
        asked = list(before)
        self.depth += 1
        self.gave_up |= self.depth >= _DEEPEST
        for statement in block if not self.gave_up else ():
            if isinstance(statement, n.If | n.For | n.While | n.With | n.Try | n.Match):
                after = self._inner(statement, asked)
            else:
                after = self._plain(statement, asked)
            if after is None or self.gave_up:
                self.depth -= 1
                return None
            asked = after
        self.depth -= 1
        return asked

    def _plain(self, one: n.Stmt, asked: list[Asked]) -> list[Asked] | None:
        """Take one statement without blocks, and add to what has been asked."""
        if isinstance(one, n.Return | n.Raise | n.Jump):
            self.ends += 1
            self._return(one, asked)
            return None
        if isinstance(one, n.Assert):
            asked += self._atoms(one.test, truth=True)
            return asked
        self._note(one, asked)
        self._write(one, asked)
        asked += map(_run, _refusing(one))
        return asked

    def _inner(self, one: n.Stmt, asked: list[Asked]) -> list[Asked] | None:
        match one:
            case n.If():
                return self._if(one, asked)
            case n.Try():
                return self._try(one, asked)
            case n.With():
                for item in one.items:
                    self._hold(item.target, item.context, asked)
                return self.block(one.body, [*asked, *(_run(item.context) for item in one.items)])
            case n.Match():
                started = [*asked, Asked(one.subject)]
                return _joined(asked, [self.block(case.body, started) for case in one.cases])
            case n.For():
                self._hold(one.target, one.source, asked)
                ran = [*asked, *map(_run, _calls(one.source))]
                return _joined(asked, [self.block(one.body, ran), self.block(one.other, asked)])
            case n.While():
                held = [*asked, *self._atoms(one.test, truth=True)]
                return _joined(asked, [self.block(one.body, held)])
        return asked

    def _if(self, one: n.If, asked: list[Asked]) -> list[Asked] | None:
        ends = self.ends
        then = self.block(one.body, [*asked, *self._atoms(one.test, truth=True)])
        other = self.block(one.other, [*asked, *self._atoms(one.test, truth=False)])
        if then is None or other is None:
            return other if then is None else then
        ways = [(one.body, then), (one.other, other)]
        taking = [way for block, way in ways if self._takes(block)]
        if len(taking) == 1:
            return taking[0]
        if self._is_chosen(one.test):
            ways = []
        more = [part for _block, way in ways for part in way[len(asked) :]]
        may_end = self.ends > ends
        return [*asked, *(part for part in more if may_end or not part.decides)]

    def _atoms(self, test: n.Expr, *, truth: bool) -> list[Asked]:
        """Return what has to hold; nothing where the browser decides on a part of which one is enough."""
        part, wanted = test, truth
        while isinstance(part, n.Unary) and part.op == "not":
            part, wanted = part.operand, not wanted
        if isinstance(part, n.Logic) and (part.op == "or") == wanted:
            if any(map(self._is_chosen, part.values)):
                return []
        return list(_split(test, truth=truth))

    def _is_chosen(self, test: n.Expr) -> bool:
        """Whether the browser alone says what a condition comes to: `request.method == "POST"`."""
        names = {part.id for part in inside(test) if isinstance(part, n.Name)}
        is_sent = any(isinstance(part, n.Attr) and part.name in _SENT for part in inside(test))
        return names <= self.params | {"request", "self"} and (is_sent or bool(names & self.params))

    def _takes(self, block: Sequence[n.Stmt]) -> bool:
        return any(
            type(part) is n.Call and part.span == self.row.span for part in expressions(block)
        )

    def _try(self, one: n.Try, asked: list[Asked]) -> list[Asked] | None:
        through = self.block(one.body, asked)
        through = self.block(one.other, through) if through is not None else None
        ways = [through, *(self.block(handler.body, asked) for handler in one.handlers)]
        if all(way is None for way in ways):
            self.block(one.final, asked)
            return None
        return self.block(one.final, _joined(asked, ways))

    def _note(self, one: n.Stmt, asked: list[Asked]) -> None:
        """Keep what names are given, and under which conditions."""
        if isinstance(one, n.Assign):
            for target in one.targets:
                self._hold(target, one.value, asked)
                name = _base(target)
                is_column = isinstance(target, n.Attr) and name in self.held
                tests = [Asked(part.expr) for part in asked if part.decides and not is_column]
                self.given.setdefault(name, []).extend((*tests, Asked(one.value)))
                self._keep(len(tests))
        elif isinstance(one, n.Augment):
            self._hold(one.target, one.value, asked)
        elif isinstance(one, n.Annotate) and one.value is not None:
            self._hold(one.target, one.value, asked)
            self.given.setdefault(_base(one.target), []).append(Asked(one.value))
        elif isinstance(one, n.Do) and isinstance(one.value, n.Call):
            call = one.value
            if isinstance(call.func, n.Attr) and self._is_given(call):
                self._hold(call.func.value, call, asked)  # `context.update(note=note)`

    def _is_given(self, call: n.Call) -> bool:
        return tail(call.func) in _FILLS and any(map(self._mentions, given_to(call)))

    def _hold(self, target: n.Expr | None, value: n.Expr, asked: list[Asked]) -> None:
        """Keep that names have the row, or what was made of it, and what was asked before they got it."""
        if target is None or isinstance(value, n.Compare | n.Logic | n.Unary) or _is_for(value):
            return
        if not self._mentions(value):
            return
        here = [*(one for one in asked if one.decides), *self._left_out(value)]
        ways = [(*here, *before) for before in self._before(value)]
        names = target.items if isinstance(target, n.Sequence) else (target,)
        for name in {_base(name) for name in names} - {"", "self", "request"}:
            kept = self.held.setdefault(name, [])
            kept += ways[: _MOST_GIVEN - len(kept)]
            self._keep(sum(map(len, ways)))

    def _before(self, value: n.Expr) -> list[tuple[Asked, ...]]:
        """Return what was asked before a value got hold of the row, for each way on which it may have."""
        parts = list(inside(value))
        if any(isinstance(part, n.Call) and part.span == self.row.span for part in parts):
            return [()]
        names = {part.id: None for part in parts if isinstance(part, n.Name)}
        return [way for name in names for way in self.held.get(name, ())]

    def _mentions(self, value: n.Expr) -> bool:
        return any(
            part.span == self.row.span
            if isinstance(part, n.Call)
            else isinstance(part, n.Name) and (part.id in self.held)
            for part in inside(value)
        )

    def _return(self, one: n.Stmt, asked: list[Asked]) -> None:
        value = one.value if isinstance(one, n.Return) else None
        while isinstance(value, n.Wrapped) and value.value is not None:
            value = value.value
        if value is None:
            return
        if isinstance(value, n.Choice):
            for chosen, truth in ((value.then, True), (value.other, False)):
                self._return(
                    n.Return(one.span, chosen), [*asked, *self._atoms(value.test, truth=truth)]
                )
            return
        self._write(n.Do(one.span, value), asked)
        if isinstance(value, n.Compare | n.Logic | n.Unary) or not self._mentions(value):
            return
        if isinstance(value, n.Call) and tail(value.func) in _SENDS_ON:
            return
        asked = [*asked, *self._left_out(value), *map(_run, _calls(value))]
        for before in self._before(value):
            self._add(one.span, [*asked, *before])

    def _left_out(self, value: n.Expr) -> Iterator[Asked]:
        """Yield what has to hold of each row that gets out: `[note for note in notes if note.owner == user]`."""
        for part in inside(value):
            if isinstance(part, n.Comprehension):
                for loop in part.loops if self._mentions(part.loops[0].source) else ():
                    for test in loop.tests:
                        yield from self._atoms(test, truth=True)

    def _write(self, one: n.Stmt, asked: list[Asked]) -> None:
        for part in (node for head in heads(one) for node in inside(head)):
            if isinstance(part, n.Call) and isinstance(part.func, n.Attr):
                if self._is_row(part.func.value) and self.writes(part):
                    self._add(part.span, [*asked, Asked(part.func.value)], part)

    def _is_row(self, receiver: n.Expr) -> bool:
        """Whether what is written to is the row, a form of it, or what hangs on it."""
        if isinstance(receiver, n.Name | n.Attr | n.Index):
            return _base(receiver) in self.held
        return self._mentions(receiver)

    def _add(self, span: int, asked: Iterable[Asked], write: n.Call | None = None) -> None:
        decides = tuple(self._with_given([*asked, Asked(self.row)]))
        self.found.append(WayOut(span, decides, write, frozenset(self.held)))
        self._keep(len(decides))

    def _keep(self, count: int) -> None:
        self.kept += count
        self.gave_up |= self.kept > _MOST

    def _with_given(self, asked: list[Asked]) -> Iterator[Asked]:
        """Yield what is asked, and what the names in what decides were given, under which conditions."""
        known: set[str] = set()
        left = asked[::-1]
        while left:
            one = left.pop()
            yield one
            for part in inside(one.expr) if one.decides else ():
                if isinstance(part, n.Name) and part.id in self.given and part.id not in known:
                    known.add(part.id)
                    truth = one.truth if part is one.expr else None
                    for given in self.given[part.id]:
                        left += _split(given.expr, truth=truth)


def _is_for(value: n.Expr) -> bool:
    """Whether a value is what a row says to one person: `offer.price_for(request.user)`."""
    if not isinstance(value, n.Call) or not isinstance(value.func, n.Attr):
        return False
    return any(tail(given) == "user" for given in value.args)


def _joined(asked: list[Asked], ways: Iterable[list[Asked] | None]) -> list[Asked]:
    """Return what may have been asked where several ways meet: more than what has been on each."""
    return [*asked, *(part for way in ways if way is not None for part in way[len(asked) :])]


def _split(test: n.Expr, *, truth: bool | None) -> Iterator[Asked]:
    """Yield the conditions that a condition is made of, each with what it is where the whole is `truth`."""
    if isinstance(test, n.Unary) and test.op == "not":
        yield from _split(test.operand, truth=None if truth is None else not truth)
    elif isinstance(test, n.Logic):
        for value in test.values:
            yield from _split(value, truth=truth)
    elif isinstance(test, n.Walrus):
        yield from _split(test.value, truth=truth)
    else:
        yield Asked(test, truth)


def _run(expr: n.Expr) -> Asked:
    return Asked(expr, decides=False)


def _refusing(one: n.Stmt) -> Iterator[n.Expr]:
    """Yield the calls of a statement, any of which may raise."""
    for head in heads(one):
        yield from _calls(head)


def _calls(value: n.Expr) -> Iterator[n.Expr]:
    return (part for part in inside(value) if isinstance(part, n.Call))


def _base(target: n.Expr) -> str:
    """Return the name that an expression begins with: `data` of `data["row"].text`."""
    while isinstance(target, n.Attr | n.Index):
        target = target.value
    return target.id if isinstance(target, n.Name) else ""
