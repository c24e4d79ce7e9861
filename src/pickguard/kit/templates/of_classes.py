"""The templates of view classes: those that a class names, and those that Django names after its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.kit.templates import contexts
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python.accessors import text

if TYPE_CHECKING:
    from pickguard.kit.project import Project

# what generic views put behind the name of their model, the nearest class first
_SUFFIXES = {
    "CreateView": "form",
    "UpdateView": "form",
    "DeleteView": "confirm_delete",
    "ArchiveIndexView": "archive",
    "YearArchiveView": "archive_year",
    "MonthArchiveView": "archive_month",
    "DayArchiveView": "archive_day",
    "DetailView": "detail",
    "ListView": "list",
}


class ClassTemplates:
    """Tells which templates classes render."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._classes = project.site.classes
        self._own: dict[ClassSymbol, list[str]] = {}
        self._suffixes: dict[ClassSymbol, list[str]] = {}

    def all_of(self, owner: ClassSymbol) -> list[str]:
        """Return the templates that a class names, and those that Django names after its model."""
        return [*self.named(owner), *self._implied.get(owner, ())]

    @cached_property
    def _implied(self) -> Mapping[ClassSymbol, list[str]]:
        """The templates that Django names after the models of views, by the classes of these views."""
        found: dict[ClassSymbol, list[str]] = {}
        for _route, view in self._project.site.routes:
            symbol = view.symbol
            if view.model is None or not isinstance(symbol, ClassSymbol):
                continue
            if self.named(symbol):
                continue
            names = list(self.by_model(symbol, view.model))
            for ancestor in self._classes.own_line(symbol) if names else ():
                known = found.setdefault(ancestor, [])
                known += [name for name in names if name not in known]
        return found

    def named(self, owner: ClassSymbol) -> list[str]:
        """Return the templates that a class, or one that inherits from it, names."""
        if owner not in self._own:
            family = (owner, *self._classes.subclasses.get(owner, ()))
            self._own[owner] = [name for symbol in family for name in self._names_of(symbol)]
        return self._own[owner]

    def _names_of(self, symbol: ClassSymbol) -> Iterator[str]:
        found = self._classes.value(symbol, "template_name")
        name = text(found.value) if found else None
        if name:
            yield name
        chooses = self._classes.method(symbol, "get_template_names")
        if chooses is not None:
            yield from contexts.chosen(self._project.code_of(chooses))

    def by_model(self, owner: ClassSymbol, model: Model) -> Iterator[str]:
        """Yield the names that generic views of Django's make for a model: `notes/note_detail.html`."""
        app, _, name = model.label.rpartition(".")
        for suffix in self._suffixes_of(owner):
            yield f"{app.lower()}/{name.lower()}_{suffix}.html"

    def _suffixes_of(self, owner: ClassSymbol) -> list[str]:
        if owner not in self._suffixes:
            inherits = self._classes.inherits
            found = [suffix for base, suffix in _SUFFIXES.items() if inherits(owner, base)]
            self._suffixes[owner] = found
        return self._suffixes[owner]
