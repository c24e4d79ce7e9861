"""Class views, API views and viewsets: their methods, handlers and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from msgspec.structs import replace

from pickguard.site.access.access import Access, framing
from pickguard.site.access.answers import LOGIN_WORDS, is_conditional, only_chooses_by
from pickguard.site.access.api_access import ApiAccess
from pickguard.site.access.exemptions import exempts
from pickguard.site.access.guards import (
    PERMISSION_WORDS,
    SENDING_AWAY,
    Applied,
    Guards,
    of_one_method,
)
from pickguard.site.access.strangers import turns_strangers_away
from pickguard.site.symbols.class_bodies import seen_outside
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.routes import Route
from pickguard.site.views.left_to import left_to
from pickguard.site.views.view import HTTP_METHODS, View
from pickguard.site.views.view_forms import ViewForms, written
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_empty, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside

_RIGHT = re.compile(r"Permission|Staff|Superuser|AdminRequired|AdminOnly|Privileged|OwnerRequired")
_BASE = re.compile(r"View$|ViewSet$")
_GATES = ("dispatch", "setup", "initial", "as_view", "test_func", "check_permissions")
# What the generic APIs of REST framework leave their work to
_LEFT_TO = {
    "get": ("retrieve", "list"),
    "post": ("create",),
    "put": ("update",),
    "patch": ("partial_update", "update"),
    "delete": ("destroy",),
}
_ALL = tuple(method.upper() for method in HTTP_METHODS)
# By these a `dispatch` calls the method of a request, or turns everybody away
_OTHERS_ANSWER = SENDING_AWAY | {"super", "getattr", "dispatch", *HTTP_METHODS} - {"get", "delete"}
_RIGHT_METHODS = ("check_permissions", "has_permission", "dispatch", "initial")


class Gate(Enum):
    """What stands before the handlers of a class, by its own methods."""

    SHUT = "shut"
    DOUBTFUL = "doubtful"
    OPEN = "open"


class ClassViews:
    """Makes views of the site's classes."""

    def __init__(
        self, classes: Classes, guards: Guards, access: Access, api: ApiAccess, forms: ViewForms
    ) -> None:
        self.classes = classes
        self.guards = guards
        self.access = access
        self.api = api
        self.forms = forms

    def of(self, symbol: ClassSymbol, route: Route, around: tuple[Applied, ...]) -> View:
        """Return the view that a route reaches in a class, with what the route puts around it."""
        facts = tuple(self.classes.library_line(symbol))
        is_api = any(f.api for f in facts)
        is_viewset = bool(route.target.methods)
        options = route.target.options
        methods, entries = self._methods(symbol, route)
        on_class = tuple(self._on_class(symbol))
        partly = _asked_partly(on_class, methods)
        applied = (
            *around,
            *(_unasking(one) if partly and name else one for one, name in on_class),
            *self._on_entry(symbol),
        )
        before_all = (*around, *(one for one, name in on_class if not name))
        methods, entries = _let_through(self.access.methods(before_all), methods, entries)
        handlers = tuple((m, left_to(self.classes, one, symbol)) for m, one in entries)
        forms, model = self.forms.of_class(symbol, route)
        shown = self.forms.only_shown(symbol, route, methods, forms) if is_api else ()
        permission_classes = self._set(symbol, "permission_classes", route)
        login = (
            self._api_login(symbol, permission_classes, applied)
            if is_api
            else self._login(symbol, applied, route, methods, dict(handlers))
        )
        permissions = self._permissions(symbol, applied, permission_classes)
        if login is False and (permissions or partly) and not is_api:
            login = None  # something asks for a right, somewhere that is not seen
        resolves = any(f.resolves for f in facts)
        is_told = not resolves and ("form_class" not in options or forms)
        return View(
            symbol.name,
            symbol,
            "viewset" if is_viewset else "api" if is_api else "class",
            None if methods is _ALL else methods,
            login or None if resolves else login,
            permissions,
            self.api.csrf(applied, self._set(symbol, "authentication_classes", route))
            if is_api
            else self.access.csrf(applied, symbol),
            framing(applied),
            forms,
            written(form for form in forms if form not in shown) if is_told else None,
            model,
            any(a.guard.throttled for a in applied) or self._is_throttled(symbol, route),
            handlers,
            tuple(entry for _method, entry in entries),
            applied,
            shown=shown,
        )

    def _set(self, symbol: ClassSymbol, name: str, route: Route) -> ValueSymbol | None:
        """Return what a view's attribute is set to, by the route or by its class."""
        option = route.option(name)
        found = option or self.classes.value(symbol, name)
        if option is not None or found is None:
            return option
        owners = (a for a in self.classes.own_line(symbol) if f"{a.name}.{name}" == found.name)
        owner = next(owners, symbol)
        return replace(found, value=seen_outside(self.classes.names, owner, found.value))

    def _is_throttled(self, symbol: ClassSymbol, route: Route) -> bool:
        """Whether a class says what limits its requests; an empty list switches the limit off."""
        found = self._set(symbol, "throttle_classes", route)
        return found is not None and not (found.value is not None and is_empty(found.value))

    def _on_class(self, symbol: ClassSymbol) -> Iterator[tuple[Applied, str]]:
        """Yield what stands on a class, with the one handler that `method_decorator(…, name="post")` means."""
        for ancestor in self.classes.own_line(symbol):
            for decorator in ancestor.node.decorators:
                name = of_one_method(decorator)
                one = self.guards.applied(ancestor.module, decorator)
                yield one, name if name in HTTP_METHODS else ""

    def _on_entry(self, symbol: ClassSymbol) -> Iterator[Applied]:
        """Yield what stands on the methods that every request comes by."""
        for name in ("dispatch", "as_view"):
            method = self.classes.method(symbol, name)
            if method is not None:
                for decorator in method.node.decorators:
                    yield self.guards.applied(method.module, decorator)
                if name == "as_view" and exempts(method.node):
                    yield self.guards.exemption(method.module, method.node.span)

    def _methods(
        self, symbol: ClassSymbol, route: Route
    ) -> tuple[tuple[str, ...], tuple[tuple[str, FunctionSymbol], ...]]:
        entry = self._answering_entry(symbol)
        if entry is not None:
            return _ALL, (("any", entry),)
        allowed = self.access.attribute(symbol, "http_method_names")
        pairs = list(route.target.methods)
        if not pairs:
            names = [m for m in HTTP_METHODS if self.classes.method(symbol, m) is not None]
            for facts in self.classes.library_line(symbol):
                names += [m for m in facts.handlers if m not in names]
            pairs = [(m, m) for m in HTTP_METHODS if m in names]
        if isinstance(allowed, list | tuple) and UNKNOWN not in allowed:
            pairs = [(m, a) for m, a in pairs if m in allowed]
        handlers = []
        for method, action in pairs:
            found = self.classes.method(symbol, action) or self._behind(symbol, action)
            if found is not None:
                handlers.append((method, found))
        return tuple(method.upper() for method, _action in pairs if method != "options"), tuple(
            handlers
        )

    def _answering_entry(self, symbol: ClassSymbol) -> FunctionSymbol | None:
        """Return the `dispatch` of a class's own that answers every request by itself, whatever its method."""
        entry = self.classes.method(symbol, "dispatch")
        if entry is None or _OTHERS_ANSWER & set(entry.node.words):
            return None
        return entry

    def _behind(self, symbol: ClassSymbol, method: str) -> FunctionSymbol | None:
        """Return the own method that a library's handler leaves its work to: `retrieve` for `get`."""
        names = _LEFT_TO.get(method, ())
        if not names:
            return None
        known = {action for facts in self.classes.library_line(symbol) for action in facts.actions}
        own = (self.classes.method(symbol, name) for name in names if name in known)
        return next((found for found in own if found is not None), None)

    def _login(
        self,
        symbol: ClassSymbol,
        applied: tuple[Applied, ...],
        route: Route,
        methods: tuple[str, ...],
        handlers: dict[str, FunctionSymbol],
    ) -> bool | None:
        if any(f.login for f in self.classes.library_line(symbol)):
            return True
        found = self.access.login(applied, route)
        if found:
            return True
        gate = self._gate(symbol)
        if gate is Gate.SHUT:
            return True
        if gate is Gate.DOUBTFUL or (found is False and self.classes.has_unknown_gate(symbol)):
            return None
        own = {word for function in handlers.values() for word in function.node.words}
        asking = own & (LOGIN_WORDS | PERMISSION_WORDS)
        only_choose = (
            only_chooses_by(one.node, asking & set(one.node.words)) for one in handlers.values()
        )
        if found is False and asking and not all(only_choose):
            return _turn_strangers_away(handlers, methods) or None
        if found is False and "session" in own:
            return _turn_strangers_away(handlers, methods)
        return found

    def _api_login(
        self, symbol: ClassSymbol, classes: ValueSymbol | None, applied: tuple[Applied, ...]
    ) -> bool | None:
        found = self.api.class_login(symbol, classes, applied)
        gate = Gate.OPEN if found else self._gate(symbol)
        if gate is Gate.SHUT:
            return True
        return None if gate is Gate.DOUBTFUL else found

    def _gate(self, symbol: ClassSymbol) -> Gate:
        """Return what the class's own methods do that run before a handler."""
        doubtful = False
        for method in (m for name in _GATES for m in self._running(symbol, name)):
            words = set(method.node.words)
            if any(self._guards_around(method)):
                return Gate.SHUT
            if words & SENDING_AWAY or method.node.name == "test_func":
                is_sure = not is_conditional(method.node, self.access.settings)
                return Gate.SHUT if is_sure else Gate.DOUBTFUL
            doubtful = doubtful or bool(words & (LOGIN_WORDS | PERMISSION_WORDS))
        return Gate.DOUBTFUL if doubtful else Gate.OPEN

    def _running(self, symbol: ClassSymbol, name: str) -> Iterator[FunctionSymbol]:
        """Yield the methods of a name, but for those that nothing calls."""
        idle, answering = self.classes.idle_gates(symbol), self._answering_entry(symbol)
        for method in self.classes.methods(symbol, name):
            if method.owner in idle or (idle and name == "test_func"):
                return
            if method != answering:
                yield method

    def _guards_around(self, method: FunctionSymbol) -> Iterator[n.Call]:
        """Yield the guards that `as_view` puts around the view: `return staff_only(view)`."""
        for statement in body(method.node) if method.node.name == "as_view" else ():
            if isinstance(statement, n.Assign | n.Return) and statement.value is not None:
                for node in inside(statement.value):
                    if isinstance(node, n.Call) and self._is_guard(method, node.func):
                        yield node

    def _is_guard(self, method: FunctionSymbol, function: n.Expr) -> bool:
        return self.guards.of(self.guards.names.resolve(method.module, function)).login

    def _around(self, symbol: ClassSymbol) -> Iterator[str]:
        """Yield the rights that a guard around the view is given: `rights_required(cls.right)`."""
        for method in self.classes.methods(symbol, "as_view"):
            for item in (item for call in self._guards_around(method) for item in call.args):
                if isinstance(item, n.Attr) and tail(item.value) == "cls":
                    yield from self.access.asked(symbol, item.name) or ()
                else:
                    yield from self.access.rights(method.module, item)

    def _permissions(
        self, symbol: ClassSymbol, applied: tuple[Applied, ...], classes: ValueSymbol | None
    ) -> tuple[str, ...]:
        found = list(self.access.permissions(applied))
        required = self.access.asked(symbol, "permission_required")
        found += ["permission_required"] if required is None else required
        found += self._around(symbol)
        for name in _RIGHT_METHODS:
            if any(set(m.node.words) & PERMISSION_WORDS for m in self._running(symbol, name)):
                found.append(name)
        found += [
            a.node.name
            for a in self.classes.own_line(symbol)
            if a != symbol and _RIGHT.search(a.node.name) and not _BASE.search(a.node.name)
        ]
        if classes is not None or any(f.api for f in self.classes.library_line(symbol)):
            found += self.api.permissions(classes)
        if not found and any(f.permission for f in self.classes.library_line(symbol)):
            found.append("test_func")
        return tuple(dict.fromkeys(found))


