"""Suppressions: comments that silence a finding, each with its reason.

    token = make(seed)  # pickguard: ignore[passwords.weak-random] names a colour, guards nothing

In templates `{# pickguard: ignore[...] reason #}`, also where the template is a text in Python code,
`<!-- pickguard: ignore[...] reason -->`, and in scripts `// pickguard: ignore[...] reason`.
A comment silences the line that it stands on; alone on its line, the next line that holds more
than comments. In the brackets stand rules or lessons. What silences nothing is told, so that no
stale permission stays behind.
"""

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from pickguard.base.errors import did_you_mean
from pickguard.base.scales import Area, Confidence, Severity
from pickguard.findings.model import Finding, Place, Status
from pickguard.findings.result import RuleInfo

LESSON = "pickguard"
TITLE = "comments that silence findings"
STALE = RuleInfo(
    id="pickguard.stale-suppression",
    lesson=LESSON,
    title="a suppression that silences nothing",
    severity=Severity.LOW,
    help="The finding is gone, or the comment stands on the wrong line. Delete it, "
    "so that it can't silence something else later.",
)
WITHOUT_REASON = RuleInfo(
    id="pickguard.suppression-without-reason",
    lesson=LESSON,
    title="a suppression without a reason",
    severity=Severity.LOW,
    help="Whoever reads the line next has to know why it is safe. A suppression without "
    "a reason silences nothing. Write the reason behind the bracket.",
)
UNKNOWN_RULE = RuleInfo(
    id="pickguard.unknown-rule",
    lesson=LESSON,
    title="a suppression of a rule that does not exist",
    severity=Severity.LOW,
    help="The name in the brackets is neither a rule nor a lesson, so nothing is silenced. "
    "`pickguard explain` lists all of them.",
)
MALFORMED = RuleInfo(
    id="pickguard.malformed-suppression",
    lesson=LESSON,
    title="a suppression that can't be understood",
    severity=Severity.LOW,
    help="Write `pickguard: ignore[rule-id] reason`, several rules parted by commas.",
)
RULES = (STALE, WITHOUT_REASON, UNKNOWN_RULE, MALFORMED)

_Use = tuple[str, int, str]  # path, line of the comment, name in its brackets
_MARK = re.compile(r"pickguard:\s*ignore\b")
_FORM = re.compile(r"pickguard:\s*ignore\[([^\]\n]*)\]\s*(.*)", re.DOTALL)
_MARKUP = re.compile(
    r"\{#(?P<tag>.*?)#\}|<!--(?P<html>.*?)-->|//(?P<script>\s*pickguard:[^\n]*)", re.DOTALL
)


class Suppression(msgspec.Struct, frozen=True):
    """One comment.

    Attributes:
        line, column, end_line, end_column: where the comment stands; the end is exclusive.
        target: the line that it silences.
        names: rules and lessons; empty where the comment can't be understood.
        reason: why; empty where none is given.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    target: int
    names: tuple[str, ...]
    reason: str


class _Comment(msgspec.Struct, frozen=True):
    """A comment of any language: its text without the marks, and its offsets in the file."""

    text: str
    start: int
    end: int


class Ran(msgspec.Struct, frozen=True):
    """What the scan knows of rules.

    Attributes:
        rules: the lesson of each rule there is.
        wanted: tells whether a rule (with its lesson) was run; one that was not makes nothing
            stale.
    """

    rules: Mapping[str, str]
    wanted: Callable[[str, str], bool]


def read(text: str, *, python: bool) -> tuple[Suppression, ...]:
    """Return the suppressions in a file: in Python's comments, else in those of templates."""
    if not _MARK.search(text):
        return ()
    starts = _line_starts(text)
    comments = tuple(_python_comments(text, starts) if python else _markup_comments(text))
    code = _code_lines(text, comments)
    return tuple(
        _suppression(comment, starts, code)
        for comment in comments
        if _MARK.match(comment.text.strip())
    )


def apply(
    findings: Iterable[Finding], suppressions: Mapping[str, Sequence[Suppression]], ran: Ran
) -> tuple[Finding, ...]:
    """Return the findings with suppressed ones marked, and new ones about bad suppressions.

    `suppressions` holds those of each path.
    """
    used: set[_Use] = set()
    marked = [_silenced(finding, suppressions, used) for finding in findings]
    for path, comments in sorted(suppressions.items()):
        for comment in comments:
            marked.extend(_complaints(path, comment, ran, used))
    return tuple(marked)


