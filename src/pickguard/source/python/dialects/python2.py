"""Python 2, written as Python 3 has it: statements that became functions, and a few spellings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pickguard.source.python.dialects.tokens import Kind, Statements, Token, close, opening

_LONG = re.compile(r"^(0[xX][\da-fA-F]+|\d+)[lL]$")
_OCTAL = re.compile(r"^0(\d+)$")
_TAB = 8


def as_python3(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens with what Python 3 no longer has spelled anew."""
    made = [_spelled(token) for token in tokens]
    statements = Statements(list(made))
    opens = True
    for index, token in enumerate(tokens):
        change = _STATEMENTS.get(token.text) if token.kind is Kind.NAME else None
        if change is not None and statements.begins(index):
            change(statements, index, made)
        elif token.text == "async" and not _is_keyword(statements, index):
            made[index] = Token(Kind.NAME, "async_")
        elif token.text == "lambda":
            _without_brackets(statements, statements.following(index), made)
        elif token.text == "def":
            _flat_parameters(statements, index, made)
        elif token.text == "`":
            made[index] = Token(Kind.OPERATOR, "(" if opens else ")")
            opens = not opens
        elif token.kind is Kind.SPACE and (not index or tokens[index - 1].kind is Kind.NEWLINE):
            made[index] = Token(Kind.SPACE, token.text.expandtabs(_TAB))
    return made


def _spelled(token: Token) -> Token:
    """Return a token as Python 3 spells it: `0o755`, `10`, `r"…"`, `!=`."""
    if token.kind is Kind.NUMBER:
        return Token(token.kind, _OCTAL.sub(r"0o\1", _LONG.sub(r"\1", token.text)))
    if token.kind is Kind.STRING and opening(token.text)[0].lower() == "ur":
        return Token(token.kind, token.text[1:])
    return Token(token.kind, "!=") if token.text == "<>" else token


def _is_keyword(statements: Statements, index: int) -> bool:
    """Whether `async` stands before what may be asynchronous; elsewhere it is a name."""
    behind = statements.following(index)
    return behind < len(statements.tokens) and statements.tokens[behind].text in (
        "def",
        "for",
        "with",
    )


def _called(statements: Statements, index: int, made: list[Token]) -> None:
    """Make `print(x)` of `print x`, `exec(code)` of `exec code`."""
    tokens = statements.tokens
    first, end = statements.following(index), statements.end(index)
    if first >= end:
        made[index] = Token(Kind.NAME, f"{tokens[index].text}()")
        return
    if tokens[first].text == "(" and statements.following(statements.closing(first)) >= end:
        return  # it is written as a call
    if tokens[first].text == ">>":
        made[first] = Token(Kind.SPACE, "  ")
    for position in statements.line(first) if tokens[index].text == "exec" else ():
        if tokens[position].text == "in":
            made[position] = Token(Kind.OPERATOR, ",")
    behind = made[index + 1]
    rest = behind.text[1:] if behind.kind is Kind.SPACE else behind.text
    made[index + 1] = Token(behind.kind, f"({rest}")
    close(made, end)


def _raised(statements: Statements, index: int, made: list[Token]) -> None:
    """Make `raise E("why")` of `raise E, "why"`."""
    end = statements.end(index)
    comma = next(statements.commas(index, end), None)
    if comma is not None:
        made[comma] = Token(Kind.OPERATOR, "(")
        close(made, end)


def _without_brackets(statements: Statements, index: int, made: list[Token]) -> None:
    """Take the brackets of `lambda (key, value): …` away."""
    if index < len(made) and statements.tokens[index].text == "(":
        made[index] = Token(Kind.SPACE, " ")
        made[statements.closing(index)] = Token(Kind.SPACE, " ")


def _flat_parameters(statements: Statements, index: int, made: list[Token]) -> None:
    """Take the inner brackets of `def f(a, (b, c)):` away; those of defaults stay."""
    start = statements.following(statements.following(index))
    if start >= len(made) or statements.tokens[start].text != "(":
        return
    end, position, is_first = statements.closing(start), start + 1, True
    while position < end:
        token = statements.tokens[position]
        if token.text == "(" and is_first:
            _without_brackets(statements, position, made)
        if token.kind not in (Kind.SPACE, Kind.NEWLINE):
            is_first = token.text == ","
        position = statements.closing(position) + 1


_STATEMENTS: dict[str, Callable[[Statements, int, list[Token]], None]] = {
    "print": _called,
    "exec": _called,
    "raise": _raised,
}
