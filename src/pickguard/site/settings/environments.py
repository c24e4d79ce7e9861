"""Which modules of a site hold settings, and which of them production uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from pickguard.site.settings.environment import Setting, Settings
from pickguard.site.settings.naming import OF_PLATFORM, rank
from pickguard.site.settings.pieces import puts_together
from pickguard.site.settings.reader import SettingsReader
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module, Modules
from pickguard.site.symbols.names import Names, flatten
from pickguard.site.symbols.unknown import FromEnvironment
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text
from pickguard.source.python.bodies import body

_TELLING = {
    "INSTALLED_APPS",
    "MIDDLEWARE",
    "ROOT_URLCONF",
    "DATABASES",
    "TEMPLATES",
    "SECRET_KEY",
    "WSGI_APPLICATION",
    "STATIC_URL",
    "AUTH_USER_MODEL",
}
# folders of a project in which a reusable app is tried out: `devproject/`, `sandbox/`, `example_site/`
_TRIED_OUT = re.compile(
    r"(^|/)((tests?|testing|examples?|demos?|dev|sandbox|playground)([-_]?(proj|project|site|app))?|docs|\w+[-_]tests?)/"
)


_URLS_OF_TESTS = re.compile(r"(^|\.)(tests|tests?_urls|urls_tests?)(\.|$)")


def find_settings(
    modules: Modules, names: Names, chosen: str | None = None
) -> tuple[Settings, ...]:
    """Return the environments of a site, production first; empty where there are no settings.

    `chosen` is the dotted name of the module that is production, where the user has named it.
    """
    named = _named_by_entry_points(modules)
    candidates = {
        module.path: module for module in modules if module.path in named or _tells(module, names)
    }
    imported = _imported_by_others(candidates.values(), names)
    imported |= _pieces_of_others(candidates.values(), names)
    leaves = [
        m
        for path, m in candidates.items()
        if path not in imported or path in named or _production_rank(m, named) > OF_PLATFORM
    ]
    leaves = leaves or list(candidates.values())  # they import each other in a circle
    found = []
    for module in leaves:
        reader = SettingsReader(names)
        values = _as_now_named({k: v for k, v in reader.read(module).items() if k.isupper()})
        if len(_TELLING & set(values)) >= 2:
            is_idle = _is_bare(values, modules) or (reader.complete and _serves_no_page(values))
            is_likely = _production_rank(module, named) > 0 and not is_idle
            is_production = is_likely or module.name == chosen
            found.append(Settings(module, values, is_production, reader.complete))
    found += _in_classes(modules, names)
    found.sort(
        key=lambda s: (
            chosen not in (s.name, s.module.name),
            -_rank(s, named),
            s.module.path,
            s.class_name,
        )
    )
    return tuple(found)


def _serves_no_page(values: Mapping[str, Setting]) -> bool:
    """Whether settings are for commands or tests alone, or a form that `startproject` fills in: `{{ secret_key }}`."""
    if "ROOT_URLCONF" not in values and ("SECRET_KEY" not in values or _has_no_middleware(values)):
        return True
    key, urlconf = _stated(values, "SECRET_KEY"), _stated(values, "ROOT_URLCONF")
    if isinstance(urlconf, str) and _URLS_OF_TESTS.search(urlconf):
        return True
    return isinstance(key, str) and "{{" in key


def _has_no_middleware(values: Mapping[str, Setting]) -> bool:
    """Whether settings say that no request goes through anything: of a tool that only wants its models."""
    return any(
        name in values and _stated(values, name) in ([], ())
        for name in ("MIDDLEWARE", "MIDDLEWARE_CLASSES")
    )


def _is_bare(values: Mapping[str, Setting], modules: Modules) -> bool:
    """Whether settings are as `startproject` writes them, around what is packed for others or has no page.

    They serve nobody but the machine that they are on: an app that is installed elsewhere was made with them.
    """
    hosts = _stated(values, "ALLOWED_HOSTS") if "ALLOWED_HOSTS" in values else []
    if _stated(values, "DEBUG") is not True or not _are_of_machine(hosts):
        return False
    key = _stated(values, "SECRET_KEY")
    if isinstance(key, str) and _OF_TESTS.search(key):
        return True
    is_packed = any(m.path == "setup.py" and "setup" in m.record.words for m in modules)
    if is_packed and not hosts:
        return True
    urlconf = modules.find(str(_stated(values, "ROOT_URLCONF")))
    return urlconf is not None and _routes_only_admin(urlconf)


def _are_of_machine(hosts: object) -> bool:
    """Whether nobody reaches a site by its hosts but who sits at the machine: none, or `localhost`."""
    return isinstance(hosts, list | tuple) and all(
        isinstance(host, str) and host in _LOOPBACK for host in hosts
    )


_LOOPBACK = frozenset({"localhost", ".localhost", "127.0.0.1", "[::1]", "::1"})
_OF_TESTS = re.compile(r"\b(unit)?tests?\b|\bfake\b|\bdummy\b|\bdemo\b", re.IGNORECASE)


def _stated(values: Mapping[str, Setting], name: str) -> object:
    """Return the value of a setting that no environment decides, or None."""
    setting = values.get(name)
    return setting.value if setting is not None and not setting.in_branch else None


def _routes_only_admin(urlconf: Module) -> bool:
    for statement in urlconf.record.body:
        if isinstance(statement, n.Assign) and tail(statement.targets[0]) == "urlpatterns":
            routes = statement.value.items if isinstance(statement.value, n.Sequence) else ()
            return bool(routes) and all(map(_is_of_admin, routes))
    return False


def _is_of_admin(route: n.Expr) -> bool:
    called = route.args[1] if isinstance(route, n.Call) and len(route.args) > 1 else None
    return isinstance(called, n.Attr) and called.name == "urls" and tail(called.value) == "site"


def _rank(settings: Settings, named: Mapping[str, int]) -> int:
    if settings.class_name:
        return rank(settings.class_name)
    return _production_rank(settings.module, named)


def _in_classes(modules: Modules, names: Names) -> Iterable[Settings]:
    """Yield the environments that are classes, those of django-configurations."""
    if not any(map(_uses_configurations, modules)):
        return
    classes = Classes(names)
    for symbol in classes.all:
        if symbol.module.holds_tests or classes.subclasses.get(symbol):
            continue
        if not classes.inherits(symbol, "Configuration"):
            continue
        reader = SettingsReader(names)
        read = reader.read_class(symbol)
        values = _as_now_named({k: _named(v) for k, v in read.items() if k.isupper()})
        if len(_TELLING & set(values)) >= 2:
            is_production = rank(symbol.qualname) > 0
            yield Settings(symbol.module, values, is_production, reader.complete, symbol.qualname)


def _as_now_named(values: dict[str, Setting]) -> dict[str, Setting]:
    """Return settings with the middleware of Django before 2.0, `MIDDLEWARE_CLASSES`, under its present name."""
    old = values.get("MIDDLEWARE_CLASSES")
    return values if old is None or "MIDDLEWARE" in values else {**values, "MIDDLEWARE": old}


def _named(setting: Setting) -> Setting:
    """Return a setting with the variable that its value is read from unless it names another."""
    value = setting.value
    if isinstance(value, FromEnvironment) and not value.variable:
        named = FromEnvironment(f"DJANGO_{setting.name}", value.default)
        return replace(setting, value=named)
    return setting


def _uses_configurations(module: Module) -> bool:
    return any(
        isinstance(statement, n.Import) and statement.module.partition(".")[0] == "configurations"
        for statement in module.record.body
    )


def _tells(module: Module, names: Names) -> bool:
    if module.holds_tests or module.is_migration:
        return False
    bound = names.scope(module)
    if len(_TELLING & set(bound)) >= 2:
        return True
    if puts_together(module):
        return True
    return "settings" in module.path and any(
        isinstance(statement, n.Import) and statement.name == "*"
        for statement in flatten(module.record.body)
    )


def _imported_by_others(candidates: Iterable[Module], names: Names) -> set[str]:
    found: set[str] = set()
    for module in candidates:
        for statement in flatten(module.record.body):
            if isinstance(statement, n.Import) and statement.name == "*":
                target = names.modules.find(names.import_name(module, statement), module)
                if target is not None and target.path != module.path:
                    found.add(target.path)
    return found


def _pieces_of_others(candidates: Iterable[Module], names: Names) -> set[str]:
    found: set[str] = set()
    for module in candidates:
        if puts_together(module):
            reader = SettingsReader(names)
            reader.read(module)
            found |= reader.pieces
    return found


def _named_by_entry_points(modules: Modules) -> dict[str, int]:
    """Return the settings modules that manage.py, wsgi.py and asgi.py name, with a weight."""
    found: dict[str, int] = {}
    for module in modules:
        file = module.path.rpartition("/")[2]
        if module.holds_tests:
            continue
        weight = {"wsgi.py": 2, "asgi.py": 2, "manage.py": 1}.get(file, 0)
        for dotted in _settings_names(module):
            target = modules.find(dotted, module)
            if target is not None:
                found[target.path] = max(found.get(target.path, 0), weight)
    return found


def _settings_names(module: Module) -> Iterable[str]:
    """Yield what is given to `DJANGO_SETTINGS_MODULE`, by `setdefault` or as an item."""
    statements = list(module.record.body)
    for statement in list(statements):
        if isinstance(statement, n.Function) and "setdefault" in statement.words:
            statements.extend(body(statement))
    for statement in flatten(statements):
        value = statement.value if isinstance(statement, n.Do | n.Assign) else None
        if isinstance(value, n.Call) and len(value.args) == 2:
            key, named = value.args
        elif isinstance(statement, n.Assign) and isinstance(statement.targets[0], n.Index):
            key, named = statement.targets[0].index, statement.value
        else:
            continue
        name = text(named)
        if text(key) == "DJANGO_SETTINGS_MODULE" and name is not None:
            yield name


def _is_of_plugin(module: Module) -> bool:
    """Whether a platform asks it to put its own into the settings of the platform: what stands beside is for tests.

    https://docs.openedx.org/projects/edx-django-utils/en/latest/plugins/readme.html
    """
    return any(
        isinstance(one, n.Function) and one.name == "plugin_settings" for one in module.record.body
    )


def _production_rank(module: Module, named: Mapping[str, int]) -> int:
    """Return how likely a module holds the production settings; 0 where it plainly does not."""
    words = module.name.rpartition(".")[2] if "settings" in module.path else module.name
    found = rank(words)
    if found >= OF_PLATFORM:
        return found
    if not found or _TRIED_OUT.search(module.path) or _is_of_plugin(module):
        return 0
    return 1 + named.get(module.path, 0)