def _silenced(
    finding: Finding, suppressions: Mapping[str, Sequence[Suppression]], used: set[_Use]
) -> Finding:
    """Return the finding, suppressed where a comment says so; note the comment's use."""
    if not finding.places:
        return finding
    place = finding.places[0]
    for comment in suppressions.get(place.path, ()):
        if not comment.reason or not place.line <= comment.target <= place.end_line:
            continue
        for name in (finding.rule, finding.lesson):
            if name in comment.names:
                used.add((place.path, comment.line, name))
                return msgspec.structs.replace(
                    finding, status=Status.SUPPRESSED, reason=comment.reason
                )
    return finding


def _complaints(path: str, comment: Suppression, ran: Ran, used: set[_Use]) -> Iterator[Finding]:
    if not comment.names:
        yield _finding(MALFORMED, path, comment, "this suppression can't be understood")
        return
    if not comment.reason:
        yield _finding(WITHOUT_REASON, path, comment, "this suppression gives no reason")
    known = sorted({*ran.rules, *ran.rules.values()})
    for name in comment.names:
        if name not in known:
            yield _finding(UNKNOWN_RULE, path, comment, _unknown(name, known))
        elif comment.reason and (path, comment.line, name) not in used and _was_run(name, ran):
            yield _finding(STALE, path, comment, f"the suppression of `{name}` silences nothing")


def _unknown(name: str, known: Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    meant = f"; {hint[0].lower()}{hint[1:]}" if hint.startswith("Did") else ""
    return f"`{name}` is neither a rule nor a lesson{meant}"


def _was_run(name: str, ran: Ran) -> bool:
    return all(
        ran.wanted(rule, lesson) for rule, lesson in ran.rules.items() if name in {rule, lesson}
    )


def _finding(rule: RuleInfo, path: str, comment: Suppression, message: str) -> Finding:
    return Finding(
        rule=rule.id,
        lesson=rule.lesson,
        areas=(Area.INTEGRITY,),
        cwe=rule.cwe,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=message,
        gain="a comment that nobody can check any more hides the next hole on this line",
        mend=rule.help,
        places=(Place(path, comment.line, comment.column, comment.end_line, comment.end_column),),
    )


def _suppression(comment: _Comment, starts: Sequence[int], code: frozenset[int]) -> Suppression:
    line, column = _position(comment.start, starts)
    end_line, end_column = _position(comment.end, starts)
    form = _FORM.match(comment.text.strip())
    names = form.group(1).split(",") if form else []
    return Suppression(
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        target=line if line in code else _next(end_line, code),
        names=tuple(name.strip() for name in names if name.strip()),
        reason=" ".join(form.group(2).split()) if form else "",
    )


def _next(line: int, code: frozenset[int]) -> int:
    """Return the first line of code below, the line itself where there is none."""
    return min((candidate for candidate in code if candidate > line), default=line)


def _python_comments(text: str, starts: Sequence[int]) -> Iterator[_Comment]:
    """Yield the comments, never what looks like one inside a string; a template in one has its own."""
    before = tokenize.NEWLINE
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            start = starts[token.start[0] - 1] + token.start[1]
            if token.type == tokenize.COMMENT:
                yield _Comment(token.string[1:], start, start + len(token.string))
            elif token.type == tokenize.STRING and before not in _BEGINNINGS:
                yield from _template_comments(token.string, start)
            if token.type not in (tokenize.COMMENT, tokenize.NL):
                before = token.type
    except (tokenize.TokenError, SyntaxError):
        return


# what stands before a docstring
_BEGINNINGS = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING})


def _template_comments(literal: str, start: int) -> Iterator[_Comment]:
    """Yield the comments `{# … #}` of a template that stands as a text in code."""
    for match in _MARKUP.finditer(literal) if "{#" in literal else ():
        if match["tag"] is not None:
            yield _Comment(match["tag"], start + match.start(), start + match.end())


def _markup_comments(text: str) -> Iterator[_Comment]:
    for match in _MARKUP.finditer(text):
        yield _Comment(
            match["tag"] or match["html"] or match["script"] or "", match.start(), match.end()
        )


def _code_lines(text: str, comments: Sequence[_Comment]) -> frozenset[int]:
    """Return the numbers of the lines that hold more than comments and blanks."""
    pieces, end = [], 0
    for comment in comments:
        pieces.append(text[end : comment.start])
        pieces.append("\n" * text.count("\n", comment.start, comment.end))
        end = comment.end
    pieces.append(text[end:])
    bare = "".join(pieces).split("\n")
    return frozenset(number for number, line in enumerate(bare, 1) if line.strip())


def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer("\n", text)))


def _position(offset: int, starts: Sequence[int]) -> tuple[int, int]:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1
