"""A lesson's page: Markdown that a person reads, whose code blocks are the rules' tests.

    ---
    title: cross-site request forgery
    areas: integrity
    ---
    # The lesson's heading and what it is about

    ## csrf.exempt-view
    Why it is bad, how it looks, how it is mended.

    ### Bad
    ```python shop/views.py
    @csrf_exempt  # finding: csrf.exempt-view
    def pay(request): ...
    ```
    ### Good
    ```python shop/views.py
    def pay(request): ...
    ```

The blocks under one `###` heading make one small project; each names its file.
"""

from __future__ import annotations

import re

from msgspec import Struct

_FENCE = re.compile(r"^```(\w+) +(\S+)\s*$")
_MARK = re.compile(r"(?:#|\{#|<!--|//)\s*finding: *([\w.-]+(?:, *[\w.-]+)*)")


class Example(Struct, frozen=True):
    """One small project of a page.

    Attributes:
        rule: id of the rule that it shows.
        title: the heading, which starts with "Bad" or "Good".
        files: content by path.
        expected: (path, line, rule id) of each marked line, sorted.
    """

    rule: str
    title: str
    files: dict[str, str]
    expected: tuple[tuple[str, int, str], ...]

    @property
    def is_bad(self) -> bool:
        """Whether the rule must find something in it."""
        return self.title.lower().startswith("bad")


class Section(Struct, frozen=True):
    """What a page says about one rule, as Markdown."""

    rule: str
    text: str

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples in it.

        Raises:
            ValueError: a code block has no file name.
        """
        return tuple(_example(self.rule, block) for block in self._blocks[1:] if "```" in block)

    @property
    def _blocks(self) -> list[str]:
        return re.split(r"^### +", self.text, flags=re.MULTILINE)

    def brief(self) -> tuple[str, int]:
        """Return the text with one bad and one good example, and how many are left out.

        It is the plain one of each kind, under a heading without more words, or else the first.
        """
        words, *examples = self._blocks
        chosen = [_plain(examples, "bad"), _plain(examples, "good")]
        kept = [block for block in examples if block in chosen]
        return "### ".join((words, *kept)).strip(), len(examples) - len(kept)


def _plain(blocks: list[str], kind: str) -> str | None:
    of_kind = [block for block in blocks if block.lower().startswith(kind)]
    plain = (block for block in of_kind if block.partition("\n")[0].strip().lower() == kind)
    return next(plain, of_kind[0] if of_kind else None)


class Page(Struct, frozen=True):
    """A lesson's page; `text` is the whole Markdown without the head."""

    title: str
    areas: tuple[str, ...]
    text: str
    sections: tuple[Section, ...]

    @property
    def introduction(self) -> str:
        """What the page says before it comes to its rules."""
        return re.split(r"^## +", self.text, maxsplit=1, flags=re.MULTILINE)[0].strip()

    def section(self, rule: str) -> Section | None:
        """Return what the page says about a rule."""
        return next((s for s in self.sections if s.rule == rule), None)


def parse_page(text: str) -> Page:
    """Return the page of a Markdown text.

    Raises:
        ValueError: the head is missing.
    """
    head, body = _head(text)
    parts = re.split(r"^## +", body, flags=re.MULTILINE)
    sections = tuple(_section(part) for part in parts[1:] if "." in part.split(None, 1)[0])
    areas = tuple(word.strip() for word in head.get("areas", "").split(",") if word.strip())
    return Page(head.get("title", ""), areas, body.strip(), sections)


def _head(text: str) -> tuple[dict[str, str], str]:
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if match is None:
        raise ValueError("a lesson's page begins with a head between two lines of `---`")
    pairs = (line.partition(":") for line in match[1].splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}, match[2]


def _section(part: str) -> Section:
    rule, _, text = part.partition("\n")
    return Section(rule.strip(), text.strip())


def _example(rule: str, block: str) -> Example:
    title, _, text = block.partition("\n")
    files: dict[str, str] = {}
    expected: list[tuple[str, int, str]] = []
    path = ""
    lines: list[str] = []
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if fence and not path:
            path, lines = fence[2], []
        elif line.strip() == "```" and path:
            files[path] = "\n".join(lines) + "\n"
            expected += _marks(path, lines)
            path = ""
        elif path:
            lines.append(line)
        elif line.startswith("```"):
            raise ValueError(f"{rule}: the code block of {title!r} names no file")
    return Example(rule, title.strip(), files, tuple(sorted(expected)))


def _marks(path: str, lines: list[str]) -> list[tuple[str, int, str]]:
    return [
        (path, number, name.strip())
        for number, line in enumerate(lines, start=1)
        for match in [_MARK.search(line)]
        if match
        for name in match[1].split(",")
    ]
