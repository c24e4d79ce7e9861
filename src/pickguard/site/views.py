"""The views of a site: how they are reached, who may reach them, and what they let through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pickguard.site.classes import Classes
from pickguard.site.forms import Form, Forms, Selection
from pickguard.site.guards import (
    LOGIN_WORDS,
    PERMISSION_WORDS,
    SENDING_AWAY,
    Applied,
    Guards,
)
from pickguard.site.libraries import library_class
from pickguard.site.models import Model, Models
from pickguard.site.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    Symbol,
    ValueSymbol,
)
from pickguard.site.routers import model_expression
from pickguard.site.routes import Route
from pickguard.site.settings import Settings
from pickguard.site.values import UNKNOWN, evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions

_RIGHT = re.compile(r"Permission|Staff|Superuser|AdminRequired|AdminOnly|Privileged|OwnerRequired")
_BASE = re.compile(r"View$|ViewSet$")
HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_SESSION_AUTHENTICATION = ("SessionAuthentication",)


@dataclass(frozen=True, slots=True)
class View:
    """One view, as one route reaches it.

    Attributes:
        name: the full dotted name of the function or class.
        symbol: what it is; a library's view is `External`.
        kind: `function`, `class`, `api`, `viewset` or `library`.
        methods: HTTP methods in capitals, or None: any, or could not be told.
        login: whether it asks for a login, or None where that could not be told.
        permissions: what it asks for beyond a login, as far as it has a name.
        csrf: whether a request without a token is refused, or None.
        framing: `deny`, `sameorigin`, `exempt`, or None: as the settings say.
        forms: what it lets the browser write.
        writes: `app.Model.field` of all that, or None where that could not be told.
        model: the model that it shows or changes, or None.
        throttled: whether a limit on requests stands in front of it.
        handlers: the functions of the site that answer its requests, by method or action.
    """

    name: str
    symbol: Symbol | None
    kind: str
    methods: tuple[str, ...] | None
    login: bool | None
    permissions: tuple[str, ...]
    csrf: bool | None
    framing: str | None
    forms: tuple[Form, ...] = field(default=(), repr=False)
    writes: tuple[str, ...] | None = ()
    model: Model | None = field(default=None, repr=False)
    throttled: bool = False
    handlers: tuple[tuple[str, FunctionSymbol], ...] = field(default=(), repr=False)
    guards: tuple[Applied, ...] = field(default=(), repr=False)


class Views:
    """Makes views from routes, in the light of the production settings."""

    def __init__(
        self, classes: Classes, models: Models, forms: Forms, settings: Settings | None
    ) -> None:
        self.classes = classes
        self.names = classes.names
        self.models = models
        self.forms = forms
        self.settings = settings
        self.guards = Guards(classes)
        self._framework = settings.get("REST_FRAMEWORK", {}) if settings else {}
        middleware = settings.get("MIDDLEWARE", UNKNOWN) if settings else UNKNOWN
        self.middleware: list[Any] = (
            list(middleware) if isinstance(middleware, list | tuple) else []
        )
        self._made: dict[tuple[Any, ...], View] = {}

    def of(self, route: Route) -> View:
        """Return the view of a route."""
        target = route.target
        key = (target.view, target.methods, target.wrappers, tuple(target.options))
        if target.options or target.view is None:
            return self._view(route)
        if key not in self._made:
            self._made[key] = self._view(route)
        return self._made[key]

    def _view(self, route: Route) -> View:
        symbol = route.target.view
        around = tuple(
            Applied(w, route.module, None, self.guards.of(w), w.name.rpartition(".")[2])
            for w in route.target.wrappers
        )
        if isinstance(symbol, FunctionSymbol):
            return self._function(symbol, around)
        if isinstance(symbol, ClassSymbol):
            return self._class(symbol, route, around)
        if isinstance(symbol, External):
            return self._library(symbol, route, around)
        if route.target.is_lambda:
            csrf = self._csrf(around, is_api=False)
            return View("<lambda>", None, "function", None, None, (), csrf, None, guards=around)
        name = getattr(symbol, "name", "") if symbol else ""
        return View(name, symbol, "unknown", None, None, (), None, None, writes=None, guards=around)

    # Functions

    def _function(self, symbol: FunctionSymbol, around: tuple[Applied, ...]) -> View:
        applied = (
            *around,
            *(self.guards.applied(symbol.module, d) for d in symbol.node.decorators),
        )
        is_api = any(a.guard.api for a in applied)
        forms = tuple(self.forms_in(symbol))
        login = self._login(applied, is_api=is_api, permission_classes=None)
        if not login and set(symbol.node.words) & (LOGIN_WORDS | PERMISSION_WORDS):
            login = None if login is False else login
        if is_api:
            login = self._api_function_login(applied)
        return View(
            symbol.name,
            symbol,
            "api" if is_api else "function",
            self._function_methods(applied),
            login,
            _permissions(applied),
            self._csrf(applied, is_api=is_api),
            _framing(applied),
            forms,
            _written(forms),
            throttled=any(a.guard.throttled for a in applied),
            handlers=(("any", symbol),),
            guards=applied,
        )

    def _function_methods(self, applied: tuple[Applied, ...]) -> tuple[str, ...] | None:
        for item in applied:
            if item.guard.methods:
                return item.guard.methods
            if item.guard.methods_argument:
                value = (
                    self._constant(item.module, item.call.args[0])
                    if item.call and item.call.args
                    else ["GET"]
                )
                if isinstance(value, list | tuple) and UNKNOWN not in value:
                    return tuple(str(method).upper() for method in value)
                return None
        return None

    def _api_function_login(self, applied: tuple[Applied, ...]) -> bool | None:
        for item in applied:
            if item.guard.permission_classes and item.call and item.call.args:
                return self._asks(item.module, item.call.args[0])
        return self._default_login()

    def forms_in(self, symbol: FunctionSymbol) -> Iterator[Form]:
        """Yield the forms and serializers that a function binds to a request's data."""
        words = set(symbol.node.words)
        if not words & {"POST", "data", "FILES", "body", "get_json", "GET", "query_params"}:
            return
        seen: set[ClassSymbol] = set()
        for node in expressions(body(symbol.node)):
            if not isinstance(node, n.Call) or not _takes_data(node):
                continue
            found = self.names.resolve(symbol.module, node.func)
            form = self.forms.by_symbol.get(found) if isinstance(found, ClassSymbol) else None
            if form is not None and form.symbol not in seen:
                seen.add(form.symbol)
                yield form

    # Classes

    def _class(self, symbol: ClassSymbol, route: Route, around: tuple[Applied, ...]) -> View:
        facts = tuple(self.classes.library_line(symbol))
        is_api = any(f.api for f in facts)
        is_viewset = bool(route.target.methods)
        applied = (*around, *self._class_guards(symbol))
        options = route.target.options
        methods, handlers = self._class_methods(symbol, route)
        forms, model = self._class_forms(symbol, route)
        permission_classes = self.classes.value(symbol, "permission_classes")
        login: bool | None
        login = (
            self._api_login(symbol, permission_classes, applied)
            if is_api
            else self._class_login(symbol, applied)
        )
        return View(
            symbol.name,
            symbol,
            "viewset" if is_viewset else "api" if is_api else "class",
            methods,
            login,
            self._class_permissions(symbol, applied, permission_classes),
            self._csrf(applied, is_api=is_api, owner=symbol),
            _framing(applied),
            forms,
            _written(forms) if "form_class" not in options or forms else None,
            model,
            any(a.guard.throttled for a in applied)
            or self.classes.value(symbol, "throttle_classes") is not None,
            handlers,
            applied,
        )

    def _class_guards(self, symbol: ClassSymbol) -> Iterator[Applied]:
        for ancestor in self.classes.own_line(symbol):
            for decorator in ancestor.node.decorators:
                yield self.guards.applied(ancestor.module, decorator)
        for name in ("dispatch", "as_view"):
            method = self.classes.method(symbol, name)
            if method is not None:
                for decorator in method.node.decorators:
                    yield self.guards.applied(method.module, decorator)

    def _class_methods(
        self, symbol: ClassSymbol, route: Route
    ) -> tuple[tuple[str, ...], tuple[tuple[str, FunctionSymbol], ...]]:
        allowed = self._constant_attribute(symbol, "http_method_names")
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
            found = self.classes.method(symbol, action)
            if found is not None:
                handlers.append((method, found))
        return tuple(method.upper() for method, _action in pairs if method != "options"), tuple(
            handlers
        )

    def _class_login(self, symbol: ClassSymbol, applied: tuple[Applied, ...]) -> bool | None:
        if any(f.login for f in self.classes.library_line(symbol)):
            return True
        found = self._login(applied, is_api=False, permission_classes=None)
        if found:
            return True
        doubtful = False
        for name in ("dispatch", "setup", "initial", "as_view", "test_func", "check_permissions"):
            method = self.classes.method(symbol, name)
            words = set(method.node.words) if method is not None else set()
            if words & SENDING_AWAY or (name == "test_func" and words):
                return True
            doubtful = doubtful or bool(words & (LOGIN_WORDS | PERMISSION_WORDS))
        if doubtful:
            return None
        own = {
            w for m in HTTP_METHODS if (f := self.classes.method(symbol, m)) for w in f.node.words
        }
        if found is False and own & (LOGIN_WORDS | PERMISSION_WORDS):
            return None
        return found

    def _api_login(
        self, symbol: ClassSymbol, classes: ValueSymbol | None, applied: tuple[Applied, ...]
    ) -> bool | None:
        if any(f.login for f in self.classes.library_line(symbol)):
            return True
        if any(a.guard.login for a in applied):
            return True
        method = self.classes.method(symbol, "get_permissions")
        if method is not None:
            return None
        if classes is not None:
            return self._asks(classes.module, classes.value)
        if any(f.open for f in self.classes.library_line(symbol)):
            return False
        return self._default_login()

    def _asks(self, module: Any, expression: n.Expr) -> bool | None:
        """Whether a list of permission classes asks for a login."""
        if isinstance(expression, n.Name | n.Attr):
            found = self.names.resolve(module, expression)
            if isinstance(found, ValueSymbol):
                return self._asks(found.module, found.value)
            return None
        if isinstance(expression, n.Binary) and expression.op == "+":
            parts = [self._asks(module, expression.left), self._asks(module, expression.right)]
            return True if True in parts else None if None in parts else False
        if not isinstance(expression, n.Sequence):
            return None
        guards = [self.guards.permission_class(module, item) for item in expression.items]
        if any(g is not None and g.login for g in guards):
            return True
        return None if None in guards else False

    def _default_login(self) -> bool | None:
        listed = (
            self._framework.get("DEFAULT_PERMISSION_CLASSES")
            if isinstance(self._framework, dict)
            else None
        )
        if listed is None:
            return False if self.settings is not None else None
        if not isinstance(listed, list | tuple):
            return None
        found = []
        for name in listed:
            symbol = self.names.dotted(name) if isinstance(name, str) else None
            found.append(self.guards.permission_symbol(symbol))
        if any(g is not None and g.login for g in found):
            return True
        return None if None in found else False

    def _default_permissions(self) -> list[str]:
        """Return the names of the default permission classes that ask for more than a login."""
        framework = self._framework if isinstance(self._framework, dict) else {}
        listed = framework.get("DEFAULT_PERMISSION_CLASSES")
        found = []
        for name in listed if isinstance(listed, list | tuple) else ():
            symbol = self.names.dotted(name) if isinstance(name, str) else None
            guard = self.guards.permission_symbol(symbol)
            is_read_only = "ReadOnly" in getattr(symbol, "name", "")
            if guard is not None and (guard.permission or is_read_only):
                found.append(name.rpartition(".")[2])
        return found

    def _class_permissions(
        self, symbol: ClassSymbol, applied: tuple[Applied, ...], classes: ValueSymbol | None
    ) -> tuple[str, ...]:
        found = list(_permissions(applied))
        required = self._constant_attribute(symbol, "permission_required")
        if isinstance(required, str):
            found.append(required)
        elif isinstance(required, list | tuple):
            found += [p for p in required if isinstance(p, str)]
        elif self.classes.member(symbol, "permission_required") is not None:
            found.append("permission_required")
        for name in ("check_permissions", "has_permission", "dispatch", "initial"):
            method = self.classes.method(symbol, name)
            if method is not None and set(method.node.words) & PERMISSION_WORDS:
                found.append(name)
        found += [
            a.node.name
            for a in self.classes.own_line(symbol)
            if a != symbol and _RIGHT.search(a.node.name) and not _BASE.search(a.node.name)
        ]
        if classes is not None and isinstance(classes.value, n.Sequence):
            found += [tail(i) for i in classes.value.items if tail(i)]
        elif classes is None and any(f.api for f in self.classes.library_line(symbol)):
            found += self._default_permissions()
        if not found and any(f.permission for f in self.classes.library_line(symbol)):
            found.append("test_func")
        return tuple(dict.fromkeys(found))

    def _class_forms(
        self, symbol: ClassSymbol, route: Route
    ) -> tuple[tuple[Form, ...], Model | None]:
        found: dict[ClassSymbol, Form] = {}
        model = self.model_of(symbol, route)
        for name in ("form_class", "serializer_class", "form", "filterset_class", "form_classes"):
            form = self._form_attribute(symbol, name, route)
            if form is not None:
                found[form.symbol] = form
        for facts in self.classes.library_line(symbol):
            if facts.edits and not found:
                made = self._generated(symbol, model)
                if made is not None:
                    return (made,), model
        for name in (
            *HTTP_METHODS,
            *(a for _m, a in route.target.methods),
            "get_serializer_class",
            "get_form_class",
        ):
            method = self.classes.method(symbol, name)
            if method is not None:
                for form in self._mentioned(method):
                    found.setdefault(form.symbol, form)
        return tuple(found.values()), model

    def _mentioned(self, method: FunctionSymbol) -> Iterator[Form]:
        scope = self.names.scope(method.module)
        for word in method.node.words:
            if word in scope and word[:1].isupper():
                found = self.names.member(method.module, word)
                if isinstance(found, ClassSymbol):
                    form = self.forms.by_symbol.get(found)
                    if form is not None:
                        yield form

    def _form_attribute(self, symbol: ClassSymbol, name: str, route: Route) -> Form | None:
        option = route.target.options.get(name)
        if option is not None:
            found = self.names.resolve(route.module, option)
        else:
            member = self.classes.member(symbol, name)
            found = member
            if isinstance(member, ValueSymbol):
                found = self.names.resolve(member.module, member.value)
        if isinstance(found, ClassSymbol):
            return self.forms.by_symbol.get(found)
        if isinstance(found, External):
            return None
        return None

    def _generated(self, symbol: ClassSymbol, model: Model | None) -> Form | None:
        """Return the form that a generic edit view makes from `model` and `fields`."""
        fields = self.classes.value(symbol, "fields")
        if model is None or fields is None:
            return None
        value = self.forms.value(fields)
        if value == "__all__":
            selection, listed = Selection.ALL, model.editable
        elif isinstance(value, list | tuple) and UNKNOWN not in value:
            listed = tuple(str(v) for v in value)
            selection = Selection.LISTED
        else:
            return None
        return Form(symbol, "form", model, model.label, selection, listed, {}, (), listed, fields)

    def model_of(self, symbol: ClassSymbol, route: Route | None = None) -> Model | None:
        """Return the model that a class view shows or changes."""
        option = route.target.options.get("model") if route else None
        if option is not None and route is not None:
            return self.models.of(self.names.resolve(route.module, option))
        value = self.classes.value(symbol, "model")
        member = self.classes.member(symbol, "model")
        if isinstance(member, ClassSymbol):
            return self.models.of(member)
        if value is not None:
            return self.models.of(self.names.resolve(value.module, value.value))
        queryset = self.classes.value(symbol, "queryset")
        if queryset is not None:
            return self._queryset_model(queryset)
        method = self.classes.method(symbol, "get_queryset")
        if method is not None:
            for node in expressions(body(method.node)):
                if isinstance(node, n.Attr):
                    expression = model_expression(node)
                    found = self.models.of(self.names.resolve(method.module, expression))
                    if found is not None:
                        return found
        return None

    def _queryset_model(self, queryset: ValueSymbol) -> Model | None:
        expression = model_expression(queryset.value)
        return self.models.of(self.names.resolve(queryset.module, expression))

    # Libraries

    def _library(self, symbol: External, route: Route, around: tuple[Applied, ...]) -> View:
        facts = library_class(symbol.name)
        is_admin = symbol.name.startswith("django.contrib.admin") or ".admin." in symbol.name
        login: bool | None = None
        methods: tuple[str, ...] | None = None
        if route.is_admin:
            login = symbol.name.rpartition(".")[2] not in ("login", "i18n_javascript", "logout")
        elif facts is not None:
            login = facts.login or bool(self._login(around, is_api=False, permission_classes=None))
            names = [m for m in HTTP_METHODS if m in _all_handlers(symbol.name)]
            methods = tuple(m.upper() for m in names if m != "options") or None
        elif any(a.guard.login for a in around):
            login = True
        permissions = ("staff",) if route.is_admin and is_admin and login else _permissions(around)
        is_api = symbol.name.startswith("rest_framework.")
        return View(
            symbol.name,
            symbol,
            "library",
            methods,
            login,
            permissions,
            self._csrf(around, is_api=is_api),
            _framing(around),
            writes=None if facts is None else (),
            throttled=any(a.guard.throttled for a in around),
            guards=around,
        )

    # What all have in common

    def _login(
        self,
        applied: tuple[Applied, ...],
        *,
        is_api: bool,
        permission_classes: ValueSymbol | None,
    ) -> bool | None:
        del is_api, permission_classes
        if any(a.guard.open for a in applied):
            return False
        if any(a.guard.login for a in applied):
            return True
        if any(
            isinstance(m, str) and m.endswith("LoginRequiredMiddleware") for m in self.middleware
        ):
            return True
        return None if self._has_own_gate() else False

    def _has_own_gate(self) -> bool:
        """Whether a middleware of the project looks at the login by itself."""
        for name in self.middleware:
            symbol = self.names.dotted(name) if isinstance(name, str) else None
            if isinstance(symbol, ClassSymbol):
                for method in ("__call__", "process_request", "process_view"):
                    found = self.classes.method(symbol, method)
                    if found is not None and set(found.node.words) & {
                        "login_required",
                        "redirect_to_login",
                        "LOGIN_URL",
                    }:
                        return True
        return False

    def _csrf(
        self, applied: tuple[Applied, ...], *, is_api: bool, owner: ClassSymbol | None = None
    ) -> bool | None:
        if is_api:
            return self._api_csrf(owner, applied)
        if any(a.guard.csrf_protect for a in applied):
            return True
        if any(a.guard.csrf_exempt for a in applied):
            return False
        if owner is not None and self._constant_attribute(owner, "csrf_exempt") is True:
            return False
        if owner is not None and self.classes.has_unknown_view(owner):
            return None
        if self.settings is None or not self.middleware:
            return None if self.settings is None else False
        return any(isinstance(m, str) and m.endswith("CsrfViewMiddleware") for m in self.middleware)

    def _api_csrf(self, owner: ClassSymbol | None, applied: tuple[Applied, ...]) -> bool | None:
        """DRF's views are exempt; session authentication checks the token by itself."""
        chosen: n.Expr | None = None
        module = None
        for item in applied:
            if item.guard.authentication_classes and item.call and item.call.args:
                chosen, module = item.call.args[0], item.module
        value = self.classes.value(owner, "authentication_classes") if owner else None
        if value is not None:
            chosen, module = value.value, value.module
        if chosen is not None and module is not None:
            if not isinstance(chosen, n.Sequence):
                return None
            return any(self._is_session(self.names.resolve(module, i)) for i in chosen.items)
        listed = (
            self._framework.get("DEFAULT_AUTHENTICATION_CLASSES")
            if isinstance(self._framework, dict)
            else None
        )
        if listed is None:
            return True
        if not isinstance(listed, list | tuple):
            return None
        return any(self._is_session(self.names.dotted(x)) for x in listed if isinstance(x, str))

    def _is_session(self, symbol: Symbol | None) -> bool:
        if isinstance(symbol, External):
            return symbol.name.endswith(_SESSION_AUTHENTICATION)
        return isinstance(symbol, ClassSymbol) and self.classes.inherits(
            symbol, *_SESSION_AUTHENTICATION
        )

    def _constant_attribute(self, symbol: ClassSymbol, name: str) -> Any:
        value = self.classes.value(symbol, name)
        return UNKNOWN if value is None else self.forms.value(value)

    def _constant(self, module: Any, expression: n.Expr) -> Any:
        def lookup(node: n.Expr) -> Any:
            found = self.names.resolve(module, node)
            if isinstance(found, ValueSymbol):
                return self.forms.value(found)
            return UNKNOWN

        return evaluate(expression, lookup)


