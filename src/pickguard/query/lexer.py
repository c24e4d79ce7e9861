"""Text to tokens, with one compiled regular expression made of the grammar's `t_` rules."""

import re

from pickguard.query import grammar
from pickguard.query.errors import Fix, Problem, QueryError
from pickguard.query.nodes import Token

_ORDER = [name[2:] for name in vars(grammar) if name.startswith("t_") and name != "t_PHRASE"]
_PATTERN = re.compile(
    r"\s*(?:"
    + "|".join(f"({getattr(grammar, 't_' + name)})" for name in _ORDER)
    + r"|(\Z)|([\"'`].*|\w+|.))",
    re.DOTALL,
)
# what each group of the pattern is: its kind for the parser, and its form
_GROUPS = [("", ""), *((n, n) for n in _ORDER)]
for _index, (_kind, _form) in enumerate(_GROUPS):
    if _form in grammar.VALUE_FORMS:
        _GROUPS[_index] = ("VALUE", grammar.VALUE_FORMS[_form])
_NAME, _STRING, _END = _ORDER.index("NAME") + 1, _ORDER.index("STRING") + 1, len(_GROUPS)
_scan = _PATTERN.finditer
_phrase = re.compile(grammar.t_PHRASE).match
_PHRASE_STARTS = ("is", "not", "order", "limit", "count", "this", "last", "next")
# words that are more than a name, and what they are alone
_WORDS = dict.fromkeys(_PHRASE_STARTS, "NAME") | grammar.KEYWORDS
_LONGEST_WORD = max(map(len, _WORDS))
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.)|\Z)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"} | {c: c for c in "\"'\\/"}


def tokenize(text: str) -> tuple[list[str], list[Token]]:
    """Return the kinds of the tokens and the tokens, both ending with the end mark.

    Raises QueryError with every place that is no token.
    """
    kinds: list[str] = []
    tokens: list[Token] = []
    problems: list[Problem] = []
    words, behind = _WORDS, 0
    for match in _scan(text):
        index = match.lastindex or 0
        begin, end = match.span(index)
        if index == _NAME:
            if begin < behind:
                continue
            kind = form = "NAME"
            word = text[begin:end]
            if end - begin <= _LONGEST_WORD and (lowered := word.lower()) in words:
                kind, form, word, end = _reserved(text, begin, end, lowered)
                behind = end
            kinds.append(kind)
            tokens.append((form, word, begin, end))
        elif index == _STRING:
            word = text[begin + 1 : end - 1]
            if "\\" in word:
                word = _decoded(word, begin, problems)
            kinds.append("STRING")
            tokens.append(("string", word, begin, end))
        elif index < _END:
            kind, form = _GROUPS[index]
            kinds.append(kind)
            tokens.append((form, text[begin:end], begin, end))
        else:
            if index == _END:
                kinds.append("$end")
                tokens.append(("end", "", end, end))
                break
            problems.append(_stray(text, text[begin:end], begin))
    if problems:
        raise QueryError.of(*problems, text=text)
    return kinds, tokens


def _reserved(text: str, begin: int, end: int, lowered: str) -> tuple[str, str, str, int]:
    """Return what a word of the language is: its kind, its form, what of it counts, its end."""
    found = _phrase(text, begin)
    if found is None:
        kind = _WORDS[lowered]
        if kind == "VALUE":
            return kind, "boolean", lowered, end
        return kind, kind, text[begin:end], end
    words = found[0].lower().split()
    match words[0]:
        case "is":
            kind, word = "IS", " ".join(words[1:])
        case "not":
            kind, word = "NOT_IN", "not in"
        case "order":
            kind, word = "ORDER_BY", "order by"
        case "limit" | "count":
            kind, word = words[0].upper(), words[0]
        case _:
            kind, word = "PERIOD", " ".join(words)
    return kind, kind, word, found.end()


def _stray(text: str, word: str, begin: int) -> Problem:
    """Return the problem of text that is no token; an open quote takes all that follows."""
    if word[0] in "\"'`":
        fix = Fix(word[0], len(text), len(text))
        return Problem("open-string", begin, len(text), found=word[0], fixes=(fix,))
    shown = word if word.isprintable() else f"U+{ord(word[0]):04X}"
    return Problem("character", begin, begin + len(word), found=f"“{shown[:40]}”")


def _decoded(word: str, begin: int, problems: list[Problem]) -> str:
    """Return the inside of a string with its escapes resolved."""

    def replace(match: re.Match[str]) -> str:
        code, character = match[1], match[2]
        if code is not None and not (code == "0000" or "d800" <= code.lower() <= "dfff"):
            return chr(int(code, 16))
        if code is None and character in _ESCAPES:
            return _ESCAPES[character]
        start = begin + 1 + match.start()
        problems.append(Problem("escape", start, start + len(match[0]), found=match[0]))
        return ""

    return _ESCAPE.sub(replace, word)
