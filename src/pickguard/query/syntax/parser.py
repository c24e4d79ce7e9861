"""Tokens to a tree: a small LALR parser that runs the tables of `_tables.py`.

It keeps nothing between two queries, so threads share it; it is a loop, so depth costs no
recursion; and the tables are a plain module, so nothing is built or written where it runs.
"""

from collections.abc import Iterable
from typing import Any

from pickguard.query.syntax import _tables, grammar, limits
from pickguard.query.syntax.errors import Problem, QueryError
from pickguard.query.syntax.lexer import tokenize
from pickguard.query.syntax.limits import Limits
from pickguard.query.syntax.nodes import Token, Tree

# how tokens are named where an error lists what could stand there
NAMES = {
    "NAME": "name", "STRING": "text", "VALUE": "value", "SHIFT": "duration", "PERIOD": "date",
    "NULL": "null", "OP": "operator", "IN": "in", "NOT_IN": "not in", "IS": "is null", "AND": "and",
    "OR": "or", "NOT": "not", "QUANTIFIER": "any", "COUNT": "count", "LPAREN": "(", "RPAREN": ")",
    "LBRACKET": "[", "RBRACKET": "]", "COMMA": ",", "RANGE": "..", "ORDER_BY": "order by",
    "LIMIT": "limit", "MINUS": "-", "$end": "end",
}  # fmt: skip

# state → token → next state (> 0), production to reduce by (< 0), done (0)
_ACTIONS = _tables.ACTIONS
_GOTOS = _tables.GOTOS
# production → what it makes, how many parts it takes, its function
_PRODUCTIONS = [
    (made, length, grammar.PRODUCTIONS.get(name, grammar.PRODUCTIONS["p_query_tail"]))
    for made, length, name in _tables.PRODUCTIONS
]
# a state in which only one reduction is possible needs no look at the next token
_DEFAULTS = [
    next(iter(actions.values())) if len(set(actions.values())) == 1 else 1 for actions in _ACTIONS
]
_DEFAULTS = [-action if action < 0 else 0 for action in _DEFAULTS]
# the same as one step: state → token → action
_STEPS = [
    dict.fromkeys(NAMES, -default) if default else actions
    for actions, default in zip(_ACTIONS, _DEFAULTS, strict=True)
]

# what a reduction makes, where what it takes begins on the stack, less one and exactly, and how; in
# the order that an action, which is negative, finds it
_REDUCTIONS = [
    (made, -length - 1, -length, function) for made, length, function in reversed(_PRODUCTIONS[1:])
]
# what is named by one word where all of it could stand
_CONDITION = frozenset(["NAME", "STRING", "NOT", "LPAREN", "QUANTIFIER", "COUNT"])
_VALUE = frozenset(["STRING", "VALUE", "NAME", "NULL", "PERIOD", "SHIFT"])


def parse(text: str, bounds: Limits = limits.DEFAULT) -> Tree:
    """Return the tree of a query. Raises QueryError for what is no query, or too much of one."""
    limits.check_text(text, bounds)
    try:
        kinds, tokens = tokenize(text)
        limits.check_tokens(text, kinds, tokens, bounds)
        return _run(kinds, tokens)
    except QueryError as error:
        if error.text:
            raise
        raise QueryError.of(*error.errors, text=text) from None


def _run(kinds: list[str], tokens: list[Token]) -> Tree:
    steps, gotos, reductions = _STEPS, _GOTOS, _REDUCTIONS
    states = [0]
    parts: list[Any] = [None]
    push_state, push_part = states.append, parts.append
    row = steps[0]
    for kind, token in zip(kinds, tokens, strict=True):
        action = row.get(kind)
        while action is not None and action < 0:
            made, before, first, function = reductions[action]
            taken = parts[before:]  # the first is a place for what is made
            function(taken)
            state = gotos[states[before]][made]
            if first:
                del parts[first:], states[first:]
            push_part(taken[0])
            push_state(state)
            row = steps[state]
            action = row.get(kind)
        if not action:
            if action is None:
                from pickguard.query.syntax.recovery import (
                    problems,  # which runs this module's tables
                )

                raise QueryError.of(*problems(kinds, tokens))
            break
        row = steps[action]
        push_state(action)
        push_part(token)
    return parts[1]  # type: ignore[no-any-return]  # the stack is untyped


def unexpected(states: list[int], token: Token) -> Problem:
    """Return the problem of a token that can't stand behind these states."""
    form, text, start, end = token
    expected = named(viable(states))
    if form == "end":
        return Problem("unfinished", start, end, expected=expected)
    shown = text if len(text) <= 40 else text[:39] + "…"  # fits a line
    return Problem("syntax", start, end, found=f"“{shown}”", expected=expected)


def viable(states: list[int]) -> set[str]:
    """Return the kinds of tokens that can really come next."""
    return {kind for kind in _ACTIONS[states[-1]].keys() | NAMES.keys() if advance(states, kind)}


def advance(states: list[int], kind: str) -> list[int] | None:
    """Return the states after one more token, without building nodes; None where it can't stand."""
    stack = list(states)
    while True:
        state = stack[-1]
        reduction = _DEFAULTS[state]
        if not reduction:
            action = _ACTIONS[state].get(kind)
            if action is None:
                return None
            if action >= 0:
                return [*stack, action]
            reduction = -action
        made, length, _ = _PRODUCTIONS[reduction]
        if length:
            del stack[-length:]
        stack.append(_GOTOS[stack[-1]][made])


def named(kinds: Iterable[str]) -> list[str]:
    """Return how an error names these kinds of tokens, the general before the special."""
    left = set(kinds)
    names = []
    if left >= _CONDITION:
        left -= _CONDITION
        names.append("condition")
    elif left >= _VALUE:
        left -= _VALUE
        names.append("value")
    names += [NAMES[kind] for kind in NAMES if kind in left]
    return names
