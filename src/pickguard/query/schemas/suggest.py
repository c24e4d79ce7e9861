"""What was probably meant, from the names that this person may use and no others."""

from typing import Any

from pickguard.query.schemas.names import Attribute, Link, Target
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.errors import Fix, Problem
from pickguard.query.syntax.nodes import Path, Reference, name_text, quoted

_LONGEST = 60
_PLACES = 3
# the order in which operators are offered
ALL_OPERATORS = (
    "=", "!=", "<", "<=", ">", ">=", "~", "!~", "^=", "!^=", "$=", "!$=", "=~", "!=~", "in",
    "not in",
)  # fmt: skip


def close(word: str, names: list[str]) -> list[str]:
    """Return the names most like a word, the nearest first."""
    from difflib import get_close_matches

    lowered = {name.casefold(): name for name in names}
    found = get_close_matches(word[:_LONGEST].casefold(), list(lowered), n=_PLACES)
    return [lowered[name] for name in found]


def own_names(schema: Schema) -> list[str]:
    """Return the names that are offered: those that are declared, without other spellings."""
    return [name for name, named in schema.names.items() if named.name == name]


def name(schema: Schema, text: str, path: Path) -> Problem:
    """Return the problem of a path that means nothing: the part that fails, and what is near."""
    done: list[str] = []
    parts = text.split(".")
    for part in parts:
        found = schema.names.get(part)
        if isinstance(found, Attribute) and len(done) + 1 < len(parts):
            fix = _replacement(path, ".".join([*done, part]))
            return Problem("not-a-relation", *_place(path, done, part), found=part, fixes=(fix,))
        if not isinstance(found, Link):
            break
        done.append(part)
        schema = schema.related(found.schema)
    near = close(part, own_names(schema))
    after = parts[len(done) + 1 :]
    fixes = tuple(_replacement(path, ".".join([*done, other, *after])) for other in near)
    return Problem(
        "unknown-name", *_place(path, done, part), fixes=fixes, found=_shown(part), suggestion=near
    )


def unquoted(schema: Schema, node: Reference) -> Problem:
    """Return the problem of a name that stands for a value and means nothing: a text, most often."""
    text = quoted(node.text)
    names = [text, *close(node.text, own_names(schema))]
    fixes = tuple(Fix(each, node.start, node.end) for each in names)
    return Problem(
        "unquoted", node.start, node.end, fixes=fixes, found=_shown(node.text), suggestion=text
    )


def word(schema: Schema, path: Path) -> Problem:
    """Return the problem of a word before a path that means nothing."""
    before = path.word or ""
    links = [each for each in own_names(schema) if isinstance(schema.names[each], Link)]
    near = close(before, [*links, *sorted(schema.words())])
    fixes = [Fix(str(path._replace(word=other)), path.start, path.end) for other in near]
    fixes.append(Fix(str(path._replace(word=None)), path.start, path.end))
    return Problem(
        "unknown-word", path.start, path.start + len(before), fixes=tuple(fixes),
        found=_shown(before), suggestion=near,
    )  # fmt: skip


def field_of(schema: Schema, target: Target, path: Path) -> Problem:
    """Return the problem of a relation that is used like a field."""
    for link in target.links:
        schema = schema.related(link.schema)
    assert isinstance(target.end, Link)  # `Binder.attribute` asks for nothing else
    inner = schema.related(target.end.schema)
    fields = [n for n in own_names(inner) if isinstance(inner.names[n], Attribute)][:_PLACES]
    whole = [f"{path.text}.{each}" for each in fields]
    fixes = tuple(_replacement(path, each) for each in whole)
    return Problem(
        "not-a-field", path.start, path.end, fixes=fixes, found=path.text, suggestion=whole
    )


def operator(node: Any, attribute: Attribute) -> Problem:
    """Return the problem of an operator that a field does not take."""
    allowed = [each for each in ALL_OPERATORS if each in attribute.operators]
    if "null" in attribute.operators:
        allowed.append("is null")
    found = getattr(node, "operator", None) or ("is null" if hasattr(node, "test") else "in")
    return Problem(
        "operator", node.start, node.end, found=found, field=attribute.name, allowed=allowed
    )


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _place(path: Path, done: list[str], part: str) -> tuple[int, int]:
    """Return where a part of a path stands; the whole path where the text is not one to one."""
    if path.end - path.start != len(path.text):
        return path.start, path.end
    start = path.start + sum(len(each) + 1 for each in done)
    return start, start + len(part)


def _replacement(path: Path, text: str) -> Fix:
    quantifier = f"{path.quantifier} " if path.quantifier else ""
    return Fix(quantifier + name_text(text), path.start, path.end)
