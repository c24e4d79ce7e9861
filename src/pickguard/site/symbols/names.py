"""What a name means: from an expression in a module to the class, function, value or library name.

Names are followed through imports, re-exports, star imports and attributes of modules and classes,
within the site; a name that leaves the site ends as `External` with its full dotted name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from pickguard.site.symbols import loaders
from pickguard.site.symbols.homes import at_home
from pickguard.site.symbols.modules import Module, Modules
from pickguard.site.symbols.stars import offered, star_names
from pickguard.source.python import nodes as n

_DEPTH_LIMIT = 40


class External(Struct, frozen=True):
    """A name of a library that is not part of the scanned tree."""

    name: str


class _Qualified:
    """What has a name inside a module."""

    __slots__ = ()
    module: Module
    qualname: str

    @property
    def name(self) -> str:
        """The full dotted name."""
        return f"{self.module.name}.{self.qualname}"


class _Defined(_Qualified):
    """A definition: the same as another where it stands in the same place under the same name."""

    __slots__ = ()
    node: n.Class | n.Function

    def __hash__(self) -> int:
        return hash(self.module.path) ^ self.node.span  # NOTE: asked hundreds of thousands of times

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, type(self))
            and self.node.span == other.node.span
            and self.qualname == other.qualname
            and self.module.path == other.module.path
        )

    def __ne__(self, other: object) -> bool:
        # NOTE: a struct has a `__ne__` of its own, which compares all fields
        return not self == other


class ClassSymbol(_Defined, Struct, frozen=True, eq=False):
    """A class of the site; `qualname` is its name inside the module."""

    module: Module
    node: n.Class
    qualname: str


class FunctionSymbol(_Defined, Struct, frozen=True, eq=False):
    """A function or method of the site.

    Attributes:
        owner: the class that it is written in.
        run_by: the class of the object that runs it, where its `self` is known to be an heir's.
    """

    module: Module
    node: n.Function
    qualname: str
    owner: ClassSymbol | None = None
    run_by: ClassSymbol | None = None


def methods_of(owner: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the methods that a class body writes, in order; those of its bases are not among them."""
    for member in owner.node.body:
        if isinstance(member, n.Function):
            yield FunctionSymbol(owner.module, member, f"{owner.qualname}.{member.name}", owner)


class ModuleSymbol(Struct, frozen=True):
    """A module of the site."""

    module: Module

    @property
    def name(self) -> str:
        """The full dotted name."""
        return self.module.name


class ValueSymbol(_Qualified, Struct, frozen=True):
    """A name that a module or class assigns a value to."""

    module: Module
    value: n.Expr
    qualname: str


Symbol: TypeAlias = External | ClassSymbol | FunctionSymbol | ModuleSymbol | ValueSymbol
Binding: TypeAlias = n.Import | n.Class | n.Function | n.Expr


_COMPOUND = frozenset({n.If, n.Try, n.For, n.While, n.With, n.Match})


