"""Registries: containers of a module that decorators and calls fill while modules are loaded.

    registry = {"views": defaultdict(dict)}

    def register_view(model, name=""):
        def decorator(view):
            registry["views"][model._meta.model_name].append({"name": name, "view": view})
            return view
        return decorator

Nothing is run: each use of a function that fills a registry, as a decorator or as a statement of a
module, is followed with its own arguments, and what it would append is kept as an expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, ValueSymbol, flatten
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body

if TYPE_CHECKING:
    from pickguard.site.urls.pattern_lists import Lists
    from pickguard.site.urls.urlconf import Urlconf

Keys: TypeAlias = tuple[Any, ...]
Held: TypeAlias = "tuple[n.Expr, Lists]"
_SIZE_LIMIT = 20_000
ADDING = frozenset({"append", "add", "insert"})


class _Contents(Struct):
    """What is known of one registry.

    Attributes:
        lists: what was appended, by the keys that lead to the list.
        values: what was assigned, by the keys that lead to it.
    """

    lists: dict[Keys, list[Held]] = field(default_factory=dict)
    values: dict[Keys, Held] = field(default_factory=dict)
    is_filling: bool = True


class Use(Struct, frozen=True):
    """One use of a function while a module is loaded.

    Attributes:
        call: with its arguments, or None where it decorates without.
        decorated: the class or function that it decorates, if any.
    """

    module: Module
    function: n.Expr
    call: n.Call | None
    decorated: tuple[n.Expr, ...]


class Uses:
    """What the modules of a site call and decorate with while they are loaded, and its apps then."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._names = classes.names

    def of(self, function: FunctionSymbol) -> Iterator[Use]:
        """Yield the uses of a function, in the order of modules and lines."""
        for use in self._by_name.get(function.node.name, ()):
            if self._names.resolve(use.module, use.function) == function:
                yield use

    def of_library(self, names: tuple[str, ...]) -> Iterator[Use]:
        """Yield the uses of a library's function, given all its full names."""
        for last in dict.fromkeys(name.rpartition(".")[2] for name in names):
            for use in self._by_name.get(last, ()):
                found = self._names.resolve(use.module, use.function)
                if isinstance(found, External) and found.name in names:
                    yield use

    @cached_property
    def ready(self) -> tuple[tuple[ClassSymbol, FunctionSymbol], ...]:
        """The methods that Django calls when all apps are loaded, with their `AppConfig`."""
        found = (
            (symbol, self._names.own_member(symbol, "ready"))
            for symbol in self._classes.of_kind("app")
        )
        return tuple((one, method) for one, method in found if isinstance(method, FunctionSymbol))

    @cached_property
    def at_start(self) -> tuple[FunctionSymbol, ...]:
        """The functions of modules that one of these may call, by their names."""
        words = {word for _symbol, method in self.ready for word in method.node.words}
        return tuple(
            FunctionSymbol(module, statement, statement.name)
            for module in (self._names.modules if words else ())
            for statement in module.record.body
            if isinstance(statement, n.Function) and statement.name in words
        )

    @cached_property
    def _by_name(self) -> dict[str, list[Use]]:
        found: dict[str, list[Use]] = {}
        for module in self._names.modules:
            if not module.holds_tests:
                for statement in flatten(module.record.body):
                    for use in _uses_in(module, statement):
                        found.setdefault(tail(use.function), []).append(use)
        return found


