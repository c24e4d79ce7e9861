"""URLconfs that libraries offer as they are: `include("django.contrib.auth.urls")`.

What is known of them is `library/urlconfs.toml`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import External, Symbol
from pickguard.site.urls.patterns import Included, Pattern, Target


class Offered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a library's URLconf holds.

    Attributes:
        patterns: path, full name of the view, and name of each pattern.
    """

    patterns: tuple[tuple[str, str, str], ...]


@cache
def _offered() -> dict[str, Offered]:
    document = files("pickguard.site").joinpath("library", "urlconfs.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(document)["urlconfs"], dict[str, Offered])


def expand(owner: Symbol, module: Module, span: int) -> Included | None:
    """Return the patterns of a library's URLconf, or None where it is none that is known.

    Args:
        owner: what a pattern includes.
        module: where it does so.
        span: of what names it there.
    """
    offered = _offered().get(owner.name) if isinstance(owner, External) else None
    if offered is None:
        return None
    return Included(
        "",
        False,
        tuple(
            Pattern(path, False, Target(External(view)), name, module, span)
            for path, view, name in offered.patterns
        ),
    )
