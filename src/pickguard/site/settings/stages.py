"""Branches of a settings module that are told apart by the name of the stage that it runs in.

if STAGE == "dev":
    …
elif STAGE == "prod":
    from .server_settings import *
"""

from collections.abc import Callable, Sequence
from typing import Any

from pickguard.site.symbols.unknown import FromEnvironment
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text, texts

_PRODUCTION = frozenset({"prod", "production", "live"})


def of_production(tests: Sequence[n.Expr], value_of: Callable[[n.Expr], Any]) -> list[bool | None]:
    """Tell which branches of a chain of conditions production runs.

    Args:
        tests: the condition, and those of each `elif` behind it.
        value_of: tells the value of an expression.

    Returns:
        For each condition whether production runs its branch (True) or what stands beside it (False); None where
        it does not ask the environment for a stage, or no branch from there on names production.
    """
    told: list[bool | None] = []
    for test in reversed(tests):
        asked = _asked(test, value_of)
        op, named = asked or ("", frozenset())
        if named & _PRODUCTION:
            told.append(op in _AMONG)
        else:
            is_passed = bool(told) and told[-1] is not None and op in _AMONG
            told.append(False if is_passed else None)
    return told[::-1]


_AMONG = ("==", "in")


def _asked(test: n.Expr, value_of: Callable[[n.Expr], Any]) -> tuple[str, frozenset[str]] | None:
    """Return how a condition holds the stage that the environment names against which names."""
    if isinstance(test, n.Logic) and len(test.values) == 1:
        return _asked(test.values[0], value_of)
    if not isinstance(test, n.Compare) or len(test.rights) != 1:
        return None
    named, op = _named(test.rights[0]), test.ops[0]
    if not named or op not in (*_AMONG, "!=", "not in"):
        return None
    return (op, named) if isinstance(value_of(test.left), FromEnvironment) else None


def _named(value: n.Expr) -> frozenset[str]:
    word = text(value)
    return frozenset(one.lower() for one in ((word,) if word is not None else texts(value)))
