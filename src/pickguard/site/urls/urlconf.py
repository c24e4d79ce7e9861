"""URLconf modules read as data: which patterns `urlpatterns` ends up holding, without running it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pickguard.site.models.models import Models
from pickguard.site.settings.environment import Settings, app_package
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.pattern_lists import Lists
from pickguard.site.urls.patterns import Entry, Expander
from pickguard.site.urls.registries import Registries, Uses
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text
from pickguard.source.python.bodies import body

_OF_DEFAULTS = re.compile(r"(^|[._])(defaults?|app_settings|conf)$")
_ENTRY_LIMIT = 50_000
_STEP_LIMIT = 200_000


class Urlconf:
    """Reads URLconf modules of one environment.

    Args:
        models: what the modules say, and the labels of their models.
        settings: decides conditions such as `if settings.DEBUG`; None where there are none.
        expand: turns objects that make patterns by themselves (routers, the admin, Ninja's API)
            into entries: it is given `router` for `router.urls`, and answers None if it is none.
        uses: what modules call while they are loaded.

    Attributes:
        constants: the values of the modules' names that were asked for, by full dotted name.
        registries: what decorators and calls leave in containers of modules.
        followed: the calls that are being followed, by function and place: none is entered twice
            at a time, so that functions which call themselves end.
    """

    def __init__(
        self, models: Models, settings: Settings | None, expand: Expander, uses: Uses
    ) -> None:
        self.models = models
        self.classes = models.classes
        self.names = models.classes.names
        self.settings = settings
        self.expand = expand
        self.uses = uses
        self.constants: dict[str, Any] = {}
        self.registries = Registries(self)
        self.followed: set[tuple[FunctionSymbol, int]] = set()
        self._modules: dict[str, tuple[Entry, ...]] = {}
        self._count = 0
        self._steps = 0

    @cached_property
    def installed(self) -> tuple[str, ...] | None:
        """The packages of the apps that are installed; None where they could not all be told."""
        found = self.settings.get("INSTALLED_APPS") if self.settings else None
        if not isinstance(found, list | tuple) or UNKNOWN in found:
            return None
        return tuple(app_package(app) for app in found if isinstance(app, str))

    @cached_property
    def defaults(self) -> Mapping[str, ValueSymbol]:
        """What the site's own modules of defaults say of settings, by name, where one alone says it."""
        found: dict[str, list[ValueSymbol]] = {}
        for module in self.names.modules:
            if _OF_DEFAULTS.search(module.name) and not module.holds_tests:
                for name in self.names.scope(module):
                    value = self.names.member(module, name) if name.isupper() else None
                    if isinstance(value, ValueSymbol) and value.module is module:
                        found.setdefault(name, []).append(value)
        return {name: values[0] for name, values in found.items() if len(values) == 1}

    def entries(self, module: Module, variable: str = "urlpatterns") -> tuple[Entry, ...]:
        """Return what a module's list of patterns holds."""
        key = f"{module.path}:{variable}"
        if key not in self._modules:
            self._modules[key] = ()
            reader = self.reader(module)
            reader.run(module.record.body)
            found = reader.lists.get(variable)
            if found is None and variable == "urlpatterns":
                found = self._through_stars(module)
            self._modules[key] = tuple(found or ())
        return self._modules[key]

    @property
    def read(self) -> set[str]:
        """The paths of the modules that were read so far."""
        return {key.rpartition(":")[0] for key in self._modules}

    def reader(self, module: Module) -> Lists:
        """Return a reader of a module's statements."""
        return Lists(self, module, {}, 0)

    def _through_stars(self, module: Module) -> list[Entry] | None:
        found = self.names.member(module, "urlpatterns")
        if isinstance(found, ValueSymbol) and found.module.path != module.path:
            return list(self.entries(found.module))
        return None

    def of_method(self, owner: ClassSymbol, method: FunctionSymbol) -> tuple[Entry, ...]:
        """Return what a method such as `get_urls` returns for a class, without what it inherits."""
        reader = Lists(self, method.module, {}, 1)
        reader.owner, reader.definer = owner, method.owner
        reader.run(body(method.node))
        return tuple(reader.returned)

    def kept(self, module: Module) -> Iterator[Entry]:
        """Yield what a module puts into containers at its start: `lists[version] = list_for(version)`."""
        for statement in _always(module.record.body):
            if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
                if any(isinstance(target, n.Index) for target in statement.targets):
                    yield from self.reader(module).evaluate(statement.value) or ()

    def app_name(self, module: Module) -> str | None:
        """Return the module's `app_name`."""
        found = self.names.member(module, "app_name")
        return text(found.value) if isinstance(found, ValueSymbol) else None

    def is_full(self) -> bool:
        """Whether there are too many entries to go on."""
        return self._count > _ENTRY_LIMIT

    def count(self) -> None:
        """Count one more entry."""
        self._count += 1

    def is_spent(self) -> bool:
        """Count one more statement of a function, and say whether there were too many to go on."""
        self._steps += 1
        return self._steps > _STEP_LIMIT


def _always(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements that no condition stands around, those of loops included."""
    for statement in block:
        yield statement
        if isinstance(statement, n.For | n.With):
            yield from _always(statement.body)
