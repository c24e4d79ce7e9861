"""Patterns that a site hands to a library's URLconf in functions with a decorator.

    @hooks.register("register_admin_urls")
    def urls():
        return [path("report/", report)]

What is known of such libraries is `library/hooks.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec

from pickguard.site.symbols.names import External, FunctionSymbol, Symbol
from pickguard.site.urls.patterns import Entry, Included, around
from pickguard.site.urls.registries import Uses
from pickguard.site.urls.urlconf import Urlconf
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a library takes patterns in.

    Attributes:
        urlconf: the module of the library that a site includes.
        decorators: full names of the decorator whose first argument is the hook's name.
        name: the hook's name.
        around: the decorator that the library puts around each view.
    """

    urlconf: str
    decorators: tuple[str, ...]
    name: str
    around: str


@cache
def _hooks() -> tuple[Hook, ...]:
    document = files("pickguard.site").joinpath("library", "hooks.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(document)["hooks"], tuple[Hook, ...])


def expand(owner: Symbol, uses: Uses, urlconf: Urlconf) -> Included | None:
    """Return what a site adds to a library's URLconf, or None where it is none that takes any.

    Args:
        owner: what a pattern includes.
        uses: what modules decorate while they are loaded.
        urlconf: reads the functions.
    """
    if not isinstance(owner, External):
        return None
    for hook in _hooks():
        if hook.urlconf == owner.name:
            return Included("", False, tuple(_entries(hook, uses, urlconf)))
    return None


def handed_over(uses: Uses, urlconf: Urlconf) -> Iterator[Entry]:
    """Yield what a reusable app hands to libraries' URLconfs, wherever these are included."""
    for hook in _hooks():
        yield from _entries(hook, uses, urlconf)


def _entries(hook: Hook, uses: Uses, urlconf: Urlconf) -> Iterator[Entry]:
    for use in uses.of_library(hook.decorators):
        if use.call is None or not use.decorated or not use.call.args:
            continue
        function = urlconf.names.resolve(use.module, use.decorated[0])
        if text(use.call.args[0]) == hook.name and isinstance(function, FunctionSymbol):
            call = n.Call(use.call.span, use.decorated[0])
            for entry in urlconf.reader(use.module).called(function, call).returned:
                yield around(entry, (External(hook.around),))
