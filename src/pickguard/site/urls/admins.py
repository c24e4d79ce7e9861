"""The admin: which models are registered with it, and the routes that it makes for them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from pickguard.site.models.models import Model, Models
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    Symbol,
    ValueSymbol,
    flatten,
)
from pickguard.site.urls.patterns import Entry, Included, Pattern, Target
from pickguard.site.urls.urlconf import Urlconf
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, items_of, keywords, tail, text

DEFAULT_SITE = "django.contrib.admin.site"
_SITE = "django.contrib.admin.sites.AdminSite"
_SITE_PAGES = (
    ("", "index", "index"),
    ("login/", "login", "login"),
    ("logout/", "logout", "logout"),
    ("password_change/", "password_change", "password_change"),
    ("password_change/done/", "password_change_done", "password_change_done"),
    ("autocomplete/", "autocomplete", "autocomplete_view"),
    ("jsi18n/", "jsi18n", "i18n_javascript"),
    ("r/<path:content_type_id>/<path:object_id>/", "view_on_site", "shortcut"),
)
_MODEL_PAGES = (
    ("", "changelist", "changelist_view"),
    ("add/", "add", "add_view"),
    ("<path:object_id>/history/", "history", "history_view"),
    ("<path:object_id>/delete/", "delete", "delete_view"),
    ("<path:object_id>/change/", "change", "change_view"),
    ("<path:object_id>/", None, "change_redirect"),
)
_PLAIN = (".admin.ModelAdmin", ".options.ModelAdmin")
_MODEL_ADMIN = "django.contrib.admin.options.ModelAdmin"


class Registered(Struct, frozen=True):
    """A model and the class that administers it; either is None where it could not be told.

    Attributes:
        is_plain: whether it is Django's own `ModelAdmin` itself.
    """

    site: str
    label: str
    model: Model | None
    admin: ClassSymbol | None
    module: Module
    span: int
    is_plain: bool = False


class Admins:
    """All registrations of a site."""

    def __init__(self, classes: Classes, models: Models, user_model: str) -> None:
        self.classes = classes
        self.names = classes.names
        self.models = models
        self.user_model = user_model
        self.registered = tuple(self._find())

    def _find(self) -> Iterator[Registered]:
        for module in self.names.modules:
            if module.holds_tests:
                continue
            for statement in flatten(module.record.body):
                if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
                    yield from self._call(module, statement.value)
                elif isinstance(statement, n.Class):
                    yield from self._decorated(module, statement)

    def _call(self, module: Module, call: n.Call) -> Iterator[Registered]:
        if tail(call.func) != "register" or not isinstance(call.func, n.Attr) or not call.args:
            return
        site = self._site(module, call.func.value)
        if site is None:
            return
        words = keywords(call)
        chosen = call.args[1] if len(call.args) > 1 else words.get("admin_class")
        admin = self.names.resolve(module, chosen)
        is_plain = chosen is None or getattr(admin, "name", "").endswith(_PLAIN)
        for one in self._models(module, call.args[0], admin, site, call.span):
            yield replace(one, is_plain=True) if is_plain else one

    def _decorated(self, module: Module, node: n.Class) -> Iterator[Registered]:
        for decorator in node.decorators:
            if not isinstance(decorator, n.Call) or tail(decorator.func) != "register":
                continue
            function = self.names.resolve(module, decorator.func)
            words = keywords(decorator)
            if getattr(function, "name", "").startswith("django.contrib.admin"):
                site = self._site(module, words["site"]) if "site" in words else DEFAULT_SITE
                admin = self.names.member(module, node.name)
                for listed in decorator.args:
                    yield from self._models(
                        module, listed, admin, site or DEFAULT_SITE, decorator.span
                    )

    def _site(self, module: Module, expression: n.Expr) -> str | None:
        found = self.names.resolve(module, expression)
        name = getattr(found, "name", "")
        if name.endswith(("admin.site", "admin.sites.site")):
            return DEFAULT_SITE
        if isinstance(found, ValueSymbol) and isinstance(found.value, n.Call):
            made = self.names.resolve(found.module, found.value.func)
            if isinstance(made, External) and made.name.endswith("AdminSite"):
                return found.name
            if isinstance(made, ClassSymbol) and "admin_site" in self.classes.kinds(made):
                return found.name
        return None

    def _models(
        self, module: Module, expression: n.Expr, admin: Symbol | None, site: str, span: int
    ) -> Iterator[Registered]:
        items = items_of(expression)
        for item in items:
            found = self.names.resolve(module, item)
            chosen = admin if isinstance(admin, ClassSymbol) else None
            if isinstance(found, ClassSymbol):
                model = self.models.of(found)
                label = model.label if model else found.node.name
                yield Registered(site, label, model, chosen, module, span)
            elif isinstance(found, External):
                parts = found.name.split(".")
                label = f"{parts[-3] if len(parts) > 2 else parts[0]}.{parts[-1]}"
                yield Registered(site, label, None, chosen, module, span)
            else:
                asked = found if isinstance(found, ValueSymbol) else ValueSymbol(module, item, "")
                if isinstance(asked.value, n.Call) and tail(asked.value.func) == "get_user_model":
                    model = self.models.named(self.user_model)
                    yield Registered(site, self.user_model, model, chosen, module, span)
                elif (model := self.models.of(asked)) is not None:
                    yield Registered(site, model.label, model, chosen, module, span)

    def expand(self, owner: Symbol, apps: tuple[str, ...], urlconf: Urlconf) -> Included | None:
        """Return the routes of an admin site, or None where the symbol is none.

        Args:
            owner: `admin.site` or a site of the project's own.
            apps: what `INSTALLED_APPS` names, for the models that Django registers itself.
            urlconf: reads what `get_urls` of the project's own classes adds.
        """
        name = getattr(owner, "name", "")
        if name.endswith(("admin.site", "admin.sites.site")):
            site, namespace = DEFAULT_SITE, "admin"
        elif isinstance(owner, ValueSymbol) and self._is_site(owner):
            site, namespace = owner.name, _site_name(owner)
        else:
            return None
        entries: list[Entry] = []
        module = owner.module if isinstance(owner, ValueSymbol) else next(iter(self.names.modules))
        entries += [_page(_SITE, path, url, view, module, 0) for path, url, view in _SITE_PAGES]
        kind = self._site_class(owner)
        entries = [*(own_pages(self.classes, kind, urlconf) if kind else ()), *entries]
        for label in self._labels(site, apps):
            entries += self._model_pages(site, label, module, urlconf)
        return Included("", False, tuple(entries), "admin", namespace)

    def _site_class(self, owner: Symbol) -> ClassSymbol | None:
        """Return the project's own class of a site."""
        if not isinstance(owner, ValueSymbol) or not isinstance(owner.value, n.Call):
            return None
        made = self.names.resolve(owner.module, owner.value.func)
        return made if isinstance(made, ClassSymbol) else None

    def _is_site(self, owner: ValueSymbol) -> bool:
        if not isinstance(owner.value, n.Call):
            return False
        made = self.names.resolve(owner.module, owner.value.func)
        if isinstance(made, External):
            return made.name.endswith("AdminSite")
        return isinstance(made, ClassSymbol) and "admin_site" in self.classes.kinds(made)

    def _library_pages(self, admin: ClassSymbol) -> Iterator[tuple[str, str]]:
        for facts in self.classes.library_line(admin):
            yield from facts.pages

    def _labels(self, site: str, apps: tuple[str, ...]) -> list[str]:
        labels = {r.label for r in self.registered if r.site == site}
        if site == DEFAULT_SITE:
            labels |= _brought(apps, self.user_model)
        return sorted(labels)

    def _model_pages(
        self, site: str, label: str, module: Module, urlconf: Urlconf
    ) -> Iterator[Entry]:
        app, _, name = label.lower().rpartition(".")
        found = [r for r in self.registered if r.site == site and r.label == label]
        where = found[-1] if found else None
        if where is not None and where.admin is not None:
            own = own_pages(self.classes, where.admin, urlconf)
            yield Included(f"{app}/{name}/", False, tuple(own))
            for path, view in self._library_pages(where.admin):
                yield _page(
                    where.admin.name, f"{app}/{name}/{path}", None, view, where.module, where.span
                )
        for path, suffix, view in _MODEL_PAGES:
            url = f"{app}_{name}_{suffix}" if suffix else None
            admin = where.admin.name if where and where.admin else _MODEL_ADMIN
            yield _page(
                admin,
                f"{app}/{name}/{path}",
                url,
                view,
                where.module if where else module,
                where.span if where else 0,
            )


