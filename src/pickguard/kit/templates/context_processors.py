"""What context processors put into every template: `def shop(request): return {"basket": …}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.kit.templates.context_entries import Entry, returned
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text, texts
from pickguard.source.python.walk import expressions

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_MODULE = "context_processors"
_SETTINGS = {
    "constance.context_processors.config": "config",
    "dynamic_preferences.processors.global_preferences": "global_preferences",
}
"""Processors of libraries whose settings staff changes in the admin, and the names that they give."""


def processed(project: Project) -> Iterator[Entry]:
    """Yield the names that the project's context processors give to templates, with their values."""
    for function in dict.fromkeys((*_named_by_settings(project), *_of_apps(project))):
        yield from returned(project.code_of(function))


def setting_names(project: Project) -> frozenset[str]:
    """Return the names under which templates find settings that staff changes while the site runs."""
    return frozenset(_SETTINGS[name] for name in _names(project) if name in _SETTINGS)


def _named_by_settings(project: Project) -> Iterator[FunctionSymbol]:
    for name in _names(project):
        found = project.site.names.dotted(name)
        if isinstance(found, FunctionSymbol):
            yield found


def _names(project: Project) -> Iterator[str]:
    engines = project.production.get("TEMPLATES") if project.production else None
    if not isinstance(engines, list | tuple):
        yield from _stated(project)
        return
    for engine in engines:
        options = engine.get("OPTIONS") if isinstance(engine, dict) else None
        names = options.get(_MODULE) if isinstance(options, dict) else None
        for name in names if isinstance(names, list | tuple) else ():
            if isinstance(name, str):
                yield name


def _stated(project: Project) -> Iterator[str]:
    """Yield what any module names as such in its `TEMPLATES`, where it is not known which one is in force."""
    for module in project.site.modules:
        if "TEMPLATES" in module.record.words:
            for node in expressions(module.record.body):
                if isinstance(node, n.Mapping):
                    yield from _named_in(node)


def _named_in(options: n.Mapping) -> Iterator[str]:
    for key, value in zip(options.keys, options.values, strict=True):
        if text(key) == _MODULE:
            yield from texts(value)


def _of_apps(project: Project) -> Iterator[FunctionSymbol]:
    """Yield the functions that an app offers as such: those of its module `context_processors`."""
    for module in project.served():
        if module.name.rpartition(".")[2] == _MODULE:
            for statement in module.record.body:
                if isinstance(statement, n.Function) and _takes_request(statement):
                    yield FunctionSymbol(module, statement, statement.name)


def _takes_request(function: n.Function) -> bool:
    return [param.name for param in function.params] == ["request"]
