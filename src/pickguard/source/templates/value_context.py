"""Where in a script, a style or an address something stands: the inner part of a context."""

from __future__ import annotations

import re
from enum import StrEnum

from pickguard.source.templates.attributes import Kind


class Part(StrEnum):
    """The place; the `^` in the comments shows it."""

    NONE = "none"
    CODE = "code"  # <script>var a = ^
    DOUBLE_QUOTED = "double-quoted"  # <script>var a = "^
    SINGLE_QUOTED = "single-quoted"  # <script>var a = '^
    TEMPLATE = "template"  # <script>var a = `^
    HOLE = "hole"  # <script>var a = `${^
    LINE_COMMENT = "line-comment"  # <script>// ^
    BLOCK_COMMENT = "block-comment"  # <script>/* ^
    REGEX = "regex"  # <script>var a = /^
    URL_START = "url-start"  # <a href="^
    PATH = "path"  # <a href="/^
    QUERY = "query"  # <a href="?a=^
    URL_UNKNOWN = "url-unknown"  # <a href="{{ a }}^
    UNKNOWN = "unknown"  # the ways that lead here disagree


_FIRST = {
    Kind.URL: Part.URL_START,
    Kind.RESOURCE: Part.URL_START,
    Kind.SCRIPT: Part.CODE,
    Kind.STYLE: Part.CODE,
    Kind.VALUES: Part.URL_START,
}
_ADDRESS_PARTS = frozenset({Part.URL_START, Part.PATH, Part.QUERY, Part.URL_UNKNOWN})

_JS_CODE = re.compile(r"""//|/\*|["'`]|/""")
_CSS_CODE = re.compile(r"""/\*|["']""")
_ENDS = {
    Part.DOUBLE_QUOTED: re.compile(r'(?:[^"\\\n]|\\.)*+(?:"|\n)', re.DOTALL),
    Part.SINGLE_QUOTED: re.compile(r"(?:[^'\\\n]|\\.)*+(?:'|\n)", re.DOTALL),
    Part.TEMPLATE: re.compile(r"(?:[^`\\]|\\.)*+`", re.DOTALL),
    Part.HOLE: re.compile(r"[^}]*+}"),
    Part.LINE_COMMENT: re.compile(r"[^\n]*+\n"),
    Part.BLOCK_COMMENT: re.compile(r".*?\*/", re.DOTALL),
    Part.REGEX: re.compile(r"(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])*+(?:/|\n)", re.DOTALL),
}
_OPENS = {
    '"': Part.DOUBLE_QUOTED,
    "'": Part.SINGLE_QUOTED,
    "`": Part.TEMPLATE,
    "//": Part.LINE_COMMENT,
    "/*": Part.BLOCK_COMMENT,
    "/": Part.REGEX,
}
_BEFORE_REGEX = re.compile(
    r"(?:[(,=:\[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else))\s*\Z"
)
_LOOK_BACK = 40
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.\-]*)\s*:", re.IGNORECASE)
_SCRIPT_VALUES = re.compile(r"\s*(?:js|javascript):")
_RUNNING_SCHEMES = ("javascript", "vbscript", "data")


def first_part(kind: Kind) -> Part:
    """Return the part that a value of a kind starts in."""
    return _FIRST.get(kind, Part.NONE)


def join_parts(first: Part, second: Part) -> Part:
    """Return the part where two ways meet."""
    if first is second:
        return first
    parts = {first, second}
    if parts == {Part.CODE, Part.LINE_COMMENT}:
        return Part.LINE_COMMENT
    if parts == {Part.PATH, Part.QUERY}:
        return Part.PATH
    return Part.URL_UNKNOWN if parts <= _ADDRESS_PARTS else Part.UNKNOWN


def advance_part(kind: Kind, part: Part, text: str) -> Part:
    """Return the part behind a text within a value or a script or style element."""
    if part in (Part.NONE, Part.UNKNOWN):
        return part
    if kind is Kind.VALUES and part is Part.URL_START:
        return _values(text)
    if part in _ADDRESS_PARTS:
        return _address(part, text)
    return _code(part, text, _CSS_CODE if kind is Kind.STYLE else _JS_CODE)


def _address(part: Part, text: str) -> Part:
    if "?" in text or "#" in text:
        return Part.QUERY
    if part is not Part.URL_START or not text.strip():
        return part
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() == "javascript":
        return _code(Part.CODE, text[scheme.end() :], _JS_CODE)
    if scheme or "/" in text:
        return Part.PATH
    start = text.strip().lower()
    may_run = any(name.startswith(start) for name in _RUNNING_SCHEMES)
    return Part.URL_START if may_run else Part.PATH


def _values(text: str) -> Part:
    """Return the part behind the beginning of JSON, or of the script that stands in its place."""
    script = _SCRIPT_VALUES.match(text)
    if script is not None:
        return _code(Part.CODE, text[script.end() :], _JS_CODE)
    return Part.NONE if text.strip() else Part.URL_START


def _code(part: Part, text: str, opening: re.Pattern[str]) -> Part:
    position = 0
    while position < len(text):
        if part is Part.CODE:
            match = opening.search(text, position)
            if match is None:
                return part
            position = match.end()
            if match[0] != "/" or _may_be_regex(text, match.start()):
                part = _OPENS[match[0]]
        else:
            match = _ENDS[part].match(text, position)
            if match is None:
                return Part.HOLE if part is Part.TEMPLATE and _in_hole(text, position) else part
            part = Part.TEMPLATE if part is Part.HOLE else Part.CODE
            position = match.end()
    return part


def _in_hole(text: str, position: int) -> bool:
    """Whether code begins in a template literal, and does not end in this text: `a ${ f(`."""
    return text.rfind("${", position) > text.rfind("}", position)


def _may_be_regex(text: str, position: int) -> bool:
    before = text[max(0, position - _LOOK_BACK) : position]
    return bool(_BEFORE_REGEX.search(before))
