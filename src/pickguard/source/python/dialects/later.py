"""Syntax of Python 3.12 to 3.14, written as earlier ones have it.

Type parameters and `type X = …` (PEP 695), any quotes inside of f-strings (PEP 701), `except A, B:`
(PEP 758), template strings (PEP 750).
"""

from __future__ import annotations

from collections.abc import Sequence

from pickguard.source.python.dialects.tokens import (
    Kind,
    Statements,
    Token,
    blanked,
    close,
    field_end,
    is_filled,
    opening,
    scan,
    written,
)

_OTHER = {"'": '"', '"': "'"}
_DEEPEST = 3


def as_now(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens without what came with later versions."""
    made = [
        Token(token.kind, _plain(token.text)) if token.kind is Kind.STRING else token
        for token in tokens
    ]
    statements = Statements(tokens)
    for index, token in enumerate(tokens):
        if token.kind is not Kind.NAME:
            continue
        if token.text in ("class", "def"):
            _without_parameters(statements, statements.following(index), made)
        elif token.text == "type" and statements.begins(index):
            _without_type(statements, index, made)
        elif token.text == "except" and statements.begins(index):
            _in_brackets(statements, index, made)
    return made


def _without_parameters(statements: Statements, name: int, made: list[Token]) -> None:
    """Blank `[T: int]` behind a name out."""
    start = statements.following(name)
    if start < len(made) and statements.tokens[start].text == "[":
        for position in range(start, min(statements.closing(start) + 1, len(made))):
            made[position] = Token(Kind.SPACE, blanked(statements.tokens[position].text))


def _without_type(statements: Statements, index: int, made: list[Token]) -> None:
    """Make `X = int` of `type X = int`."""
    name = statements.following(index)
    behind = statements.following(name)
    tokens = statements.tokens
    if behind >= len(tokens) or tokens[name].kind is not Kind.NAME:
        return
    if tokens[behind].text not in ("=", "["):
        return
    made[index] = tokens[name]
    made[name] = Token(Kind.SPACE, blanked(tokens[index].text))
    _without_parameters(statements, name, made)


def _in_brackets(statements: Statements, index: int, made: list[Token]) -> None:
    """Put what `except A, B:` names into brackets; what stands alone behind Python 2's comma is a name."""
    tokens = statements.tokens
    line = list(statements.line(index))
    end = next((at for at in line if tokens[at].text == ":"), 0)
    commas = list(statements.commas(index, end))
    if not commas or any(tokens[at].text == "as" for at in line):
        return
    last = [token for token in tokens[commas[-1] + 1 : end] if token.kind is not Kind.SPACE]
    if len(commas) == 1 and len(last) == 1 and last[0].text[:1].islower():
        made[commas[0]] = Token(Kind.NAME, " as ")
        return
    first = statements.following(index)
    if tokens[first].text == "*":
        first = statements.following(first)
    made[first] = Token(made[first].kind, f"({made[first].text}")
    close(made, end)


def _plain(text: str, depth: int = 0) -> str:
    """Return a string in whose expressions no quote of its own stands, and no backslash."""
    prefix, quote = opening(text)
    begun = len(prefix) + len(quote)
    if not is_filled(prefix) or depth > _DEEPEST or not text.endswith(quote, begun):
        return text  # nothing to write anew, or nothing that ends
    prefix = prefix.replace("t", "f").replace("T", "F")
    body = text[begun : -len(quote)]
    fields = _fields(body)
    mark = quote[0]
    if len(quote) == 1 and any(mark in body[a:b] or "\n" in body[a:b] for a, b in fields):
        quote = mark * 3
    made, at = "", 0
    for start, end in fields:
        made += body[at:start] + _expression(body[start:end], mark, depth + 1)
        at = end
    return f"{prefix}{quote}{made}{body[at:]}{quote}"


def _fields(body: str) -> list[tuple[int, int]]:
    """Return where each field of an f-string begins and ends, its braces left out."""
    found, at = [], 0
    while at < len(body):
        if body[at] == "{" and body[at + 1 : at + 2] != "{":
            end = field_end(body, at + 1)
            found.append((at + 1, max(end - 1, at + 1)))
            at = end
        else:
            at += 2 if body[at] in "\\{" else 1
    return found


def _expression(text: str, mark: str, depth: int) -> str:
    """Return an expression of an f-string without backslashes, f-strings in it with other quotes."""
    made = []
    for token in scan(text):
        said = token.text
        if token.kind is Kind.STRING:
            prefix, quote = opening(said)
            if is_filled(prefix):
                said = _plain(said, depth)
                quote = opening(said)[1]
                if quote[0] == mark:
                    said = said.replace(quote, _OTHER[mark] * len(quote))
            said = said.replace("\\", "_")
        elif token.kind is Kind.COMMENT:
            said = blanked(said)
        made.append(Token(token.kind, said))
    return written(made)
