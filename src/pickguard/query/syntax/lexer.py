"""Text to tokens, with one compiled regular expression made of the grammar's `t_` rules."""

import re
from functools import cache

from pickguard.query.syntax import grammar
from pickguard.query.syntax.errors import Fix, Problem, QueryError
from pickguard.query.syntax.nodes import Token

_RULES = {name[2:]: rule for name, rule in vars(grammar).items() if name.startswith("t_")}
_OTHERS = [name for name in _RULES if name not in ("NAME", "OP", "STRING", "PHRASE")]
_NAMES, _SIGNS, _TEXTS = (f"({_RULES[name]})" for name in ("NAME", "OP", "STRING"))
# A name, a sign and a value mostly stand together: one match finds all three. Rules that are
# seldom asked for share a group, because every match pays for every group.
_PATTERN = re.compile(
    rf"\s*(?:{_NAMES}(?:\s*{_SIGNS}\s*(?:{_TEXTS}|([0-9]+)(?![\w./:-])))?|{_SIGNS}|{_TEXTS}"
    rf"|({'|'.join(map(_RULES.__getitem__, _OTHERS))})|([\"'`].*|\w+|&&|\|\||\S))",
    re.DOTALL,
)
_NAME, _SIGN, _TEXT, _NUMBER, _OP, _STRING, _OTHER, _STRAY = range(1, 9)
# kind and form of each of the others, in their order
_FORMS = [
    ("VALUE", grammar.VALUE_FORMS[name]) if name in grammar.VALUE_FORMS else (name, name)
    for name in _OTHERS
]
_PUNCTUATION = {
    _RULES[name].replace("\\", ""): (name, name)
    for name in ("LPAREN", "RPAREN", "LBRACKET", "RBRACKET", "COMMA", "RANGE", "MINUS")
}
_scan = _PATTERN.finditer
_phrase = re.compile(grammar.t_PHRASE).match
_PHRASE_STARTS = ("is", "not", "order", "limit", "count", "this", "last", "next")
# words that are more than a name: their kind and form; None where the words behind them decide
_WORDS = {
    word: (kind, "boolean" if kind == "VALUE" else kind) for word, kind in grammar.KEYWORDS.items()
}
_RESERVED = _WORDS | dict.fromkeys(_PHRASE_STARTS)
_LONGEST_WORD = max(map(len, _RESERVED))
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.)|\Z)", re.DOTALL)
# how other languages write the words
_MEANT = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"} | {c: c for c in "\"'\\/"}


def tokenize(text: str) -> tuple[list[str], list[Token]]:
    """Return the kinds of the tokens and the tokens, both ending with the end mark.

    Raises QueryError with every place that is no token.
    """
    kinds: list[str] = []
    tokens: list[Token] = []
    problems: list[Problem] = []
    reserved, behind = _RESERVED, 0
    for match in _scan(text, 0, len(text.rstrip())):
        index: int = match.lastindex  # type: ignore[assignment]  # one group always matches
        if index > _NUMBER:
            begin, end = match.span(index)
            if index == _STRAY:
                problems.append(_stray(text, text[begin:end], begin))
                continue
            kind, token = _other(text, begin, end, index, problems)
            kinds.append(kind)
            tokens.append(token)
            continue
        begin, end = match.span(_NAME)
        if begin >= behind:
            word = text[begin:end]
            if end - begin <= _LONGEST_WORD and (lowered := word.lower()) in reserved:
                kind, form, word, behind = _reserved(text, begin, end, lowered)
                kinds.append(kind)
                tokens.append((form, word, begin, behind))
            else:
                kinds.append("NAME")
                tokens.append(("NAME", word, begin, end))
        if index == _NAME:
            continue
        begin, end = match.span(_SIGN)
        kinds.append("OP")
        tokens.append(("OP", text[begin:end], begin, end))
        begin, end = match.span(index)
        if index == _TEXT:
            kinds.append("STRING")
            tokens.append(_string(text, begin, end, problems))
        else:
            kinds.append("VALUE")
            tokens.append(("integer", text[begin:end], begin, end))
    if problems:
        raise QueryError.of(*problems, text=text)
    kinds.append("$end")
    tokens.append(("end", "", len(text), len(text)))
    return kinds, tokens


def _other(
    text: str, begin: int, end: int, index: int, problems: list[Problem]
) -> tuple[str, Token]:
    """Return kind and token of what does not begin with a name."""
    if index == _STRING:
        return "STRING", _string(text, begin, end, problems)
    word = text[begin:end]
    if index == _OP:
        return "OP", ("OP", word, begin, end)
    if word.isdigit():
        return "VALUE", ("integer", word, begin, end)
    kind, form = _PUNCTUATION.get(word) or _FORMS[_others().match(text, begin).lastindex - 1]  # type: ignore[union-attr,operator]  # it has matched
    return kind, (form, word, begin, end)


@cache
def _others() -> re.Pattern[str]:
    return re.compile("|".join(f"({_RULES[name]})" for name in _OTHERS))


def _string(text: str, begin: int, end: int, problems: list[Problem]) -> Token:
    """Return the token of a text in quotes."""
    word = text[begin + 1 : end - 1]
    if "\\" in word:
        word = _decoded(word, begin, problems)
    return ("string", word, begin, end)


def _reserved(text: str, begin: int, end: int, lowered: str) -> tuple[str, str, str, int]:
    """Return what a word of the language is: its kind, its form, what of it counts, its end."""
    known = _RESERVED[lowered]
    if known is not None:
        return *known, lowered if known[0] == "VALUE" else text[begin:end], end
    found = _phrase(text, begin)
    if found is None:
        kind = _WORDS.get(lowered, ("NAME", "NAME"))[0]
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
    if word in _MEANT:
        meant, end = _MEANT[word], begin + len(word)
        fix = Fix(f" {meant} ", begin, end)
        return Problem("foreign", begin, end, fixes=(fix,), found=f"“{word}”", suggestion=meant)
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
