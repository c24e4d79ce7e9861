"""Records become one site. Read it as a table of contents; each line is a room of its own."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pickguard.site.forms.forms import Forms
from pickguard.site.models.migrations import History, read_history
from pickguard.site.models.models import Models
from pickguard.site.settings.environment import Settings
from pickguard.site.settings.environments import find_settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Modules
from pickguard.site.symbols.names import Names
from pickguard.site.urls.admins import Admins
from pickguard.site.urls.operations import Operations
from pickguard.site.urls.routers import Routers
from pickguard.site.urls.routes import Route, find_routes, find_waiting_pages
from pickguard.site.views.consumers import Received, find_received
from pickguard.site.views.graphql import GraphqlField, find_fields
from pickguard.site.views.procedures import find_procedures
from pickguard.site.views.view import View
from pickguard.site.views.views import Views
from pickguard.source.python.reader import PythonRecord


class Site(Struct, frozen=True):
    """Everything that is known of a scanned tree, linked.

    Attributes:
        settings: environments, production first.
        routes: every way in, each with its view.
        waiting: pages of the admin, and of sites of its own, that wait for a project to route them.
        graphql: the functions that answer GraphQL's queries and mutations.
        received: what is handed values of a client's: methods of consumers, and remote procedures.
    """

    modules: Modules
    names: Names
    classes: Classes
    history: History
    models: Models
    forms: Forms
    admins: Admins
    settings: tuple[Settings, ...]
    routes: tuple[tuple[Route, View], ...]
    waiting: tuple[tuple[Route, View], ...] = ()
    graphql: tuple[GraphqlField, ...] = ()
    received: tuple[Received, ...] = ()

    @property
    def production(self) -> Settings | None:
        """The settings that rules speak of."""
        return self.settings[0] if self.settings else None


def link(
    python: Mapping[str, PythonRecord],
    *,
    package: str = "",
    folder: str = "",
    settings_module: str | None = None,
) -> Site:
    """Return the site that a tree's records make up.

    Args:
        python: records by path.
        package: the dotted name of the tree's root, where it is a package itself.
        folder: the name of the tree's root folder.
        settings_module: the dotted name of the production settings, where the user has named it.
    """
    modules = Modules(python, package, folder)
    names = Names(modules)
    classes = Classes(names)
    history = read_history(modules)
    models = Models(classes, history)
    settings = find_settings(modules, names, settings_module)
    production = settings[0] if settings else None
    user_model = _user_model(production)
    forms = Forms(classes, models, user_model)
    routers = Routers(classes)
    admins = Admins(classes, models, user_model)
    routes = find_routes(names, settings, routers, admins, Operations(classes))
    views = Views(classes, models, forms, production)
    reached = tuple((route, views.of(route)) for route in routes)
    waiting = tuple((r, views.of(r)) for r in find_waiting_pages(admins, settings, routes))
    return Site(
        modules,
        names,
        classes,
        history,
        models,
        forms,
        admins,
        settings,
        reached,
        waiting,
        find_fields(classes),
        (*find_received(classes), *find_procedures(classes)),
    )


def _user_model(production: Settings | None) -> str:
    value = production.get("AUTH_USER_MODEL") if production else None
    return value if isinstance(value, str) else "auth.User"
