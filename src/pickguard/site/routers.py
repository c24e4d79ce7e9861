"""Patterns that objects make by themselves: DRF's routers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from pickguard.site.classes import Classes
from pickguard.site.libraries import library_class
from pickguard.site.models import tail
from pickguard.site.modules import Module, is_test
from pickguard.site.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    Symbol,
    ValueSymbol,
    flatten,
)
from pickguard.site.urlconf import Entry, Pattern, Target
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body

# What each action answers to, and whether it stands at one object (DRF's SimpleRouter)
ACTIONS = {
    "list": ("get", False),
    "create": ("post", False),
    "retrieve": ("get", True),
    "update": ("put", True),
    "partial_update": ("patch", True),
    "destroy": ("delete", True),
}


@dataclass(frozen=True, slots=True)
class Action:
    """An `@action` of a viewset."""

    name: str
    methods: tuple[str, ...]
    detail: bool
    url_path: str
    url_name: str
    function: FunctionSymbol
    keywords: dict[str, n.Expr] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registration:
    """One `router.register(prefix, viewset, basename)`."""

    prefix: str | None
    viewset: Symbol | None
    basename: str | None
    module: Module
    span: int


class Routers:
    """The routers of a site and what is registered with them, found in all its modules."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.names = classes.names
        self._registered: dict[str, list[Registration]] = {}
        for module in self.names.modules:
            if not is_test(module):
                self._collect(module)

    def _collect(self, module: Module) -> None:
        for statement in flatten(module.record.body):
            if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
                self._register(module, statement.value)
            elif isinstance(statement, n.Function) and "register" in statement.words:
                for inner in flatten(body(statement)):
                    if isinstance(inner, n.Do) and isinstance(inner.value, n.Call):
                        self._register(module, inner.value)

    def _register(self, module: Module, call: n.Call) -> None:
        if not isinstance(call.func, n.Attr) or call.func.name != "register" or not call.args:
            return
        router = self.names.resolve(module, call.func.value)
        if not isinstance(router, ValueSymbol):
            return
        words = {k.name: k.value for k in call.keywords if k.name}
        prefix = _text(call.args[0])
        viewset = call.args[1] if len(call.args) > 1 else words.get("viewset")
        named = words.get("basename") or words.get("base_name")
        if named is None and len(call.args) > 2:
            named = call.args[2]
        found = self.names.resolve(module, viewset)
        self._registered.setdefault(router.name, []).append(
            Registration(prefix, found, _text(named), module, call.span)
        )

    def expand(self, owner: Symbol) -> tuple[Entry, ...] | None:
        """Return the patterns of a router, or None where the symbol is none."""
        if not isinstance(owner, ValueSymbol) or not isinstance(owner.value, n.Call):
            return None
        kind = self.names.resolve(owner.module, owner.value.func)
        if not self._is_router(kind):
            return None
        registered = self._registered.get(owner.name, ())
        entries = [entry for item in registered for entry in self._patterns(owner, item)]
        if self._has_root(kind):
            root = Target(External("rest_framework.routers.APIRootView"))
            entries.append(Pattern("^$", True, root, "api-root", owner.module, owner.value.span))
        return tuple(entries)

    def _is_router(self, kind: Symbol | None) -> bool:
        if isinstance(kind, External):
            facts = library_class(kind.name)
            return facts is not None and facts.kind == "router"
        return isinstance(kind, ClassSymbol) and "router" in self.classes.kinds(kind)

    def _has_root(self, kind: Symbol | None) -> bool:
        if isinstance(kind, External):
            facts = library_class(kind.name)
            return facts is not None and facts.root_view
        return isinstance(kind, ClassSymbol) and any(
            f.root_view for f in self.classes.library_line(kind)
        )

    def _patterns(self, router: ValueSymbol, item: Registration) -> Iterator[Entry]:
        viewset = item.viewset if isinstance(item.viewset, ClassSymbol) else None
        prefix = item.prefix or ""
        slash = self._slash(router)
        basename = item.basename or self._basename(viewset)
        lookup = self._lookup(viewset)
        start = f"^{prefix}/" if prefix else "^"
        places = self._places(viewset, lookup)
        for path, suffix, methods in places:
            route = f"{start}{path}".rstrip("/")
            end = slash if route != "^" else ""
            name = f"{basename}-{suffix}" if basename else None
            target = Target(item.viewset, methods=tuple(methods))
            yield Pattern(f"{route}{end}$", True, target, name, item.module, item.span)

    def _places(
        self, viewset: ClassSymbol | None, lookup: str
    ) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
        if viewset is None:
            return
        known = self.known_actions(viewset)
        listed = [(ACTIONS[a][0], a) for a in known if not ACTIONS[a][1]]
        single = [(ACTIONS[a][0], a) for a in known if ACTIONS[a][1]]
        extra = actions(self.classes, viewset)
        if listed:
            yield "", "list", listed
        for action in extra:
            if not action.detail:
                yield action.url_path, action.url_name, [(m, action.name) for m in action.methods]
        if single:
            yield lookup, "detail", single
        for action in extra:
            if action.detail:
                path = f"{lookup}/{action.url_path}"
                yield path, action.url_name, [(m, action.name) for m in action.methods]

    def known_actions(self, viewset: ClassSymbol) -> list[str]:
        """Return the standard actions that a viewset has, in the router's order."""
        brought = {a for f in self.classes.library_line(viewset) for a in f.actions}
        return [
            name
            for name in ACTIONS
            if name in brought or self.classes.method(viewset, name) is not None
        ]

    def _slash(self, router: ValueSymbol) -> str:
        call = router.value
        for keyword in call.keywords if isinstance(call, n.Call) else ():
            if keyword.name == "trailing_slash" and isinstance(keyword.value, n.Const):
                return "/" if keyword.value.value else ""
        return "/"

    def _lookup(self, viewset: ClassSymbol | None) -> str:
        field_name = self._attribute(viewset, "lookup_field") or "pk"
        name = self._attribute(viewset, "lookup_url_kwarg") or field_name
        value = self._attribute(viewset, "lookup_value_regex") or "[^/.]+"
        return f"(?P<{name}>{value})"

    def _attribute(self, viewset: ClassSymbol | None, name: str) -> str | None:
        found = self.classes.value(viewset, name) if viewset else None
        return _text(found.value) if found else None

    def _basename(self, viewset: ClassSymbol | None) -> str | None:
        found = self.classes.value(viewset, "queryset") if viewset else None
        model = model_expression(found.value) if found else None
        return tail(model).lower() if model is not None else None


