"""Tells damaged texts: what decoding with the wrong encoding leaves behind; pure.

>>> damage("cafÃ©")
'UTF-8 that was read as another encoding: it should be "café"'
>>> damage("café"), damage("naïve “quoted”")
('', '')
"""

_REPLACEMENT = "\ufffd"


def damage(text: str) -> str:
    """Return what is wrong with a text, nothing where nothing is."""
    if "\0" in text:
        return "it holds NUL, which forms refuse and PostgreSQL cannot store"
    if text.isascii():
        return ""
    if _REPLACEMENT in text:
        return "it holds U+FFFD, which stands where bytes could not be decoded"
    if any("\ud800" <= c <= "\udfff" for c in text):
        return "it holds half of a surrogate pair, which no encoding can write"
    meant = _meant(text)
    if meant:
        return f'UTF-8 that was read as another encoding: it should be "{meant[:40]}"'
    if any("\x80" <= c <= "\x9f" and c != "\x85" for c in text):
        return "it holds C1 control characters: Windows-1252 that was read as Latin-1"
    return ""


def _meant(text: str) -> str:
    """Return a text that was encoded twice as it was before; nothing where it was not."""
    try:
        data = b"".join(_byte(c) for c in text)
        return data.decode("utf-8")
    except UnicodeError:
        return ""


def _byte(character: str) -> bytes:
    """Return the byte that a wrong decoder made a character of; it knows both usual ones."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")
