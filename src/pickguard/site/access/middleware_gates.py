"""What the project's own middlewares do with a stranger's request for one route.

A body is followed as it would run. What a condition asks of the person is answered as for a
stranger, what it asks of the address or of the route's name as for the route; where it asks for
anything else, both ways are followed. Requests to which the questions have the same answers end
alike, so that a body is followed once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

from msgspec import Struct, field

from pickguard.site.access.answers import LOGIN_WORDS, decided, lets_strangers_in
from pickguard.site.access.guards import ASKING
from pickguard.site.access.middleware_questions import Asked, Mark, Question, asked
from pickguard.site.access.view_marks import Marks
from pickguard.site.forms.forms import Forms
from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN, default_of
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_none, put_in, tail, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import blocks, inside, statements

METHODS = ("__call__", "process_request", "process_view")
"""The methods of a middleware that are given a request before the view is."""
_GATE_WORDS = LOGIN_WORDS | {"LOGIN_URL"}
_OF_MEMBERS = frozenset({"is_authenticated", "is_active", "is_staff", "is_superuser", "has_perm"})
_ADDRESSES = frozenset({"path", "path_info", "get_full_path"})
_NAMES = frozenset({"url_name", "namespace", "view_name"})
_TRIMMING = frozenset({"lstrip", "rstrip", "strip", "lower"})
_VIEWS = frozenset({"view_func", "view", "view_class", "cls", "func", "callback"})
_READS_MARKS = frozenset({"getattr", "hasattr"})
_LOOP_LIMIT = 30


class _End(Enum):
    """How a stretch of code leaves a request."""

    PASSED = "passed"
    STOPPED = "stopped"
    WENT_ON = "went on"


_Ends = frozenset[_End]
_WENT_ON = frozenset({_End.WENT_ON})


class _Gate(Struct, frozen=True):
    """A function of a middleware that is given the request; `owner` is what `self` is."""

    function: FunctionSymbol
    owner: ClassSymbol | None


class _Outcome(Struct):
    """How a gate deals with the requests that answer its questions alike, as far as they go.

    Attributes:
        question: what is asked next; None where nothing is.
        after: what follows each answer.
        ends: how the request may leave the gate, where nothing more is asked.
        is_unsure: whether something was asked about the person that nobody can answer.
    """

    question: Question | Mark | None = None
    after: dict[bool | None, _Outcome] = field(default_factory=dict)
    ends: _Ends = frozenset()
    is_unsure: bool = False


class MiddlewareGates:
    """The middlewares of a project that look at the login by themselves.

    Args:
        classes: of the site.
        forms: reads the values of attributes.
        settings: of production.
        middleware: the dotted names that they list.
    """

    def __init__(
        self, classes: Classes, forms: Forms, settings: Settings | None, middleware: Iterable[Any]
    ) -> None:
        self._classes, self._forms, self.settings = classes, forms, settings
        self._gates = tuple(
            gate
            for name in middleware
            if isinstance(name, str)
            for gate in self._functions(classes.names.dotted(name))
            if _GATE_WORDS.intersection(gate.function.node.words)
        )
        self._reads_marks = any(
            not _READS_MARKS.isdisjoint(gate.function.node.words) for gate in self._gates
        )
        self._known: dict[Asked, bool | None] = {}
        self._outcomes: dict[tuple[_Gate, bool], _Outcome] = {}

    def _functions(self, symbol: Symbol | None) -> Iterator[_Gate]:
        if isinstance(symbol, ClassSymbol):
            for name in METHODS:
                method = self._classes.method(symbol, name)
                if method is not None:
                    yield _Gate(method, symbol)
        elif isinstance(symbol, FunctionSymbol):
            for node in body(symbol.node):
                if isinstance(node, n.Function):
                    qualname = f"{symbol.qualname}.{node.name}"
                    yield _Gate(FunctionSymbol(symbol.module, node, qualname), None)

    def stop(self, route: str | None, name: str | None, marks: Callable[[], Marks]) -> bool | None:
        """Whether a stranger is stopped before the view of a route; None where nobody can tell.

        Args:
            route: the whole of its pattern, or None.
            name: with its namespaces, or None.
            marks: gives the attributes that are set on its view.
        """
        if not self._gates:
            return False
        request = asked(
            "<" if route is None else route, name, marks() if self._reads_marks else frozenset()
        )
        if request not in self._known:
            found = [self._stops(gate, request) for gate in self._gates]
            self._known[request] = True if True in found else None if None in found else False
        return self._known[request]

    def _stops(self, gate: _Gate, request: Asked) -> bool | None:
        way = self._outcome(gate, request, is_member=False)
        stranger = way.ends
        member = self._outcome(gate, request, is_member=True).ends
        if stranger == {_End.STOPPED}:
            return True if member != stranger else None
        if stranger == {_End.PASSED}:
            return False
        return False if stranger == member and not way.is_unsure else None

    def _outcome(self, gate: _Gate, request: Asked, *, is_member: bool) -> _Outcome:
        start = self._outcomes.setdefault((gate, is_member), _Outcome())
        found = _reached(start, request)
        if not found.ends:
            _Way(self, gate, request, start, is_member=is_member).follow()
            found = _reached(start, request)
        return found

    def turns_away(self, gate: _Gate, called: n.Expr) -> bool:
        """Whether a function of the site says no to strangers: `may_enter(request.user)`."""
        symbol = self._classes.names.resolve(gate.function.module, called)
        if not isinstance(symbol, FunctionSymbol) or not ASKING.intersection(symbol.node.words):
            return False
        return not lets_strangers_in(body(symbol.node), ASKING, self.settings)

    def value(self, gate: _Gate, node: n.Expr) -> Any:
        """Return what a name stands for in a gate: an attribute of its class, or a constant."""
        if isinstance(node, n.Attr) and gate.owner and tail(node.value) in ("self", "cls"):
            found = self._classes.value(gate.owner, node.name)
            if found is None:
                return self._set_at_start(gate.owner, node.name)
        elif isinstance(node, n.Attr) and tail(node.value) == "settings" and self.settings:
            return self.settings.get(node.name, UNKNOWN)
        else:
            symbol = self._classes.names.resolve(gate.function.module, node)
            found = symbol if isinstance(symbol, ValueSymbol) else None
        return UNKNOWN if found is None else self._forms.value(found)

    def _set_at_start(self, owner: ClassSymbol, name: str) -> Any:
        """Return what `__init__` sets: `self.open = getattr(settings, "OPEN_URLS", ())`."""
        method = self._classes.method(owner, "__init__")
        for statement in body(method.node) if method is not None else ():
            is_set = isinstance(statement, n.Assign) and any(
                isinstance(target, n.Attr) and target.name == name for target in statement.targets
            )
            if is_set and isinstance(statement, n.Assign) and method is not None:
                return self._at_start(_Gate(method, None), statement.value)
        return UNKNOWN

    def _at_start(self, gate: _Gate, node: n.Expr) -> Any:
        if isinstance(node, n.Call) and tail(node.func) == "getattr" and len(node.args) == 3:
            setting = text(node.args[1]) if tail(node.args[0]) == "settings" else None
            if setting is None or self.settings is None:
                return UNKNOWN
            return self.settings.get(setting, evaluate(node.args[2], lambda _node: UNKNOWN))
        return evaluate(node, lambda name: self.value(gate, name))


def _reached(outcome: _Outcome, request: Asked) -> _Outcome:
    """Return how far the answers for a request were followed before."""
    while outcome.question is not None:
        outcome = outcome.after.setdefault(outcome.question.answer(request), _Outcome())
    return outcome


class _Way:
    """The request of a stranger, or of one who may do all, on its way through one function.

    What it asks on the way, and how it leaves, is noted in the outcomes that start with `outcome`.
    """

    def __init__(
        self,
        gates: MiddlewareGates,
        gate: _Gate,
        request: Asked,
        outcome: _Outcome,
        *,
        is_member: bool,
    ) -> None:
        self._gates, self._gate, self._outcome = gates, gate, outcome
        self._is_unsure = False
        self._request, self._is_member = request, is_member
        self._bound: dict[str, n.Expr] = {}
        self._responses: set[str] = set()

    def follow(self) -> None:
        """Follow the function to its end."""
        found = self._after(body(self._gate.function.node))
        ends = found - _WENT_ON | {_End.PASSED} if _End.WENT_ON in found else found
        self._outcome.ends, self._outcome.is_unsure = ends, self._is_unsure

    def _ask(self, question: Question | Mark) -> bool | None:
        answer = question.answer(self._request)
        self._outcome.question = question
        self._outcome = self._outcome.after.setdefault(answer, _Outcome())
        return answer

    def _after(self, block: Iterable[n.Stmt]) -> _Ends:
        found: _Ends = frozenset()
        for statement in block:
            after = self._of(statement)
            found |= after - _WENT_ON
            if _End.WENT_ON not in after:
                return found
        return found | _WENT_ON

    def _of(self, statement: n.Stmt) -> _Ends:
        match statement:
            case n.Return():
                return self._returned(statement.value)
            case n.Raise():
                return frozenset({_End.STOPPED})
            case n.If():
                return self._if(statement)
            case n.Try():  # as it goes where nothing fails
                return self._after((*statement.body, *statement.other, *statement.final))
            case n.With():
                return self._after(statement.body)
            case n.For(target=n.Name(id=name), other=()) if items := self._items(statement):
                return self._each(statement, name, items)
            case n.For() | n.While() | n.Match():
                return self._either(*blocks(statement), ())
            case n.Assign(targets=(n.Name() as target,)):
                self._bound[target.id] = statement.value
                if self._is_response(statement.value):
                    self._responses.add(target.id)
        return _WENT_ON

    def _if(self, statement: n.If) -> _Ends:
        holds = self._holds(statement.test)
        if holds is None:
            self._is_unsure |= any(tail(node) == "user" for node in inside(statement.test))
            return self._either(statement.body, statement.other)
        return self._after(statement.body if holds else statement.other)

    def _items(self, loop: n.For) -> tuple[str, ...]:
        """Return the texts that a loop goes over, where they are known and nothing leaves it early."""
        leaves = any(isinstance(s, n.Jump) for s in statements(loop.body))
        items = () if leaves else self._texts(loop.source) or ()
        return items if len(items) <= _LOOP_LIMIT else ()

    def _each(self, loop: n.For, name: str, items: tuple[str, ...]) -> _Ends:
        """Follow a loop once for each item."""
        found: _Ends = frozenset()
        for item in items:
            self._bound[name] = n.Const(loop.span, item)
            after = self._after(loop.body)
            found |= after - _WENT_ON
            if _End.WENT_ON not in after:
                return found
        return found | _WENT_ON

    def _either(self, *ways: Iterable[n.Stmt]) -> _Ends:
        """Follow each way from where they part; a name that they leave different means nothing after."""
        before, left = self._bound, list[dict[str, n.Expr]]()
        found: _Ends = frozenset()
        for way in ways:
            self._bound = dict(before)
            after = self._after(way)
            found |= after
            if _End.WENT_ON in after:
                left.append(self._bound)
        first, *others = left or [before]
        self._bound = {
            name: value
            for name, value in first.items()
            if all(other.get(name) is value for other in others)
        }
        return found

    def _returned(self, value: n.Expr | None) -> _Ends:
        if value is None or is_none(value) or self._is_response(value):
            return frozenset({_End.PASSED})
        if isinstance(value, n.Call) and tail(value.func) in METHODS:  # another one decides
            return frozenset({_End.PASSED, _End.STOPPED})
        return frozenset({_End.STOPPED})

    def _is_response(self, value: n.Expr) -> bool:
        """Whether a value is what the view has answered, or made of it."""
        return any(
            (isinstance(node, n.Name) and node.id in self._responses)
            or (isinstance(node, n.Call) and tail(node.func) == "get_response")
            for node in inside(value)
        )

    def _meant(self, node: n.Expr | None) -> n.Expr | None:
        """Return what a local name stands for."""
        for _ in range(5):
            if not isinstance(node, n.Name) or node.id not in self._bound:
                break
            node = self._bound[node.id]
        return node

    # Conditions: True, False, or None where both are possible

    def _holds(self, test: n.Expr) -> bool | None:
        meant = self._meant(test) or test
        match meant:
            case n.Unary(op="not", operand=operand):
                inner = self._holds(operand)
                return None if inner is None else not inner
            case n.Logic(op=op, values=values):
                found = [self._holds(value) for value in values]
                enough = op == "or"
                return enough if enough in found else None if None in found else not enough
            case n.Compare(left=left, ops=(op,), rights=(right,)):
                return self._compared(left, op, right)
            case n.Call() as call:
                return self._called(call)
            case n.Attr() as attribute:
                return self._person(attribute)
        return decided(meant, self._gates.settings)

    def _person(self, attribute: n.Attr) -> bool | None:
        if attribute.name in _OF_MEMBERS and tail(attribute.value) == "user":
            return self._is_member
        if attribute.name == "is_anonymous":
            return not self._is_member
        return decided(attribute, self._gates.settings)

    def _called(self, call: n.Call) -> bool | None:
        function = call.func
        mark = self._mark(call)
        if mark is not None:
            return self._ask(mark)
        if self._gates.turns_away(self._gate, function):
            return self._is_member
        if not isinstance(function, n.Attr):
            return None
        if function.name in _OF_MEMBERS or function.name == "is_anonymous":
            return self._person(function)
        if function.name != "startswith" or len(call.args) != 1:
            return None
        texts = self._texts(call.args[0])
        if texts is None:
            return None
        about = self._about(function.value)
        return None if about is None else self._ask(Question(about, texts, is_beginning=True))

    def _mark(self, call: n.Call) -> Mark | None:
        """Return what is asked of the view: `getattr(view_func, "login_exempt", False)`."""
        if tail(call.func) not in _READS_MARKS or len(call.args) < 2:
            return None
        holder = call.args[0]
        if isinstance(holder, n.Call) and tail(holder.func) == "getattr" and len(holder.args) > 1:
            is_view = text(holder.args[1]) in _VIEWS  # `getattr(view_func, "view_class", None)`
        else:
            is_view = tail(holder) in _VIEWS
        name = text(call.args[1])
        unset = call.args[2] if len(call.args) > 2 else n.Const(call.span, False)
        if not is_view or name is None or not isinstance(unset, n.Const):
            return None
        return Mark(name, bool(unset.value))

    def _compared(self, left: n.Expr, op: str, right: n.Expr) -> bool | None:
        texts = self._texts(right) if op in ("==", "!=", "in", "not in") else None
        about = self._about(left)
        if texts is None or about is None:
            return None
        found = self._ask(Question(about, texts, is_beginning=False))
        return found if found is None or op in ("==", "in") else not found

    def _about(self, node: n.Expr) -> str | None:
        """Return what of a request an expression is: its address, a name of its route, or neither."""
        if self._is_address(node):
            return "address"
        found = self._meant(node)
        name = found.name if isinstance(found, n.Attr) else ""
        return name if name in _NAMES else None

    def _is_address(self, node: n.Expr) -> bool:
        found = self._meant(node)
        if isinstance(found, n.Call) and tail(found.func) in _TRIMMING:
            return isinstance(found.func, n.Attr) and self._is_address(found.func.value)
        return tail(func_of(found)) in _ADDRESSES

    def _texts(self, node: n.Expr) -> tuple[str, ...] | None:
        """Return the text, or the texts, that an expression stands for; None for anything else."""
        found = self._plain(self._meant(node))
        items = list(found) if isinstance(found, list | tuple) else [found]
        return tuple(items) if all(isinstance(item, str) for item in items) else None

    def _together(self, parts: Iterable[n.Expr]) -> Any:
        said = [self._plain(part) for part in parts]
        return "".join(said) if all(isinstance(one, str) for one in said) else UNKNOWN

    def _plain(self, node: n.Expr | None) -> Any:
        match node:
            case n.Call(func=function) if tail(function) == "get_script_prefix":
                return "/"
            case n.Call(func=n.Attr(value=trimmed, name=how), args=(given,)) if how in _TRIMMING:
                whole, cut = self._plain(self._meant(trimmed)), text(given)
                if not isinstance(whole, str) or cut is None:
                    return UNKNOWN
                return {"lstrip": whole.lstrip, "rstrip": whole.rstrip}.get(how, whole.strip)(cut)
            case n.Name() if (meant := self._meant(node)) is not node:
                return self._plain(meant)
            case n.Binary(op="+", left=left, right=right):
                return self._together((left, right))
            case n.Joined(parts=parts):
                return self._together(map(put_in, parts))
        return default_of(evaluate(node, lambda name: self._gates.value(self._gate, name)))
