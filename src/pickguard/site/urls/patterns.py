"""The entries of a URLconf, as data: patterns with a view, and lists that are included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    Symbol,
)
from pickguard.source.python import nodes as n

UNSEEN = "?."
"""What the names of wrappers begin with that could not be found."""
REWRAPPED = f"{UNSEEN}callback"
"""What an app puts around its views when they are routed already: most often it asks for rights."""


class Target(Struct, frozen=True):
    """What a pattern leads to: an expression for a view and what is wrapped around it.

    Attributes:
        view: the symbol of the view, or None where it could not be told.
        options: keywords of `as_view`, or of a viewset's `@action`, by name.
        module: where they are written; None for the module of the pattern.
        methods: for a viewset: HTTP method to action, else empty.
        wrappers: full names of the decorators around it, outermost first.
    """

    view: Symbol | None
    options: dict[str, n.Expr] = field(default_factory=dict)
    methods: tuple[tuple[str, str], ...] = ()
    wrappers: tuple[Symbol, ...] = ()
    is_lambda: bool = False
    module: Module | None = None


class Pattern(Struct, frozen=True):
    """One `path(...)` with a view.

    Attributes:
        route: the pattern, or None where it could not be told.
        pieces: what could be told of a pattern that is put together, else empty.
    """

    route: str | None
    is_regex: bool
    target: Target
    name: str | None
    module: Module
    span: int
    debug_only: bool = False
    pieces: str = ""


class Included(Struct, frozen=True):
    """One `path(..., include(...))`.

    Attributes:
        route: the pattern before all that is included; empty for none, None where it could not be told.
    """

    route: str | None
    is_regex: bool
    entries: tuple[Entry, ...]
    app_name: str | None = None
    namespace: str | None = None
    localized: bool = False
    debug_only: bool = False


Entry: TypeAlias = Pattern | Included
Expander = Callable[[Symbol, Module, int], "Included | tuple[Entry, ...] | None"]


def around(entry: Entry, decorators: tuple[Symbol, ...]) -> Entry:
    """Return an entry with decorators put around all its views."""
    if not decorators:
        return entry
    if isinstance(entry, Included):
        return replace(entry, entries=tuple(around(e, decorators) for e in entry.entries))
    target = replace(entry.target, wrappers=(*decorators, *entry.target.wrappers))
    return replace(entry, target=target)
