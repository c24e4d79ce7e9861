"""URLconfs flattened: every route with its whole pattern, its namespaced name and its view."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.site.settings.environment import Settings, app_package
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    Names,
    Symbol,
    ValueSymbol,
)
from pickguard.site.urls import hooks, offered_urlconfs
from pickguard.site.urls.admins import Admins, own_pages
from pickguard.site.urls.operations import Operations
from pickguard.site.urls.patterns import Entry, Included, Pattern, Target
from pickguard.site.urls.registries import Uses
from pickguard.site.urls.routers import Routers
from pickguard.site.urls.unplaced import unplaced
from pickguard.site.urls.urlconf import Urlconf
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import expressions

_ROUTE_LIMIT = 50_000
_STEP_LIMIT = 100_000  # entries, those that only include others among them


class Route(Struct, frozen=True):
    """One way into the site.

    Attributes:
        route: the patterns joined, as written; `None` in place of a part that could not be told
            makes the whole `None`.
        name: with its namespaces, or None.
        target: the view and what is wrapped around it.
        module, span: the `path(...)` that ends it.
        debug_only: is only there while `DEBUG` is on.
        pieces: what could be told of the last pattern where the route could not, else empty.
    """

    route: str | None
    name: str | None
    target: Target
    module: Module
    span: int = 0
    debug_only: bool = False
    is_admin: bool = False
    pieces: str = ""

    @property
    def known(self) -> str:
        """What is known of its address: the whole route, or else the last pattern's pieces."""
        return self.route or self.pieces

    def option(self, name: str) -> ValueSymbol | None:
        """Return what the route itself sets of a view's attributes: `as_view(permission_classes=[…])`."""
        found = self.target.options.get(name)
        return ValueSymbol(self.target.module or self.module, found, name) if found else None


class _Makers(Struct, frozen=True):
    """What makes patterns beside URLconfs, shared by all of them."""

    routers: Routers
    admins: Admins
    operations: Operations
    uses: Uses


def find_routes(
    names: Names,
    settings: tuple[Settings, ...],
    routers: Routers,
    admins: Admins,
    operations: Operations,
) -> tuple[Route, ...]:
    """Return the routes of all projects and apps of a tree, in the order of their URLconfs."""
    found: list[Route] = []
    started: set[str] = set()
    covered: set[str] = set()
    makers = _Makers(routers, admins, operations, Uses(admins.classes))
    steps = iter(range(_STEP_LIMIT))
    for environment in settings:
        root = environment.get("ROOT_URLCONF")
        module = names.modules.find(root, environment.module) if isinstance(root, str) else None
        if module is None or module.path in started:
            continue
        started.add(module.path)
        found.extend(_from_root(_reader(environment, makers), module, covered, steps))
    found.extend(_handed_over(settings, makers, found, covered))
    loose = _reader(None, makers)
    for module in _loose_roots(names, covered | started):
        found.extend(_from_root(loose, module, covered, steps))
    if not found:
        found.extend(_of_lists(names, loose, steps))
    found.extend(_of_configs(loose, found, steps))
    found.extend(_kept_away(names, loose, found, covered, steps))
    placed = {r.target.view for r in found if isinstance(r.target.view, ClassSymbol)}
    found.extend(
        _flat(unplaced(admins.classes, routers, placed), None, (), debug_only=False, steps=steps)
    )
    return tuple(found[:_ROUTE_LIMIT])


def find_waiting_pages(
    admins: Admins, settings: tuple[Settings, ...], routes: tuple[Route, ...]
) -> tuple[Route, ...]:
    """Return the pages of a reusable app that no URLconf leads to: those of its admin, and of sites of its own.

    The project that installs the app routes its admin site, or an object whose `get_urls` says what it answers.
    """
    known = {(route.module.path, route.span) for route in routes}
    is_admin_routed = any(route.is_admin for route in routes)
    registered = {r.admin for r in admins.registered if r.admin is not None}
    environment = settings[0] if settings else None
    urlconf = Urlconf(
        admins.models, environment, lambda _owner, _module, _span: None, Uses(admins.classes)
    )
    found: list[Route] = []
    steps = iter(range(_STEP_LIMIT))
    for symbol in admins.classes.all:
        if symbol in registered and is_admin_routed:
            continue
        if symbol in registered or _answers_by_itself(admins.classes, symbol):
            pages = own_pages(admins.classes, symbol, urlconf)
            space = ("admin",) if symbol in registered else ()
            made = _flat(pages, "", space, debug_only=False, steps=steps)
            found.extend(route for route in made if (route.module.path, route.span) not in known)
    return tuple(found[:_ROUTE_LIMIT])


def _answers_by_itself(classes: Classes, symbol: ClassSymbol) -> bool:
    """Whether a class says in `get_urls` what its objects answer, and is no part of Django's admin."""
    if symbol.module.holds_tests or not isinstance(
        classes.names.own_member(symbol, "get_urls"), FunctionSymbol
    ):
        return False
    return classes.kinds(symbol).isdisjoint({"app", "admin", "admin_site"})


def _from_root(
    urlconf: Urlconf, module: Module, covered: set[str], steps: Iterator[int]
) -> Iterator[Route]:
    entries = urlconf.entries(module)
    covered |= urlconf.read
    yield from _flat(entries, "", (), debug_only=False, steps=steps)


def _handed_over(
    settings: tuple[Settings, ...], makers: _Makers, routes: Iterable[Route], covered: set[str]
) -> list[Route]:
    """Return what a reusable app hands to URLconfs of libraries that no project here includes."""
    known = {(route.module.path, route.span) for route in routes}
    urlconf = _reader(settings[0] if settings else None, makers)
    entries = tuple(hooks.handed_over(makers.uses, urlconf))
    covered |= urlconf.read
    found = _flat(entries, "", (), debug_only=False, steps=iter(range(_STEP_LIMIT)))
    return [route for route in found if (route.module.path, route.span) not in known]


