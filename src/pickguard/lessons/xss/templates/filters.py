"""What a chain of filters does to a value: escapes it, marks it as safe, or makes it harmless.

Source: Django's built-in template tags and filters, and Jinja2's; `is_safe` as registered there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pickguard.site.templates import Library
from pickguard.source.templates.record import Filter

SAFE = frozenset({"safe", "safeseq"})
ESCAPING = frozenset({"escape", "force_escape", "escapeseq", "e", "forceescape"})
# these escape what is not marked as safe yet, and mark the result
_ESCAPING_WHAT_IS_NOT = frozenset(
    ("linebreaks", "linebreaksbr", "urlize", "urlizetrunc", "linenumbers", "unordered_list")
)
_OF_PLAIN_TEXT = frozenset({"linebreaks", "linebreaksbr", "urlize", "urlizetrunc", "linenumbers"})
# numbers, dates, words of the template's author, letters and hyphens
HARMLESS = frozenset(
    (
        *("length", "length_is", "floatformat", "date", "time", "timesince", "timeuntil", "count"),
        *("pluralize", "yesno", "divisibleby", "filesizeformat", "wordcount", "get_digit", "int"),
        *("slugify", "intcomma", "naturaltime", "naturalday", "intword", "ordinal", "float"),
        *(
            "apnumber",
            "round",
            "abs",
            "sum",
            "json_script",
            "tojson",
            "phone2numeric",
            "localtime",
        ),
        *("static", "flatatt", "crispy", "as_crispy_field", "as_crispy_form", "bootstrap"),
    )
)
_NOT_TEXT = ("d", "i", "f", "x", "e", "02d", "03d", ".1f", ".2f", "s/d")
# of a custom filter whose name says that it makes markup clean
_CLEANING_WORDS = ("sanit", "bleach", "clean", "escape", "nh3", "markdown", "strip_tags", "json")
# what keeps the mark of a safe value; other built-in filters drop it
_DROPS_MARK = frozenset(
    {"upper", "cut", "urlencode", "iriencode", "stringformat", "ljust", "rjust"}
)


class Outcome(NamedTuple):
    """What comes out of a chain of filters.

    Attributes:
        raw: it goes out as it is, because a filter marks it as safe or escaping is off.
        cleaned: something has escaped it, or has made it harmless.
        by: the filter that marks it, None where escaping is switched off.
    """

    raw: bool
    cleaned: bool
    by: Filter | None


def outcome(filters: Sequence[Filter], library: Library, *, autoescape: bool) -> Outcome:
    """Return what a chain of filters makes of a value that is not safe."""
    marked: Filter | None = None
    cleaned = False
    for item in filters:
        if item.name in SAFE:
            marked = item
        elif item.name in ESCAPING or is_harmless(item):
            cleaned = True
        elif item.name in _ESCAPING_WHAT_IS_NOT:
            cleaned = cleaned or (marked is None and autoescape)
        elif any(word in item.name for word in _CLEANING_WORDS):
            cleaned = True
        elif item.name in _DROPS_MARK or _drops_mark(item, library):
            marked = None
    return Outcome((marked is not None or not autoescape) and not cleaned, cleaned, marked)


def takes_plain_text(item: Filter, library: Library) -> bool:
    """Tell whether a filter makes markup of plain text: it is of no use for a value that is markup."""
    facts = library.filters.get(item.name)
    return item.name in _OF_PLAIN_TEXT or (facts is not None and facts.needs_autoescape)


def is_harmless(item: Filter) -> bool:
    """Tell whether a filter's result holds no text of anybody's choice."""
    if item.name == "stringformat" and item.arguments:
        return getattr(item.arguments[0].value, "value", "") in _NOT_TEXT
    return item.name in HARMLESS


def _drops_mark(item: Filter, library: Library) -> bool:
    facts = library.filters.get(item.name)
    return facts is not None and facts.returns_safe is False and not facts.is_safe
