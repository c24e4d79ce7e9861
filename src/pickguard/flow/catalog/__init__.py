"""What is known of libraries, as data: `catalog/NAME.toml` says what functions make of values.

    [typed]            functions whose result holds no text of what goes in
    [constant]         functions whose result the browser has no part in
    [carries]          functions whose result carries the texts of what goes in
    [escapes]          functions that do so with the tags escaped, unless `escape=False` or a renderer is given
    [browser]          functions whose result comes from outside: sources
    [stored]           what holds settings that staff changes in the admin: its members, entries and result
    [sinks.KIND]       functions that do harm with a value of the browser's
    [sanitizers.KIND]  functions that make a value harmless for sinks of a kind

Each table has a list `functions` of names, without the library's own name before them. Passages may
have a list `methods` beside it, or instead: `Markdown.convert` is called on what `Markdown()` made. A
sink that takes the value at another place than the first, or only under a condition, is a table:
`{ name = "run", position = 0, keyword = "args", when = { shell = true } }`. A project adds entries of
its own in `[tool.pickguard.flow]`, with full dotted names.

What a library's objects are asked for by their members' names alone has tables with a list `names`:

    [request]          attributes of a request that the browser writes
    [request-methods]  methods of a request whose result the browser writes
    [submitted]        attributes of a form, and its like, that hold what was sent
    [carrying]         methods whose result carries the texts of their object
    [later]            methods that call the function that they stand on, with the same arguments
    [later-packed]     such methods that take the arguments as a list and a dictionary

`[handed]` has a list `methods` of what a library gives to methods that a site writes; see `Handed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pickguard.flow.catalog.known import (
    CatalogError,
    Entries,
    Handed,
    Passage,
    Sink,
    SinkKind,
    Words,
)
from pickguard.flow.catalog.reading import entries, full_name, names_of, parsed

_BUNDLED = "django.utils.six."
"""A library that Django came with until 3.0."""


def words(kind: Words) -> frozenset[str]:
    """Return the names of members that mean something in any library."""
    return frozenset().union(*(entries.words.get(kind, ()) for entries in _libraries()))


class Catalog:
    """All that is known of libraries, with what a project adds.

    Args:
        own: the project's entries; they come before those of libraries.
        guards: names of the project's functions that check a value: where one is true, it holds.
    """

    def __init__(self, own: Entries | None = None, guards: Iterable[str] = ()) -> None:
        self.own = own or Entries()
        self.guards = frozenset(name.rpartition(".")[2] for name in guards)

    def passage(self, name: str) -> Passage | None:
        """Return what a function does with a value, by its full dotted name, or None."""
        found = self.own.passages.get(name)
        if found is not None:
            return found
        name = name.removeprefix("django.utils.") if name.startswith(_BUNDLED) else name
        package = name.partition(".")[0]
        return _of_library(package).passages.get(name) if package else None

    @cached_property
    def methods(self) -> frozenset[str]:
        """The last parts of the names of the passages that are methods of libraries' objects."""
        listed = frozenset().union(*(entries.methods for entries in _libraries()))
        return frozenset(name.rpartition(".")[2] for name in listed)

    @cached_property
    def handed(self) -> tuple[Handed, ...]:
        """What libraries give to the methods of a site's classes."""
        return tuple(handed for entries in _libraries() for handed in entries.handed)

    @cached_property
    def _sinks(self) -> dict[SinkKind, dict[str, tuple[Sink, ...]]]:
        found: dict[SinkKind, dict[str, tuple[Sink, ...]]] = {kind: {} for kind in SinkKind}
        for known in (self.own, *_libraries()):
            for kind, sinks in known.sinks.items():
                for sink in sinks:
                    found[kind][sink.word] = (*found[kind].get(sink.word, ()), sink)
        return found

    def sinks(self, kind: SinkKind) -> Mapping[str, tuple[Sink, ...]]:
        """Return the sinks of a kind by the last part of their names."""
        return self._sinks[kind]

    @cached_property
    def _packages(self) -> dict[SinkKind, frozenset[str]]:
        return {
            kind: frozenset(sink.package for sinks in self.sinks(kind).values() for sink in sinks)
            for kind in SinkKind
        }

    def packages(self, kind: SinkKind) -> frozenset[str]:
        """Return the first parts of the names of a kind's sinks."""
        return self._packages[kind]

    @cached_property
    def _clears(self) -> dict[SinkKind, frozenset[str]]:
        return {
            kind: frozenset(
                name.rpartition(".")[2]
                for entries in (self.own, *_libraries())
                for name in entries.sanitizers.get(kind, ())
            )
            for kind in SinkKind
        }

    def clears(self, kind: SinkKind) -> frozenset[str]:
        """Return the last parts of the names of what makes a value harmless for a kind."""
        return self._clears[kind]


def of_project(tables: Mapping[str, Any]) -> Catalog:
    """Return the catalogue with what a project says of its own functions.

    Args:
        tables: as in the catalogue's files, with full dotted names; `sources` is the word for
            `browser`, and `guards` lists functions that check a value.

    Raises:
        CatalogError: with every mistake, a line each.
    """
    problems: list[str] = []
    found = Entries()
    guards: list[str] = []
    for name, content in tables.items():
        try:
            if name == "guards":
                guards = [full_name(one, "", "flow") for one in names_of(content, "flow", name)]
            else:
                known = "browser" if name == "sources" else name
                found = _joined(found, entries({known: content}, ""))
        except CatalogError as error:
            problems.append(str(error))
    if problems:
        raise CatalogError("\n".join(problems))
    return Catalog(found, guards)


def _joined(one: Entries, two: Entries) -> Entries:
    return Entries(
        {**one.passages, **two.passages},
        {**one.sinks, **two.sinks},
        {**one.sanitizers, **two.sanitizers},
        one.methods | two.methods,
    )


@cache
def _names() -> tuple[str, ...]:
    found = (f.name for f in files(__package__).iterdir() if f.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in found))


@cache
def _libraries() -> tuple[Entries, ...]:
    return tuple(_of_library(name) for name in _names())


@cache
def _of_library(package: str) -> Entries:
    if package not in _names():
        return Entries()
    return parsed((files(__package__) / f"{package}.toml").read_text("utf-8"), package)


__all__ = [
    "Catalog",
    "CatalogError",
    "Entries",
    "Handed",
    "Passage",
    "Sink",
    "SinkKind",
    "Words",
    "entries",
    "of_project",
    "parsed",
    "words",
]
