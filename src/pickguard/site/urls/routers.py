"""Patterns that objects make by themselves: DRF's routers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from msgspec import Struct, field

from pickguard.site.symbols.class_bodies import seen_outside
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import library_facts
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol, ValueSymbol
from pickguard.site.urls.patterns import Entry, Pattern, Target
from pickguard.site.urls.registrations import Registration, Registrations
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true, keywords, tail, text, texts


class Place(Struct, frozen=True):
    """Where a router puts actions, as `rest_framework.routers.Route` says it.

    `mapping` holds (method, action); None stands for a `DynamicRoute`, which takes each `@action`.
    """

    url: str
    name: str
    detail: bool
    mapping: tuple[tuple[str, str], ...] | None


# As in `SimpleRouter.routes`
STANDARD_PLACES = (
    Place(
        "^{prefix}{trailing_slash}$",
        "{basename}-list",
        False,
        (("get", "list"), ("post", "create")),
    ),
    Place("^{prefix}/{url_path}{trailing_slash}$", "{basename}-{url_name}", False, None),
    Place(
        "^{prefix}/{lookup}{trailing_slash}$",
        "{basename}-detail",
        True,
        (
            ("get", "retrieve"),
            ("put", "update"),
            ("patch", "partial_update"),
            ("delete", "destroy"),
        ),
    ),
    Place("^{prefix}/{lookup}/{url_path}{trailing_slash}$", "{basename}-{url_name}", True, None),
)


# What else an action may set is told by its routes, or says nothing of who may call it
_SET_BY_ACTIONS = frozenset(
    {"permission_classes", "authentication_classes", "throttle_classes", "serializer_class"}
)


class Action(Struct, frozen=True):
    """An `@action` of a viewset."""

    name: str
    methods: tuple[str, ...]
    detail: bool
    url_path: str
    url_name: str
    function: FunctionSymbol
    keywords: dict[str, n.Expr] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str]:
        """What fills the places of a router's template."""
        return {"url_path": self.url_path, "url_name": self.url_name}


class Routers:
    """The routers of a site and what is registered with them, found in all its modules."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.names = classes.names
        self._registrations = Registrations(classes)

    def expand(self, owner: Symbol) -> tuple[Entry, ...] | None:
        """Return the patterns of a router, or None where the symbol is none."""
        if not isinstance(owner, ValueSymbol) or not isinstance(owner.value, n.Call):
            return None
        kind = self.names.resolve(owner.module, owner.value.func)
        if not self._is_router(kind):
            return None
        registered = self._registrations.of(owner)
        entries = [entry for item in registered for entry in self._patterns(owner, item)]
        if self._has_root(kind):
            root = Target(self._root(owner, kind))
            entries.append(Pattern("", False, root, "api-root", owner.module, owner.value.span))
        return tuple(entries)

    def _is_router(self, kind: Symbol | None) -> bool:
        if isinstance(kind, External):
            return any(facts.kind == "router" for facts in library_facts(kind.name))
        return isinstance(kind, ClassSymbol) and "router" in self.classes.kinds(kind)

    def _has_root(self, kind: Symbol | None) -> bool:
        if isinstance(kind, External):
            return any(facts.root_view for facts in library_facts(kind.name))
        return isinstance(kind, ClassSymbol) and any(
            f.root_view for f in self.classes.library_line(kind)
        )

    def _root(self, router: ValueSymbol, kind: Symbol | None) -> Symbol:
        """Return the view of a router's own page."""
        for statement in router.module.record.body:
            if isinstance(statement, n.Assign) and _is_root_of(statement.targets[0], router):
                own = self.names.resolve(router.module, statement.value)
                if own is not None:
                    return own
        own = self.classes.named(kind, "APIRootView") if isinstance(kind, ClassSymbol) else None
        return own or External("rest_framework.routers.APIRootView")

    def _patterns(self, router: ValueSymbol, item: Registration) -> Iterator[Entry]:
        viewset = item.viewset if isinstance(item.viewset, ClassSymbol) else None
        if viewset is None:
            return
        kind = self.names.resolve(router.module, getattr(router.value, "func", None))
        words = {
            "prefix": self._registrations.prefix(router, item),
            "lookup": self._registrations.lookup(viewset),
            "trailing_slash": self._slash(router),
            "basename": item.basename or self._basename(viewset) or "",
        }
        for place in self._places(kind):
            for methods, action in self._bound(place, viewset):
                extra = action.words if action else {}
                route = _filled(place.url, {**words, **extra})
                if not words["prefix"]:
                    route = "^" + route.removeprefix("^").removeprefix("/")
                name = _filled(place.name, {**words, **extra}) if words["basename"] else None
                target = self._target(viewset, methods, action)
                yield Pattern(route, True, target, name, item.module, item.span)

    def answers(self, viewset: ClassSymbol) -> Iterator[Target]:
        """Yield the methods and actions of a viewset, a place of the usual ones after the other."""
        for place in STANDARD_PLACES:
            for methods, action in self._bound(place, viewset):
                yield self._target(viewset, methods, action)

    def _target(
        self, viewset: ClassSymbol, methods: tuple[tuple[str, str], ...], action: Action | None
    ) -> Target:
        """Return what a route leads to, with the attributes that an `@action` sets for itself."""
        owner = action.function.owner if action else None
        if action is None or owner is None:
            return Target(viewset, methods=methods)
        options = {
            name: seen_outside(self.names, owner, value)
            for name, value in action.keywords.items()
            if name in _SET_BY_ACTIONS
        }
        return Target(viewset, options, methods, module=owner.module)

    def _bound(
        self, place: Place, viewset: ClassSymbol
    ) -> Iterator[tuple[tuple[tuple[str, str], ...], Action | None]]:
        """Yield the methods that a viewset answers at a place, with the `@action` that does."""
        if place.mapping is None:
            for action in actions(self.classes, viewset):
                if action.detail is place.detail:
                    yield tuple((m, action.name) for m in action.methods), action
            return
        bound = tuple((m, a) for m, a in place.mapping if self._has_action(viewset, a))
        if bound:
            yield bound, None

    def _has_action(self, viewset: ClassSymbol, action: str) -> bool:
        if self.classes.method(viewset, action) is not None:
            return True
        return any(action in facts.actions for facts in self.classes.library_line(viewset))

    def _places(self, kind: Symbol | None) -> tuple[Place, ...]:
        """Return where a router puts the actions: a project's own `routes`, or the usual ones."""
        found = self.classes.value(kind, "routes") if isinstance(kind, ClassSymbol) else None
        if found is None or not isinstance(found.value, n.Sequence):
            return STANDARD_PLACES
        made = [_place(item) for item in found.value.items if isinstance(item, n.Call)]
        return tuple(place for place in made if place is not None)

    def _slash(self, router: ValueSymbol) -> str:
        call = router.value
        for keyword in call.keywords if isinstance(call, n.Call) else ():
            if keyword.name == "trailing_slash" and isinstance(keyword.value, n.Const):
                return "/" if keyword.value.value else ""
        return "/"

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
                made = _action(classes, function)
                if made is not None:
                    found[name] = made
                elif name in found:
                    del found[name]
    return tuple(found[name] for name in sorted(found))


