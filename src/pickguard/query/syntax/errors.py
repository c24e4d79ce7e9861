"""What can be wrong with a query, and how it is shown.

A `Problem` is a code of the catalogue in `messages.py`, a place in the text, and what was found
there; its words are made when somebody reads them, in the reader's language.
"""

from typing import Any, NamedTuple, Self

from pickguard.query.syntax import messages


class Fix(NamedTuple):
    """A change that mends a problem: put `text` where `start` to `end` stands."""

    text: str
    start: int
    end: int

    def apply(self, query: str) -> str:
        """Return the mended query."""
        return query[: self.start] + self.text + query[self.end :]


class Problem:
    """One thing that is wrong with a query.

    Attributes:
        code: a stable id, as in the catalogue: `unknown-name`.
        start, end: the span in the text; the end is exclusive.
        fixes: changes that would mend it, the best first.
        found: the facts that the message names.
    """

    __slots__ = ("code", "end", "fixes", "found", "start")

    def __init__(
        self, code: str, start: int, end: int, *, fixes: tuple[Fix, ...] = (), **found: Any
    ) -> None:
        self.code = code
        self.start = start
        self.end = end
        self.fixes = fixes
        self.found = found

    @property
    def span(self) -> tuple[int, int]:
        """Return where the problem stands: start and end, the end exclusive."""
        return self.start, self.end

    @property
    def message(self) -> str:
        """Say what is wrong, in the active language."""
        return messages.message(self.code, self.found)

    @property
    def hint(self) -> str:
        """Say what to do about it, in the active language; empty where nothing is known."""
        return messages.hint(self.code, self.found)

    def __repr__(self) -> str:
        return f"<Problem {self.code} {self.start}:{self.end}>"


MOST_TOLD = 20  # more help nobody, and each can offer whole queries as its fixes


class QueryError(Exception):
    """A query that is refused.

    Attributes:
        errors: the problems, in the order of the text; the first twenty.
        text: the query.
    """

    def __init__(self, text: str, errors: tuple[Problem, ...]) -> None:
        super().__init__(text, errors)
        self.text = text
        self.errors = errors

    @classmethod
    def of(cls, *errors: Problem, text: str = "") -> Self:
        """Return the error for the first of these problems, sorted by place."""
        return cls(text, tuple(sorted(errors, key=lambda problem: problem.span)[:MOST_TOLD]))

    def __str__(self) -> str:
        return "\n\n".join(excerpt(self.text, problem) for problem in self.errors)

    def as_dict(self) -> dict[str, Any]:
        """Return the error for a client: everything it needs to mark the place and offer fixes."""
        return {"query": self.text, "errors": [problem_dict(self.text, e) for e in self.errors]}


def problem_dict(text: str, problem: Problem) -> dict[str, Any]:
    """Return one problem as plain data, with its line and column counted from 1."""
    line, column = line_and_column(text, problem.start)
    return {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "start": problem.start,
        "end": problem.end,
        "line": line,
        "column": column,
        "fixes": [
            {"text": fix.text, "start": fix.start, "end": fix.end, "query": fix.apply(text)}
            for fix in problem.fixes
        ],
    }


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return where an offset stands, both counted from 1."""
    line_start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - line_start + 1


_WIDTH = 72


def excerpt(text: str, problem: Problem) -> str:
    """Return the message, the line it is about with carets under the span, and the hint."""
    line, column = line_and_column(text, problem.start)
    parts = [messages.place(line, column, problem.message)]
    if text and len(text) <= _MOST_SHOWN:
        parts += _marked(text.split("\n")[line - 1], column - 1, problem.end - problem.start)
    if problem.hint:
        parts.append(problem.hint)
    return "\n".join(parts)


_MOST_SHOWN = 100_000


def _marked(source: str, column: int, width: int) -> list[str]:
    """Return a line, cut around the column where it is long, and the carets under it."""
    first = max(0, column - _WIDTH // 2) if len(source) > _WIDTH else 0
    shown = source[first : first + _WIDTH]
    carets = "^" * max(1, min(width, len(shown) - (column - first)))
    return [
        "  " + "".join(c if c.isprintable() else " " for c in shown),
        "  " + " " * (column - first) + carets,
    ]