def flatten(statements: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements of a block and of the conditions, loops and handlers in it, in order.

    Handlers of exceptions come before the body that they stand in for, so that the last binding
    of a name is the one of the normal course.
    """
    for statement in statements:
        yield statement
        if type(statement) not in _COMPOUND:
            continue
        if isinstance(statement, n.If):
            yield from flatten(statement.other)
            yield from flatten(statement.body)
        elif isinstance(statement, n.Try):
            for handler in statement.handlers:
                yield from flatten(handler.body)
            yield from flatten(statement.body)
            yield from flatten(statement.other)
            yield from flatten(statement.final)
        elif isinstance(statement, n.For | n.While):
            yield from flatten(statement.body)
            yield from flatten(statement.other)
        elif isinstance(statement, n.With):
            yield from flatten(statement.body)
        elif isinstance(statement, n.Match):
            for case in statement.cases:
                yield from flatten(case.body)


def bindings(statements: Iterable[n.Stmt]) -> tuple[dict[str, Binding], tuple[n.Import, ...]]:
    """Return what a block binds, the last binding winning, and its star imports."""
    bound: dict[str, Binding] = {}
    stars: list[n.Import] = []
    for statement in flatten(statements):
        if isinstance(statement, n.Import):
            if statement.name == "*":
                stars.append(statement)
            else:
                bound[statement.name] = statement
        elif isinstance(statement, n.Class | n.Function):
            bound[statement.name] = statement
        elif isinstance(statement, n.Assign):
            for target in statement.targets:
                bound.update(_assigned(target, statement.value))
        elif isinstance(statement, n.Annotate) and statement.value is not None:
            if isinstance(statement.target, n.Name):
                bound[statement.target.id] = statement.value
    return bound, tuple(stars)


def _assigned(target: n.Expr, value: n.Expr) -> Iterator[tuple[str, n.Expr]]:
    """Yield the names that an assignment binds, with their values: `first, second = load()` as well."""
    if isinstance(target, n.Name):
        yield target.id, value
    elif isinstance(target, n.Sequence) and isinstance(value, n.Call):
        for position, part in enumerate(target.items):
            if isinstance(part, n.Name):
                yield part.id, n.Index(value.span, value, n.Const(value.span, position))


class Names:
    """Resolves names over all modules of a site; results are kept, nothing else changes."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self._scopes: dict[str, tuple[dict[str, Binding], tuple[n.Import, ...]]] = {}
        self._members: dict[tuple[str, str], Symbol | None] = {}
        self._offered: dict[str, frozenset[str] | None] = {}
        self._classes: dict[tuple[str, int], dict[str, Binding]] = {}
        self._loading: set[str] = set()

    def scope(self, module: Module) -> dict[str, Binding]:
        """Return what a module binds by itself."""
        return self._scope(module)[0]

    def _scope(self, module: Module) -> tuple[dict[str, Binding], tuple[n.Import, ...]]:
        found = self._scopes.get(module.path)
        if found is None:
            record = module.record
            found = self._scopes[module.path] = bindings((*record.body, *record.imports))
        return found

    def member(self, module: Module, name: str, depth: int = 0) -> Symbol | None:
        """Return what a module's attribute is, or None where the module has none of that name."""
        key = (module.path, name)
        if key in self._members:
            return self._members[key]
        if depth > _DEPTH_LIMIT:
            return None
        self._members[key] = None  # a cycle of imports ends here
        found = self._member(module, name, depth)
        self._members[key] = found
        return found

    def _member(self, module: Module, name: str, depth: int) -> Symbol | None:
        bound, stars = self._scope(module)
        binding = bound.get(name)
        if binding is not None:
            return self._symbol(module, name, binding, depth)
        if module.is_package:
            child = self.modules.find(f"{module.name}.{name}", module)
            if (child is not None and child.package == module.name) or (
                child is not None and child.is_package
            ):
                return ModuleSymbol(child)
        for star in reversed(stars):
            found = self._through_star(module, star, name, depth)
            if found is not None:
                return found
        return None

    def _through_star(self, module: Module, star: n.Import, name: str, depth: int) -> Symbol | None:
        source = self.import_name(module, star)
        target = self.modules.find(source, module)
        if target is None and name in star_names(source):
            return External(f"{source}.{name}")
        if target is None or target.path == module.path or not self._offers(target, name):
            return None
        found = self.member(target, name, depth + 1)
        if isinstance(found, External) and found.name == f"{module.name}.{name}":
            del self._members[target.path, name]  # it has the name from this very module
            return None
        return found

    def _offers(self, module: Module, name: str) -> bool:
        """Whether `import *` brings in a name of a module: what `__all__` lists, else what is not hidden."""
        if module.path not in self._offered:
            self._offered[module.path] = offered(module.record.body)
        listed = self._offered[module.path]
        if listed is not None:
            return name in listed
        return not name.startswith("_") and all(one.name != name for one in module.record.imports)

    def import_name(self, module: Module, statement: n.Import) -> str:
        """Return the absolute dotted name of the module that an import names."""
        if not statement.level:
            return statement.module
        package = module.enclosing(statement.level - 1)
        return f"{package}.{statement.module}".strip(".") if statement.module else package

    def _symbol(self, module: Module, name: str, binding: Binding, depth: int) -> Symbol | None:
        if isinstance(binding, n.Import):
            return self.imported(module, binding, depth)
        if isinstance(binding, n.Class):
            return ClassSymbol(module, binding, name)
        if isinstance(binding, n.Function):
            return FunctionSymbol(module, binding, name)
        if isinstance(binding, n.Name) and binding.id != name:
            return self.resolve(module, binding, depth=depth + 1) or ValueSymbol(
                module, binding, name
            )
        if isinstance(binding, n.Attr):
            found = self.resolve(module, binding, depth=depth + 1)
            return found or ValueSymbol(module, binding, name)
        return self._loaded(module, binding, depth) or ValueSymbol(module, binding, name)

    def _loaded(
        self,
        module: Module,
        value: n.Expr,
        depth: int,
        local: dict[str, n.Import | None] | None = None,
    ) -> Symbol | None:
        """Return the class that a call, or one item of what it returns, loads by its name."""
        position = 0
        if isinstance(value, n.Index) and isinstance(value.index, n.Const):
            position = value.index.value if isinstance(value.index.value, int) else 0
            value = value.value
        if not isinstance(value, n.Call) or not loaders.may_load(value):
            return None
        function = self.resolve(module, value.func, local, depth + 1)
        name = getattr(function, "name", "")
        found = loaders.loaded(name, value, position)
        if not found or found in self._loading:
            return None
        self._loading.add(found)
        symbol = self.dotted(found, module)
        self._loading.remove(found)
        return symbol

    def wrapped(self, symbol: ValueSymbol) -> Symbol | None:
        """Return what a module imports, or defines, under a name that it then gives to something made of it."""
        for statement in flatten(symbol.module.record.body):
            if isinstance(statement, n.Import) and statement.name == symbol.qualname:
                return self.imported(symbol.module, statement)
            if isinstance(statement, n.Function) and statement.name == symbol.qualname:
                return FunctionSymbol(symbol.module, statement, symbol.qualname)
            if isinstance(statement, n.Class) and statement.name == symbol.qualname:
                return ClassSymbol(symbol.module, statement, symbol.qualname)
        return None

    def given(self, symbol: ValueSymbol) -> Iterator[n.Expr]:
        """Yield what a module gives to a name, the last value first."""
        found = [
            statement.value
            for statement in flatten(symbol.module.record.body)
            if isinstance(statement, n.Assign)
            and any(isinstance(t, n.Name) and t.id == symbol.qualname for t in statement.targets)
        ]
        yield from reversed(found)

    def imported(self, module: Module, statement: n.Import, depth: int = 0) -> Symbol | None:
        """Return what an import binds."""
        source = self.import_name(module, statement)
        if statement.attribute is None:
            target = self.modules.find(source, module)
            if target is not None:
                return ModuleSymbol(target)
            return External(source)
        inside = self.modules.find(f"{source}.{statement.attribute}".lstrip("."), module)
        target = self.modules.find(source, module)
        if target is not None:
            found = (
                self.member(target, statement.attribute, depth + 1)
                if target.path != module.path or statement.name != statement.attribute
                else None
            )
            if found is not None:
                return found
        if inside is not None:
            return ModuleSymbol(inside)
        if target is not None:
            return External(f"{target.name}.{statement.attribute}")
        return External(at_home(f"{source}.{statement.attribute}"))

    def resolve(
        self,
        module: Module,
        expression: n.Expr | None,
        local: dict[str, n.Import | None] | None = None,
        depth: int = 0,
    ) -> Symbol | None:
        """Return what a name or a chain of attributes means in a module.

        Args:
            module: where the expression stands.
            expression: anything; only names, attributes of names, and calls that load a class by its
                name lead to a result.
            local: what the surrounding function binds: an import, or None for another value.
            depth: how many names were followed so far.
        """
        if depth > _DEPTH_LIMIT:
            return None
        if isinstance(expression, n.Name):
            return self._plain(module, expression.id, local, depth)
        if isinstance(expression, n.Attr):
            base = self.resolve(module, expression.value, local, depth)
            return None if base is None else self.attribute(base, expression.name, depth)
        if isinstance(expression, n.Call):
            return self._loaded(module, expression, depth, local)
        return None

    def _plain(
        self, module: Module, name: str, local: dict[str, n.Import | None] | None, depth: int
    ) -> Symbol | None:
        if local is not None and name in local:
            statement = local[name]
            return None if statement is None else self.imported(module, statement, depth)
        return self.member(module, name, depth)

    def attribute(self, base: Symbol, name: str, depth: int = 0) -> Symbol | None:
        """Return what `base.name` means, not looking into base classes."""
        if isinstance(base, External):
            # a folder without `__init__.py` is no module, what it holds may be one
            inside = self.modules.find(f"{base.name}.{name}")
            return External(f"{base.name}.{name}") if inside is None else ModuleSymbol(inside)
        if isinstance(base, ModuleSymbol):
            found = self.member(base.module, name, depth + 1)
            if found is None:
                child = self.modules.find(f"{base.module.name}.{name}", base.module)
                return ModuleSymbol(child) if child else None
            return found
        if isinstance(base, ClassSymbol):
            return self.own_member(base, name)
        return None

    def class_scope(self, owner: ClassSymbol) -> dict[str, Binding]:
        """Return what a class body binds, by name."""
        place = (owner.module.path, owner.node.span)
        found = self._classes.get(place)
        if found is None:
            found = self._classes[place] = bindings(owner.node.body)[0]
        return found

    def own_member(self, owner: ClassSymbol, name: str) -> Symbol | None:
        """Return what a class body binds to a name, not looking into base classes."""
        binding = self.class_scope(owner).get(name)
        if binding is None or isinstance(binding, n.Import):
            return None
        qualname = f"{owner.qualname}.{name}"
        if isinstance(binding, n.Class):
            return ClassSymbol(owner.module, binding, qualname)
        if isinstance(binding, n.Function):
            return FunctionSymbol(owner.module, binding, qualname, owner)
        return self._loaded(owner.module, binding, 0) or ValueSymbol(
            owner.module, binding, qualname
        )

    def dotted(self, name: str, importer: Module | None = None) -> Symbol | None:
        """Return what a dotted name in a string means, as Django's `import_string` reads it."""
        head, tail = name, ""
        while head:
            module = self.modules.find(head, importer)
            if module is not None:
                return self._inside(ModuleSymbol(module), tail)
            head, _, part = head.rpartition(".")
            tail = f"{part}.{tail}" if tail else part
        return External(name)

    def _inside(self, symbol: Symbol, tail: str) -> Symbol | None:
        found: Symbol | None = symbol
        for part in tail.split(".") if tail else ():
            if found is None:
                return None
            found = self.attribute(found, part)
        return found