def _permissions(applied: Iterable[Applied]) -> tuple[str, ...]:
    found = []
    for item in applied:
        if item.guard.permission:
            first = item.call.args[0] if item.call and item.call.args else None
            text = (
                first.value
                if isinstance(first, n.Const) and isinstance(first.value, str)
                else item.name
            )
            found.append(text)
    return tuple(dict.fromkeys(found))


def _framing(applied: Iterable[Applied]) -> str | None:
    return next((a.guard.framing for a in applied if a.guard.framing), None)


def _written(forms: Iterable[Form]) -> tuple[str, ...] | None:
    found: list[str] = []
    for form in forms:
        if form.kind == "filterset":
            continue
        if form.writes is None:
            return None
        label = form.model.label if form.model else None
        found += [f"{label}.{name}" for name in form.writes] if label else []
    return tuple(dict.fromkeys(found))


def _takes_data(call: n.Call) -> bool:
    words = {"POST", "data", "FILES", "body", "GET", "query_params"}
    sources = [*call.args[:2], *(k.value for k in call.keywords if k.name in ("data", "files"))]
    for source in sources:
        node = source
        if isinstance(node, n.Logic):
            node = node.values[0]
        if isinstance(node, n.Attr) and node.name in words:
            return True
        if isinstance(node, n.Name) and node.id in ("data", "post_data", "payload"):
            return True
    return False


def _all_handlers(name: str, depth: int = 0) -> tuple[str, ...]:
    facts = library_class(name)
    if facts is None or depth > 10:
        return ()
    package = name.partition(".")[0]
    found = facts.handlers
    for base in facts.bases:
        found += _all_handlers(f"{package}.{base}", depth + 1)
    return found
