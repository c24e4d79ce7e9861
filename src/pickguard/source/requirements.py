"""Versions that are asked for: requirements files, lock files and `pyproject.toml`."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pickguard.source.unreadable import Unreadable
from pickguard.source.version_limits import limit


class Requirement(msgspec.Struct, frozen=True, array_like=True):
    """A package that the project asks for; `version` is None unless it is pinned with `==`.

    `group` is the extra or the group of dependencies that asks for it, empty where there is none.
    `limit` is the first release that is too new for it, empty where there is none: (4,) for `<4`.
    """

    name: str
    version: str | None
    line: int
    group: str = ""
    limit: tuple[int, ...] = ()


class RequirementsRecord(msgspec.Struct, frozen=True, array_like=True):
    """The requirements of one file.

    `published` is the name under which the project is offered to other sites of Django, as its
    classifiers say; empty where they do not.
    """

    requirements: tuple[Requirement, ...]
    published: str = ""


# PEP 508, as far as names and versions go
_LINE = re.compile(
    r"^\s*([A-Za-z0-9][A-Za-z0-9._-]{0,200})\s*(?:\[[^\]]{0,200}\])?\s*\(?([^;#\\)\n]{0,200})"
)
_PIN = re.compile(r"==\s*([^\s;,#\\]{1,80})")

# `name = "django"`, `"django": {`, `    "Django==5.2",`, `dependencies = ["Django==5.2"]`
_NAMED = re.compile(
    r"""(?:name\s*=\s*|[\w-]{1,80}\s*=\s*\[\s*|\s*)["']([A-Za-z0-9][A-Za-z0-9._-]{0,200})"""
)


def normalised(name: str) -> str:
    """Return a package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirements(data: bytes, path: str) -> RequirementsRecord:
    """Return the packages that a requirements, lock or project file names.

    Raises:
        Unreadable: the file is not text, or not the TOML or JSON that its name promises.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    name = path.rpartition("/")[2]
    published = ""
    try:
        if name.endswith((".toml", "uv.lock", "poetry.lock")):
            document = tomllib.loads(text)
            found, published = list(_placed(_from_toml(document), text)), _published(document)
        elif name == "Pipfile.lock":
            found = list(_placed(_from_pipfile(json.loads(text)), text))
        elif name == "setup.cfg":
            options = _options(text)
            found, published = list(_from_options(options, text)), _offered(options)
        else:
            found = list(_from_lines(text.splitlines()))
    except _DAMAGES as error:
        raise Unreadable(f"{type(error).__name__}: {str(error)[:100]}") from None
    return RequirementsRecord(tuple(found), published)


_DAMAGES = (tomllib.TOMLDecodeError, json.JSONDecodeError, configparser.Error, RecursionError)
FRAMEWORK = "Framework :: Django"


def _published(document: dict[str, Any]) -> str:
    """Return the name of a project whose classifiers say that it is there for sites of Django."""
    poetry = _table(_table(document.get("tool")).get("poetry"))
    for table in (_table(document.get("project")), poetry):
        classifiers = [item for item in _list(table.get("classifiers")) if isinstance(item, str)]
        if any(item.startswith(FRAMEWORK) for item in classifiers):
            name = table.get("name")
            return name if isinstance(name, str) else ""
    return ""


def _options(text: str) -> configparser.ConfigParser:
    """Return what a `setup.cfg` says; https://setuptools.pypa.io/en/latest/userguide/declarative_config.html.

    Raises:
        configparser.Error: it is none.
    """
    options = configparser.ConfigParser(interpolation=None, strict=False)
    options.read_string(text)
    return options


def _offered(options: configparser.ConfigParser) -> str:
    """Return the name of a project whose classifiers say that it is there for sites of Django."""
    classifiers = options.get("metadata", "classifiers", fallback="").splitlines()
    is_offered = any(line.strip().startswith(FRAMEWORK) for line in classifiers)
    return options.get("metadata", "name", fallback="") if is_offered else ""


def _from_options(options: configparser.ConfigParser, text: str) -> Iterator[Requirement]:
    groups = [("", options.get("options", _REQUIRES, fallback=""))]
    if options.has_section(_EXTRAS):
        groups += options.items(_EXTRAS)
    places: dict[str, int] = {}
    for item in _from_lines(text.splitlines()):
        places.setdefault(item.name, item.line)
    for group, listed in groups:
        for item in _from_lines(listed.splitlines(), group):
            line = places.get(item.name) or places.get(normalised(_REQUIRES), 1)
            yield Requirement(item.name, item.version, line, group, item.limit)


_REQUIRES, _EXTRAS = "install_requires", "options.extras_require"


def _placed(found: Iterable[Requirement], text: str) -> Iterator[Requirement]:
    """Yield requirements with the lines that name them, which TOML and JSON do not tell."""
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _NAMED.match(line)
        if match:
            lines.setdefault(normalised(match[1]), []).append(number)
    for item in found:
        places = lines.get(item.name, [item.line])
        place = places.pop(0) if len(places) > 1 else places[0]
        yield Requirement(item.name, item.version, place, item.group, item.limit)


def _from_lines(lines: Iterable[str], group: str = "") -> Iterator[Requirement]:
    for number, line in enumerate(lines, start=1):
        match = _LINE.match(line)
        if match:
            pin = _PIN.match(match[2])
            version = pin[1] if pin else None
            yield Requirement(normalised(match[1]), version, number, group, limit(match[2]))


def _from_toml(document: dict[str, Any]) -> Iterator[Requirement]:
    for package in _list(document.get("package")):
        if isinstance(package, dict) and isinstance(package.get("name"), str):
            version = package.get("version")
            pin = version if isinstance(version, str) else None
            yield Requirement(normalised(package["name"]), pin, 1, limit=limit(pin or ""))
    project = _table(document.get("project"))
    groups = [("", project.get("dependencies"))]
    groups += _table(project.get("optional-dependencies")).items()
    groups += _table(document.get("dependency-groups")).items()
    for name, group in groups:
        yield from _from_lines((item for item in _list(group) if isinstance(item, str)), name)
    poetry = _table(_table(document.get("tool")).get("poetry"))
    for name, asked in _table(poetry.get("dependencies")).items():
        version = asked.get("version") if isinstance(asked, dict) else asked
        known = limit(version) if isinstance(version, str) else ()
        yield Requirement(normalised(name), None, 1, limit=known)


def _from_pipfile(document: Any) -> Iterator[Requirement]:
    for section in ("default", "develop"):
        for name, facts in _table(_table(document).get(section)).items():
            version = _table(facts).get("version")
            pin = version.removeprefix("==") if isinstance(version, str) else None
            group = "dev" if section == "develop" else ""
            yield Requirement(normalised(name), pin, 1, group, limit(pin or ""))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
