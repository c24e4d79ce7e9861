r"""Text on a terminal: how wide it is, and how to keep what was read from files harmless.

>>> printable("a\x1b[2Jb")
'a\\x1b[2Jb'
>>> width("日本")
4
"""

import unicodedata

_ODD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_FLAT = frozenset({"Mn", "Me"})
_BYTE, _WORD = 0x100, 0x10000


def printable(text: str) -> str:
    """Return the text with every character spelt out that could steer a terminal.

    That is control characters, escape sequences, text direction overrides, invisible and
    undecodable characters, and line ends.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def width(text: str) -> int:
    """Return how many columns a printable text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def crop(text: str, columns: int, mark: str = "…") -> str:
    """Return the text, cut at the end to fit into so many columns; `mark` shows the cut."""
    if width(text) <= columns:
        return text
    kept, taken = [], width(mark)
    for character in text:
        taken += _columns(character)
        if taken > columns:
            break
        kept.append(character)
    return "".join(kept) + mark


def pad(text: str, columns: int) -> str:
    """Return the text with blanks at the end, so that it takes at least so many columns."""
    return text + " " * max(columns - width(text), 0)


def wrap(text: str, columns: int) -> list[str]:
    """Return the printable text in lines of so many columns, broken at blanks where possible."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split(" "):
        joined = f"{line} {word}" if line else word
        if line and width(joined) > columns:
            lines.append(line)
            line = word
        else:
            line = joined
    lines.append(line)
    return lines


def many(count: int, noun: str) -> str:
    """Return "1 file" or "2,000 files"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _ODD:
        return character
    code = ord(character)
    if character == "\n":
        return "\\n"
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WORD else f"\\U{code:08x}"


def _columns(character: str) -> int:
    if unicodedata.category(character) in _FLAT:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