def own_pages(classes: Classes, owner: ClassSymbol, urlconf: Urlconf) -> Iterator[Entry]:
    """Yield what `get_urls` of a class and its ancestors in the project adds."""
    for ancestor in classes.own_line(owner):
        method = classes.names.own_member(ancestor, "get_urls")
        if isinstance(method, FunctionSymbol):
            yield from urlconf.of_method(owner, method)


def _page(owner: str, path: str, url: str | None, view: str, module: Module, span: int) -> Pattern:
    return Pattern(path, False, Target(External(f"{owner}.{view}")), url, module, span)


def _site_name(owner: ValueSymbol) -> str:
    call = owner.value
    named = text(argument(call, 0, "name")) if isinstance(call, n.Call) else None
    return "admin" if named is None else named


def _brought(apps: tuple[str, ...], user_model: str) -> set[str]:
    """Return the models that Django's own apps register."""
    found = set()
    if "django.contrib.auth" in apps:
        found.add("auth.Group")
        if user_model == "auth.User":
            found.add("auth.User")
    if "django.contrib.sites" in apps:
        found.add("sites.Site")
    if "django.contrib.flatpages" in apps:
        found.add("flatpages.FlatPage")
    if "django.contrib.redirects" in apps:
        found.add("redirects.Redirect")
    return found
