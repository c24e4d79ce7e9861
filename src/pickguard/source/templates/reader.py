"""Reads one template: bytes become a record."""

from __future__ import annotations

from pickguard.source.templates.detect import calls_functions, guess_engine
from pickguard.source.templates.django_lexer import Kind, fold_comments, tokenize
from pickguard.source.templates.django_parser import parse
from pickguard.source.templates.elements import mask, read_markup
from pickguard.source.templates.named_values import under_own_names
from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import Engine, Problem, TemplateRecord
from pickguard.source.templates.shown import shown
from pickguard.source.unreadable import Unreadable


def read_template(data: bytes, path: str = "", engine: Engine | None = None) -> TemplateRecord:
    """Return the record of a template.

    Args:
        data: the file's bytes.
        path: where it stands; only used to guess the engine.
        engine: the language, where it is known.

    Raises:
        Unreadable: the file is not UTF-8, or holds NUL bytes.
    """
    text = _decoded(data)
    if (engine or guess_engine(path, text)) is Engine.JINJA2:
        return read_jinja(text)
    record = read_django(text)
    if engine is None and record.problems and calls_functions(text):
        other = read_jinja(text)
        return record if other.problems else other
    return record


def _decoded(data: bytes) -> str:
    if b"\x00" in data:
        raise Unreadable("holds NUL bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start}") from None


def read_django(text: str, positions: Positions | None = None) -> TemplateRecord:
    """Return the record of a text in Django's template language.

    Args:
        text: the template.
        positions: where its parts stand, if that is not in a file of its own.
    """
    positions = positions or Positions(text)
    tokens = fold_comments(text, tokenize(text))
    tree = parse(text, tokens, positions)
    tags = [(token.start, token.end) for token in tokens if token.kind is not Kind.TEXT]
    markup = shown(tree.nodes, read_markup(text, mask(text, tags), positions))
    nodes = under_own_names(tree.nodes)
    return TemplateRecord(
        Engine.DJANGO, positions.lines, nodes, markup.forms, markup.elements, tree.problems
    )


def read_jinja(text: str) -> TemplateRecord:
    """Return the record of a text in Jinja2's language; one that is not is read as Django's."""
    # NOTE: most projects have no Jinja2 template, and importing it takes a tenth of a second
    from pickguard.source.templates.jinja_reader import parse_jinja

    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Jinja2 itself does
    positions = Positions(text)
    parsed = parse_jinja(text, positions)
    if isinstance(parsed, Problem):
        record = read_django(text)
        return TemplateRecord(
            Engine.JINJA2,
            record.lines,
            record.nodes,
            record.forms,
            record.elements,
            (parsed, *record.problems),
        )
    markup = shown(parsed.nodes, read_markup(text, mask(text, parsed.tags), positions))
    return TemplateRecord(
        Engine.JINJA2,
        positions.lines,
        under_own_names(parsed.nodes),
        markup.forms,
        markup.elements,
    )
