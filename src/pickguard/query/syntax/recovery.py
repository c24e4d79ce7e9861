"""All that is wrong with the form of a query: behind a mistake, reading goes on where it can.

What could not be read is taken for a condition, up to the next `and`, `or`, closing bracket or
end that can follow one. No nodes are made: a query with a mistake has no tree.
"""

from collections.abc import Sequence

from pickguard.query.syntax import _tables
from pickguard.query.syntax.errors import MOST_TOLD, Fix, Problem
from pickguard.query.syntax.nodes import Token, quoted
from pickguard.query.syntax.parser import advance, unexpected

# how other languages write operators
_TURNED = {"=>": ">=", "=<": "<=", "=!": "!="}
_WORDS = {
    "like": "~",
    "ilike": "~",
    "contains": "~",
    "icontains": "~",
    "has": "~",
    "matches": "~",
    "equals": "=",
    "eq": "=",
    "ne": "!=",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "startswith": "^=",
    "endswith": "$=",
}
_OPENING = frozenset(["LPAREN", "LBRACKET"])
_CLOSING = frozenset(["RPAREN", "RBRACKET"])
_FOLLOWING = frozenset(["AND", "OR", "ORDER_BY", "LIMIT", "$end"])
# behind these, parentheses hold no condition
_LISTING = frozenset(["IN", "NOT_IN", "COUNT"])


def problems(kinds: Sequence[str], tokens: Sequence[Token]) -> list[Problem]:
    """Return the places that can't stand where they stand, the first twenty."""
    found: list[Problem] = []
    states: list[int] | None = [0]
    at = 0
    while states is not None and at < len(kinds) and len(found) < MOST_TOLD:
        after = advance(states, kinds[at])
        if after is not None:
            states, at = after, at + 1
            continue
        found.append(_problem(states, kinds, tokens, at))
        at, states = _resumed(states, kinds, at)
    return found


def _problem(states: list[int], kinds: Sequence[str], tokens: Sequence[Token], at: int) -> Problem:
    """Return what to say of a token that can't stand where it stands."""
    problem = unexpected(states, tokens[at])
    _, text, start, end = tokens[at - 1]
    if at and start < end == tokens[at][2] and text + tokens[at][1] in _TURNED:
        return _foreign(text + tokens[at][1], start, tokens[at][3], _TURNED)
    if not at or kinds[at - 1] != "NAME" or "operator" not in problem.found["expected"]:
        return problem
    if at > 1 and kinds[at - 2] == "NAME":
        return _foreign(text, start, end, _WORDS) if text.lower() in _WORDS else problem
    ends = kinds[at] in _FOLLOWING or kinds[at] in _CLOSING
    if not ends or "." in text or (at > 1 and kinds[at - 2] == "QUANTIFIER"):
        return problem
    fix = Fix(quoted(text), start, end)
    return Problem("alone", start, end, fixes=(fix,), found=text, suggestion=fix.text)


def _foreign(found: str, start: int, end: int, known: dict[str, str]) -> Problem:
    meant = known[found.lower()]
    fix = Fix(meant, start, end)
    return Problem("foreign", start, end, fixes=(fix,), found=f"“{found}”", suggestion=meant)


def _resumed(states: list[int], kinds: Sequence[str], at: int) -> tuple[int, list[int] | None]:
    """Return where reading goes on behind a mistake, and as if what had been read."""
    opened = 1 if _in_list(kinds[:at]) else 0
    for index in range(at, len(kinds)):
        kind = kinds[index]
        if kind in _OPENING:
            opened += 1
        elif kind in _CLOSING and opened:
            opened -= 1
        elif kind in _CLOSING or (kind in _FOLLOWING and (opened < 2 or kind == "$end")):
            read = _with_condition(states, kind)
            if read is not None:
                return index, read
    return len(kinds), None


def _in_list(before: Sequence[str]) -> bool:
    """Return whether the innermost bracket that is open holds a list or what is counted."""
    opened: list[bool] = []
    for index, kind in enumerate(before):
        if kind in _OPENING:
            opened.append(index > 0 and before[index - 1] in _LISTING)
        elif kind in _CLOSING and opened:
            opened.pop()
    return bool(opened) and opened[-1]


def _with_condition(states: list[int], kind: str) -> list[int] | None:
    """Return the states as if a condition had been read before `kind`; None where none can be."""
    for length in range(len(states), 0, -1):
        made = _tables.GOTOS[states[length - 1]].get("expr")
        read = None if made is None else [*states[:length], made]
        if read is not None and advance(read, kind) is not None:
            return read
    return None
