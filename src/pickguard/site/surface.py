"""The map of a site as plain data: routes, models, forms, settings. What could not be told is None."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pickguard.base.spans import unpack
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.forms.forms import Form
from pickguard.site.link import Site
from pickguard.site.models.models import Model
from pickguard.site.settings.environment import Setting
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.symbols.unknown import UNKNOWN, FromEnvironment
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View

_SECRET = (
    "SECRET",
    "PASSWORD",
    "TOKEN",
    "KEY",
    "DATABASES",
    "DSN",
    "CREDENTIAL",
    "CACHES",
    "BROKER",
)


def describe(site: Site) -> dict[str, Any]:
    """Return the map in the format that `pickguard surface --format json` prints."""
    routes = [route_facts(r, v, site) for r, v in site.routes if not r.debug_only]
    return {
        "schema": 1,
        "routes": sorted(routes, key=lambda r: (r["path"], r["line"], r["route"] or "")),
        "models": [
            _model(m)
            for m in site.models.all
            if not m.is_abstract and not m.symbol.module.holds_tests
        ],
        "forms": [_form(f) for f in site.forms.all if not f.symbol.module.holds_tests],
        "settings": _settings(site),
    }


def route_facts(route: Route, view: View, site: Site) -> dict[str, Any]:
    """Return what the map says of one route."""
    return {
        "route": route.route,
        "known": route.known,
        "name": route.name,
        "view": view.name or None,
        "kind": view.kind,
        "methods": list(view.methods) if view.methods is not None else None,
        "login": view.login,
        "permissions": list(_needed(view, site)),
        "csrf": view.csrf,
        "framing": view.framing or _framing(site),
        "throttled": view.throttled,
        "writes": None if view.writes is None else list(view.writes),
        "writes_since": dict(_since(view)),
        "reads": _reads(view),
        "path": route.module.path,
        "line": unpack(route.span).line if route.span else 1,
    }


def _needed(view: View, site: Site) -> Iterator[str]:
    """Yield the rights that a view asks for; a mixin whose method asks by its name, which says for what."""
    for name in view.permissions:
        found = (
            site.classes.methods(view.symbol, name) if isinstance(view.symbol, ClassSymbol) else ()
        )
        asking = (method for method in found if set(method.node.words) & PERMISSION_WORDS)
        owner = next((method.owner for method in asking), None)
        yield name if owner is None or owner == view.symbol else owner.node.name


def _since(view: View) -> Iterator[tuple[str, str]]:
    """Yield the written fields that a later migration added, with the migration."""
    for form in view.taken:
        for name in form.writes or () if form.model else ():
            field = form.model.field(name) if form.model else None
            if field is not None and field.since and form.model:
                yield f"{form.model.label}.{name}", field.since


def _reads(view: View) -> list[str] | None:
    fields = [
        f"{form.model.label}.{name}"
        for form in view.forms
        if form.model and form.kind == "serializer"
        for name in (*(form.writes or ()), *form.read_only)
    ]
    return sorted(set(fields)) if fields or view.forms else None


def _framing(site: Site) -> str | None:
    production = site.production
    if production is None:
        return None
    middleware = production.get("MIDDLEWARE", UNKNOWN)
    if not isinstance(middleware, list | tuple):
        return None
    if not any(isinstance(m, str) and m.endswith("XFrameOptionsMiddleware") for m in middleware):
        return "none"
    value = production.get("X_FRAME_OPTIONS", "DENY")
    return value.lower() if isinstance(value, str) else None


def _model(model: Model) -> dict[str, Any]:
    return {
        "model": model.label,
        "fields": [
            {
                "name": f.name,
                "type": f.kind,
                "to": f.target,
                "editable": f.is_editable,
                "since": f.since,
            }
            for f in model.fields
        ],
        "path": model.symbol.module.path,
        "line": unpack(model.symbol.node.span).line,
    }


def _form(form: Form) -> dict[str, Any]:
    model = form.model
    return {
        "form": form.symbol.name,
        "kind": form.kind,
        "model": model.label if model else form.model_name,
        "selection": form.selection.value,
        "writes": None if form.writes is None else list(form.writes),
        "added_later": list(_added_later(form)),
        "path": form.symbol.module.path,
        "line": unpack(form.symbol.node.span).line,
    }


def _added_later(form: Form) -> Iterator[str]:
    for name in form.writes or ():
        field = form.model.field(name) if form.model else None
        if field is not None and field.since:
            yield f"{name} ({field.since})"


def _settings(site: Site) -> dict[str, Any]:
    production = site.production
    if production is None:
        return {}
    return {
        "module": production.name,
        "environments": [s.name for s in site.settings],
        "values": {name: _shown(setting) for name, setting in sorted(production.values.items())},
    }


def _shown(setting: Setting) -> Any:
    if any(word in setting.name for word in _SECRET):
        return "(hidden)" if setting.value is not UNKNOWN else None
    return plain(setting.value)


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can hold it; what could not be told becomes None."""
    if value is UNKNOWN or depth > 6:
        return None
    if isinstance(value, FromEnvironment):
        return {
            "env": value.variable,
            "default": plain(value.default) if value.has_default else None,
        }
    if isinstance(value, dict):
        return {str(k): plain(v, depth + 1) for k, v in value.items() if k is not UNKNOWN}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
