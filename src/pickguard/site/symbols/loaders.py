"""Classes that are loaded by their names: `get_class("catalogue.views", "ProductView")`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text


def may_load(call: n.Call) -> bool:
    """Whether a function of this name may load a class."""
    return tail(call.func) in _names()


def loaded(function: str, call: n.Call, position: int = 0) -> str:
    """Return the full dotted name of what a call loads, or an empty text.

    Args:
        function: the full dotted name of what is called.
        call: with its arguments.
        position: which one is meant, where it loads several.
    """
    package = _loaders().get(function)
    if package is None:
        return ""
    words = [_word(argument, position) for argument in call.args[:2]]
    return "" if None in words or not words else ".".join(filter(None, [package, *words]))


def _word(argument: n.Expr, position: int) -> str | None:
    if isinstance(argument, n.Sequence):
        return text(argument.items[position]) if 0 <= position < len(argument.items) else None
    return text(argument)


@cache
def _names() -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in _loaders())


@cache
def _loaders() -> dict[str, str]:
    data = files("pickguard.site").joinpath("library", "loaders.toml").read_text("utf-8")
    found: dict[str, str] = tomllib.loads(data)["loaders"]
    return found
