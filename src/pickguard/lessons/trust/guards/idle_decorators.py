"""Decorators of the site's own that are guards by their names, and refuse nobody.

def superuser_required(view):                       def role_required(*roles):
    def wrapper(request, *args):                        def decorator(view):
        user = request.user                                 def wrapper(request, *args):
        return view(request, *args)                             if not request.user.is_authenticated: …
    return wrapper                                              return view(request, *args)
                                                            return wrapper
                                                        return decorator
"""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import DEFINITION, body
from pickguard.source.python.walk import expressions, statements

_GUARD = re.compile(
    r"(^|_)(required?|requires?|only|restricted|protected)(_|$)|_check$|^(check|ensure|must)_"
)
_WHO = re.compile(
    r"(^|_)(admin|administrator|staff|superuser|super|login|user|role|roles|perms?|permissions?|groups?|owner|moderator"
    r"|member|manager|editor|auth|access|rights?|(read|edit|write|delete|manage)(?!_only))(_|$)"
)
_ASKED = re.compile(
    r"^(allowed_)?(roles?|perms?|permissions?|groups?|levels?|rights?|user_types?)$"
)
# What runs the view, or only gets at who is asking
_HARMLESS = frozenset({"wraps", "update_wrapper", "getattr", "get", "hasattr", "cast"})


def of_idle_decorators(project: Project) -> Iterator[Hit]:
    """Yield the decorators that run what they stand on for everybody, or for everybody who is logged in."""
    for function in project.flow.callers.functions:
        name = function.node.name
        if DEFINITION not in function.node.words or not (_GUARD.search(name) and _WHO.search(name)):
            continue
        if function.owner is not None or project.kind_of(function.module) is not None:
            continue
        unread = _unread(function)
        if unread:
            says = f"never looks at the `{unread}` that it is told"
        elif _refuses_nobody(function):
            says = "refuses nobody"
        else:
            continue
        yield Hit(
            (Spot(function.module.path, function.node.span),),
            f"`{name}` {says}",
            Confidence.HIGH,
            function.name,
            mend="ask in the wrapper, before the view runs, and refuse: `raise PermissionDenied`",
        )


def _unread(function: FunctionSymbol) -> str:
    """Return the name of what a guard is told to ask for, where nothing in it reads that."""
    asked = [p.name for p in function.node.params if _ASKED.match(p.name)]
    read = {part.id for part in _parts(function) if isinstance(part, n.Name)}
    return next((name for name in asked if name not in read), "")


def _parts(function: FunctionSymbol) -> Iterator[n.Expr]:
    return expressions(body(function.node), into_functions=True)


def _refuses_nobody(function: FunctionSymbol) -> bool:
    """Whether a wrapper does nothing but run the view that it was made for."""
    block = body(function.node)
    views = {param.name for param in function.node.params}
    wrappers = [s for s in block if isinstance(s, n.Function) and _runs(body(s), views)]
    if len(wrappers) != 1 or _marks(block) or not _called(function) <= views | _HARMLESS:
        return False
    return all(map(_decides_nothing, statements(body(wrappers[0]))))


def _called(function: FunctionSymbol) -> set[str]:
    """Return the names of what is called, another guard's among them: `user_passes_test(asked)(view)`."""
    return {tail(part.func) for part in _parts(function) if isinstance(part, n.Call)}


def _marks(block: Iterable[n.Stmt]) -> bool:
    """Whether something is noted on a function, for what asks later: `wrapper.asks_for_login = True`."""
    targets = (t for s in block if isinstance(s, n.Assign) for t in s.targets)
    return any(isinstance(target, n.Attr) for target in targets)


def _runs(block: Iterable[n.Stmt], views: set[str]) -> bool:
    return any(
        isinstance(part, n.Call) and isinstance(part.func, n.Name) and part.func.id in views
        for part in expressions(block)
    )


def _decides_nothing(statement: n.Stmt) -> bool:
    """Whether a statement names something, or runs the view, whatever is the case."""
    if not isinstance(statement, n.Assign | n.Annotate | n.Do | n.Return | n.Placed):
        return False
    return not any(isinstance(part, n.Choice | n.Logic) for part in expressions([statement]))
