"""Regular expressions that every database reads alike, and none works on for ever.

Databases differ in what they read beyond this, and answer a pattern that they can't read with an
exception of their own.
"""

import re

from pickguard.query.compiling.values import Refusal
from pickguard.query.syntax.limits import Limits

_ESCAPED = r"\\[dws]|\\[^\w\s]"
_CLASS = rf"\[(?!\^\])\^?(?![:.=])(?:(?!--|&&|~~|\|\|)[^\\\[\]]|{_ESCAPED})+\]"
_ATOM = rf"(?:[^\\\[\](){{}}?*+|^$]|{_ESCAPED}|\\[DWS]|{_CLASS})"
_TIMES = r"(?:[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})"
_ACCEPTED = re.compile(rf"(?:{_ATOM}{_TIMES}?|[\^$|()])*")
_UNBOUNDED = re.compile(rf"{_ATOM}(?:[*+]|\{{[0-9]+,\}})")
_MOST_UNBOUNDED = 2  # what is tried is then at most the square of the text


def check_pattern(text: str, limits: Limits) -> None:
    """Refuse what can take a database or Python very long, or what one of them rejects.

    Accepted: characters, `.`, classes, the escapes d, w and s, `^ $ | ( )`; and after one of the
    first four `* + ?` or a count of two digits, at most two of them without an upper bound.
    Raises Refusal.
    """
    if (
        len(text) > limits.pattern
        or "\n" in text
        or _ACCEPTED.fullmatch(text) is None
        or len(_UNBOUNDED.findall(text)) > _MOST_UNBOUNDED
        or not _compiles(text)
    ):
        raise Refusal("bad-pattern", limit=limits.pattern)


def _compiles(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