def _of_configs(urlconf: Urlconf, routes: Iterable[Route], steps: Iterator[int]) -> Iterator[Route]:
    """Yield the routes that an `AppConfig` of a reusable app makes, where no URLconf asks it for them."""
    known = {(route.module.path, route.span) for route in routes}
    made: list[tuple[Route, ...]] = []
    for config in urlconf.classes.of_kind("app"):
        method = urlconf.classes.method(config, "get_urls")
        if method is not None and not config.module.holds_tests:
            entries = urlconf.of_method(config, method)
            made.append(tuple(_flat(entries, "", (), debug_only=False, steps=steps)))
    for found in sorted(made, key=len, reverse=True):  # one that includes others comes before them
        fresh = [route for route in found if (route.module.path, route.span) not in known]
        known |= {(route.module.path, route.span) for route in fresh}
        yield from fresh


def _kept_away(
    names: Names, urlconf: Urlconf, routes: Iterable[Route], covered: set[str], steps: Iterator[int]
) -> list[Route]:
    """Return, without their addresses, the routes of lists that a URLconf keeps where nobody can follow them."""
    known = {(route.module.path, route.span) for route in routes}
    entries = [
        entry
        for module in names.modules
        if module.path in covered
        for entry in urlconf.kept(module)
    ]
    found = _flat(entries, None, (), debug_only=False, steps=steps)
    return [route for route in found if (route.module.path, route.span) not in known]


def _reader(settings: Settings | None, makers: _Makers) -> Urlconf:
    apps = settings.get("INSTALLED_APPS", ()) if settings else ()
    installed = tuple(_app_names(apps))

    def expand(owner: Symbol, module: Module, span: int) -> Included | tuple[Entry, ...] | None:
        found = makers.routers.expand(owner)
        if found is not None:
            return found
        return (
            makers.operations.expand(owner)
            or makers.admins.expand(owner, installed, urlconf)
            or hooks.expand(owner, makers.uses, urlconf)
            or offered_urlconfs.expand(owner, module, span)
        )

    urlconf = Urlconf(makers.admins.models, settings, expand, makers.uses)
    return urlconf


def _app_names(apps: object) -> Iterator[str]:
    for app in apps if isinstance(apps, list | tuple) else ():
        if isinstance(app, str):
            yield app_package(app)


def _loose_roots(names: Names, covered: set[str]) -> list[Module]:
    """Return URLconfs that no other module includes: those of reusable apps and loose files."""
    candidates = [
        module
        for module in names.modules
        if module.path not in covered
        and not module.holds_tests
        and ("urlpatterns" in names.scope(module))
    ]
    included = _included_by(names, candidates)
    return [module for module in candidates if module.path not in included]


def _of_lists(names: Names, urlconf: Urlconf, steps: Iterator[int]) -> Iterator[Route]:
    """Yield the routes of lists that a reusable app offers under names of its own: `shop_urls = [path(…)]`.

    Of a project such lists are parts that something else puts together, and guards.
    """
    entries = [
        entry
        for module in names.modules
        if _LISTS.search(module.path) and not module.holds_tests
        for name in names.scope(module)
        if _LIST.search(name)
        for entry in urlconf.entries(module, name)
    ]
    yield from _flat(entries, "", (), debug_only=False, steps=steps)


_LISTS = re.compile(r"(^|/)urls\.py$")
_LIST = re.compile(r"_(urls|urlpatterns|patterns)$", re.IGNORECASE)


def _included_by(names: Names, candidates: Iterable[Module]) -> set[str]:
    found: set[str] = set()
    for module in candidates:
        for binding in names.scope(module).values():
            if isinstance(binding, n.Import):
                symbol = names.imported(module, binding)
                if isinstance(symbol, ModuleSymbol):
                    found.add(symbol.module.path)
        for text in _included_names(module):
            symbol = names.dotted(text, module)
            if isinstance(symbol, ModuleSymbol) and symbol.module.path != module.path:
                found.add(symbol.module.path)
    return found


def _included_names(module: Module) -> Iterator[str]:
    for node in expressions(module.record.body):
        if isinstance(node, n.Call) and node.args and isinstance(node.args[0], n.Const):
            if tail(node.func) == "include" and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _flat(
    entries: Iterable[Entry],
    prefix: str | None,
    spaces: tuple[str, ...],
    *,
    debug_only: bool,
    steps: Iterator[int],
) -> Iterator[Route]:
    """Yield the routes of entries and of those that they include, as long as there are steps left."""
    for entry in entries:
        if next(steps, None) is None:
            return
        route = _joined(prefix, entry)
        is_debug = debug_only or entry.debug_only
        if isinstance(entry, Included):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _flat(entry.entries, route, inner, debug_only=is_debug, steps=steps)
        else:
            yield _route(entry, route, spaces, debug_only=is_debug)


def _route(
    entry: Pattern, route: str | None, spaces: tuple[str, ...], *, debug_only: bool
) -> Route:
    name = ":".join((*spaces, entry.name)) if entry.name else None
    pieces = entry.pieces if route is not None else entry.pieces or entry.route or ""
    is_admin = isinstance(entry.target.view, External) and "admin" in spaces[:1]
    return Route(route, name, entry.target, entry.module, entry.span, debug_only, is_admin, pieces)


def _joined(prefix: str | None, entry: Entry) -> str | None:
    return None if prefix is None or entry.route is None else prefix + entry.route
