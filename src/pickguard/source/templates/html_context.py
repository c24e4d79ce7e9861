"""Where in a page a template's output stands: a small value, and how text changes it.

As in Go's `html/template`: the context is a value, transitions are a table, and contexts that meet
are joined, with an explicit `UNKNOWN`. States follow the tokenizer of the HTML standard.

>>> advance(TEXT, '<a href="/user/')[1:]
('a', 'href', <Part.PATH: 'path'>)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from pickguard.source.templates.attributes import Kind, attribute_kind
from pickguard.source.templates.value_context import Part, advance_part, first_part, join_parts


class State(StrEnum):
    """Where in the markup; the `^` in the comments shows the place."""

    TEXT = "text"  # <p>^
    TAG_NAME = "tag-name"  # <h^
    TAG = "tag"  # <p class="a" ^
    ATTRIBUTE_NAME = "attribute-name"  # <p data-^
    AFTER_NAME = "after-name"  # <p title ^
    BEFORE_VALUE = "before-value"  # <p title=^
    DOUBLE_QUOTED = "double-quoted"  # <p title="^
    SINGLE_QUOTED = "single-quoted"  # <p title='^
    UNQUOTED = "unquoted"  # <p title=a^
    COMMENT = "comment"  # <!-- ^
    DECLARATION = "declaration"  # <!DOCTYPE ^
    RCDATA = "rcdata"  # <title>^
    RAW_TEXT = "raw-text"  # <iframe>^
    SCRIPT = "script"  # <script>^
    SCRIPT_DATA = "script-data"  # <script type="application/json">^
    STYLE = "style"  # <style>^
    UNKNOWN = "unknown"  # the ways that lead here disagree


class Context(NamedTuple):
    """A place in a page.

    Attributes:
        state: where in the markup.
        tag: lower-case name of the element, in its start tag and in raw text; `/name` in an end
            tag; empty where it is not known.
        attribute: lower-case name of the attribute; ends in `*` where a part is not known.
        part: where in the script, style or address that stands here.
    """

    state: State
    tag: str = ""
    attribute: str = ""
    part: Part = Part.NONE


TEXT = Context(State.TEXT)
SCRIPT = Context(State.SCRIPT, "script", "", Part.CODE)
UNKNOWN = Context(State.UNKNOWN)
VALUES = frozenset({State.DOUBLE_QUOTED, State.SINGLE_QUOTED, State.UNQUOTED})
_IN_TAG = frozenset({State.TAG, State.ATTRIBUTE_NAME, State.AFTER_NAME, State.UNQUOTED})

_VALUE = r"""(?:"[^"]*+"|'[^']*+'|[^\s"'<>=`]++)"""
_ATTRIBUTES = rf"""(?:\s++[^\s=>/"'<]++(?:\s*+=\s*+{_VALUE})?+)*+"""
_SPECIAL = r"script|style|title|textarea|xmp|iframe|noembed|noframes|plaintext"
# whole tags and the text between them, as far as they change nothing
_PLAIN = re.compile(
    rf"(?:[^<]++|</?(?!(?:{_SPECIAL})[\s/>])[a-z][^\s/>\"'<]*+{_ATTRIBUTES}\s*+/?+>)*+",
    re.IGNORECASE,
)
_OPENING = re.compile(r"<(?:(!--)|([!?])|(/?)(?=[a-z])|(/?)\Z)", re.IGNORECASE)
_TAG_NAME = re.compile(r"[^\s/>]*+")
_BETWEEN = re.compile(r"[\s/]*+")
_SPACE = re.compile(r"\s*+")
_NAME = re.compile(r"=?[^\s=>/]*+")
_UNQUOTED_END = re.compile(r"[\s>]")

_CONTENT = {
    **dict.fromkeys(("title", "textarea"), State.RCDATA),
    **dict.fromkeys(("xmp", "iframe", "noembed", "noframes", "plaintext"), State.RAW_TEXT),
    "script": State.SCRIPT,
    "script:data": State.SCRIPT_DATA,
    "style": State.STYLE,
}
_END_OF_CONTENT = {
    name: re.compile(rf"</{name.partition(':')[0]}(?=[\s/>]|\Z)", re.IGNORECASE)
    for name in _CONTENT
}
_QUOTES = {'"': State.DOUBLE_QUOTED, "'": State.SINGLE_QUOTED}
_CLOSING_QUOTE = {State.DOUBLE_QUOTED: '"', State.SINGLE_QUOTED: "'"}
_JAVASCRIPT = re.compile(
    r"\s*(?:|module|(?:text|application)/(?:x-)?(?:java|ecma|j|live)script[\d.]*)\s*(?:;.*)?",
    re.IGNORECASE | re.DOTALL,
)

