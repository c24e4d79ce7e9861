"""The `AppConfig` classes of a site: which app each configures, and under which label."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python.accessors import text


class AppConfigs:
    """What configures the apps of a site.

    Args:
        classes: all classes of the site.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes

    def __contains__(self, symbol: ClassSymbol) -> bool:
        return self._by_label.get(self.label(symbol)) == symbol

    def labelled(self, label: str) -> ClassSymbol | None:
        """Return the configuration of an app, by the app's label."""
        return self._by_label.get(label)

    def of_apps(self, packages: Iterable[str] | None) -> tuple[ClassSymbol, ...]:
        """Return the configurations of apps, in their order; of all apps where that is None."""
        if packages is None:
            return tuple(self._by_label.values())
        by_name = {self.name(symbol): symbol for symbol in self._by_label.values()}
        return tuple(by_name[package] for package in packages if package in by_name)

    def name(self, config: ClassSymbol) -> str:
        """Return the package that a configuration names, or an empty text."""
        return self._constant(config, "name")

    def label(self, config: ClassSymbol) -> str:
        """Return the label of the app that a configuration names, or an empty text."""
        label = self._constant(config, "label") or self.name(config)
        return label.rpartition(".")[2]

    def folder(self, config: ClassSymbol) -> str:
        """Return the folder of the app that is configured."""
        name = self.name(config)
        package = self._classes.names.modules.find(name, config.module) if name else None
        path = package.path if package is not None else config.module.path
        return path.rpartition("/")[0]

    @cached_property
    def declared_labels(self) -> dict[str, str]:
        """The labels that are set by hand, by the app's folder."""
        return {
            self.folder(config): label
            for config in self._classes.of_kind("app")
            if (label := self._constant(config, "label"))
        }

    @cached_property
    def _by_label(self) -> dict[str, ClassSymbol]:
        found: dict[str, ClassSymbol] = {}
        for config in self._classes.of_kind("app"):
            label = self.label(config)
            known = found.get(label)
            if label and (known is None or known in self._classes.own_line(config)):
                found[label] = config  # the last heir is the one that is used
        return found

    def _constant(self, config: ClassSymbol, name: str) -> str:
        found = self._classes.value(config, name)
        return (text(found.value) or "") if isinstance(found, ValueSymbol) else ""
