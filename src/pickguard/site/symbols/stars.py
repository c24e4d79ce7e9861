"""What `from MODULE import *` brings in: what a module says in `__all__`, and libraries often imported so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail, texts

_OFFER = "__all__"


def star_names(module: str) -> frozenset[str]:
    """Return the names that a module of a library gives away; none of one that is not known."""
    return _stars().get(module, frozenset())


@cache
def _stars() -> dict[str, frozenset[str]]:
    text = files("pickguard.site").joinpath("library", "stars.toml").read_text("utf-8")
    return {module: frozenset(names) for module, names in tomllib.loads(text)["stars"].items()}


def offered(block: Iterable[n.Stmt]) -> frozenset[str] | None:
    """Return the names that a module gives away by its `__all__`; None where that cannot be told."""
    found: frozenset[str] | None = None
    for statement in block:
        if isinstance(statement, n.Assign | n.Annotate) and _OFFER in map(
            tail, _targets(statement)
        ):
            found = _listed(statement.value)
        elif _adds(statement):
            return None
    return found


def _targets(statement: n.Assign | n.Annotate) -> tuple[n.Expr, ...]:
    return statement.targets if isinstance(statement, n.Assign) else (statement.target,)


def _listed(value: n.Expr | None) -> frozenset[str] | None:
    names = texts(value)
    is_whole = isinstance(value, n.Sequence) and len(names) == len(value.items)
    return frozenset(names) if is_whole else None


def _adds(statement: n.Stmt) -> bool:
    """`__all__ += other.__all__`, `__all__.extend(…)`."""
    if isinstance(statement, n.Augment):
        return tail(statement.target) == _OFFER
    call = statement.value if isinstance(statement, n.Do) else None
    return isinstance(call, n.Call) and tail(receiver_of(call)) == _OFFER
