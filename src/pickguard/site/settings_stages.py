"""Branches of a settings module that are told apart by the name of the stage that it runs in.

if STAGE == "dev":
    …
elif STAGE == "prod":
    from .server_settings import *
"""

from collections.abc import Callable
from typing import Any

from pickguard.site.unknown import FromEnvironment
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text, texts

_PRODUCTION = frozenset({"prod", "production", "live"})


def of_production(statement: n.If, value_of: Callable[[n.Expr], Any]) -> bool | None:
    """Tell whether production runs the body of a condition (True) or what stands beside it (False).

    Args:
        statement: the condition.
        value_of: tells the value of an expression.

    Returns:
        None where the condition does not ask the environment for a stage, or no branch names production.
    """
    test = statement.test
    if not isinstance(test, n.Compare) or len(test.rights) != 1:
        return None
    if not isinstance(value_of(test.left), FromEnvironment):
        return None
    named, op = _named(test.rights[0]), test.ops[0]
    if op not in ("==", "!=", "in", "not in") or not named:
        return None
    if named & _PRODUCTION:
        return op in ("==", "in")
    beside = statement.other[0] if len(statement.other) == 1 else None
    is_told = isinstance(beside, n.If) and of_production(beside, value_of) is not None
    return False if is_told and op in ("==", "in") else None


def _named(value: n.Expr) -> frozenset[str]:
    word = text(value)
    return frozenset(one.lower() for one in ((word,) if word is not None else texts(value)))
