"""The managers that a model names: `objects = NoteManager()`, `objects = NoteRows.as_manager()`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

MANAGERS = re.compile(r"objects$|^_default_manager$|^_base_manager$|_manager$")


class Managers:
    """The classes that make the managers of a site's models.

    Args:
        classes: those of the site.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._known: dict[ClassSymbol, tuple[ClassSymbol, ...]] = {}

    def method(self, model: ClassSymbol, name: str) -> FunctionSymbol | None:
        """Return a method that a manager of a model has of its own; None where none has."""
        found = (self._classes.method(maker, name) for maker in self.makers(model))
        return next((method for method in found if method is not None), None)

    def makers(self, model: ClassSymbol) -> tuple[ClassSymbol, ...]:
        """Return the classes that make the managers of a model."""
        if model not in self._known:
            self._known[model] = tuple(self._makers(model))
        return self._known[model]

    def _makers(self, model: ClassSymbol) -> Iterator[ClassSymbol]:
        names = self._classes.names
        for ancestor in self._classes.own_line(model):
            for name in filter(MANAGERS.search, names.class_scope(ancestor)):
                kept = self._classes.value(ancestor, name)
                if kept is None or kept.value is None:
                    continue
                for part in inside(kept.value):
                    maker = names.resolve(kept.module, part)
                    if isinstance(maker, ClassSymbol):
                        yield maker
                        yield from self._handed_out(maker)

    def _handed_out(self, manager: ClassSymbol) -> Iterator[ClassSymbol]:
        """Yield the classes of the rows that a manager hands out: `return NoteRows(self.model)`."""
        method = self._classes.method(manager, "get_queryset")
        if method is None:
            return
        for statement in statements(body(method.node)):
            value = statement.value if isinstance(statement, n.Return) else None
            for part in inside(value) if value is not None else ():
                if isinstance(part, n.Call):
                    rows = self._classes.names.resolve(method.module, part.func)
                    if isinstance(rows, ClassSymbol):
                        yield rows
