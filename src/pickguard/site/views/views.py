"""The views of a site: how they are reached, who may reach them, and what they let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from pickguard.site.access.access import Access, framing
from pickguard.site.access.answers import LOGIN_WORDS, only_chooses_by
from pickguard.site.access.api_access import ApiAccess
from pickguard.site.access.guards import PERMISSION_WORDS, Applied, Guards, too_late
from pickguard.site.access.strangers import turns_strangers_away, words_behind_login
from pickguard.site.forms.forms import Forms
from pickguard.site.models.models import Models
from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import library_class, library_facts
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.urls.patterns import Target
from pickguard.site.urls.routes import Route
from pickguard.site.views.class_views import ClassViews
from pickguard.site.views.left_to import left_to
from pickguard.site.views.operation_forms import written_by
from pickguard.site.views.view import HTTP_METHODS, View
from pickguard.site.views.view_forms import ViewForms, written
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_OF_LOGIN = frozenset({"is_authenticated", "is_anonymous"})


class Views:
    """Makes views from routes, in the light of the production settings."""

    def __init__(
        self, classes: Classes, models: Models, forms: Forms, settings: Settings | None
    ) -> None:
        self.guards = Guards(classes, settings)
        self.access = Access(classes, forms, settings)
        self.api = ApiAccess(classes, self.guards, settings)
        self.forms = ViewForms(classes, models, forms)
        self.classes = ClassViews(classes, self.guards, self.access, self.api, self.forms)
        self._made: dict[tuple[Any, ...], View] = {}

    def of(self, route: Route) -> View:
        """Return the view of a route."""
        target = route.target
        stopped = self.access.stop(route)
        key = (target.view, target.methods, target.wrappers, tuple(target.options), stopped)
        if not target.options and target.view is not None and key in self._made:
            return self._made[key]
        view = self._view(route)
        self._made[key] = replace(view, stopped=True) if stopped else view
        return self._made[key]

    def _view(self, route: Route) -> View:
        symbol = route.target.view
        around = tuple(
            Applied(w, route.module, None, self.guards.of(w), w.name.rpartition(".")[2])
            for w in route.target.wrappers
        )
        if isinstance(symbol, FunctionSymbol):
            return self._function(symbol, around, route)
        if isinstance(symbol, ClassSymbol):
            return self.classes.of(symbol, route, around)
        if isinstance(symbol, External):
            return self._library(symbol, route, around)
        if route.target.is_lambda:
            csrf = self.access.csrf(around)
            return View("<lambda>", None, "function", None, None, (), csrf, None, guards=around)
        name = getattr(symbol, "name", "") if symbol else ""
        return View(name, symbol, "unknown", None, None, (), None, None, writes=None, guards=around)

    def _function(self, symbol: FunctionSymbol, around: tuple[Applied, ...], route: Route) -> View:
        own = tuple(self.guards.applied(symbol.module, d) for d in symbol.node.decorators)
        late = too_late(own)
        marks = self.guards.marked(symbol)
        applied = (*around, *(item for item in own if item not in late), *marks)
        is_api = any(a.guard.api for a in applied)
        is_operation = any(a.guard.operation for a in applied)
        working = left_to(self.guards.classes, symbol)
        found = self.forms.of_operation if is_operation else self.forms.of_function
        forms = tuple(found(working))
        login = self.access.login(applied, route)
        asking = words_behind_login(working.node) & (LOGIN_WORDS | PERMISSION_WORDS)
        if login is False and asking and not only_chooses_by(working.node, asking):
            login = (asking <= _OF_LOGIN and turns_strangers_away(working.node)) or None
        elif login is False and "session" in working.node.words:
            login = turns_strangers_away(working.node)
        if login is False and "as_view" in working.node.words:
            login = self._login_behind(working, route)
        if is_api:
            login = self.api.function_login(applied)
        return View(
            symbol.name,
            working,
            "api" if is_api or is_operation else "function",
            tuple(m.upper() for m, _ in route.target.methods) or self.access.methods(applied),
            login,
            self._permissions(applied, is_api=is_api),
            (self.api if is_api else self.access).csrf(applied),
            framing(applied),
            forms,
            written_by(working, forms) if is_operation else written(forms),
            throttled=any(a.guard.throttled for a in applied),
            handlers=(("any", working),),
            entries=(symbol,),
            guards=applied,
            late=late,
        )

    def _permissions(self, applied: tuple[Applied, ...], *, is_api: bool) -> tuple[str, ...]:
        """Return the names of what a function asks for; an API without permission classes has the settings'."""
        found = self.access.permissions(applied)
        if is_api and not any(item.guard.permission_classes for item in applied):
            found = tuple(dict.fromkeys((*found, *self.api.permissions(None))))
        return found

    def _login_behind(self, symbol: FunctionSymbol, route: Route) -> bool | None:
        """Return what the class views ask that a function hands the request to; else it asks nothing."""
        own = [*statements(body(symbol.node))]
        made = {
            target.id: s.value
            for s in own
            if isinstance(s, n.Assign)
            for target in s.targets
            if isinstance(target, n.Name)
        }
        returns = [s.value for s in own if isinstance(s, n.Return)]
        found = {self._asked_behind(symbol, value, made, route) for value in returns}
        if len(found) > 1:
            return None
        return found.pop() if found else False

    def _asked_behind(
        self,
        function: FunctionSymbol,
        value: n.Expr | None,
        made: Mapping[str, n.Expr],
        route: Route,
    ) -> bool | None:
        """Whether the class of `ShowNote.as_view()(request)` asks for a login; None where nobody knows the class.

        Args:
            function: what returns it.
            value: what is returned.
            made: what the function gives its names.
            route: where the function answers.
        """
        view = value.func if isinstance(value, n.Call) else None
        view = made.get(view.id, view) if isinstance(view, n.Name) else view
        if not isinstance(view, n.Call) or not isinstance(view.func, n.Attr):
            return False
        if view.func.name != "as_view":
            return False
        found = self.classes.classes.names.resolve(function.module, view.func.value)
        if isinstance(found, ClassSymbol):
            return self.classes.of(found, replace(route, target=Target(found)), ()).login
        if isinstance(found, External) and library_class(found.name) is not None:
            return self._library_login(found, route)
        return None

    def _library(self, symbol: External, route: Route, around: tuple[Applied, ...]) -> View:
        facts = library_class(symbol.name)
        is_admin = symbol.name.startswith("django.contrib.admin") or ".admin." in symbol.name
        login: bool | None = None
        methods: tuple[str, ...] | None = None
        if route.is_admin:
            login = symbol.name.rpartition(".")[2] not in ("login", "i18n_javascript", "logout")
        elif facts is not None:
            login = self.access.login(around, route) or self._library_login(symbol, route)
            names = [m for m in HTTP_METHODS if m in _all_handlers(symbol.name)]
            methods = tuple(m.upper() for m in names if m != "options") or None
        elif any(a.guard.login for a in around):
            login = True
        line = library_facts(symbol.name)
        resolves = any(f.resolves for f in line)
        if resolves:
            login = login or None
        asked = (
            ("staff",) if route.is_admin and is_admin and login else self.access.permissions(around)
        )
        is_api = any(f.api for f in line)
        return View(
            symbol.name,
            symbol,
            "library",
            methods,
            login,
            asked,
            self.api.csrf(around, route.option("authentication_classes"))
            if is_api
            else self.access.csrf(around, line=line),
            framing(around),
            writes=None if facts is None or resolves else (),
            throttled=any(a.guard.throttled for a in around),
            guards=around,
        )

    def _library_login(self, symbol: External, route: Route) -> bool | None:
        """Whether a library's view asks for a login by itself, or by what the settings say of its kind."""
        line = library_facts(symbol.name)
        chosen = route.option("permission_classes")
        if chosen is not None:
            return self.api.asks(chosen)
        if any(f.login for f in line):
            return True
        if any(f.open for f in line) or not any(f.api for f in line):
            return False
        setting = next((f.permission_setting for f in line if f.permission_setting), "")
        return self.api.default_login(setting)


def _all_handlers(name: str, depth: int = 0) -> tuple[str, ...]:
    facts = library_class(name)
    if facts is None or depth > 10:
        return ()
    package = name.partition(".")[0]
    found = facts.handlers
    for base in facts.bases:
        found += _all_handlers(f"{package}.{base}", depth + 1)
    return found


__all__ = ["View", "Views"]
