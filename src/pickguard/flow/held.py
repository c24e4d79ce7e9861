"""What is known of values where a condition holds, or does not hold."""

from __future__ import annotations

from pickguard.flow.beginning import SCHEME
from pickguard.flow.checked import check
from pickguard.flow.definitions import Env
from pickguard.flow.guards import Conditions, facts
from pickguard.flow.schemes import begun
from pickguard.source.python import nodes as n


def held(env: Env, test: n.Expr, truth: bool, conditions: Conditions) -> Env:  # noqa: FBT001
    """Return the environment where a condition holds, or does not hold."""
    after = check(env, facts(test, truth, conditions, env))
    if not conditions.schemes:
        return after
    return check(after, begun(test, truth, conditions, env), SCHEME)
