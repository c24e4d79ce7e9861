"""What is known of libraries, as data: `catalog/NAME.toml` says what functions make of values.

    [typed]            functions whose result holds no text of what goes in
    [constant]         functions whose result the browser has no part in
    [carries]          functions whose result carries the texts of what goes in
    [browser]          functions whose result comes from outside: sources
    [sinks.KIND]       functions that do harm with a value of the browser's
    [sanitizers.KIND]  functions that make a value harmless for sinks of a kind

Each table has a list `functions` of names, without the library's own name before them. A sink that
takes the value at another place than the first, or only under a condition, is a table:
`{ name = "run", position = 0, keyword = "args", when = { shell = true } }`. A project adds entries of
its own in `[tool.pickguard.flow]`, with full dotted names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from importlib.resources import files
from typing import Any


class Passage(Enum):
    """What a function makes of its arguments.

    The value is the name of the table in the catalogue's files.
    """

    TYPED = "typed"
    CONSTANT = "constant"
    CARRIES = "carries"
    BROWSER = "browser"


class SinkKind(Enum):
    """What harm is done with a value; the value is the name of the table."""

    SHELL = "shell"
    CODE = "code"
    UNPICKLED = "unpickled"
    XML = "xml"
    SQL = "sql"
    LDAP_FILTER = "ldap-filter"
    LDAP_NAME = "ldap-name"
    PATH = "path"
    ADDRESS = "address"
    REDIRECT = "redirect"
    TEMPLATE = "template"
    HTML = "html"
    DECOMPRESSED = "decompressed"


class CatalogError(ValueError):
    """A file of the catalogue says something that means nothing."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A function that does harm with one of its arguments.

    Attributes:
        name: full dotted name; a method's with its class, `paramiko.SSHClient.exec_command`.
        position: of the argument, from 0; -1 where it has none.
        keyword: the argument's name, or an empty text.
        when: keyword arguments and the constants that they must have.
    """

    name: str
    position: int = 0
    keyword: str = ""
    when: tuple[tuple[str, bool | str], ...] = ()

    @property
    def package(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]

    @property
    def word(self) -> str:
        """The name that a call ends with."""
        return self.name.rpartition(".")[2]

    def fits(self, called: str) -> bool:
        """Whether the name of what a call runs means this sink.

        Libraries re-export under several paths: `paramiko.client.SSHClient().exec_command` fits
        `paramiko.SSHClient.exec_command`. A function is no method of what another one returns.
        """
        name = called.replace("()", "")
        package, _, path = self.name.partition(".")
        if name == self.name:
            return True
        is_inside = name.startswith(package + ".") and name.endswith("." + path)
        return is_inside and ("." in path or "()" not in called)


@dataclass(frozen=True)
class Entries:
    """What is known of one library, or what a project says itself."""

    passages: Mapping[str, Passage] = field(default_factory=dict)
    sinks: Mapping[SinkKind, tuple[Sink, ...]] = field(default_factory=dict)
    sanitizers: Mapping[SinkKind, tuple[str, ...]] = field(default_factory=dict)


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
        package = name.partition(".")[0]
        return _of_library(package).passages.get(name) if package else None

    @cached_property
    def _sinks(self) -> dict[SinkKind, dict[str, tuple[Sink, ...]]]:
        found: dict[SinkKind, dict[str, tuple[Sink, ...]]] = {kind: {} for kind in SinkKind}
        for entries in (self.own, *_libraries()):
            for kind, sinks in entries.sinks.items():
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
                guards = [_full(one, "", "flow") for one in _listed(content, "flow", name)]
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


def parsed(text: str, package: str) -> Entries:
    """Return the entries of one file.

    Args:
        text: TOML.
        package: the name of the library, which is put before every name.

    Raises:
        CatalogError: a table has an unknown name, or something else than names in it.
    """
    return entries(tomllib.loads(text), package)


def entries(tables: Mapping[str, Any], package: str) -> Entries:
    """Return the entries that some tables spell.

    Args:
        tables: as in a file of the catalogue.
        package: put before every name; empty where the names are full ones.

    Raises:
        CatalogError: a table has an unknown name, or something else than names in it.
    """
    where = package or "flow"
    passages: dict[str, Passage] = {}
    sinks: dict[SinkKind, tuple[Sink, ...]] = {}
    sanitizers: dict[SinkKind, tuple[str, ...]] = {}
    for table, content in tables.items():
        if table == "sinks":
            for kind, listed in _by_kind(content, where):
                sinks[kind] = tuple(_sink(item, package, where) for item in listed)
        elif table == "sanitizers":
            for kind, listed in _by_kind(content, where):
                sanitizers[kind] = tuple(_full(name, package, where) for name in listed)
        else:
            _add(passages, _passage(table, where), _listed(content, where, table), package, where)
    return Entries(passages, sinks, sanitizers)


def _passage(table: str, where: str) -> Passage:
    try:
        return Passage(table)
    except ValueError:
        known = ", ".join([*(p.value for p in Passage), "sinks", "sanitizers"])
        raise CatalogError(f"{where}: `{table}` is none of {known}") from None


def _add(
    passages: dict[str, Passage], passage: Passage, names: list[Any], package: str, where: str
) -> None:
    for name in names:
        full = _full(name, package, where)
        if full in passages:
            raise CatalogError(f"{where}: `{name}` stands there twice")
        passages[full] = passage


def _by_kind(content: Any, where: str) -> Iterator[tuple[SinkKind, list[Any]]]:
    if not isinstance(content, dict):
        raise CatalogError(f"{where}: expected a table for each kind of sink")
    for name, inner in content.items():
        try:
            kind = SinkKind(name)
        except ValueError:
            known = ", ".join(kind.value for kind in SinkKind)
            raise CatalogError(f"{where}: `{name}` is none of {known}") from None
        yield kind, _listed(inner, where, name)


def _listed(content: Any, where: str, table: str) -> list[Any]:
    """Return the names of a table `functions = [...]`, or of a plain list."""
    names = content.get("functions") if isinstance(content, dict) else content
    if not isinstance(names, list):
        raise CatalogError(f"{where}: `{table}` needs a list `functions` of names")
    return names


def _full(name: Any, package: str, where: str) -> str:
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        raise CatalogError(f"{where}: {name!r} is no dotted name")
    return f"{package}.{name}" if package else name


def _sink(item: Any, package: str, where: str) -> Sink:
    if isinstance(item, str):
        return Sink(_full(item, package, where))
    if not isinstance(item, dict) or item.keys() - {"name", "position", "keyword", "when"}:
        raise CatalogError(f"{where}: {item!r} is no sink: name, position, keyword, when")
    position, keyword = item.get("position", 0), item.get("keyword", "")
    when = item.get("when", {})
    if type(position) is not int or not isinstance(keyword, str) or not isinstance(when, dict):
        raise CatalogError(f"{where}: {item!r} is no sink: a position is a number, `when` a table")
    return Sink(_full(item.get("name"), package, where), position, keyword, tuple(when.items()))
