"""The templates of form widgets: `widget.value` is what a stranger sent or stored, as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python.accessors import text
from pickguard.source.templates import record as r

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_VALUE = ("widget", "value")
# their fields let no other text through than an address, a number, a date; or a file has a name
_NARROW = (
    "URLInput",
    "NumberInput",
    "DateTimeBaseInput",
    "DateInput",
    "TimeInput",
    "DateTimeInput",
    "CheckboxInput",
    "FileInput",
    "ClearableFileInput",
)


def shows_value(project: Project, path: str, variable: r.Variable) -> bool:
    """Tell whether a variable of a template is the value of a field that takes any text."""
    return variable.path == _VALUE and path in project.once(_templates)


def _templates(project: Project) -> frozenset[str]:
    """Return the paths of the templates of the site's own widgets."""
    return frozenset(
        path
        for symbol in project.site.classes.of_kind("widget")
        for name in _names(project, symbol)
        for path in project.template_map.resolve(name)
    )


def _names(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    classes = project.site.classes
    found = classes.value(symbol, "template_name")
    name = text(found.value) if found is not None else None
    if name and not classes.inherits(symbol, *_NARROW):
        yield name
