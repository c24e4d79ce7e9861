"""What `from LIBRARY import *` brings in, of the libraries that are often imported so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


def star_names(module: str) -> frozenset[str]:
    """Return the names that a module of a library gives away; none of one that is not known."""
    return _stars().get(module, frozenset())


@cache
def _stars() -> dict[str, frozenset[str]]:
    text = files(__package__).joinpath("library", "stars.toml").read_text("utf-8")
    return {module: frozenset(names) for module, names in tomllib.loads(text)["stars"].items()}
