"""Names by which code asks who may, and says no to others."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from pickguard.kit.code import is_asker
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.libraries import checks
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import forks, inside, statements

REFUSALS = checks("refuses")
"""What says no, whatever it was that was asked."""
NOT_THERE = checks("hides")
"""What says that there is no such row, also to those who may not see it."""
ASKS = re.compile(
    r"(^|_)(permissions?|perms?|can|may|is_allowed|check_access|has_access|authori[sz]ed?|has_role|policy)(_|$)"
)
"""Functions of a site's own that ask who may, by their names."""

MAY = re.compile(rf"{ASKS.pattern}|^_?(is_)?allow(s|ed)?_|^has_perms?$")
"""What tells whether somebody may, or refuses whoever may not, by its name."""


def asks_who_may(words: Collection[str]) -> bool:
    """Whether a right, a refusal, or a function that asks is among the names in a piece of code."""
    return not PERMISSION_WORDS.isdisjoint(words) or any(map(ASKS.search, words))


def held_against_asker(node: n.Expr) -> n.Attr | None:
    """Return what a comparison holds whoever asks against: `note.author` of `note.author != request.user`."""
    if not isinstance(node, n.Compare) or node.ops[0] not in ("==", "!="):
        return None
    sides = (node.left, node.rights[0])
    others = [side for side in sides if isinstance(side, n.Attr) and not is_asker(side)]
    return others[0] if others and any(map(is_asker, sides)) else None


def ends_refusing(block: Sequence[n.Stmt]) -> bool:
    """Whether a block ends with an exception, or with an answer that says no."""
    last = block[-1] if block else None
    if isinstance(last, n.Raise):
        return True
    return isinstance(last, n.Return) and says_no(last.value)


def says_no(answer: n.Expr | None) -> bool:
    """Whether an answer refuses, or says that nothing is there."""
    return _says_no(answer, _NAMES, _STATUSES)


def turns_away(block: Iterable[n.Stmt]) -> bool:
    """Whether a condition in a block, or in a function in it, ends with an answer that some may not: 401 or 403."""
    return any(
        isinstance(last, n.Return | n.Raise) and _says_no(last.value, _TURNING_AWAY, _UNWELCOME)
        for branch in _branches(tuple(block))
        for last in branch[-1:]
    )


def _branches(block: tuple[n.Stmt, ...]) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield what is run on a condition in a block, and in the functions in it."""
    for _statement, then, other in forks(block):
        yield from (then, other)
    for statement in statements(block):
        if isinstance(statement, n.Function):
            yield from _branches(body(statement))


def _says_no(answer: n.Expr | None, names: frozenset[str], statuses: tuple[int, ...]) -> bool:
    """Whether an answer refuses: by its name, or by its status: `JsonResponse({}, status=403)`."""
    return answer is not None and any(
        part.value in statuses if isinstance(part, n.Const) else tail(part) in names
        for part in inside(answer)
    )


_UNWELCOME = (401, 403)
_TURNING_AWAY = REFUSALS | {"HTTP_401_UNAUTHORIZED", "HTTP_403_FORBIDDEN"}
_STATUSES = (*_UNWELCOME, 404)
_NAMES = REFUSALS | NOT_THERE
