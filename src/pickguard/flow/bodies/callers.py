"""Who calls a function: the calls of the site, found by name and told by what they resolve to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias

from pickguard.flow.bodies.called_back import called_back
from pickguard.flow.callees.aliases import chosen_from, displayed
from pickguard.flow.callees.dispatch import prefixes_of, puts_names_together
from pickguard.flow.callees.handed_over import handed_over
from pickguard.flow.callees.inherited import made_for
from pickguard.flow.callees.later import task_of
from pickguard.flow.callees.signals import sendings
from pickguard.flow.callees.structured import STRUCTURING, Structured, structured
from pickguard.flow.types.alternatives import Alternatives
from pickguard.flow.values.definitions import Env, Value
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.vocabulary import CARRIERS, TYPES
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, ValueSymbol
from pickguard.site.views.view import HTTP_METHODS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_super, tail
from pickguard.source.python.walk import blocks

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

CANDIDATE_LIMIT = 400
"""Functions that hold the name; beyond, a name tells too little to look at each."""
CALLER_LIMIT = 24
_STRUCTURING = tuple(sorted(STRUCTURING))
"""Callers that are followed; beyond, what a parameter holds stays open."""
_FAMILY_LIMIT = 30
_FEW = 25
_MOST_MAKERS = 20
_COMMON = frozenset({"get", "post", "save", "delete", "update", "create", "run", "render", "add"})
Site: TypeAlias = "tuple[Body, n.Call, bool]"


class Callers:
    """The calls of one site's functions."""

    def __init__(self, flow: Flow, served: tuple[Module, ...]) -> None:
        self._flow = flow
        self._served = served
        self._known: dict[FunctionSymbol, list[Site]] = {}
        self._calls: dict[Body, dict[str, list[n.Call]]] = {}
        self._uncalled: dict[Body, dict[str, list[n.Name | n.Attr]]] = {}
        self._alternatives = Alternatives(flow)
        self._families: dict[str, bool] = {}
        self._made: dict[ClassSymbol, list[tuple[Body, n.Call]]] = {}
        self._outside: dict[str, tuple[Body, ...]] = {}

    def of(self, function: FunctionSymbol) -> list[Site]:
        """Return the calls of a function: the body, the call, and whether it is given its object."""
        found = self._known.get(function)
        if found is None:
            self._known[function] = []
            found = self._known[function] = list(self._find(function))
        return found

    def are_few(self, function: FunctionSymbol) -> bool:
        """Tell whether a function's name is rare enough to look for its calls just in case."""
        return len(self._holding.get(function.node.name, ())) <= _FEW

    def _find(self, function: FunctionSymbol) -> Iterator[Site]:
        name = function.node.name
        if name == "__init__" and function.owner is not None:
            yield from self._constructions(function, function.owner)
            return
        if name == "__call__" and function.owner is not None:
            yield from self._of_objects(function)
            return
        yield from self._of_decorated(function)
        yield from self._of_dispatched_by_type(function)
        around = self._flow.body(function).enclosing
        if around is not None:
            yield from self._of_nested(around, name)
            return
        if function.owner is None:
            yield from self._of_blocks(function)
            yield from self._of_named(function)
            yield from self._of_aliases(function)
            yield from ((body, call, False) for body, call in sendings(self._flow, function))
        if function.owner is not None:
            yield from self._of_dispatched(function, function.owner)
        candidates = self._holding.get(name, ())
        if len(candidates) > CANDIDATE_LIMIT:
            if not self._is_called_by_framework(function):
                self._flow.gave_up[function.name] = None
            candidates = self._naming_owner(function)
        for candidate in candidates:
            yield from self._from(candidate, function)
            yield from self._back(candidate, function)
            if function.owner is None and _returns(self._flow.body(candidate), function):
                yield from self._of_chosen(candidate)

    def called_object(self, body: Body, func: n.Expr, env: Env) -> FunctionSymbol | None:
        """Return the `__call__` of the object that is called as a function is: `render(text)`."""
        if not self._callable or not isinstance(func, n.Name | n.Attr | n.Call):
            return None
        if isinstance(func, n.Name | n.Attr):
            kept = env.get(body.path(func)) or body.resolve(func)
            made = kept.expr if isinstance(kept, Value) else getattr(kept, "value", None)
            if not isinstance(made, n.Call):
                return None
        found = self._flow.types.of(body, func, env)
        if found is None or found.sort is not Sort.INSTANCE or found.is_guess:
            return None
        return self._flow.site.classes.method(found.symbol, "__call__")

    @cached_property
    def _callable(self) -> frozenset[ClassSymbol]:
        """The classes of the site whose objects are called; those of middleware Django calls."""
        return frozenset(
            f.owner
            for f in self._defined.get("__call__", ())
            if f.owner is not None and "get_response" not in f.node.words
        )

    def _of_objects(self, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of an object by the names that modules give it, or where it is made."""
        if function.owner not in self._callable:
            return
        names = [function.owner.node.name, *self._held_as(function.owner)]
        for body in (b for name in dict.fromkeys(names) for b in self.bodies_holding(name)):
            for call in body.every(n.Call):
                env = body.scope.at(call.span)
                if self.called_object(body, call.func, env) == function:
                    yield body, call, True

    def _held_as(self, owner: ClassSymbol) -> Iterator[str]:
        """Yield the names that the module of a class gives to an object of it."""
        resolve = self._flow.site.names.resolve
        for statement in owner.module.record.body:
            if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
                if resolve(owner.module, statement.value.func) == owner:
                    yield from (t.id for t in statement.targets if isinstance(t, n.Name))

    def _is_called_by_framework(self, function: FunctionSymbol) -> bool:
        """Whether requests and command lines call a method, and hardly anybody else does."""
        kinds = self._flow.site.classes.kinds(function.owner) if function.owner else frozenset()
        name = function.node.name
        return ("view" in kinds and name in HTTP_METHODS) or (
            "command" in kinds and name == "handle"
        )

    def _naming_owner(self, function: FunctionSymbol) -> list[FunctionSymbol]:
        """Return who holds a method's name beside its class's, or that of an object its module holds."""
        owner = function.owner
        if owner is None:
            return []
        names = [owner.node.name, *self._held_as(owner)]
        found = [f for name in names for f in self.holding(function.node.name, name)]
        return found[:CANDIDATE_LIMIT]

    def _from(self, candidate: FunctionSymbol, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of a function in another one, and in those that are written inside that."""
        name = function.node.name
        for body in (self._flow.body(candidate), *self._flow.nested(candidate)):
            for call in self._calls_in(body, name):
                is_call, is_bound = self._calls_it(body, call, function)
                if is_call:
                    yield body, call, is_bound

    def _back(self, candidate: FunctionSymbol, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of a function that another one, or one inside of it, names and does not call itself."""
        for body in (self._flow.body(candidate), *self._flow.nested(candidate)):
            uncalled = self._uncalled_in(body).get(function.node.name)
            if uncalled:
                found = called_back(body, function, uncalled)
                yield from ((body, call, is_bound) for call, is_bound in found)

    def _uncalled_in(self, body: Body) -> dict[str, list[n.Name | n.Attr]]:
        """Return where a body names functions of the site without calling them right there, by their names."""
        known = self._uncalled.get(body)
        if known is None:
            known = self._uncalled[body] = {}
            called = {id(call.func) for call in body.every(n.Call)}
            nodes: list[n.Name | n.Attr] = [*body.every(n.Name), *body.every(n.Attr)]
            for node in nodes:
                name = tail(node)
                if name in self._defined and id(node) not in called:
                    known.setdefault(name, []).append(node)
        return known

    def _of_named(self, function: FunctionSymbol | ClassSymbol) -> Iterator[Site]:
        """Yield the calls of a function or a class by a setting that names it: `load(settings.LABELLER)(x)`."""
        named = self._flow.named
        for setting in named.settings_of(function):
            for candidate in self._holding.get(setting, ())[:CANDIDATE_LIMIT]:
                body = self._flow.body(candidate)
                for call in body.every(n.Call):
                    if named.loaded(body, call.func, body.scope.at(call.span)) == function:
                        yield body, call, False

    def _of_aliases(self, function: FunctionSymbol | ClassSymbol) -> Iterator[Site]:
        """Yield the calls of a function or a class out of what holds it: out of a dictionary."""
        for alias in self._flow.aliases.of(function):
            for body in self.bodies_holding(alias.name):
                for call in body.every(n.Call):
                    if self._flow.aliases.called_by(body, call, alias):
                        yield body, call, False

    def _of_dispatched(self, function: FunctionSymbol, owner: ClassSymbol) -> Iterator[Site]:
        """Yield the calls of a method by a name that code puts together: `getattr(self, "on_" + kind)(data)`."""
        line = self._flow.site.classes.line
        for body, call, prefixes in self._dispatching:
            if function.node.name.startswith(prefixes) and body.owner is not None:
                if owner in line(body.owner) or body.owner in line(owner):
                    yield body, call, True

    @cached_property
    def _dispatching(self) -> list[tuple[Body, n.Call, tuple[str, ...]]]:
        """The calls of methods of `self` by their names' beginnings, with these."""
        found: list[tuple[Body, n.Call, tuple[str, ...]]] = []
        for function in self.holding("getattr", "self"):
            if function.owner is None:
                continue
            body = self._flow.body(function)
            if not puts_names_together(body.every(n.Call)):
                continue
            for call in body.every(n.Call):
                made = body.assigned.get(tail(call.func), ())
                prefixes = prefixes_of(call, (value for value, _span in made))
                if prefixes:
                    found.append((body, call, tuple(sorted(prefixes))))
        return found

    def bodies_holding(self, word: str) -> Iterator[Body]:
        """Yield the bodies of the functions that hold a word, with those that are written inside."""
        for candidate in self._holding.get(word, ())[:CANDIDATE_LIMIT]:
            yield self._flow.body(candidate)
            yield from self._flow.nested(candidate)

    def _of_blocks(self, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of a function outside of all functions: `label = bold("Name")` in a class."""
        name = function.node.name
        for body in self._blocks(function.module):
            for call in self._calls_in(body, name):
                is_call, is_bound = self._calls_it(body, call, function)
                if is_call:
                    yield body, call, is_bound

    def _blocks(self, module: Module) -> tuple[Body, ...]:
        """Return the bodies of a module and of its classes."""
        found = self._outside.get(module.path)
        if found is None:
            found = self._outside[module.path] = tuple(self._flow.blocks(module))
        return found

    def _of_nested(self, around: Body, name: str) -> Iterator[Site]:
        """Yield the calls of a function that another one holds: only there its name means it."""
        inner = self._flow.nested(around.function) if around.function is not None else ()
        for body in (around, *inner):
            for call in self._calls_in(body, name):
                if isinstance(call.func, n.Name):
                    yield body, call, False

    def _of_decorated(self, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of a function by its decorators: `wrapped(request, name)` in `def inner`."""
        for decorator in function.node.decorators:
            symbol = self._decorating(function.module, func_of(decorator))
            if symbol is not None and symbol != function:
                for body in self._flow.nested(symbol):
                    for call in body.every(n.Call):
                        if isinstance(call.func, n.Name) and _is_given(
                            body.enclosing, call.func.id
                        ):
                            yield body, call, False

    def _decorating(self, module: Module, decorator: n.Expr) -> FunctionSymbol | None:
        """Return the function that is given what it decorates: `__call__` of `asks = Asks()`, or of `@Asks()`."""
        symbol = self._flow.site.names.resolve(module, decorator)
        if isinstance(symbol, ValueSymbol):
            symbol = self._flow.site.names.resolve(symbol.module, func_of(symbol.value))
        if isinstance(symbol, ClassSymbol):
            symbol = self._flow.site.classes.method(symbol, "__call__")
        return symbol if isinstance(symbol, FunctionSymbol) else None

    def _of_dispatched_by_type(self, function: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of what a function stands in for, for values of one type: `@fetch.register`."""
        for decorator in function.node.decorators:
            registered = func_of(decorator)
            if isinstance(registered, n.Attr) and registered.name == "register":
                symbol = self._flow.site.names.resolve(function.module, registered.value)
                if isinstance(symbol, FunctionSymbol) and any(
                    tail(one) == "singledispatch" for one in symbol.node.decorators
                ):
                    yield from self.of(symbol)

    def _of_chosen(self, chooser: FunctionSymbol) -> Iterator[Site]:
        """Yield the calls of what a function returns: `fetch = fetcher_of(url)`, then `fetch(url)`."""
        for body, made, _is_bound in self.of(chooser):
            for call in body.every(n.Call):
                chosen = call.func
                if isinstance(chosen, n.Name):
                    found = body.scope.at(call.span).get(chosen.id)
                    chosen = found.expr if isinstance(found, Value) else chosen
                if chosen is made:
                    yield body, call, False

    def _constructions(self, function: FunctionSymbol, owner: ClassSymbol) -> Iterator[Site]:
        """Yield the calls that make objects by a constructor, those of one class if it runs for that alone."""
        classes = self._flow.site.classes
        first = function.run_by or owner
        for maker in islice(chain((first,), classes.heirs(first)), _MOST_MAKERS):
            own = function if maker == owner else classes.method(maker, "__init__")
            if own is not None and own.node is not function.node:
                line = classes.methods(maker, "__init__") if maker == first else (own,)
                for one in line:
                    if maker in (one.owner, first):
                        yield from self._handed_up(made_for(classes, maker, one), maker, function)
                continue
            for body in self.bodies_holding(maker.node.name):
                for call in self._calls_in(body, maker.node.name):
                    if body.resolve(call.func) == maker:
                        yield body, call, True
            yield from ((body, call, True) for body, call in self._chosen_classes(maker))
            yield from ((body, call, True) for body, call, _is_bound in self._of_named(maker))
        yield from ((body, call, True) for body, call in self._by_class_methods(owner))

    def _handed_up(
        self, own: FunctionSymbol, maker: ClassSymbol, function: FunctionSymbol
    ) -> Iterator[Site]:
        """Yield the calls by which an heir's constructor runs the one of its base: `super().__init__(url)`."""
        body = self._flow.body(own)
        for call in self._calls_in(body, "__init__"):
            if isinstance(call.func, n.Attr) and is_super(call.func.value):
                above = self._flow.site.classes.next_method(maker, own.owner or maker, "__init__")
                if above is not None and above.node is function.node:
                    yield body, call, True
            else:
                named = body.resolve(call.func)
                if isinstance(named, FunctionSymbol) and named.node is function.node:
                    yield body, call, False

    def _chosen_classes(self, maker: ClassSymbol) -> Iterator[tuple[Body, n.Call]]:
        """Yield the calls that make an object of a class taken out of a display: `READERS[kind](url)`."""
        yield from ((body, call) for body, call, _bound in self._of_aliases(maker))
        yield from self._by_attributes(maker)
        for function in self.holding(maker.node.name)[:_FEW]:
            if _returns(self._flow.body(function), maker):
                yield from ((body, call) for body, call, _bound in self._of_chosen(function))
            if self._displays(function, maker):
                for body, made, _bound in self.of(function):
                    for call in body.every(n.Call):
                        if any(one is made for one in chosen_from(body, call)):
                            yield body, call

    def _by_attributes(self, maker: ClassSymbol) -> Iterator[tuple[Body, n.Call]]:
        """Yield the calls of a class by an attribute: `reader_class = Wms`, then `self.reader_class(url)`."""
        for keeper, name in self._flow.aliases.attributes_of(maker):
            for body in chain(self.bodies_holding(name), self.bodies_holding(f"get_{name}")):
                for call in body.every(n.Call):
                    holder = _holder(body, call, name)
                    if holder is not None and self._is_one_line(body, holder, keeper):
                        yield body, call

    def _is_one_line(self, body: Body, holder: n.Expr, keeper: ClassSymbol) -> bool:
        """Whether an object may be of a class, or of an heir of it."""
        found = self._flow.types.of(body, holder, body.scope.at(holder.span))
        line = self._flow.site.classes.line
        return found is not None and (keeper in line(found.symbol) or found.symbol in line(keeper))

    def _displays(self, function: FunctionSymbol, maker: ClassSymbol) -> bool:
        """Whether a function writes a display with a class in it: `return {"wms": {"reader": Wms}}`."""
        body = self._flow.body(function)
        displays: list[n.Expr] = [*body.every(n.Mapping), *body.every(n.Sequence)]
        found = (name for display in displays for name in displayed(display))
        return any(tail(one) == maker.node.name and body.resolve(one) == maker for one in found)

    def _by_class_methods(self, symbol: ClassSymbol) -> Iterator[tuple[Body, n.Call]]:
        """Yield the calls by which its class methods make objects: `cls(text=…)`, `cls.model_validate(data)`."""
        for method in self._flow.site.classes.own_functions(symbol):
            if "cls" in method.node.words:
                body = self._flow.body(method)
                for call in self._calls_in(body, "cls"):
                    if isinstance(call.func, n.Name):
                        yield body, call
                for made, call in self._structuring(body):
                    if isinstance(made.kind, n.Name) and made.kind.id == "cls":
                        yield body, call

    def constructing(self, symbol: ClassSymbol) -> list[tuple[Body, n.Call]]:
        """Return the calls that make an object of a class which has no `__init__` of its own."""
        found = self._made.get(symbol)
        if found is None:
            found = self._made[symbol] = []
            for body in self.bodies_holding(symbol.node.name):
                for call in self._calls_in(body, symbol.node.name):
                    if body.resolve(call.func) == symbol:
                        found.append((body, call))
                found += ((body, call) for call in self._validating(body, symbol))
            found += self._by_class_methods(symbol)
            found += ((body, call) for body, call, _is_bound in self._of_named(symbol))
        return found

    def _validating(self, body: Body, symbol: ClassSymbol) -> Iterator[n.Call]:
        """Yield the calls that make an object of one value: `Upload.model_validate(request.data)`."""
        return (c for made, c in self._structuring(body) if body.resolve(made.kind) == symbol)

    def _structuring(self, body: Body) -> Iterator[tuple[Structured, n.Call]]:
        for name in _STRUCTURING:
            for call in self._calls_in(body, name):
                made = structured(body, call)
                if made is not None:
                    yield made, call

    def _calls_it(self, body: Body, call: n.Call, function: FunctionSymbol) -> tuple[bool, bool]:
        func = call.func
        task = task_of(func)
        if task is not None and body.resolve(task) == function:
            return True, False
        symbol = body.resolve(func)
        if symbol is not None:
            same = isinstance(symbol, FunctionSymbol) and symbol == function
            is_class_method = any(tail(d) == "classmethod" for d in function.node.decorators)
            return same, same and is_class_method
        if function.owner is None or not isinstance(func, n.Attr):
            return False, False
        return self._calls_method(body, call, func, function), True

    def _calls_method(
        self, body: Body, call: n.Call, func: n.Attr, function: FunctionSymbol
    ) -> bool:
        classes = self._flow.site.classes
        owner = function.owner
        if is_super(func.value):
            return body.owner is not None and owner in classes.line(body.owner)[1:]
        found = self._flow.types.of(body, func.value, body.scope.at(call.span))
        if found is not None and found.sort is Sort.ROWS:
            own = self._flow.types.managers.method(found.symbol, func.name)
            if own is not None:
                return own == function
        elif found is not None and owner is not None:
            own = classes.method(found.symbol, func.name)
            line = classes.line(found.symbol)
            if own == function or (owner in line and not _overrides(own, owner, line)):
                return True
            if _may_be_heirs(func.value, own) and found.symbol in classes.line(owner):
                return True
            return self._fits(owner, found.symbol) or self._may_be(body, call, func.value, function)
        name = function.node.name
        return _is_telling(name) and self._is_one_family(name)

    def _fits(self, owner: ClassSymbol, wanted: ClassSymbol) -> bool:
        """Whether a class has all that a `Protocol` asks for, so that its objects are taken for one."""
        classes = self._flow.site.classes
        if not classes.inherits(wanted, "typing.Protocol", "typing_extensions.Protocol"):
            return False
        return all(
            classes.method(owner, asked.node.name) is not None
            for asked in classes.own_functions(wanted)
        )

    def _may_be(self, body: Body, call: n.Call, receiver: n.Expr, function: FunctionSymbol) -> bool:
        """Whether what a method is called on may, on another way than the first, have the method."""
        method, delegate = self._flow.site.classes.method, self._flow.types.delegate
        for one in self._alternatives.of(body, receiver, body.scope.at(call.span)):
            behind = delegate(one) if method(one.symbol, function.node.name) is None else None
            if method((behind or one).symbol, function.node.name) == function:
                return True
        return False

    def family(self, name: str) -> tuple[FunctionSymbol, ...]:
        """Return the methods that a call of an object may run of which nothing is known but the name."""
        if not _is_telling(name) or not self._is_one_family(name):
            return ()
        return tuple(found for found in self._defined.get(name, ()) if found.owner is not None)

    def _is_one_family(self, name: str) -> bool:
        """Whether all methods of a name override one another, so that any call may be of each."""
        if name not in self._families:
            defined = self._defined.get(name, ())
            lines = [
                set(self._flow.site.classes.own_line(f.owner)) if f.owner else set()
                for f in defined[:_FAMILY_LIMIT]
            ]
            owners = {f.owner for f in defined}
            shared = set.intersection(*lines) & owners if lines else set()
            self._families[name] = len(defined) == 1 or (
                len(defined) <= _FAMILY_LIMIT and bool(shared)
            )
        return self._families[name]

    def _calls_in(self, body: Body, name: str) -> list[n.Call]:
        known = self._calls.get(body)
        if known is None:
            known = self._calls[body] = {}
            for node in body.every(n.Call):
                called = tail(node.func)
                known.setdefault(called, []).append(node)
                task = task_of(node.func)
                if task is not None:
                    known.setdefault(tail(task), []).append(node)
                later = handed_over(node)
                if later is not None:
                    known.setdefault(_run_by(later), []).append(later)
        return known.get(name, [])

    @cached_property
    def functions(self) -> tuple[FunctionSymbol, ...]:
        """The functions and methods of the modules that a running site executes."""
        return tuple(f for module in self._served for f in _functions(module))

    @cached_property
    def _defined(self) -> dict[str, list[FunctionSymbol]]:
        found: dict[str, list[FunctionSymbol]] = {}
        for function in self.functions:
            found.setdefault(function.node.name, []).append(function)
        return found

    def defined(self, name: str) -> Sequence[FunctionSymbol]:
        """Return the functions and methods of a name."""
        return self._defined.get(name, ())

    def named(self, name: str) -> list[FunctionSymbol]:
        """Return the functions of a name that stand in a module by themselves."""
        return [found for found in self._defined.get(name, ()) if found.owner is None]

    def holding(self, *words: str) -> list[FunctionSymbol]:
        """Return the functions whose bodies hold all of some words."""
        rarest, *others = sorted(words, key=lambda word: len(self._holding.get(word, ())))
        found = self._holding.get(rarest, ())
        return [f for f in found if all(other in f.node.words for other in others)]

    @property
    def words(self) -> Iterable[str]:
        """The words that the bodies of all functions hold, each once."""
        return self._holding

    @cached_property
    def _holding(self) -> dict[str, list[FunctionSymbol]]:
        found: dict[str, list[FunctionSymbol]] = {}
        for function in self.functions:
            for word in function.node.words:
                known = found.get(word)
                if known is None:
                    found[word] = [function]
                else:
                    known.append(function)
        return found


def _is_telling(name: str) -> bool:
    """Whether a method's name is nobody else's, so that it tells what is called."""
    is_getter = name.startswith("get_") and name.count("_") < 2
    return name not in CARRIERS | TYPES | _COMMON and not is_getter


def _run_by(call: n.Call) -> str:
    """Return the name of the function that a call runs: `fetch` of `fetch.delay(url)`."""
    return tail(task_of(call.func) or call.func)


def _holder(body: Body, call: n.Call, name: str) -> n.Expr | None:
    """Return the object whose attribute is called: `self` of `self.form_class(…)`, also of a name that stands for it.

    What `get_form_class()` returns is the attribute, too.
    """
    func: n.Expr | None = call.func
    if isinstance(func, n.Name):
        held = body.scope.at(call.span).get(func.id)
        func = held.expr if isinstance(held, Value) and not held.part else None
    if isinstance(func, n.Call) and tail(func.func) == f"get_{name}":
        func = func.func
    elif tail(func) != name:
        return None
    return func.value if isinstance(func, n.Attr) else None


def _overrides(
    own: FunctionSymbol | None, owner: ClassSymbol, line: Sequence[ClassSymbol | External]
) -> bool:
    """Whether a method stands before that of another class in the order of inheritance: it is run instead."""
    if own is None or own.owner is None or own.owner not in line:
        return False
    return line.index(own.owner) < line.index(owner)


def _may_be_heirs(receiver: n.Expr, own: FunctionSymbol | None) -> bool:
    """Whether a call may run what an heir of the receiver's class has in the place of its own method.

    Nothing else can be run where that one is abstract, and `self`, or what an object keeps, may be an heir.
    """
    is_kept = isinstance(receiver, n.Attr) or tail(receiver) == "self"
    if is_kept or own is None or "NotImplementedError" in own.node.words:
        return True
    return any(tail(decorator) == "abstractmethod" for decorator in own.node.decorators)


def _is_given(body: Body | None, name: str) -> bool:
    """Whether a name is the first parameter of a function, or of one around it: what is decorated.

    Before it stands the `self` of a `__call__`.
    """
    while body is not None:
        is_method = body.function is not None and body.function.node.name == "__call__"
        if next(islice(body.params, int(is_method), None), None) == name:
            return True
        body = body.enclosing
    return False


def _returns(body: Body, function: FunctionSymbol | ClassSymbol) -> bool:
    """Whether a body returns a function or a class itself, not what it returns or makes."""
    name = function.node.name
    return any(
        isinstance(statement, n.Return)
        and isinstance(statement.value, n.Name)
        and statement.value.id == name
        and body.resolve(statement.value) == function
        for statement in body.statements
    )


def _functions(module: Module) -> Iterator[FunctionSymbol]:
    yield from _in_block(module, module.record.body, None)


def _in_block(
    module: Module, block: tuple[n.Stmt, ...], owner: ClassSymbol | None
) -> Iterator[FunctionSymbol]:
    for statement in block:
        if isinstance(statement, n.Function):
            prefix = f"{owner.qualname}." if owner else ""
            yield FunctionSymbol(module, statement, prefix + statement.name, owner)
        elif isinstance(statement, n.Class):
            prefix = f"{owner.qualname}." if owner else ""
            inner = ClassSymbol(module, statement, prefix + statement.name)
            yield from _in_block(module, statement.body, inner)
        else:
            for part in blocks(statement):
                yield from _in_block(module, part, owner)