def _let_through(
    let: tuple[str, ...] | None,
    methods: tuple[str, ...],
    handlers: tuple[tuple[str, FunctionSymbol], ...],
) -> tuple[tuple[str, ...], tuple[tuple[str, FunctionSymbol], ...]]:
    """Return the methods of a class, and what answers them, that decorators in front of it let through."""
    if let is None:
        return methods, handlers
    kept = tuple((m, function) for m, function in handlers if m == "any" or m.upper() in let)
    return let if methods is _ALL else tuple(m for m in methods if m in let), kept


def _turn_strangers_away(handlers: dict[str, FunctionSymbol], methods: tuple[str, ...]) -> bool:
    """Whether all handlers of a class do before anything else; `head` is `get` to Django, `put` is `post`."""
    names = ["any"] if "any" in handlers else [m.lower() for m in methods if m != "HEAD"]
    answering = [
        handlers.get("post" if name == "put" and name not in handlers else name) for name in names
    ]
    return bool(answering) and all(one and turns_strangers_away(one.node) for one in answering)


def _asked_partly(on_class: tuple[tuple[Applied, str], ...], methods: tuple[str, ...]) -> bool:
    """Whether decorators of a class ask who comes before some of its handlers, and not before others."""
    asked = {name for one, name in on_class if one.guard.login or one.guard.permission}
    handlers = {method.lower() for method in methods} - {"head"}
    return "" not in asked and bool(asked) and not handlers <= asked


def _unasking(one: Applied) -> Applied:
    """Return what stands before one handler without what it asks there: others ask nothing."""
    return replace(one, guard=replace(one.guard, login=False, permission=False))
