"""What stands between a stranger and a view: logins, permissions, tokens, framing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from pickguard.site.access.guards import Applied
from pickguard.site.access.middleware_gates import MiddlewareGates
from pickguard.site.access.view_marks import Marks, marks
from pickguard.site.forms.forms import Forms
from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import LibraryClass
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.site.urls.patterns import UNSEEN, Target
from pickguard.site.urls.routes import Route
from pickguard.source.python import nodes as n

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Access:
    """Judges what is wrapped around a view, in the light of the production settings."""

    def __init__(self, classes: Classes, forms: Forms, settings: Settings | None) -> None:
        self.classes = classes
        self.names = classes.names
        self.forms = forms
        self.settings = settings
        # Unset means Django's own default, which is none; unless the settings were not read whole
        unset = () if settings and settings.complete else UNKNOWN
        middleware = settings.get("MIDDLEWARE", unset) if settings else UNKNOWN
        self._middleware_is_known = (
            isinstance(middleware, list | tuple) and UNKNOWN not in middleware
        )
        self.middleware: list[Any] = (
            list(middleware) if isinstance(middleware, list | tuple) else []
        )
        # one of the site's own by that name is followed, as any other
        self._requires_login = any(
            isinstance(name, str)
            and name.endswith("LoginRequiredMiddleware")
            and not isinstance(self.names.dotted(name), ClassSymbol)
            for name in self.middleware
        )
        self._gates = MiddlewareGates(classes, forms, settings, self.middleware)
        self._marks: dict[tuple[Symbol | None, tuple[Symbol, ...]], Marks] = {}

    def login(self, applied: tuple[Applied, ...], route: Route) -> bool | None:
        """Whether a login is asked for by what is around a view, or by a middleware."""
        if any(a.guard.open for a in applied):
            return False
        if any(a.guard.login for a in applied):
            return True
        if self._requires_login:
            return True
        found = self.stop(route)
        unseen = any(wrapper.name.startswith(UNSEEN) for wrapper in route.target.wrappers)
        return None if unseen and not found else found

    def stop(self, route: Route) -> bool | None:
        """Whether a middleware of the project stops strangers on their way to a route."""
        return self._gates.stop(route.route, route.name, lambda: self._marks_of(route.target))

    def _marks_of(self, target: Target) -> Marks:
        """Return the attributes that are set to true or false on a view, found once for all its routes."""
        key = (target.view, target.wrappers)
        found = self._marks.get(key)
        if found is None:
            found = self._marks[key] = marks(self.classes, target)
        return found

    def csrf(
        self,
        applied: tuple[Applied, ...],
        owner: ClassSymbol | None = None,
        line: tuple[LibraryClass, ...] = (),
    ) -> bool | None:
        """Whether a request without a token is refused, or None where that could not be told.

        Args:
            applied: what stands around the view.
            owner: its class in the site.
            line: what is known of it where it is a library's.
        """
        if any(a.guard.csrf_protect for a in applied):
            return True
        if any(a.guard.csrf_exempt for a in applied):
            return False
        if owner is not None and self.attribute(owner, "csrf_exempt") is True:
            return False
        if owner is not None:
            line = tuple(self.classes.library_line(owner))
        if any(facts.csrf_exempt for facts in line):
            return False
        if any(facts.csrf_varies for facts in line):
            return None
        if owner is not None and self.classes.has_unknown_view(owner):
            return None
        if any(isinstance(m, str) and m.endswith("CsrfViewMiddleware") for m in self.middleware):
            return True
        return False if self._middleware_is_known else None

    def attribute(self, symbol: ClassSymbol, name: str) -> Any:
        """Return the value of a class's constant attribute, or `UNKNOWN`."""
        value = self.classes.value(symbol, name)
        return UNKNOWN if value is None else self.forms.value(value)

    def asked(self, symbol: ClassSymbol, name: str) -> list[str] | None:
        """Return the rights that a class's attribute lists; None where that could not be told."""
        held = self.classes.value(symbol, name)
        if held is None:
            return [] if self.classes.member(symbol, name) is None else None
        value = self.forms.value(held)
        if value is UNKNOWN and isinstance(held.value, n.Call):  # `ByMethod(GET=…, POST=…)`
            parts = [*held.value.args, *(word.value for word in held.value.keywords)]
            value = [self.forms.value(replace(held, value=part)) for part in parts] or UNKNOWN
        items = list(value.values()) if isinstance(value, dict) else value
        found = list(items) if isinstance(items, list | tuple) else [items]
        return None if UNKNOWN in found else [item for item in found if isinstance(item, str)]

    def constant(self, module: Module, expression: n.Expr) -> Any:
        """Return the value of an expression in a module, or `UNKNOWN`."""

        def lookup(node: n.Expr) -> Any:
            found = self.names.resolve(module, node)
            if isinstance(found, ValueSymbol):
                return self.forms.value(found)
            return UNKNOWN

        return evaluate(expression, lookup)

    def methods(self, applied: Iterable[Applied]) -> tuple[str, ...] | None:
        """Return the HTTP methods that decorators let through, in capitals, or None: all, or not to be told."""
        for item in applied:
            if item.guard.methods:
                return item.guard.methods
            if item.guard.methods_argument:
                value = (
                    self.constant(item.module, item.call.args[0])
                    if item.call and item.call.args
                    else ["GET"]
                )
                if isinstance(value, list | tuple) and UNKNOWN not in value:
                    return tuple(str(method).upper() for method in value)
                return None
            named = self._named_methods(item)
            if named:
                return named
        return None

    def _named_methods(self, item: Applied) -> tuple[str, ...]:
        """Return the methods that a decorator of the project's own lets through: `@allow(["POST"])`.

        That of another package has to say so by its name: `@require_http_method("POST")`.
        """
        is_own = isinstance(item.symbol, FunctionSymbol)
        if item.call is None or not (is_own or "method" in item.name.rpartition(".")[2]):
            return ()
        given = [self.constant(item.module, argument) for argument in item.call.args]
        listed = [
            one
            for value in given
            for one in (value if isinstance(value, list | tuple) else (value,))
        ]
        methods = tuple(one.upper() for one in listed if isinstance(one, str))
        return methods if len(methods) == len(listed) and _METHODS.issuperset(methods) else ()

    def permissions(self, applied: Iterable[Applied]) -> tuple[str, ...]:
        """Return the names of the permissions that decorators ask for."""
        found: list[str] = []
        for item in applied:
            if item.guard.permission:
                first = item.call.args[0] if item.call and item.call.args else None
                found += self.rights(item.module, first) or (item.name,)
        return tuple(dict.fromkeys(found))

    def rights(self, module: Module, node: n.Expr | None) -> tuple[str, ...]:
        """Return the rights that one argument names: a text, a constant's, or a list of them."""
        value = self.constant(module, node) if node is not None else UNKNOWN
        items = value if isinstance(value, list | tuple) else (value,)
        return tuple(item for item in items if isinstance(item, str))


def framing(applied: Iterable[Applied]) -> str | None:
    """Return what decorators say of being framed, or None."""
    return next((a.guard.framing for a in applied if a.guard.framing), None)