class Registries:
    """All registries of a site; each is filled when it is first asked for."""

    def __init__(self, urlconf: Urlconf) -> None:
        self._urlconf = urlconf
        self._contents: dict[str, _Contents] = {}
        self._fillers: dict[str, set[FunctionSymbol]] = {}
        self._size = 0

    def listed(self, holder: ValueSymbol, keys: Keys) -> list[Held]:
        """Return what was appended to `holder[key][key]…`."""
        return self._filled(holder).lists.get(keys, [])

    def mapped(self, holder: ValueSymbol, keys: Keys) -> dict[Any, Held]:
        """Return what was assigned to the keys of `holder[key][key]…`, by key."""
        found = self._filled(holder).values
        return {k[-1]: v for k, v in found.items() if k[:-1] == keys}

    def append(self, holder: ValueSymbol, keys: Keys, held: Held) -> None:
        """Note what a function appends, while its registry is being filled."""
        contents = self._open(holder)
        if contents:
            contents.lists.setdefault(keys, []).append(held)

    def assign(self, holder: ValueSymbol, keys: Keys, held: Held) -> None:
        """Note what a function assigns to a key, while its registry is being filled."""
        contents = self._open(holder)
        if contents:
            contents.values[keys] = held

    def fills(self, function: FunctionSymbol) -> bool:
        """Whether a function fills a registry that is being filled."""
        return any(function in fillers for fillers in self._fillers.values())

    def _open(self, holder: ValueSymbol) -> _Contents | None:
        found = self._contents.get(holder.name)
        if found is None or not found.is_filling or self._size >= _SIZE_LIMIT:
            return None
        self._size += 1
        return found

    def _filled(self, holder: ValueSymbol) -> _Contents:
        known = self._contents.get(holder.name)
        if known is not None:
            return known
        made = self._contents[holder.name] = _Contents()
        if _can_be_filled(holder):
            direct = tuple(self._find_fillers(holder))
            named = {function.node.name for function in direct}
            through = (f for f in self._urlconf.uses.at_start if not named.isdisjoint(f.node.words))
            self._fillers[holder.name] = {*direct, *through}
            for function in direct:
                for use in self._urlconf.uses.of(function):
                    self._follow(function, use)
            self._get_ready(self._fillers[holder.name])
            del self._fillers[holder.name]
        made.is_filling = False
        return made

    def _find_fillers(self, holder: ValueSymbol) -> Iterator[FunctionSymbol]:
        """Yield the functions of modules that may put something into a container."""
        names = self._urlconf.names
        for module in names.modules:
            found = names.member(module, holder.qualname)
            if not isinstance(found, ValueSymbol) or found.name != holder.name:
                continue
            for statement in flatten(module.record.body):
                if isinstance(statement, n.Function) and holder.qualname in statement.words:
                    yield FunctionSymbol(module, statement, statement.name)

    def _follow(self, function: FunctionSymbol, use: Use) -> None:
        """Follow one use of a function: the call, then what it returns, applied as a decorator."""
        scope = self._urlconf.reader(use.module)
        if use.call is None:
            scope.called(function, n.Call(use.function.span, use.function, use.decorated))
            return
        made = scope.called(function, use.call)
        if use.decorated:
            scope.applied(made, use.decorated)

    def _get_ready(self, fillers: set[FunctionSymbol]) -> None:
        """Follow the `ready` of apps that call one of these."""
        named = {function.node.name for function in fillers}
        for symbol, method in self._urlconf.uses.ready:
            if not named.isdisjoint(method.node.words):
                reader = self._urlconf.reader(symbol.module).at(symbol.module)
                reader.owner = symbol
                reader.run(body(method.node))


def entry_of(scope: Lists, source: n.Expr) -> tuple[ValueSymbol, Keys] | None:
    """Return the container and the keys that `holder[a].get(b)` names, where they can be told."""
    start, keys = chain(source)
    holder = scope.resolve(start)
    known = tuple(scope.constant(key) for key in keys)
    if not isinstance(holder, ValueSymbol) or not all(isinstance(key, str | int) for key in known):
        return None
    return holder, known


def chain(source: n.Expr) -> tuple[n.Expr, tuple[n.Expr, ...]]:
    """Return where `holder[a].get(b)` starts, and its keys."""
    keys: list[n.Expr] = []
    step = _step(source)
    while step is not None:
        source, key = step
        keys.append(key)
        step = _step(source)
    return source, tuple(reversed(keys))


def _step(source: n.Expr) -> tuple[n.Expr, n.Expr] | None:
    """Return what an entry is taken of, and its key."""
    if isinstance(source, n.Index):
        return source.value, source.index
    if isinstance(source, n.Call) and isinstance(source.func, n.Attr) and source.args:
        if source.func.name in ("get", "setdefault"):
            return source.func.value, source.args[0]
    return None


def _can_be_filled(holder: ValueSymbol) -> bool:
    """Whether a name of a module holds a container, as far as can be seen."""
    return "." not in holder.qualname and isinstance(
        holder.value, n.Call | n.Mapping | n.Sequence | n.Comprehension
    )


def _uses_in(module: Module, statement: n.Stmt) -> Iterator[Use]:
    if isinstance(statement, n.Class | n.Function):
        decorated = (n.Name(statement.span, statement.name),)
        for decorator in reversed(statement.decorators):
            if isinstance(decorator, n.Call):
                yield Use(module, decorator.func, decorator, decorated)
            else:
                yield Use(module, decorator, None, decorated)
    elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
        call = statement.value
        if isinstance(call.func, n.Call):  # `register(Crate, "trace")(Trace)`
            yield Use(module, call.func.func, call.func, call.args)
        else:
            yield Use(module, call.func, call, ())
