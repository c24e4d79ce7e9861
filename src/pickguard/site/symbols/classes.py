"""Class hierarchies of a site: base classes in order, members through them, kinds of classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from pickguard.site.symbols.libraries import (
    LibraryClass,
    is_named_like_api,
    known_class,
    library_bases,
    library_class,
    without_gate,
)
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    Names,
    Symbol,
    ValueSymbol,
    methods_of,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail

_DEPTH_LIMIT = 60
_RECORDS = frozenset({"NamedTuple", "namedtuple", "BaseModel", "Struct", "Schema"})
_MAKES_RECORDS = frozenset({"dataclass", "define", "frozen", "attrs", "mutable"})
_MAKES_FIELDS = frozenset({"ib", "attrib"})
_COLUMNS = ("Field", "ForeignKey")
_MODELS = ("django.db.models.", "django.contrib.gis.db.models.")
# What a `class Meta` says of nothing but models
_OF_MODELS = frozenset({"swappable", "db_table", "unique_together"})
Ancestor: TypeAlias = ClassSymbol | External


class Classes:
    """The classes of a site and how they inherit."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._lines: dict[ClassSymbol, tuple[Ancestor, ...]] = {}
        self._own_lines: dict[ClassSymbol, tuple[ClassSymbol, ...]] = {}
        self._libraries: dict[ClassSymbol, tuple[str, ...]] = {}
        self._idle: dict[ClassSymbol, tuple[Ancestor, ...]] = {}
        self._facts: dict[ClassSymbol, tuple[LibraryClass, ...]] = {}
        self._kinds: dict[ClassSymbol, frozenset[str]] = {}
        self._same_kinds: dict[frozenset[str], frozenset[str]] = {}
        self._owners: dict[tuple[str, int], dict[str, ClassSymbol]] = {}
        self._overridden: dict[tuple[ClassSymbol, ClassSymbol], frozenset[str]] = {}
        self.all = tuple(self._find_all())
        self.subclasses = self._find_subclasses()

    def _find_all(self) -> Iterator[ClassSymbol]:
        for module in self.names.modules:
            for name, binding in self.names.scope(module).items():
                if isinstance(binding, n.Class):
                    yield from self._nested(ClassSymbol(module, binding, name))

    def _nested(self, symbol: ClassSymbol) -> Iterator[ClassSymbol]:
        yield symbol
        for statement in symbol.node.body:
            if isinstance(statement, n.Class):
                yield from self._nested(
                    ClassSymbol(symbol.module, statement, f"{symbol.qualname}.{statement.name}")
                )

    def _find_subclasses(self) -> dict[ClassSymbol, list[ClassSymbol]]:
        found: dict[ClassSymbol, list[ClassSymbol]] = {}
        for symbol in self.all:
            for base in self.bases(symbol):
                if isinstance(base, ClassSymbol):
                    found.setdefault(base, []).append(symbol)
        return found

    def heirs(self, symbol: ClassSymbol) -> Iterator[ClassSymbol]:
        """Yield the classes that inherit from one, also through others, each once."""
        seen: set[ClassSymbol] = set()
        waiting = list(self.subclasses.get(symbol, ()))
        while waiting:
            one = waiting.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                waiting += self.subclasses.get(one, ())

    def bases(self, symbol: ClassSymbol) -> tuple[Ancestor, ...]:
        """Return the direct bases that could be resolved, in order."""
        found = []
        for expression in self._written_bases(symbol):
            base = self._base(symbol, expression)
            if base is not None and base != symbol:
                found.append(base)
        return tuple(found)

    def _written_bases(self, symbol: ClassSymbol) -> Iterator[n.Expr]:
        """Yield what stands between the brackets of a class, with the items of `*BASES`."""
        for expression in symbol.node.bases:
            if not isinstance(expression, n.Wrapped):
                yield expression
                continue
            listed = self.names.resolve(symbol.module, expression.value)
            value = listed.value if isinstance(listed, ValueSymbol) else None
            is_here = listed is not None and getattr(listed, "module", None) is symbol.module
            yield from value.items if isinstance(value, n.Sequence) and is_here else (expression,)

    def _base(self, symbol: ClassSymbol, expression: n.Expr) -> Ancestor | None:
        if isinstance(expression, n.Index):  # Generic[T]
            expression = expression.value
        if isinstance(expression, n.Call):
            return self._made(symbol.module, expression)
        base = self.names.resolve(symbol.module, expression)
        if isinstance(base, ValueSymbol) and isinstance(base.value, n.Call):
            return self._made(base.module, base.value)
        return base if isinstance(base, ClassSymbol | External) else None

    def _made(self, module: Module, call: n.Call) -> Ancestor | None:
        """Return the class that a call makes, where a library's function is known to make one."""
        made = self.names.resolve(module, call.func)
        if isinstance(made, External) and made.name.endswith("get_user_model"):
            return External("django.contrib.auth.models.User")
        if isinstance(made, External) and made.name.endswith(".with_metaclass") and call.args:
            found = self.names.resolve(module, call.args[-1])
            return found if isinstance(found, ClassSymbol | External) else None
        if isinstance(made, External) and made.name.endswith(".from_queryset"):
            return External(made.name.removesuffix(".from_queryset"))
        return None

    def of_module(self, module: Module) -> tuple[ClassSymbol, ...]:
        """Return the classes that a module defines."""
        return tuple(self._by_module.get(module.path, ()))

    @cached_property
    def _by_module(self) -> dict[str, list[ClassSymbol]]:
        found: dict[str, list[ClassSymbol]] = {}
        for symbol in self.all:
            found.setdefault(symbol.module.path, []).append(symbol)
        return found

    def line(self, symbol: ClassSymbol) -> tuple[Ancestor, ...]:
        """Return the class and its ancestors in the order in which Python looks them up.

        It is the depth-first order with the last of each repeated class kept, which is Python's own
        order (C3) wherever a hierarchy has a consistent one in practice.
        """
        found = self._lines.get(symbol)
        if found is None:
            ordered = list(self._walk(symbol, 0, frozenset()))
            last = {ancestor: position for position, ancestor in enumerate(ordered)}
            found = tuple(a for position, a in enumerate(ordered) if last[a] == position)
            self._lines[symbol] = found
        return found

    def _walk(
        self, ancestor: Ancestor, depth: int, seen: frozenset[Ancestor]
    ) -> Iterator[Ancestor]:
        yield ancestor
        if depth > _DEPTH_LIMIT or ancestor in seen:
            return
        seen = seen | {ancestor}
        if isinstance(ancestor, External):
            for name in library_bases(ancestor.name):
                yield from self._walk(External(name), depth + 1, seen)
            return
        known = self._lines.get(ancestor)
        if known is not None and depth:
            yield from known[1:]
            return
        for base in self.bases(ancestor):
            yield from self._walk(base, depth + 1, seen)

    def idle_gates(self, symbol: ClassSymbol) -> tuple[Ancestor, ...]:
        """Return the ancestors whose `dispatch` never runs: they stand behind Django's own `View`.

        `View.dispatch` calls no next one, so of `class V(ListView, LoginRequiredMixin)` nobody asks for
        a login. None where a base is not known: it may ask for another order.
        """
        found = self._idle.get(symbol)
        if found is None:
            found = self._idle[symbol] = _behind_view(self.line(symbol))
        return found

    def own_line(self, symbol: ClassSymbol) -> tuple[ClassSymbol, ...]:
        """Return the class and its ancestors that the site itself defines."""
        found = self._own_lines.get(symbol)
        if found is None:
            found = tuple(a for a in self.line(symbol) if isinstance(a, ClassSymbol))
            self._own_lines[symbol] = found
        return found

    def own_functions(self, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
        """Yield what `own_methods` does, each with the class that it is written in."""
        for ancestor in self.own_line(symbol):
            yield from methods_of(ancestor)

    def own_methods(self, symbol: ClassSymbol) -> Iterator[n.Function]:
        """Yield the methods of the class and of its ancestors in the site, nearest first, overridden ones too."""
        for ancestor in self.own_line(symbol):
            yield from (m for m in ancestor.node.body if isinstance(m, n.Function))

    def library_line(self, symbol: ClassSymbol) -> tuple[LibraryClass, ...]:
        """Return the facts of the library classes that the class inherits from."""
        found = self._facts.get(symbol)
        if found is None:
            idle = self.idle_gates(symbol)
            facts = ((a, _facts(a)) for a in self.line(symbol))
            found = self._facts[symbol] = tuple(
                without_gate(fact) if a in idle else fact for a, fact in facts if fact
            )
        return found

    def kinds(self, symbol: ClassSymbol) -> frozenset[str]:
        """Return what the class is (view, form, model …), by its library ancestors; a mixin is what its heirs are.

        A class with columns is a model, too, where nothing is known of a library's class that it is made of.
        """
        found = self._kinds.get(symbol)
        if found is None:
            found = frozenset(facts.kind for facts in self.library_line(symbol) if facts.kind)
            if not found and self._has_unknown_base(symbol) and self._is_table(symbol):
                found = frozenset({"model"})
            if not found and not symbol.node.bases:
                self._kinds[symbol] = found  # a circle of bases ends here
                found = self._of_heirs(symbol)
            found = self._same_kinds.setdefault(found, found)
            self._kinds[symbol] = found
        return found

    def _of_heirs(self, symbol: ClassSymbol) -> frozenset[str]:
        """Return what all heirs of a mixin are: its methods are theirs."""
        heirs = [self.kinds(heir) for heir in self.subclasses.get(symbol, ())]
        return frozenset.intersection(*heirs) if heirs else frozenset()

    def _has_unknown_base(self, symbol: ClassSymbol) -> bool:
        """Whether a base stands in a library that nothing is known of, or is made by a call."""
        if any(len(self.bases(o)) < len(o.node.bases) for o in self.own_line(symbol)):
            return True
        return any(
            isinstance(ancestor, External)
            and "." in ancestor.name
            and not ancestor.name.startswith(("django.", "rest_framework."))
            for ancestor in self.line(symbol)
        )

    def _is_table(self, symbol: ClassSymbol) -> bool:
        """Whether a class, or one of its bases, has columns or says what only models say."""
        return self._has_columns(symbol) or any(
            _OF_MODELS & set(self.names.class_scope(ClassSymbol(owner.module, meta, meta.name)))
            for owner in self.own_line(symbol)
            for meta in owner.node.body
            if isinstance(meta, n.Class) and meta.name == "Meta"
        )

    def _has_columns(self, symbol: ClassSymbol) -> bool:
        """Whether `name = models.CharField(…)` stands in the class or in one of its bases."""
        return any(
            isinstance(statement, n.Assign)
            and isinstance(statement.value, n.Call)
            and self._is_column(ancestor.module, statement.value.func)
            for ancestor in self.own_line(symbol)
            for statement in ancestor.node.body
        )

    def _is_column(self, module: Module, function: n.Expr) -> bool:
        if not tail(function).endswith(_COLUMNS):
            return False
        found = self.names.resolve(module, function)
        return isinstance(found, External) and found.name.startswith(_MODELS)

    def of_kind(self, kind: str) -> tuple[ClassSymbol, ...]:
        """Return all classes of a kind, in the order of their files."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, tuple[ClassSymbol, ...]]:
        found: dict[str, list[ClassSymbol]] = {}
        for symbol in self.all:
            for kind in self.kinds(symbol):
                found.setdefault(kind, []).append(symbol)
        return {kind: tuple(symbols) for kind, symbols in found.items()}

    def member(self, symbol: ClassSymbol, name: str) -> Symbol | None:
        """Return the first of a name in the order of inheritance, within the site."""
        owner = self._owners_of(symbol).get(name)
        return None if owner is None else self.names.own_member(owner, name)

    def _owners_of(self, symbol: ClassSymbol) -> dict[str, ClassSymbol]:
        """Return which class of the line gives each name its value."""
        place = (symbol.module.path, symbol.node.span)
        found = self._owners.get(place)
        if found is None:
            found = {}
            for ancestor in reversed(self.own_line(symbol)):
                scope = self.names.class_scope(ancestor)
                found |= dict.fromkeys(
                    (name for name, bound in scope.items() if not isinstance(bound, n.Import)),
                    ancestor,
                )
            self._owners[place] = found
        return found

    def fields(self, symbol: ClassSymbol) -> tuple[str, ...]:
        """Return the fields that the constructor of a dataclass, named tuple or the like takes, in order."""
        line = self.own_line(symbol)
        made = any(_makes_record(d) for ancestor in line for d in ancestor.node.decorators)
        bases = {base.name.rpartition(".")[2] for base in self.line(symbol)}
        if not made and bases.isdisjoint(_RECORDS):
            return ()
        declared = (one for ancestor in reversed(line) for one in ancestor.node.body)
        return tuple(dict.fromkeys(name for one in declared if (name := _field(one))))

    def overridden(self, symbol: ClassSymbol, base: ClassSymbol) -> frozenset[str]:
        """Return the names of a base class that its heir, or a class between the two, gives another meaning."""
        found = self._overridden.get((symbol, base))
        if found is None:
            owners = self._owners_of(symbol)
            names = (
                n for n, owner in self._owners_of(base).items() if owners.get(n, owner) != owner
            )
            found = self._overridden[symbol, base] = frozenset(names)
        return found

    def value(self, symbol: ClassSymbol, name: str) -> ValueSymbol | None:
        """Return the value of a class attribute, the nearest in the order of inheritance.

        A list or a dictionary that has a name of its own, `fields = NAMES`, is returned where it stands.
        """
        found = self.member(symbol, name)
        if not isinstance(found, ValueSymbol) or not isinstance(found.value, n.Name | n.Attr):
            return found if isinstance(found, ValueSymbol) else None
        named = self.names.resolve(found.module, found.value)
        if isinstance(named, ValueSymbol) and isinstance(named.value, n.Sequence | n.Mapping):
            return ValueSymbol(named.module, named.value, found.qualname)
        return found

    def method(self, symbol: ClassSymbol, name: str) -> FunctionSymbol | None:
        """Return a method, the nearest in the order of inheritance, also by another name: `post = get`."""
        found = self.member(symbol, name)
        if isinstance(found, ValueSymbol) and isinstance(found.value, n.Name):
            found = self.member(symbol, found.value.id)
        return found if isinstance(found, FunctionSymbol) else None

    def methods(self, symbol: ClassSymbol, name: str) -> Iterator[FunctionSymbol]:
        """Yield the methods that a call of one runs: the nearest, and those that `super()` reaches."""
        for ancestor in self.own_line(symbol):
            found = self.names.own_member(ancestor, name)
            if isinstance(found, FunctionSymbol):
                yield found
                if "super" not in found.node.words:
                    return

    def next_method(
        self, symbol: ClassSymbol, behind: ClassSymbol, name: str
    ) -> FunctionSymbol | None:
        """Return the method that `super()` reaches from a class in the line of another."""
        line = self.own_line(symbol)
        rest = line[line.index(behind) + 1 :] if behind in line else ()
        found = (self.names.own_member(ancestor, name) for ancestor in rest)
        return next((one for one in found if isinstance(one, FunctionSymbol)), None)

    def meta(self, symbol: ClassSymbol, name: str) -> ValueSymbol | None:
        """Return an attribute of the class's `Meta`, also through the bases of `Meta` itself."""
        inner = self.inner_meta(symbol)
        return self.value(inner, name) if inner is not None else None

    def inner_meta(self, symbol: ClassSymbol) -> ClassSymbol | None:
        """Return the first `Meta` of the class's line; None where a library's class has its own before."""
        for ancestor in self.line(symbol):
            if isinstance(ancestor, External):
                facts = _facts(ancestor)
                if facts is not None and facts.fields:
                    return None
                continue
            inner = self.names.own_member(ancestor, "Meta")
            if isinstance(inner, ClassSymbol):
                return inner
        return None

    def has_unknown_view(self, symbol: ClassSymbol) -> bool:
        """Whether a base is a view of a library that nothing is known of but its name."""
        return any(
            isinstance(ancestor, External)
            and ancestor.name.endswith(("View", "ViewBase"))
            and known_class(ancestor.name) is None
            for ancestor in self.line(symbol)
        )

    def has_unknown_api(self, symbol: ClassSymbol) -> bool:
        """Whether a base is an API view of a library that nothing is known of but its name."""
        return any(
            isinstance(ancestor, External) and is_named_like_api(ancestor.name)
            for ancestor in self.line(symbol)
        )

    def has_unknown_gate(self, symbol: ClassSymbol) -> bool:
        """Whether a base of a library that nothing is known of may turn strangers away."""
        return any(
            isinstance(ancestor, External)
            and ancestor.name.endswith(("View", "ViewBase", "ViewSet", "Mixin", "Required"))
            and not ancestor.name.startswith(("django.", "rest_framework."))
            and known_class(ancestor.name) is None
            for ancestor in self.line(symbol)
        )

    def inherits(self, symbol: ClassSymbol, *names: str) -> bool:
        """Whether one of the library ancestors has one of these dotted names (by its end)."""
        return any(name.endswith(names) for name in self._library_names(symbol))

    def _library_names(self, symbol: ClassSymbol) -> tuple[str, ...]:
        """Return the dotted names of the ancestors that are no classes of the site."""
        found = self._libraries.get(symbol)
        if found is None:
            found = tuple(one.name for one in self.line(symbol) if isinstance(one, External))
            self._libraries[symbol] = found
        return found

    def named(self, symbol: ClassSymbol, attribute: str) -> Symbol | None:
        """Return what an attribute of a class, or of its ancestors, names: `form_class = NoteForm`."""
        found = self.value(symbol, attribute)
        return self.names.resolve(found.module, found.value) if found is not None else None

    def is_middleware(self, symbol: ClassSymbol) -> bool:
        """Whether a class is made as Django makes its middleware: `Limit(get_response)`."""
        made = self.method(symbol, "__init__")
        takes = made.node.params if made is not None else ()
        return any(param.name == "get_response" for param in takes) or self.inherits(
            symbol, ".MiddlewareMixin"
        )


def _behind_view(line: tuple[Ancestor, ...]) -> tuple[Ancestor, ...]:
    if any(isinstance(a, External) and not _is_known(a) for a in line):
        return ()
    # it has several names, and all that builds on one of them comes before it
    views = [place for place, each in enumerate(line) if _is_view(each)]
    return line[views[-1] + 1 :] if views else ()


def _facts(ancestor: Ancestor) -> LibraryClass | None:
    of_library = isinstance(ancestor, External)
    return library_class(ancestor.name) if of_library else known_class(ancestor.name)


def _is_view(ancestor: Ancestor) -> bool:
    """Whether a class is the one that all class views of Django build on."""
    name = ancestor.name
    return isinstance(ancestor, External) and name.startswith("django.") and name.endswith(".View")


def _is_known(ancestor: External) -> bool:
    return known_class(ancestor.name) is not None or ancestor.name.startswith("django.")


def _field(statement: n.Stmt) -> str:
    """Return the name of `url: str`, and of `url = attr.ib()`; an empty text of what is no field."""
    match statement:
        case n.Annotate(target=n.Name(id=name)):
            return name
        case n.Assign(targets=(n.Name(id=name),), value=n.Call(func=made)):
            return name if tail(made) in _MAKES_FIELDS else ""
    return ""


def _makes_record(decorator: n.Expr) -> bool:
    """Whether a decorator writes the constructor: `@dataclass`, `@attr.s(auto_attribs=True)`."""
    made = func_of(decorator)
    is_short = isinstance(made, n.Attr) and made.name == "s" and tail(made.value) == "attr"
    return is_short or tail(made) in _MAKES_RECORDS
