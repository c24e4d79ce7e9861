"""Templates that stand as texts in Python code: where their parts are."""

import ast

import pytest

from pickguard.base.spans import Span, pack, unpack
from pickguard.source.templates.in_code import (
    file_of,
    is_written,
    makes_page,
    read_written,
    written_path,
)
from pickguard.source.templates.record import Output


def _literal(module: str) -> tuple[str, Span]:
    """Return the first text of a module, and where it stands."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            ends = (node.end_lineno or 0, (node.end_col_offset or 0) + 1)
            return node.value, Span(node.lineno, node.col_offset + 1, *ends)
    raise LookupError(module)


def _outputs(module: str) -> list[Span]:
    """Return where the literal of a module prints something."""
    text, span = _literal(module)
    record = read_written(text, pack(span))
    return [unpack(node.span) for node in record.nodes if isinstance(node, Output)]


def _shown(module: str) -> list[str]:
    lines = module.encode().splitlines()
    parts = (lines[s.line - 1][s.column - 1 : s.end_column - 1] for s in _outputs(module))
    return [part.decode() for part in parts]


@pytest.mark.parametrize(
    "module",
    [
        'x = "<b>{{ name }}</b>"',
        "made = Template(r'<b>{{ name }}</b>')",
        'def f():\n    return """<b>{{ name }}</b>"""',
        'x = "<b>Größe: {{ name }}</b>"',
        'PAGE = """<p>ä</p>\n  <b>Größe: {{ name }}</b>\n"""',
        'PAGE = """<p>a</p>\n  <b>{{ name }}</b>\n"""',
        'PAGE = """\n<p>a</p>\n  <b>{{ name }}</b>\n"""',
        'PAGE = """\\\n<p>a</p>\n  <b>{{ name }}</b>\n"""',
    ],
)
def test_a_part_of_a_template_is_shown_where_it_stands_in_the_module(module: str) -> None:
    assert _shown(module) == ["{{ name }}"]


@pytest.mark.parametrize(
    "module",
    [
        'x = "<b title=\\"a\\">{{ name }}</b>"',
        'x = ("<b>"\n     "{{ name }}</b>")',
    ],
)
def test_where_the_source_hides_it_the_whole_literal_is_shown(module: str) -> None:
    assert _outputs(module) == [_literal(module)[1]]


def test_the_path_of_such_a_template_names_its_module_and_line() -> None:
    path = written_path("shop/tables.py", pack(Span(12, 5, 14, 4)))
    assert path == "shop/tables.py:12:5.html"
    assert is_written(path)
    assert file_of(path) == "shop/tables.py"


@pytest.mark.parametrize("path", ["shop/templates/item.html", "a.py/b.html", "odd.py:12.html"])
def test_other_paths_are_left_as_they_are(path: str) -> None:
    assert not is_written(path)
    assert file_of(path) == path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>{{ name }}</b>", True),
        ("{% if a %}<br>{% endif %}", True),
        ("<b>{name}</b>", False),
        ("Dear {{ name }}, 3 < 4", False),
    ],
)
def test_a_text_is_a_template_of_markup_by_its_marks(text: str, *, expected: bool) -> None:
    assert makes_page(text) is expected
