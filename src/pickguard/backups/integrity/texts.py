"""Tells damaged texts: what decoding with the wrong encoding leaves behind; pure.

>>> damage("cafÃ©")
'UTF-8 that was read as another encoding: it should be "café"'
>>> damage("café"), damage("naïve “quoted”")
('', '')
"""

import re

_SUSPECT = re.compile("[\x80-\x84\x86-\x9f\ufffd\ud800-\udfff]")
# a first byte of UTF-8 and one that follows it, as Latin-1 or Windows-1252 shows them
_TWICE = re.compile(
    "[\u00c2-\u00f4][\x80-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]"
)


def damage(text: str) -> str:
    """Return what is wrong with a text, nothing where nothing is."""
    if "\0" in text:
        return "it holds NUL, which forms refuse and PostgreSQL cannot store"
    if text.isascii():
        return ""
    if _TWICE.search(text) and (meant := _meant(text)):
        return f'UTF-8 that was read as another encoding: it should be "{meant[:40]}"'
    found = _SUSPECT.search(text)
    return "" if found is None else _told(found[0])


def is_sound(text: str) -> bool:
    """Tell whether nothing in a text looks like damage; what looks so need not be."""
    if "\0" in text:
        return False
    return text.isascii() or not (_TWICE.search(text) or _SUSPECT.search(text))


def _told(character: str) -> str:
    if character == "\ufffd":
        return "it holds U+FFFD, which stands where bytes could not be decoded"
    if character > "\xff":
        return "it holds half of a surrogate pair, which no encoding can write"
    return "it holds C1 control characters: Windows-1252 that was read as Latin-1"


def _meant(text: str) -> str:
    """Return a text that was encoded twice as it was before; nothing where it was not."""
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return ""


def _byte(character: str) -> bytes:
    """Return the byte that a wrong decoder made a character of; it knows both usual ones."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
