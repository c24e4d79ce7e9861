"""What is known of values where a condition holds, or does not hold."""

from __future__ import annotations

from pickguard.flow.guards.checked import check
from pickguard.flow.guards.guards import Conditions, facts, slashes
from pickguard.flow.guards.known_beginnings import HARMLESS, HOST, begun
from pickguard.flow.guards.one_name import ONE_NAME, without_slash
from pickguard.flow.values.beginning import BEGINNING, SCHEME
from pickguard.flow.values.definitions import Checked, Env
from pickguard.source.python import nodes as n


def held(env: Env, test: n.Expr, truth: bool, conditions: Conditions) -> Env:  # noqa: FBT001
    """Return the environment where a condition holds, or does not hold."""
    after = check(env, facts(test, truth, conditions, env))
    after = check(after, without_slash(test, truth, conditions, env), ONE_NAME)
    if not conditions.beginnings:
        return after
    after = check(after, begun(test, truth, conditions, env, HARMLESS), SCHEME)
    after = check(after, begun(test, truth, conditions, env, HOST), BEGINNING)
    return _noting_slashes(after, test, truth)


_SLASH = "<begins with a slash>"
_NO_HOST = "<does not begin with two>"


def _noting_slashes(env: Env, test: n.Expr, truth: bool) -> Env:  # noqa: FBT001
    """Note one half of what makes an address the site's own; where the other is known already, it is one."""
    parts = test.values if isinstance(test, n.Logic) and (test.op == "and") == truth else (test,)
    begins, refused = slashes(parts, truth)
    known = {path for path in begins if _is_noted(env, path, _NO_HOST)}
    known |= {path for path in refused if _is_noted(env, path, _SLASH)}
    env = check(check(env, begins - known, _SLASH), refused - known, _NO_HOST)
    return check(env, frozenset(known))


def _is_noted(env: Env, path: str, what: str) -> bool:
    found = env.get(path)
    return isinstance(found, Checked) and found.holds(frozenset({what}))
