"""What is registered with the routers of a site: `router.register(prefix, viewset)`, nested ones too.

Two packages nest resources: `drf-nested-routers` by a router of its own that names the one around
it, `drf-extensions` by calling `register` on what `register` returned.
"""

from __future__ import annotations

from msgspec import Struct

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import library_class
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, Symbol, ValueSymbol, flatten
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import keywords, receiver_of, text, texts
from pickguard.source.python.bodies import body

_DEPTH_LIMIT = 12
_PARENT = "parent_lookup_"


class Registration(Struct, frozen=True):
    """One `router.register(prefix, viewset, basename)`.

    Attributes:
        parent: what it was registered with, where that is another registration.
        lookups: the `parents_query_lookups`, outermost first.
    """

    prefix: str | None
    viewset: Symbol | None
    basename: str | None
    module: Module
    span: int
    parent: Registration | None = None
    lookups: tuple[str, ...] = ()


class Registrations:
    """All registrations of a site by the router that they end up in."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.names = classes.names
        self._by_router: dict[str, list[Registration]] = {}
        for module in self.names.modules:
            if not module.holds_tests:
                self._collect(module)

    def of(self, router: Symbol) -> tuple[Registration, ...]:
        """Return what is registered with a router, in the order of the files."""
        return tuple(self._by_router.get(getattr(router, "name", ""), ()))

    def _collect(self, module: Module) -> None:
        for statement in flatten(module.record.body):
            if isinstance(statement, n.Do | n.Assign):
                self._enter(module, statement.value)
            elif isinstance(statement, n.Function) and "register" in statement.words:
                for inner in flatten(body(statement)):
                    if isinstance(inner, n.Do | n.Assign):
                        self._enter(module, inner.value)

    def _enter(self, module: Module, value: n.Expr) -> None:
        """Note the calls of a chain `router.register(…).register(…)`, the first one first."""
        calls: list[n.Call] = []
        node: n.Expr | None = value
        while (call := _registering(node)) is not None and len(calls) < _DEPTH_LIMIT:
            calls.append(call)
            node = receiver_of(call)
        for call in reversed(calls):
            found = self._registration(module, call, 0)
            if found is not None:
                router, registration = found
                self._by_router.setdefault(router.name, []).append(registration)

    def _registration(
        self, module: Module, call: n.Call, depth: int
    ) -> tuple[ValueSymbol, Registration] | None:
        """Return the router that a call registers with, and what it registers."""
        owner = self._owner(module, call, depth)
        if owner is None:
            return None
        router, parent = owner
        words = keywords(call)
        viewset = call.args[1] if len(call.args) > 1 else words.get("viewset")
        named = words.get("basename") or words.get("base_name")
        if named is None and len(call.args) > 2:
            named = call.args[2]
        return router, Registration(
            text(call.args[0]) if call.args else text(words.get("prefix")),
            self.names.resolve(module, viewset),
            text(named),
            module,
            call.span,
            parent,
            texts(words.get("parents_query_lookups")) or (),
        )

    def _owner(
        self, module: Module, call: n.Call, depth: int
    ) -> tuple[ValueSymbol, Registration | None] | None:
        """Return the router that a call of `register` leads to, and the registration on the way."""
        receiver = receiver_of(call)
        outer = _registering(receiver)
        if outer is None:
            symbol = self.names.resolve(module, receiver)
            if not isinstance(symbol, ValueSymbol):
                return None
            outer, module = _registering(symbol.value), symbol.module
            if outer is None:
                return symbol, None
        return self._registration(module, outer, depth + 1) if depth < _DEPTH_LIMIT else None

    # Prefixes

    def prefix(self, router: ValueSymbol, item: Registration) -> str:
        """Return the whole prefix of a registration, with the lookups of what is around it."""
        return f"{self._around(router, 0)}{self._outer(item)}{item.prefix or ''}"

    def _outer(self, item: Registration) -> str:
        """`projects/(?P<parent_lookup_project>[^/.]+)/` of drf-extensions."""
        found: list[str] = []
        lookups = list(item.lookups)
        parent = item.parent
        while parent is not None and lookups:
            pattern = self.attribute(parent.viewset, "lookup_value_regex") or "[^/.]+"
            found.insert(0, f"{parent.prefix or ''}/(?P<{_PARENT}{lookups.pop()}>{pattern})/")
            parent = parent.parent
        return "".join(found)

    def _around(self, router: ValueSymbol, depth: int) -> str:
        """`projects/(?P<project_pk>[^/.]+)/` of drf-nested-routers."""
        call = router.value
        if depth > _DEPTH_LIMIT or not isinstance(call, n.Call) or not self._is_nested(router):
            return ""
        words = keywords(call)
        outer = self.names.resolve(router.module, _argument(call, words, 0, "parent_router"))
        around = text(_argument(call, words, 1, "parent_prefix"))
        if not isinstance(outer, ValueSymbol) or around is None:
            return ""
        name = text(words.get("lookup")) or f"nested_{depth + 1}"
        viewset = next((r.viewset for r in self.of(outer) if r.prefix == around), None)
        return f"{self._around(outer, depth + 1)}{around}/{self.lookup(viewset, name + '_')}/"

    def _is_nested(self, router: ValueSymbol) -> bool:
        kind = self.names.resolve(router.module, getattr(router.value, "func", None))
        if isinstance(kind, External):
            facts = library_class(kind.name)
            return facts is not None and facts.nested
        return isinstance(kind, ClassSymbol) and any(
            facts.nested for facts in self.classes.library_line(kind)
        )

    def lookup(self, viewset: Symbol | None, before: str = "") -> str:
        """Return the part of a route that names one row of a viewset."""
        field = self.attribute(viewset, "lookup_field") or "pk"
        name = self.attribute(viewset, "lookup_url_kwarg") or field
        value = self.attribute(viewset, "lookup_value_regex") or "[^/.]+"
        return f"(?P<{before}{name}>{value})"

    def attribute(self, viewset: Symbol | None, name: str) -> str | None:
        """Return a text that a viewset sets."""
        found = self.classes.value(viewset, name) if isinstance(viewset, ClassSymbol) else None
        return text(found.value) if found else None


def _registering(node: n.Expr | None) -> n.Call | None:
    """Return a node that is a call of `x.register`, or None."""
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "register":
        return node
    return None


def _argument(call: n.Call, words: dict[str, n.Expr], position: int, name: str) -> n.Expr | None:
    return call.args[position] if position < len(call.args) else words.get(name)
