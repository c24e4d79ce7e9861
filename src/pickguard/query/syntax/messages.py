"""The catalogue of errors: every message with what to do about it, and their translations.

The translations live in `locale/` beside this file and are read by gettext directly, so they work
without an entry in INSTALLED_APPS. The language is the one Django has active.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import get_language

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = ("de", "fr", "nl")


def N_(text: str) -> str:  # noqa: N802 # gettext's own name for "translate later"
    """Mark a text for translation."""
    return text


# code: (what is wrong, what to do); `{…}` are facts about the place
CATALOGUE: dict[str, tuple[str, str]] = {
    # the text itself
    "too-long": (
        N_("The query has {found} bytes; at most {limit} are allowed."),
        N_("Ask for less at once."),
    ),
    "character": (N_("{found} is not part of the language."), N_("Put text in quotes.")),
    "control-character": (
        N_("The query holds a character that can't be searched for: {found}."),
        N_("Remove it."),
    ),
    "open-string": (N_("This text has no closing quote."), N_("Put {found} behind it.")),
    "escape": (
        N_("{found} is no escape that a text can hold."),
        N_('Write \\\\ for a backslash, \\" for a quote, \\n for a new line.'),
    ),
    "syntax": (N_("{found} can't stand here."), N_("Possible here: {expected}.")),
    "unfinished": (N_("The query is not finished."), N_("Possible here: {expected}.")),
    "alone": (
        N_("“{found}” is compared with nothing."),
        N_("A text to search for stands in quotes: {suggestion}."),
    ),
    "foreign": (N_("{found} is not part of the language."), N_("Write “{suggestion}”.")),
    "order-word": (N_("“{found}” is no direction."), N_("Write asc or desc.")),
    "shifted-field": (
        N_("A duration can't be added to “{found}”."),
        N_("Only now, today, yesterday and tomorrow can be moved: now - 7d."),
    ),
    # limits
    "too-many-terms": (
        N_("The query has {found} conditions; at most {limit} are allowed."),
        N_("Ask for less at once; many values of one field go into a list: field in (1, 2, 3)."),
    ),
    "too-deep": (
        N_("The query is nested deeper than {limit} levels."),
        N_("Remove parentheses that change nothing."),
    ),
    "too-many-items": (
        N_("The list has {found} values; at most {limit} are allowed."),
        N_("Ask for less at once."),
    ),
    "too-many-keys": (
        N_("The order has {found} names; at most {limit} are allowed."),
        N_("Keep the first ones: the others seldom decide."),
    ),
    "too-many-hops": (
        N_("This goes through {found} relations; at most {limit} are allowed."),
        N_("Start the search nearer to what you look for."),
    ),
    "too-many-scopes": (
        N_("The query has more than {limit} conditions in brackets."),
        N_("Put conditions on the same row into one pair of brackets."),
    ),
    "too-many-crossings": (
        N_("The query looks through relations more than {limit} times."),
        N_("Put conditions on the same row into one pair of brackets."),
    ),
    "visited-twice": (
        N_("“{found}” leads back to where the query has been."),
        N_("Ask for that row's own fields directly."),
    ),
    "too-many-digits": (N_("The number has more than {limit} digits."), N_("Write a shorter one.")),
    "too-costly": (
        N_("The database expects this query to cost {found}; at most {limit} is allowed."),
        N_("Narrow it down with more conditions."),
    ),
    "too-many-found": (
        N_("The pattern finds more than {limit} rows."),
        N_("Narrow it down with more conditions."),
    ),
    # names
    "unknown-name": (N_("There is no field “{found}” here."), N_("Did you mean {suggestion}?")),
    "unquoted": (
        N_("There is no field “{found}” here."),
        N_("Text stands in quotes: {suggestion}."),
    ),
    "unknown-word": (N_("“{found}” can't stand before a field."), N_("Did you mean {suggestion}?")),
    "not-a-relation": (N_("“{found}” has no fields of its own."), N_("End the name there.")),
    "not-a-field": (
        N_("“{found}” stands for other rows, not for a value."),
        N_("Name one of its fields, for example {suggestion}."),
    ),
    "no-rows": (
        N_("“{found}” is a value: it has no rows to look into."),
        N_("Compare it with a value."),
    ),
    "quantifier": (
        N_("“{found}” needs a field or rows that can be there more than once."),
        N_("Leave the word out."),
    ),
    "count": (
        N_("“{found}” can't be counted."),
        N_("Count rows of one relation; others go into brackets: a[count(b) > 1]."),
    ),
    "many-values": (
        N_("“{found}” can have more than one value per row; that can't be used here."),
        N_("Use a field that has one value."),
    ),
    "other-row": (
        N_("“{found}” belongs to another row than what it is compared with."),
        N_("Compare fields of the same row, inside brackets: comments[created > modified]."),
    ),
    "no-order": (N_("The result can't be ordered by “{found}”."), N_("Use another field.")),
    "no-free-text": (
        N_("Text alone can't be searched for here."),
        N_("Say where to look: field ~ {found}."),
    ),
    # operators
    "operator": (N_("{found} can't be used with “{field}”."), N_("Possible: {allowed}.")),
    # values
    "wrong-type": (N_("“{field}” can't be compared with {found}."), N_("Write {expected}.")),
    "no-choice": (N_("“{field}” has no choice {found}."), N_("Possible: {allowed}.")),
    "null": (
        N_("Nothing equals null."),
        N_("Write is null or is not null."),
    ),
    "out-of-range": (
        N_("{found} is out of range for “{field}”."),
        N_("Use a value from {low} to {high}."),
    ),
    "too-precise": (
        N_("{found} has more decimal places than “{field}” can have."),
        N_("Use at most {limit} decimal places."),
    ),
    "bad-date": (N_("{found} is no date."), N_("Write it like 2011-04-21.")),
    "bad-time": (N_("{found} is no time of day."), N_("Write it like 14:30 or 14:30:15.")),
    "bad-duration": (N_("{found} is too long a time."), N_("Write it like 7d, 36h or 1d12h.")),
    "ambiguous-date": (
        N_("{found} can be read as two dates."),
        N_("Write {first} or {second}."),
    ),
    "bad-uuid": (N_("{found} is no UUID."), N_("It has 32 hexadecimal digits.")),
    "bad-address": (N_("{found} is no IP address."), N_("Write it like 192.0.2.1 or 2001:db8::1.")),
    "bad-pattern": (
        N_("This pattern is not accepted."),
        N_("At most {limit} characters, no references back, nothing repeated in a repetition."),
    ),
    "empty-range": (N_("The range is empty: its start lies behind its end."), N_("Swap the two.")),
    "other-kind": (
        N_("“{field}” and “{found}” can't be compared with each other."),
        N_("Compare two fields that hold the same kind of value."),
    ),
    "limit": (
        N_("The number behind limit must be from 1 to {limit}."),
        N_("Write for example limit 50."),
    ),
}

# words that messages are put together from
PHRASES = {
    "condition": N_("a condition"),
    "value": N_("a value"),
    "name": N_("a name"),
    "operator": N_("an operator such as = or ~"),
    "end": N_("the end"),
    "text": N_("a text in quotes"),
    "integer": N_("a whole number"),
    "decimal": N_("a number"),
    "boolean": N_("true or false"),
    "date": N_("a date such as 2011-04-21"),
    "datetime": N_("a date or time such as 2011-04-21 or now - 7d"),
    "time": N_("a time of day such as 14:30"),
    "duration": N_("a length of time such as 7d or 36h"),
    "uuid": N_("a UUID in quotes"),
    "address": N_("an IP address in quotes"),
    "rows": N_("rows"),
    "opaque": N_("nothing but null"),
}
_OR = N_("or")
_WORD = N_("“{word}”")
_PLACE = N_("Line {line}, column {column}: {message}")


@cache
def _translation(language: str) -> "NullTranslations":
    from gettext import translation
    from pathlib import Path

    return translation("query", Path(__file__).parents[1] / "locale", [language], fallback=True)


def translate(text: str) -> str:
    """Return a text of this module in the active language, English where there is none."""
    language = get_language() if settings.configured else None
    if not text or not language or language.startswith("en"):
        return text
    return _translation(language.replace("-", "_").partition("_")[0]).gettext(text)


def phrase(name: str) -> str:
    """Return a phrase in the active language; what is no phrase is a word of the query, quoted."""
    return translate(PHRASES[name]) if name in PHRASES else translate(_WORD).format(word=name)


def alternatives(words: list[str]) -> str:
    """Return `a, b or c` in the active language."""
    if len(words) < 2:  # one word needs no joining
        return "".join(words)
    return f"{', '.join(words[:-1])} {translate(_OR)} {words[-1]}"


def _facts(found: dict[str, Any]) -> dict[str, str]:
    return {
        key: alternatives([phrase(each) for each in value] if key == "expected" else value)
        if isinstance(value, list)
        else str(value)
        for key, value in found.items()
    }


def message(code: str, found: dict[str, Any]) -> str:
    """Return what is wrong, in the active language."""
    return translate(CATALOGUE[code][0]).format(**_facts(found))


def hint(code: str, found: dict[str, Any]) -> str:
    """Return what to do about it; empty where a fact that it needs is not known."""
    facts = _facts(found)
    text = translate(CATALOGUE[code][1])
    if any(f"{{{key}}}" in text and not facts.get(key) for key in ("suggestion", "expected")):
        return ""
    return text.format(**facts)


def place(line: int, column: int, text: str) -> str:
    """Return a message with where it belongs, in the active language."""
    return translate(_PLACE).format(line=line, column=column, message=text)
