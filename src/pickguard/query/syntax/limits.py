"""How much a query may ask for. Checked in this order: length, tokens, tree."""

from dataclasses import dataclass

from pickguard.query.syntax.errors import Problem, QueryError
from pickguard.query.syntax.nodes import Token

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one query; a schema may set its own.

    Attributes:
        text: bytes of UTF-8.
        terms: conditions, also those in brackets.
        depth: parentheses, brackets and `not` inside each other; never above 100.
        items: values in one list.
        hops: relations in one path, the hops of the brackets around it included.
        scopes: pairs of brackets and counts.
        crossings: conditions that look through a relation to many rows.
        digits: digits of a number.
        pattern: characters of a regular expression.
        rows: the largest number behind `limit`.
        keys: names behind `order by`.
    """

    text: int = 8192
    terms: int = 200
    depth: int = 30
    items: int = 500
    hops: int = 4
    scopes: int = 8
    crossings: int = 50
    digits: int = 30
    pattern: int = 100
    rows: int = 10_000
    keys: int = 10

    def __post_init__(self) -> None:
        if self.depth > _DEEPEST:
            raise ValueError(f"Limits.depth is {self.depth}; at most {_DEEPEST} can be handled")


DEFAULT = Limits()


def check_text(text: str, limits: Limits) -> None:
    """Refuse a text that is too long, or that holds NUL or half of a surrogate pair."""
    size = len(text)
    if size <= limits.text and not text.isascii():
        size = len(text.encode("utf-8", "surrogatepass"))
    if size > limits.text:
        problem = Problem("too-long", 0, len(text), found=size, limit=limits.text)
        raise QueryError.of(problem, text=text[:1000])
    if "\0" in text:
        raise QueryError.of(_unsearchable(text, text.index("\0")), text=text)
    if not text.isascii():
        for offset, character in enumerate(text):
            if "\ud800" <= character <= "\udfff":
                raise QueryError.of(_unsearchable(text, offset), text=text)


def _unsearchable(text: str, offset: int) -> Problem:
    found = f"U+{ord(text[offset]):04X}"
    return Problem("control-character", offset, offset + 1, found=found)


def check_tokens(text: str, kinds: list[str], tokens: list[Token], limits: Limits) -> None:
    """Refuse more conditions, or deeper nesting, than is allowed."""
    if len(kinds) > 2 * limits.terms:  # each condition but the first comes with a joiner
        terms = kinds.count("AND") + kinds.count("OR") + 1
        if terms > limits.terms:
            problem = Problem("too-many-terms", 0, len(text), found=terms, limit=limits.terms)
            raise QueryError.of(problem, text=text)
    if len(kinds) > limits.depth:
        openings = kinds.count("NOT") + text.count("(") + text.count("[")
        if openings > limits.depth:
            _check_depth(kinds, tokens, limits.depth)


def _check_depth(kinds: list[str], tokens: list[Token], most: int) -> None:
    """Count what is open at each token; a run of `not` is as deep as it is long."""
    depth = run = 0
    open_here: list[int] = []
    for kind, token in zip(kinds, tokens, strict=True):
        if kind == "NOT":
            run += 1
        elif kind in ("LPAREN", "LBRACKET"):
            open_here.append(run + 1)
            depth += run + 1
            run = 0
        else:
            if kind in ("RPAREN", "RBRACKET") and open_here:
                depth -= open_here.pop()
            run = 0
        if depth + run > most:
            raise QueryError.of(Problem("too-deep", *token[2:], limit=most))
