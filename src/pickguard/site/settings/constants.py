"""What names of libraries are worth that people write into settings: `CSP.SELF` is `'self'`.

What is known of them is `library/constants.toml`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from pickguard.site.symbols.names import Symbol
from pickguard.site.symbols.unknown import UNKNOWN


def constant(symbol: Symbol | None) -> object:
    """Return what a name of a library is worth, or `UNKNOWN`."""
    owner, _, name = symbol.name.rpartition(".") if symbol is not None else ("", "", "")
    return _constants().get(owner, {}).get(name, UNKNOWN)


@cache
def _constants() -> dict[str, dict[str, str]]:
    document = files("pickguard.site").joinpath("library", "constants.toml").read_text("utf-8")
    return tomllib.loads(document)
