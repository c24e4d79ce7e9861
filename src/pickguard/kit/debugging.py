"""Code that runs on the machines of developers alone: below `if settings.DEBUG`, or past its refusal."""

from __future__ import annotations

from msgspec.structs import replace

from pickguard.base.scales import Confidence
from pickguard.base.spans import unpack
from pickguard.kit.code import Code
from pickguard.kit.rule import Hit
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import inside


def is_for_developers(code: Code, span: int) -> bool:
    """Whether what stands at a packed span runs only where `settings.DEBUG` is on."""
    if "DEBUG" not in code.words:
        return False
    return any(
        isinstance(statement, n.If) and _leaves_to_developers(statement, span)
        for statement in code.statements
    ) or any(
        _holds_with_debug(choice.test) and any(part.span == span for part in inside(choice.then))
        for choice in code.every(n.Choice)
    )


def weighed(code: Code, hit: Hit) -> Hit:
    """Return a hit as sure as it is: nobody attacks what no production runs."""
    spot = hit.spots[0]
    if spot.path != code.module.path or not is_for_developers(code, spot.span):
        return hit
    return replace(hit, confidence=Confidence.LOW)


def _leaves_to_developers(statement: n.If, span: int) -> bool:
    if not statement.body:
        return False
    first, last = statement.body[0], statement.body[-1]
    is_below = first.span <= span and unpack(span).line <= unpack(last.span).end_line
    if _holds_with_debug(statement.test):
        return is_below
    refuses = _is_refusal(statement.test) and isinstance(last, n.Raise | n.Return)
    return refuses and span > statement.span and not is_below


def _holds_with_debug(test: n.Expr) -> bool:
    """Whether a test holds only with `DEBUG` on."""
    parts = test.values if isinstance(test, n.Logic) and test.op == "and" else (test,)
    return any(tail(part) == "DEBUG" for part in parts)


def _is_refusal(test: n.Expr) -> bool:
    """Whether a test holds wherever `DEBUG` is off."""
    parts = test.values if isinstance(test, n.Logic) and test.op == "or" else (test,)
    return any(
        isinstance(part, n.Unary) and part.op == "not" and tail(part.operand) == "DEBUG"
        for part in parts
    )
