"""Functions and classes under other names: `MAKERS = {"png": make_png}`.

What is called then is not the function's own name; who looks for its calls looks here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.values.definitions import Value
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail
from pickguard.source.python.bodies import body as body_of
from pickguard.source.python.walk import statements

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_LOOKUPS = frozenset({"get", "pop", "setdefault"})
_ITEM_LIMIT = 200
_DEEPEST = 3  # displays inside of displays
_MOST_STEPS = 8


class Alias(Struct, frozen=True):
    """Another name of a function or a class.

    Attributes:
        module, name: which module gives it, and what it is.
        function: the expression that stands for it, as the module means it.
    """

    module: Module
    name: str
    function: n.Expr


class Aliases:
    """The other names of one site's functions and classes.

    Args:
        classes: with what names stand for.
        served: the modules that a running site executes.
    """

    def __init__(self, classes: Classes, served: tuple[Module, ...]) -> None:
        self._classes = classes
        self._names = classes.names
        self._served = served

    def of(self, function: FunctionSymbol | ClassSymbol) -> Iterator[Alias]:
        """Yield the names that modules give to a function or a class, or to what holds it."""
        for alias in self._by_name.get(function.node.name, ()):
            if self._names.resolve(alias.module, alias.function) == function:
                yield alias
        for decorator in function.node.decorators:
            found = self._names.resolve(function.module, func_of(decorator))
            if isinstance(found, FunctionSymbol):
                yield from self._registries(found, decorator)

    def _registries(self, decorator: FunctionSymbol, applied: n.Expr) -> Iterator[Alias]:
        """Yield the containers of a module that a decorator puts functions into: `MAKERS[kind] = function`."""
        for statement in statements(body_of(decorator.node), into_functions=True):
            for target in statement.targets if isinstance(statement, n.Assign) else ():
                if isinstance(target, n.Index) and isinstance(target.value, n.Name):
                    found = self._names.resolve(decorator.module, target.value)
                    if isinstance(found, ValueSymbol):
                        yield Alias(found.module, found.qualname, applied)

    def attributes_of(self, kept: ClassSymbol) -> Iterator[tuple[ClassSymbol, str]]:
        """Yield the classes that keep a class as an attribute, with its name: `form_class = NoteForm`."""
        for keeper, name, value in self._kept.get(kept.node.name, ()):
            if self._names.resolve(keeper.module, value) == kept:
                yield keeper, name

    @cached_property
    def _kept(self) -> dict[str, list[tuple[ClassSymbol, str, n.Expr]]]:
        """What classes keep as attributes under other names, by its own."""
        found: dict[str, list[tuple[ClassSymbol, str, n.Expr]]] = {}
        for module in self._served:
            for keeper in self._classes.of_module(module):
                for statement in keeper.node.body:
                    if isinstance(statement, n.Assign) and isinstance(
                        statement.value, n.Name | n.Attr
                    ):
                        for target in statement.targets:
                            kept = (keeper, tail(target), statement.value)
                            found.setdefault(tail(statement.value), []).append(kept)
        return found

    def called_by(self, body: Body, call: n.Call, alias: Alias) -> bool:
        """Whether a call is one of what this name holds."""
        return any(_is(body, one, alias) for one in chosen_from(body, call))

    @cached_property
    def _by_name(self) -> dict[str, list[Alias]]:
        found: dict[str, list[Alias]] = {}
        for module in self._served:
            for statement in module.record.body:
                for alias in _of_statement(module, statement):
                    found.setdefault(tail(alias.function), []).append(alias)
        return found


def _of_statement(module: Module, statement: n.Stmt) -> Iterator[Alias]:
    if isinstance(statement, n.Assign):
        targets: Iterable[n.Expr] = statement.targets
    elif isinstance(statement, n.Annotate) and statement.value is not None:
        targets = (statement.target,)
    else:
        return
    names = [target.id for target in targets if isinstance(target, n.Name)]
    value = statement.value
    for name in names:
        yield from (Alias(module, name, item) for item in displayed(value))


def displayed(value: n.Expr | None, depth: int = 0) -> Iterator[n.Name | n.Attr]:
    """Yield the names in a display, and in those inside of it: `Png` of `{"png": {"maker": Png}}`."""
    if isinstance(value, n.Name | n.Attr) and depth:
        yield value
    elif isinstance(value, n.Mapping | n.Sequence) and depth < _DEEPEST:
        items = value.values if isinstance(value, n.Mapping) else value.items
        for item in items[:_ITEM_LIMIT]:
            yield from displayed(item, depth + 1)


def chosen_from(body: Body, call: n.Call) -> Iterator[n.Expr]:
    """Yield what a call takes what it calls out of: `MAKERS` of `MAKERS[kind](name)`, from the nearest on."""
    node: n.Expr | None = call.func
    for _step in range(_MOST_STEPS):
        container = _container(node)
        if container is None and isinstance(node, n.Name):
            held = body.scope.at(call.span).get(node.id)
            node = held.expr if isinstance(held, Value) and not held.part else None
        else:
            node = container
            if container is not None:
                yield container
        if node is None:
            return


def _container(node: n.Expr | None) -> n.Expr | None:
    """Return `MAKERS` of `MAKERS[kind]` and of `MAKERS.get(kind, make_png)`."""
    if isinstance(node, n.Index):
        return node.value
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name in _LOOKUPS:
        return node.func.value
    return None


def _is(body: Body, node: n.Expr | None, alias: Alias) -> bool:
    if not isinstance(node, n.Name | n.Attr) or tail(node) != alias.name:
        return False
    found = body.resolve(node)
    return isinstance(found, ValueSymbol) and found.module.path == alias.module.path