def _action(classes: Classes, function: FunctionSymbol) -> Action | None:
    for decorator in function.node.decorators:
        call = decorator if isinstance(decorator, n.Call) else None
        found = classes.names.resolve(function.module, call.func) if call else None
        kind = getattr(found, "name", "").rpartition(".")[2] or tail(call.func if call else None)
        if call is None or kind not in ("action", "detail_route", "list_route"):
            continue
        words = keywords(call)
        methods = texts(words.get("methods") or (call.args[0] if call.args else None)) or ("get",)
        detail = words.get("detail")
        is_detail = kind == "detail_route" or is_true(detail)
        name = function.node.name
        path = text(words.get("url_path")) or name
        url_name = text(words.get("url_name")) or name.replace("_", "-")
        extra = mapped_methods(function)
        every = tuple(dict.fromkeys([m.lower() for m in (*methods, *extra)]))
        return Action(name, every, is_detail, path, url_name, function, words)
    return None


def _place(call: n.Call) -> Place | None:
    """Return the place of `Route(url=…, mapping=…, name=…, detail=…)`."""
    words = keywords(call)
    url, name, detail = text(words.get("url")), text(words.get("name")), words.get("detail")
    if url is None or name is None:
        return None
    is_detail = is_true(detail)
    if tail(call.func) == "DynamicRoute":
        return Place(url, name, is_detail, None)
    mapping = words.get("mapping")
    if not isinstance(mapping, n.Mapping):
        return None
    pairs = zip(mapping.keys, mapping.values, strict=True)
    known = tuple((text(key) or "", text(value) or "") for key, value in pairs)
    return Place(url, name, is_detail, known)


def _filled(template: str, words: dict[str, str]) -> str:
    """Fill the places of a router's template; a regular expression's own braces stay."""
    for name, value in words.items():
        template = template.replace("{" + name + "}", value)
    return template.replace("{{", "{").replace("}}", "}")


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
    """Return `Model` of `Model.objects.filter(...)...`; a manager may have any name."""
    node = queryset
    names: list[str] = []
    for _ in range(50):
        if isinstance(node, n.Call):
            node = node.func
        elif isinstance(node, n.Attr):
            if node.name in ("objects", "_default_manager", "all_objects") or node.name.endswith(
                ("objects", "_manager")
            ):
                return node.value
            names.append(node.name)
            node = node.value
        else:
            return node if _is_manager_of_class(node, names) else None
    return None


def _is_manager_of_class(node: n.Expr, names: list[str]) -> bool:
    """Whether a chain begins with a class, its manager and a method: `Note.published.filter`."""
    is_class = isinstance(node, n.Name) and node.id[:1].isupper()
    return is_class and len(names) >= 2 and all(name[:1].islower() for name in names[-2:])


def _is_root_of(target: n.Expr, router: ValueSymbol) -> bool:
    """`router.APIRootView = …`."""
    return (
        isinstance(target, n.Attr)
        and target.name == "APIRootView"
        and tail(target.value) == router.qualname
    )
