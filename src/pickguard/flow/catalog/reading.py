"""Reads the tables of a file of the catalogue, or of a project's configuration."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
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
    members: dict[Words, frozenset[str]] = {}
    handed: tuple[Handed, ...] = ()
    methods: set[str] = set()
    for table, content in tables.items():
        if table in _WORDS and package:
            members[Words(table)] = frozenset(_members(content, where, table))
        elif table == "handed" and package:
            items = names_of(content, where, table, "methods")
            handed = tuple(_handed(item, where) for item in items)
        elif table == "sinks":
            for kind, listed in _by_kind(content, where):
                sinks[kind] = tuple(_sink(item, package, where) for item in listed)
        elif table == "sanitizers":
            for kind, listed in _by_kind(content, where):
                sanitizers[kind] = tuple(full_name(name, package, where) for name in listed)
        else:
            passage = _passage(table, where)
            for key in _kinds_of_names(content):
                listed = names_of(content, where, table, key)
                added = _add(passages, passage, listed, package, where)
                methods |= added if key == "methods" else set()
    return Entries(passages, sinks, sanitizers, frozenset(methods), members, handed)


def _kinds_of_names(content: Any) -> tuple[str, ...]:
    """Return which lists a table of passages has: functions, methods, or both."""
    if not isinstance(content, dict) or "methods" not in content:
        return ("functions",)
    return ("functions", "methods") if "functions" in content else ("methods",)


_WORDS = frozenset(kind.value for kind in Words)


def _members(content: Any, where: str, table: str) -> list[str]:
    names = names_of(content, where, table, "names")
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            raise CatalogError(f"{where}: {name!r} is no name")
    return names


def _handed(item: Any, where: str) -> Handed:
    try:
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in item.items()
        }
        return Handed(**given)
    except (AttributeError, TypeError):
        known = "of, methods, parameters, position, named_by, stored"
        raise CatalogError(f"{where}: {item!r} is not handed on: {known}") from None


def _passage(table: str, where: str) -> Passage:
    try:
        return Passage(table)
    except ValueError:
        known = ", ".join([*(p.value for p in Passage), "sinks", "sanitizers"])
        raise CatalogError(f"{where}: `{table}` is none of {known}") from None


def _add(
    passages: dict[str, Passage], passage: Passage, names: list[Any], package: str, where: str
) -> set[str]:
    """Add names with what they do; return them in full."""
    added: set[str] = set()
    for name in names:
        known = full_name(name, package, where)
        if known in passages:
            raise CatalogError(f"{where}: `{name}` stands there twice")
        passages[known] = passage
        added.add(known)
    return added


def _by_kind(content: Any, where: str) -> Iterator[tuple[SinkKind, list[Any]]]:
    if not isinstance(content, dict):
        raise CatalogError(f"{where}: expected a table for each kind of sink")
    for name, inner in content.items():
        try:
            kind = SinkKind(name)
        except ValueError:
            known = ", ".join(kind.value for kind in SinkKind)
            raise CatalogError(f"{where}: `{name}` is none of {known}") from None
        yield kind, names_of(inner, where, name)


def names_of(content: Any, where: str, table: str, key: str = "functions") -> list[Any]:
    """Return the names of a table `functions = [...]`, or of a plain list."""
    names = content.get(key) if isinstance(content, dict) else content
    if not isinstance(names, list):
        raise CatalogError(f"{where}: `{table}` needs a list `{key}` of names")
    return names


def full_name(name: Any, package: str, where: str) -> str:
    """Return a name with the library's own before it."""
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        raise CatalogError(f"{where}: {name!r} is no dotted name")
    return f"{package}.{name}" if package else name


def _sink(item: Any, package: str, where: str) -> Sink:
    if isinstance(item, str):
        return Sink(full_name(item, package, where))
    if not isinstance(item, dict) or item.keys() - {"name", "position", "keyword", "when"}:
        raise CatalogError(f"{where}: {item!r} is no sink: name, position, keyword, when")
    position, keyword = item.get("position", 0), item.get("keyword", "")
    when = item.get("when", {})
    if type(position) is not int or not isinstance(keyword, str) or not isinstance(when, dict):
        raise CatalogError(f"{where}: {item!r} is no sink: a position is a number, `when` a table")
    return Sink(full_name(item.get("name"), package, where), position, keyword, tuple(when.items()))
