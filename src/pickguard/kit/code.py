"""One body of code as a code rule sees it: a function, the body of a class, or of a module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from pickguard.base.spans import Span, pack, unpack
from pickguard.flow.bodies.body import Body
from pickguard.flow.bodies.effects import Effect
from pickguard.flow.callees.arguments import given
from pickguard.flow.callees.handed_over import HANDING, handed_over
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.by_framework import handed_origin
from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.beginning import BEGINNING, SCHEME
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.instance import Type
from pickguard.flow.values.origin import Origin, Passed, Step
from pickguard.flow.values.vocabulary import CLEANED, REQUEST_CALLS, REQUEST_NAMES, REQUEST_PARTS
from pickguard.kit.rule import Spot
from pickguard.kit.served import is_command
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, entry_of, is_false, is_true, tail, text
from pickguard.source.python.walk import inside, statements

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_E = TypeVar("_E")
_MOST_VALUES = 16  # of one name
_MOST_FOLLOWED = 10_000
_DEEPEST_PART = 3  # names behind names


class Code:
    """A body of code and what can be asked of it.

    Attributes:
        project: all there is.
        module: the file.
        function: the function, or None for a module's or class's own statements.
        owner: the class around it, or None.
        enclosing: the code of the function around a nested one.
    """

    def __init__(
        self,
        project: Project,
        module: Module,
        block: tuple[n.Stmt, ...] | None = None,
        *,
        function: FunctionSymbol | None = None,
        owner: ClassSymbol | None = None,
        enclosing: Code | None = None,
    ) -> None:
        self.project = project
        self.module = module
        self.function = function
        self.owner = owner
        self.enclosing = enclosing
        self._block = block
        self._followed = 0

    @property
    def block(self) -> tuple[n.Stmt, ...]:
        """The statements."""
        return self.body.block if self._block is None else self._block

    def rest(self) -> None:
        """Let go of what is quickly made again: most code is asked about once."""
        for name in ("words", "packages", "statements", "_calls"):
            self.__dict__.pop(name, None)
        if "body" in self.__dict__:
            self.body.rest()

    @property
    def symbol(self) -> str:
        """The dotted name of what holds the code."""
        if self.function is not None:
            return self.function.name
        return self.owner.name if self.owner else self.module.name

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name, attribute and keyword in it."""
        if self.function is not None:
            return frozenset(self.function.node.words)
        return frozenset(self.owner.node.words if self.owner else self.module.record.words)

    @cached_property
    def packages(self) -> frozenset[str]:
        """The first parts of the module's imports, and the words, among them a body's own imports."""
        return self.project.imported_packages(self.module) | self.words

    @property
    def is_of_command(self) -> bool:
        """Whether whoever keeps the site runs it in a terminal: no visitor waits, none sends anything."""
        return is_command(self.module)

    @cached_property
    def sees_browser(self) -> bool:
        """Whether a value of the browser's can be named in it: a request, a form, a route's part."""
        words = self.words
        if words & CLEANED or not words.isdisjoint(("kwargs", "scope")):
            return True
        if words & REQUEST_NAMES and words & (REQUEST_PARTS | REQUEST_CALLS):
            return True
        if self.function is not None and self.project.url_origins(self.function):
            return True
        if self.function is not None and self._is_handed_input(self.function):
            return True
        return self.enclosing is not None and self.enclosing.sees_browser

    def _is_handed_input(self, function: FunctionSymbol) -> bool:
        """Whether a library hands the method what was sent: `validate(self, attrs)` of a serializer."""
        if function.owner is None or not self.project.site.classes.kinds(function.owner):
            return False
        handed = (
            handed_origin(self.project.flow, function, param.name)
            for param in function.node.params[1:]
        )
        return any(origin is not None and origin.is_browser for origin in handed)

    @cached_property
    def statements(self) -> tuple[n.Stmt, ...]:
        """All statements, nested blocks included, other functions' and classes' bodies not."""
        return self.body.statements

    @cached_property
    def tries(self) -> tuple[n.Try, ...]:
        """Its `try` statements, in order."""
        return tuple(one for one in self.statements if isinstance(one, n.Try))

    @cached_property
    def expressions(self) -> tuple[n.Expr, ...]:
        """All expressions, in order."""
        return self.body.expressions

    def every(self, kind: type[_E]) -> Sequence[_E]:
        """Return the expressions of one kind, in order."""
        return self.body.every(kind)

    @cached_property
    def _calls(self) -> dict[str, list[n.Call]]:
        found: defaultdict[str, list[n.Call]] = defaultdict(list)
        renamed, kept = self.project.renamed(self.module), self._kept_methods
        for node in self.every(n.Call):
            called = node.func
            if isinstance(called, n.Attr):
                found[called.name].append(node)
            elif isinstance(called, n.Name):
                found[called.id].append(node)
                if called.id in renamed:
                    found[renamed[called.id]].append(node)
                if called.id in kept:
                    method = kept[called.id]
                    made = n.Call(node.span, method, node.args, node.keywords)
                    found[method.name].append(made)
            else:
                found[""].append(node)
        if not HANDING.isdisjoint(self.words):
            for node in filter(None, map(handed_over, self.every(n.Call))):
                found[tail(node.func)].append(node)
        return found

    @property
    def _kept_methods(self) -> dict[str, n.Attr]:
        """The methods that this code gives a name of its own: `make = engine.from_string`."""
        return {
            statement.targets[0].id: statement.value
            for statement in self.statements
            if isinstance(statement, n.Assign)
            and isinstance(statement.value, n.Attr)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], n.Name)
        }

    def calls(self, *names: str) -> Iterator[n.Call]:
        """Yield the calls of functions or methods of these names, in order.

        Among them are those by whom a function is handed over to: `to_thread(run, command)`, and
        those of a method that has got a name: `make = engine.from_string`.
        """
        if self.words.isdisjoint(names) and not self._imports_as(names):
            return  # most often there are none
        known = self._calls
        found = [known[name] for name in names if name in known]
        if len(found) == 1 and len(found[0]) == 1:
            yield found[0][0]
        elif found:
            # one of a function that was imported under another name is known by both
            each = {id(call): call for calls in found for call in calls}
            yield from sorted(each.values(), key=lambda call: call.span)

    def asked_name(self, call: n.Call) -> str:
        """Return the name that the function of a call has at home, one of those that `calls` was asked for."""
        name = tail(call.func)
        return self.project.renamed(self.module).get(name, name)

    def _imports_as(self, names: tuple[str, ...]) -> bool:
        """Whether the module imports one of some functions under another name: `popen as pipe`."""
        renamed = self.project.renamed(self.module)
        return bool(renamed) and not set(names).isdisjoint(renamed.values())

    @cached_property
    def body(self) -> Body:
        """The code as data flows through it."""
        flow = self.project.flow
        function = self.function
        if function is None:
            enclosing = self.enclosing.body if self.enclosing else None
            block = self._block or ()
            return Body(flow, self.module, block, owner=self.owner, enclosing=enclosing)
        if self.enclosing is None:
            return flow.body(function)
        return flow.inner(self.enclosing.body, function)

    @cached_property
    def from_url(self) -> Mapping[str, Origin]:
        """The parameters that addresses fill, with what the browser can write there."""
        return self.project.url_origins(self.function) if self.function is not None else {}

    def origin(self, node: n.Expr | None, *clears: str) -> Origin:
        """Return where a value comes from; the results of the functions in `clears` are harmless."""
        return self.body.origin(node, frozenset(clears))

    def clears(self, *kinds: SinkKind) -> frozenset[str]:
        """Return the names of what makes a value harmless for some kinds of sinks."""
        catalog = self.project.catalog
        return frozenset().union(*(catalog.clears(kind) for kind in kinds))

    def beginning(self, node: n.Expr | None, *clears: str) -> Origin:
        """Return where the beginning of a text comes from: it decides where an address leads."""
        return self.body.origin(node, frozenset((BEGINNING, *clears)))

    def scheme(self, node: n.Expr | None) -> Origin:
        """Return where the beginning of a text comes from that can be a scheme: `javascript:`."""
        return self.body.origin(node, frozenset((SCHEME,)))

    def keys(self, node: n.Expr) -> Origin:
        """Return where the keys of a mapping come from."""
        return self.body.keys(node)

    def assigned(self, name: str) -> list[n.Expr]:
        """Return what this code assigns to a name, or to a dotted path, in order.

        What is returned may name others, to ask for in turn: where that would not end, nothing is
        returned any more, and `gave_up` of the flow names the code.
        """
        values = [value for value, _span in self.body.assigned.get(name, ())[:_MOST_VALUES]]
        self._followed += len(values)
        if self._followed < _MOST_FOLLOWED:
            return values
        self.project.flow.gave_up[self.symbol] = None
        return []

    def made(self, node: n.Expr | None) -> list[n.Expr]:
        """Return what an expression may be: what its name is given here, in its class or its module, or itself."""
        if node is None:
            return []
        here = self.assigned(node.id) if isinstance(node, n.Name) else []
        if here or not isinstance(node, n.Name | n.Attr):
            return here or [node]
        if isinstance(node, n.Attr) and tail(node.value) == "self" and self.owner is not None:
            kept = self.project.flow.attributes.assigned(self.owner, node.name)
            here = [known.expr for _body, known in kept if isinstance(known, Value)]
        found = self.body.named(node)
        return here or ([found.value] if found is not None else [node])

    def parts(self, node: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
        """Yield the parts of a value, and of what the names among them are given here."""
        for part in inside(node):
            yield part
            if isinstance(part, n.Name) and depth < _DEEPEST_PART:
                for value in self.assigned(part.id):
                    yield from self.parts(value, depth + 1)

    def resolve(self, node: n.Expr | None) -> Symbol | None:
        """Return what a name or a chain of attributes means here."""
        return self.body.resolve(node)

    def type_of(self, node: n.Expr, place: n.Expr | None = None) -> Type | None:
        """Return what a value is, by what names stand for at a place: at its own, where none is given."""
        env = self.body.scope.at((place or node).span)
        return self.project.flow.types.of(self.body, node, env)

    @cached_property
    def returned(self) -> tuple[n.Expr, ...]:
        """What this code returns or yields, in order."""
        return tuple(self.body.returned())

    def is_said_by_browser(self, node: n.Expr) -> bool:
        """Whether the browser says a value, also where what it sent has become a number or was checked."""
        made = list(self.made(node))
        parts = [part for one in made for part in inside(one)]
        idle = {id(one) for part in parts for one in self._says_nothing(part)}
        return (
            self.origin(node).is_browser
            or any(self.body.reads_request(part) for part in parts if id(part) not in idle)
            or any(self.origin(one).is_browser for one in made)
        )

    def _says_nothing(self, node: n.Expr) -> Iterator[n.Expr]:
        """Yield what an expression holds of the browser's that its value does not.

        That is the entry of a disabled field, which is what the form began with, and what a comprehension
        asks of its items.
        """
        for loop in node.loops if isinstance(node, n.Comprehension) else ():
            for condition in loop.tests:
                yield from inside(condition)
        entry = entry_of(node)
        if entry is not None and tail(entry[0]) == "cleaned_data":
            if self.project.site.forms.is_fixed(text(entry[1]) or ""):
                yield from (part for part in (node, entry[0]) if part is not None)

    def called(self, call: n.Call) -> FunctionSymbol | None:
        """Return the function or method of the site that a call runs, or None."""
        return callee(self.body, call, self.body.scope.at(call.span))[0]

    def handed(self, name: str, most: int | None = None) -> Iterator[tuple[Body, n.Call, n.Expr]]:
        """Yield what callers give to a parameter, with where the call stands; nothing of any other name.

        Args:
            name: of the parameter.
            most: calls to look at; all, where it is left out.
        """
        function = self.function
        if function is None or name not in self.body.params:
            return
        for caller, call, is_bound in self.project.flow.callers.of(function)[:most]:
            for value in given(function, call, Passed(name), is_bound=is_bound):
                yield caller, call, value

    def handed_by(
        self, name: str, most: int | None = None
    ) -> Iterator[tuple[Code, n.Call, n.Expr]]:
        """Yield what `handed` does of the callers that are functions, each with its code."""
        for caller, call, value in self.handed(name, most):
            if caller.function is not None:
                yield self.project.code_of(caller.function), call, value

    def reached(self, depth: int) -> Iterator[Code]:
        """Yield this code, and the functions of the site that it calls, up to so many calls away."""
        yield self
        seen = {self.function}
        for call in self.every(n.Call) if depth else ():
            function = self.called(call)
            if function is not None and function not in seen:
                seen.add(function)
                yield from self.project.code_of(function).reached(depth - 1)

    def called_with(self, call: n.Call, words: frozenset[str]) -> FunctionSymbol | None:
        """Return the function of the site that a call runs by its name, if its body holds one of some words.

        Most calls are told by their name alone, which is far cheaper than to follow them.
        """
        if tail(call.func) not in self.project.named_with(words):
            return None
        found = self.called(call)
        return found if found is not None and not words.isdisjoint(found.node.words) else None

    def name(self, node: n.Expr | None) -> str:
        """Return the full dotted name of what an expression means, or an empty text."""
        found = self.resolve(node)
        return getattr(found, "name", "") if found is not None else ""

    def is_from(self, node: n.Expr, *packages: str) -> bool:
        """Whether a name comes from one of these packages."""
        name = self.name(node)
        return any(name == package or name.startswith(package + ".") for package in packages)

    def is_made_by(self, holder: n.Expr | None, *packages: str) -> bool:
        """Whether what a name holds is made by one of these packages: `requests.Session()`."""
        made = self.made(holder)
        return any(isinstance(v, n.Call) and self.is_from(v.func, *packages) for v in made)

    def spot(self, node: n.Expr | n.Stmt | int, label: str = "") -> Spot:
        """Return where a node stands in its file."""
        span = node if isinstance(node, int) else node.span
        return Spot(self.module.path, span, label)

    def is_conditional(self, span: int) -> bool:
        """Whether what stands at a span runs only under a condition inside this code."""
        return any(low <= span < high for low, high in self._branches)

    @cached_property
    def _branches(self) -> tuple[tuple[int, int], ...]:
        """First and last+1 packed start of each branch of an `if`."""
        found = []
        for statement in self.statements:
            if isinstance(statement, n.If):
                for part in (statement.body, statement.other):
                    if part:
                        end = unpack(part[-1].span)
                        found.append((part[0].span, pack(Span(end.end_line + 1, 1, 0, 1))))
        return tuple(found)

    def flow(self, origin: Origin, sink: n.Expr, note: str) -> tuple[Spot, ...]:
        """Return the way of a value from where it entered to where it does harm."""
        if not origin.steps:
            return ()
        return (*(spot_of(step) for step in origin.steps), self.spot(sink, note))

    def cause(self, origin: Origin) -> str:
        """Return a name for where a value came in, which tells all that is done with it as one.

        What the browser has just sent concerns this code; what is stored, all of the file.
        """
        first = origin.steps[0] if origin.steps else None
        who = "" if origin.is_stored else self.symbol
        return f"{who} {first.path} {first.span}" if first is not None else ""


def is_asker(node: n.Expr) -> bool:
    """Whether an expression is `request.user`: whoever asks."""
    return isinstance(node, n.Attr) and node.name == "user" and tail(node.value) == "request"


def effect_spot(effect: Effect) -> Spot:
    """Return the place where an effect happens, with what it does."""
    return Spot(effect.function.module.path, effect.span, effect.what)


def spot_of(step: Step) -> Spot:
    """Return where a step of a way stands."""
    return Spot(step.path, step.span, step.note)


__all__ = [
    "Code",
    "argument",
    "effect_spot",
    "is_false",
    "is_true",
    "spot_of",
    "statements",
    "tail",
    "text",
]
