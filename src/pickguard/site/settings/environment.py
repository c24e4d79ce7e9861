"""Django settings of one environment, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.unknown import default_of


class Setting(Struct, frozen=True):
    """One setting of one environment.

    Attributes:
        name: in capitals.
        value: a Python value, `FromEnvironment` or `UNKNOWN`.
        module: the file that decides.
        span: of the deciding statement, packed.
        in_branch: whether it was set under a condition that could not be decided.
    """

    name: str
    value: Any
    module: Module
    span: int
    in_branch: bool = False

    @property
    def default(self) -> Any:
        """The value when no environment variable is set."""
        return default_of(self.value)


class Settings(Struct, frozen=True):
    """All settings of one environment.

    Attributes:
        module: the one that names it.
        class_name: the class that holds them, with django-configurations.
    """

    module: Module
    values: Mapping[str, Setting]
    is_production: bool = True
    complete: bool = True
    class_name: str = ""

    @property
    def name(self) -> str:
        """What tells the environment from others."""
        return f"{self.module.name}.{self.class_name}" if self.class_name else self.module.name

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str, default: Any = None) -> Any:
        """Return a setting's value when no environment variable is set, or `UNKNOWN`."""
        setting = self.values.get(name)
        return default if setting is None else setting.default


def app_package(entry: str) -> str:
    """Return the package that an entry of `INSTALLED_APPS` means: `docs`, also of `docs.apps.DocsConfig`.

    A package may be called `apps` itself, as in `shop.apps.orders`.
    """
    package, _, last = entry.rpartition(".")
    return package.removesuffix(".apps") if last[:1].isupper() else entry
