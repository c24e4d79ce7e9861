"""For developers: `python -m pickguard.query.syntax.generate` has PLY make the tables from the grammar.

Needs `ply`. The tables are written as a plain module that a review can read: `_tables.py`.
"""

import logging
import sys
from pathlib import Path
from typing import Any

from pickguard.query.syntax import grammar

_TARGET = Path(__file__).with_name("_tables.py")
_DOCS = Path(__file__).parents[4] / "docs" / "query"
_HEAD = '''"""LALR tables of the grammar. Made by `make grammar`; not to be edited.

ACTIONS: state → token → next state (> 0), production to reduce by (< 0), done (0).
GOTOS: state → what was made → next state. PRODUCTIONS: what it makes, its length, its function.
"""

'''


class Complaints(logging.Handler):
    """Collects what PLY has to say."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(record.getMessage())


def build() -> tuple[Any, list[str]]:
    """Return PLY's own parser, freshly built, and its warnings and errors."""
    from ply import yacc

    complaints = Complaints()
    log = logging.Logger("pickguard.query.syntax.grammar", logging.WARNING)  # noqa: LOG001 # its own
    log.addHandler(complaints)
    parser = yacc.yacc(
        module=grammar, start=grammar.start, debug=True, debuglog=log, errorlog=log,
        write_tables=False,
    )  # fmt: skip
    return parser, complaints.lines


def source(parser: Any) -> str:
    """Return the module that holds the tables of a parser."""
    productions = [(p.name, p.len, p.func or "") for p in parser.productions]
    return _HEAD + "\n".join(
        [
            "# fmt: off",
            "ACTIONS: list[dict[str, int]] = [",
            *(f"    {_sorted(parser.action[state])}," for state in sorted(parser.action)),
            "]",
            "GOTOS: list[dict[str, int]] = [",
            *(f"    {_sorted(parser.goto.get(state, {}))}," for state in sorted(parser.action)),
            "]",
            "PRODUCTIONS: list[tuple[str, int, str]] = [",
            *(f'    ("{made}", {length}, "{name}"),' for made, length, name in productions),
            "]",
            "",
        ]
    )


def _sorted(row: dict[str, int]) -> str:
    return "{" + ", ".join(f'"{key}": {row[key]}' for key in sorted(row)) + "}"


_PAGE = """# The grammar

Made from the tables by `make grammar`. Capital words are tokens; the rest are made of them. `and` binds
closer than `or`, `not` closer than both. Words of the language can be written in any case; a name that
is one of them stands in backticks.

## Productions

```text
{productions}
```

## Tokens

| Token | Pattern |
|---|---|
{tokens}
"""


def page(parser: Any) -> str:
    """Return the page of the documentation that shows the grammar of a parser."""
    rules: dict[str, list[str]] = {}
    for production in parser.productions[1:]:
        rules.setdefault(production.name, []).append(" ".join(production.prod) or "(nothing)")
    width = max(map(len, rules))
    between = "\n" + " " * width + " | "
    lines = [f"{name:<{width}} = {between.join(right)}" for name, right in rules.items()]
    tokens = [
        f"| {name[2:]} | `` {getattr(grammar, name).replace('|', chr(92) + '|')} `` |"
        for name in vars(grammar)
        if name.startswith("t_")
    ]
    return _PAGE.format(productions="\n".join(lines), tokens="\n".join(tokens))


def main() -> int:
    """Write the tables; a grammar with a conflict is refused."""
    parser, complaints = build()
    if complaints:
        sys.stderr.write("\n".join(complaints) + "\n")
        return 1
    _TARGET.write_text(source(parser), encoding="utf-8")
    if _DOCS.is_dir():
        (_DOCS / "grammar.md").write_text(page(parser), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
