"""What is known of libraries, as data: one file a library, read when one of its names is met."""

from __future__ import annotations

import tomllib
from enum import Enum
from functools import cache
from importlib.resources import files


class Passage(Enum):
    """What a function makes of its arguments.

    The value is the name of the table in the catalogue's files.
    """

    TYPED = "typed"
    CONSTANT = "constant"
    CARRIES = "carries"
    BROWSER = "browser"


class CatalogError(ValueError):
    """A file of the catalogue says something that means nothing."""


def passage_of(name: str) -> Passage | None:
    """Return what a library's function does with a value, by its full dotted name, or None."""
    package = name.partition(".")[0]
    return _entries(package).get(name) if package else None


@cache
def _entries(package: str) -> dict[str, Passage]:
    file = files(__package__) / f"{package}.toml"
    try:
        text = file.read_text("utf-8")
    except (FileNotFoundError, OSError):
        return {}
    return parsed(text, package)


def parsed(text: str, package: str) -> dict[str, Passage]:
    """Return the entries of one file.

    Args:
        text: TOML: the tables `typed`, `constant`, `carries` and `browser`, each with `functions`,
            a list of names below the package.
        package: the library's import name.

    Raises:
        CatalogError: a table has an unknown name, or no list of names.
    """
    found: dict[str, Passage] = {}
    for table, content in tomllib.loads(text).items():
        try:
            passage = Passage(table)
        except ValueError:
            known = ", ".join(p.value for p in Passage)
            raise CatalogError(f"{package}: `{table}` is none of {known}") from None
        names = content.get("functions") if isinstance(content, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise CatalogError(f"{package}: `{table}` needs `functions`, a list of names")
        for name in names:
            full = f"{package}.{name}"
            if full in found:
                raise CatalogError(f"{package}: `{name}` stands there twice")
            found[full] = passage
    return found
