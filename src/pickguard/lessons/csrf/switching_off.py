"""Middleware that has Django's own check of CSRF pass every request."""

from collections.abc import Iterator

from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_true, tail, text
from pickguard.lessons.csrf.middleware_methods import middleware_methods
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body

_MARK = "_dont_enforce_csrf_checks"
_NAME_AND_VALUE = 3


def switching_off(project: Project) -> Iterator[Hit]:
    """Yield where a middleware of the site's tells the check, whatever is asked, that there is no need."""
    for symbol, function in middleware_methods(project):
        for statement in filter(_marks, body(function.node)):
            yield Hit(
                (Spot(function.module.path, statement.span),),
                f"`{symbol.node.name}` switches the CSRF check off for every request",
                symbol=function.name,
                mend="take it out of `MIDDLEWARE`, and exempt single views that prove who asks otherwise",
            )


def _marks(statement: n.Stmt) -> bool:
    """Whether it is `request._dont_enforce_csrf_checks = True`, or `setattr` of the same, under no condition."""
    if isinstance(statement, n.Assign):
        return is_true(statement.value) and any(tail(one) == _MARK for one in statement.targets)
    call = statement.value if isinstance(statement, n.Do) else None
    if not isinstance(call, n.Call) or tail(call.func) != "setattr":
        return False
    return (
        len(call.args) == _NAME_AND_VALUE and text(call.args[1]) == _MARK and is_true(call.args[2])
    )
