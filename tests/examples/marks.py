"""The marks `hole: rule-id, rule-id` on the guilty lines of a site."""

import re
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
_MARK = re.compile(r"(?:#|\{#|<!--) hole: ([a-z., -]+)")


class Mark(NamedTuple):
    """A planted hole."""

    path: str
    line: int
    rule: str


def marks(site: str) -> set[Mark]:
    """Return the marks of a site; tests are not looked at."""
    root = EXAMPLES / site
    return {
        Mark(path.relative_to(root).as_posix(), number, rule.strip())
        for pattern in ("*.py", "*.html", "requirements.txt")
        for path in root.rglob(pattern)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for match in _MARK.finditer(line)
        for rule in match[1].strip(" -").split(",")
    }