_Step = tuple[Context, int]


def advance(context: Context, text: str) -> Context:
    """Return the context behind a text that goes out as it stands."""
    position = 0
    while position < len(text):
        context, position = _STEPS[context.state](context, text, position)
    return context


def place(context: Context) -> Context:
    """Return the context that something printed here stands in."""
    if context.state is State.BEFORE_VALUE:
        return _value(context, State.UNQUOTED)
    if context.state is State.AFTER_NAME:
        return Context(State.TAG, context.tag)
    return context


def after_output(context: Context, *, address: bool = False) -> Context:
    """Return the context behind something printed whose text is not known.

    Args:
        context: the one before it.
        address: what is printed is an address of this site, as `{% url %}` and `{% static %}` do.
    """
    if context.state is State.BEFORE_VALUE:
        context = _value(context, State.UNQUOTED)
    if context.state in (State.TAG, State.AFTER_NAME):
        # whole attributes, or the name of one: `{{ name }}="{{ value }}"`
        return Context(State.ATTRIBUTE_NAME, context.tag, "*")
    if context.state is State.ATTRIBUTE_NAME:
        return context._replace(attribute=context.attribute.rstrip("*") + "*")
    if context.part is Part.URL_START:
        return context._replace(part=Part.PATH if address else Part.URL_UNKNOWN)
    return context


def join(first: Context, second: Context) -> Context:
    """Return the context where two ways meet."""
    if first == second:
        return first
    states = {first.state, second.state}
    if states <= _IN_TAG:
        return _join_in_tag(first, second)
    if len(states) > 1 and states - _IN_TAG == {State.TAG_NAME}:
        # NOTE: `<html{% if x %} dir="rtl"{% endif %}>`, or the name itself has two ways
        return Context(State.TAG, first.tag if first.tag == second.tag else "")
    if first.state is not second.state or first.state is State.UNKNOWN:
        return UNKNOWN
    tag = first.tag if first.tag == second.tag else ""
    attribute = first.attribute if first.attribute == second.attribute else "*"
    return Context(first.state, tag, attribute, join_parts(first.part, second.part))


def _join_in_tag(first: Context, second: Context) -> Context:
    tag = first.tag if first.tag == second.tag else ""
    if first.state is second.state is State.ATTRIBUTE_NAME:
        return Context(State.ATTRIBUTE_NAME, tag, "*")
    if first[:3] == second[:3]:
        return first._replace(part=join_parts(first.part, second.part))
    # NOTE: `<option{% if x %} selected{% endif %}>`: what follows starts with a space or `>`
    return Context(State.TAG, tag)


def _value(context: Context, state: State) -> Context:
    kind = attribute_kind(context.tag, context.attribute)
    return Context(state, context.tag, context.attribute, first_part(kind))


def _text(context: Context, text: str, position: int) -> _Step:
    plain = _PLAIN.match(text, position)
    position = plain.end() if plain else position
    if position == len(text):
        return context, position
    opening = _OPENING.match(text, position)
    if opening is None:
        return context, position + 1
    if opening[1]:
        return Context(State.COMMENT), opening.end()
    if opening[2]:
        return Context(State.DECLARATION), opening.end()
    return Context(State.TAG_NAME, opening[3] or opening[4] or ""), opening.end()


def _tag_name(context: Context, text: str, position: int) -> _Step:
    match = _TAG_NAME.match(text, position)
    end = match.end() if match else position
    tag = context.tag + text[position:end].lower()
    state = State.TAG_NAME if end == len(text) else State.TAG
    return Context(state, tag), end


def _tag(context: Context, text: str, position: int) -> _Step:
    between = _BETWEEN.match(text, position)
    position = between.end() if between else position
    if position == len(text):
        return context, position
    if text[position] == ">":
        return _content(context.tag), position + 1
    return Context(State.ATTRIBUTE_NAME, context.tag), position