def actions(classes: Classes, viewset: ClassSymbol) -> tuple[Action, ...]:
    """Return the `@action` methods of a viewset, its ancestors' included."""
    found: dict[str, Action] = {}
    for ancestor in reversed(list(classes.own_line(viewset))):
        for name, binding in classes.names.class_scope(ancestor).items():
            if isinstance(binding, n.Function):
                function = FunctionSymbol(
                    ancestor.module, binding, f"{ancestor.qualname}.{name}", ancestor
                )
                made = _action(function)
                if made is not None:
                    found[name] = made
                elif name in found:
                    del found[name]
    return tuple(found[name] for name in sorted(found))


def _action(function: FunctionSymbol) -> Action | None:
    for decorator in function.node.decorators:
        call = decorator if isinstance(decorator, n.Call) else None
        if call is None or tail(call.func) not in ("action", "detail_route", "list_route"):
            continue
        words = {k.name: k.value for k in call.keywords if k.name}
        methods = _texts(words.get("methods") or (call.args[0] if call.args else None)) or ("get",)
        detail = words.get("detail")
        is_detail = tail(call.func) == "detail_route" or (
            isinstance(detail, n.Const) and detail.value is True
        )
        name = function.node.name
        path = _text(words.get("url_path")) or name
        url_name = _text(words.get("url_name")) or name.replace("_", "-")
        extra = mapped_methods(function)
        every = tuple(dict.fromkeys([m.lower() for m in (*methods, *extra)]))
        return Action(name, every, is_detail, path, url_name, function, words)
    return None


def mapped_methods(function: FunctionSymbol) -> tuple[str, ...]:
    """Return the methods that `@name.mapping.post` adds to an action."""
    body_of_class = function.owner.node.body if function.owner else ()
    return tuple(
        decorator.name
        for statement in body_of_class
        if isinstance(statement, n.Function)
        for decorator in statement.decorators
        if _maps(decorator, function.node.name)
    )


def _maps(decorator: n.Expr, name: str) -> TypeGuard[n.Attr]:
    return (
        isinstance(decorator, n.Attr)
        and isinstance(decorator.value, n.Attr)
        and decorator.value.name == "mapping"
        and tail(decorator.value.value) == name
    )


def model_expression(queryset: n.Expr) -> n.Expr | None:
    """Return `Model` of `Model.objects.filter(...)...`."""
    node = queryset
    for _ in range(50):
        if isinstance(node, n.Call):
            node = node.func
        elif isinstance(node, n.Attr):
            if node.name in ("objects", "_default_manager", "all_objects") or node.name.endswith(
                ("objects", "_manager")
            ):
                return node.value
            node = node.value
        else:
            return None
    return None


def _text(expression: n.Expr | None) -> str | None:
    if isinstance(expression, n.Const) and isinstance(expression.value, str):
        return expression.value
    return None


def _texts(expression: n.Expr | None) -> tuple[str, ...]:
    items: Iterable[n.Expr] = expression.items if isinstance(expression, n.Sequence) else ()
    return tuple(t for t in map(_text, items) if t is not None)
