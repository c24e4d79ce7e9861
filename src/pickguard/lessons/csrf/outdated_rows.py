"""Rows that are taken away for their age alone: `Log.objects.filter(made__lt=now() - WEEK).delete()`.

Whoever asks chooses nothing of it, and the next visitor's request does the same.
"""

import re
from collections.abc import Iterator

from pickguard.flow.bodies.effects import Effect
from pickguard.kit import Code, Project
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_OLDER = re.compile(r"\w__lte?$")
_NOW = frozenset({"now", "utcnow", "today", "localdate", "localtime"})
_SELECTING = frozenset({"filter", "exclude"})


def takes_away_old(project: Project, effect: Effect) -> bool:
    """Whether rows are deleted that are older than a time which the clock says, and chosen by nothing else."""
    if not effect.what.startswith("deletes"):
        return False
    code = project.code_of(effect.function)
    deletions = (call for call in code.calls("delete", "adelete") if call.span == effect.span)
    return any(_is_by_age(code, call) for call in deletions)


def _is_by_age(code: Code, deletion: n.Call) -> bool:
    chosen = deletion.func.value if isinstance(deletion.func, n.Attr) else None
    if isinstance(chosen, n.Name):
        made = code.assigned(chosen.id)
        chosen = made[0] if len(made) == 1 else None
    return (
        isinstance(chosen, n.Call)
        and tail(chosen.func) in _SELECTING
        and not chosen.args
        and len(chosen.keywords) == 1
        and bool(_OLDER.search(chosen.keywords[0].name or ""))
        and _is_by_clock(code, chosen.keywords[0].value)
    )


def _is_by_clock(code: Code, value: n.Expr) -> bool:
    """Whether a time is worked out from the clock, and from nothing that the code was given."""
    parts = list(_parts(code, value, _DEPTH))
    function = code.function
    given = {param.name for param in function.node.params} if function is not None else set()
    return any(isinstance(one, n.Call) and tail(one.func) in _NOW for one in parts) and all(
        one.id not in given for one in parts if isinstance(one, n.Name)
    )


def _parts(code: Code, value: n.Expr, depth: int) -> Iterator[n.Expr]:
    for part in inside(value):
        yield part
        for made in code.assigned(part.id) if isinstance(part, n.Name) and depth else ():
            yield from _parts(code, made, depth - 1)


_DEPTH = 3