def _content(tag: str) -> Context:
    state = _CONTENT.get(tag)
    if state is None:
        return TEXT
    part = Part.CODE if state in (State.SCRIPT, State.STYLE) else Part.NONE
    return Context(state, tag, "", part)


def _attribute_name(context: Context, text: str, position: int) -> _Step:
    match = _NAME.match(text, position) if not context.attribute else None
    end = match.end() if match else _name_end(text, position)
    name = context.attribute + text[position:end].lower()
    state = State.ATTRIBUTE_NAME if end == len(text) else State.AFTER_NAME
    return Context(state, context.tag, name), end


def _name_end(text: str, position: int) -> int:
    while position < len(text) and text[position] not in " \t\n\r\f=>/":
        position += 1
    return position


def _after_name(context: Context, text: str, position: int) -> _Step:
    space = _SPACE.match(text, position)
    position = space.end() if space else position
    if position == len(text):
        return context, position
    if text[position] == "=":
        return context._replace(state=State.BEFORE_VALUE), position + 1
    return Context(State.TAG, context.tag), position


def _before_value(context: Context, text: str, position: int) -> _Step:
    space = _SPACE.match(text, position)
    position = space.end() if space else position
    if position == len(text):
        return context, position
    if text[position] == ">":
        return Context(State.TAG, context.tag), position
    quoted = _QUOTES.get(text[position])
    if quoted:
        return _value(context, quoted), position + 1
    return _value(context, State.UNQUOTED), position


def _quoted(context: Context, text: str, position: int) -> _Step:
    end = text.find(_CLOSING_QUOTE[context.state], position)
    written = text[position : end if end >= 0 else len(text)]
    if end < 0:
        return _within_value(context, written), len(text)
    return Context(State.TAG, _typed(context, written)), end + 1


def _unquoted(context: Context, text: str, position: int) -> _Step:
    match = _UNQUOTED_END.search(text, position)
    if match is None:
        return _within_value(context, text[position:]), len(text)
    return Context(State.TAG, _typed(context, text[position : match.start()])), match.start()


def _within_value(context: Context, written: str) -> Context:
    kind = attribute_kind(context.tag, context.attribute)
    return context._replace(part=advance_part(kind, context.part, written))


def _typed(context: Context, written: str) -> str:
    # NOTE: only the type of a script decides whether its content runs
    if context.tag == "script" and context.attribute == "type":
        return "script" if _JAVASCRIPT.fullmatch(written) else "script:data"
    return context.tag


def _comment(context: Context, text: str, position: int) -> _Step:
    end = text.find("-->", position)
    return (context, len(text)) if end < 0 else (TEXT, end + 3)


def _declaration(context: Context, text: str, position: int) -> _Step:
    end = text.find(">", position)
    return (context, len(text)) if end < 0 else (TEXT, end + 1)


def _raw(context: Context, text: str, position: int) -> _Step:
    end = _END_OF_CONTENT[context.tag].search(text, position)
    written = text[position : end.start() if end else len(text)]
    if end:
        return Context(State.TAG_NAME, f"/{end[0][2:].lower()}"), end.end()
    if context.part is Part.NONE:
        return context, len(text)
    kind = Kind.STYLE if context.state is State.STYLE else Kind.SCRIPT
    return context._replace(part=advance_part(kind, context.part, written)), len(text)


def _unknown(context: Context, text: str, _position: int) -> _Step:
    return context, len(text)


_STEPS: dict[State, Callable[[Context, str, int], _Step]] = {
    State.TEXT: _text,
    State.TAG_NAME: _tag_name,
    State.TAG: _tag,
    State.ATTRIBUTE_NAME: _attribute_name,
    State.AFTER_NAME: _after_name,
    State.BEFORE_VALUE: _before_value,
    State.DOUBLE_QUOTED: _quoted,
    State.SINGLE_QUOTED: _quoted,
    State.UNQUOTED: _unquoted,
    State.COMMENT: _comment,
    State.DECLARATION: _declaration,
    State.RCDATA: _raw,
    State.RAW_TEXT: _raw,
    State.SCRIPT: _raw,
    State.SCRIPT_DATA: _raw,
    State.STYLE: _raw,
    State.UNKNOWN: _unknown,
}
