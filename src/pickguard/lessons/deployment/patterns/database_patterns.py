"""Patterns that the database looks for: `Note.objects.filter(text__iregex=request.GET["q"])`.

SQLite has them matched by Python's `re`, in the worker; other databases match much alike, and PostgreSQL and
MySQL answer with an error where the text is no pattern.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import text
from pickguard.source.python import nodes as n

CHOOSING = ("filter", "exclude", "Q", "When")
_LOOKUPS = ("__regex", "__iregex")
# a host has letters, digits, dots, hyphens and colons
HARMLESS = ("escape", "get_host")
# where a site catches what a wrong pattern raises, people are meant to search by patterns
_ANSWERED = frozenset({"error", "PatternError", "DataError", "OperationalError"})


def in_database(code: Code) -> Iterator[Hit]:
    """Yield the lookups by a pattern that comes from the browser."""
    for call in code.calls(*CHOOSING):
        for pattern in _looked_up(call):
            origin = code.origin(pattern, *HARMLESS)
            if origin.is_browser:
                yield Hit(
                    (code.spot(pattern),),
                    "the pattern that the database looks for comes from the browser",
                    Confidence.LOW if code.words & _ANSWERED else Confidence.MEDIUM,
                    code.symbol,
                    gain="one expression such as `(a+)+$` keeps the database, with SQLite the worker, busy for hours",
                    flow=code.flow(origin, call, "is looked for as a pattern"),
                )


def _looked_up(call: n.Call) -> Iterator[n.Expr]:
    """Yield the patterns that a lookup is given by name, or in a dictionary of names."""
    for keyword in call.keywords:
        if keyword.name is not None:
            if keyword.name.endswith(_LOOKUPS):
                yield keyword.value
        elif isinstance(keyword.value, n.Mapping):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if _ends_in_lookup(key):
                    yield value


def _ends_in_lookup(key: n.Expr | None) -> bool:
    """Whether a name of a dictionary is one, also where its field is put into it: `f"{column}__iregex"`."""
    last = key.parts[-1] if isinstance(key, n.Joined) and key.parts else key
    return (text(last) or "").endswith(_LOOKUPS)
