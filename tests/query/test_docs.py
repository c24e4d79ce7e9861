"""The documentation of the language says what is so."""

import ast
import importlib
import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db.models import Q
from tests.query.app.models import Ticket
from tests.query.schemas import TicketSchema

from pickguard.query import Limits, Schema
from pickguard.query.syntax import generate

DOCS = Path(__file__).parents[2] / "docs" / "query"
pytestmark = pytest.mark.django_db


def blocks(name, language):
    text = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


QUERIES = [line for block in blocks("searching.md", "text") for line in block.splitlines()]


class Documented(TicketSchema):
    date_order = "dmy"


@pytest.mark.parametrize("text", QUERIES)
def test_every_query_of_the_guide_works(text):
    assert Documented().compile(text).filter(Ticket.objects.all()).count() == 0


@pytest.mark.parametrize("code", blocks("developing.md", "python"))
def test_the_code_of_the_guide_is_python_and_names_what_exists(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pickguard"):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)


def test_every_option_of_a_schema_and_every_limit_is_documented():
    text = (DOCS / "developing.md").read_text(encoding="utf-8")
    text += f"{Schema.__doc__} {Limits.__doc__}"
    for name in (*Schema.__annotations__, *Limits.__annotations__):
        assert name.startswith("_") or name in text


def test_the_page_of_the_grammar_is_made_from_the_tables():
    parser, _ = generate.build()
    assert (DOCS / "grammar.md").read_text(encoding="utf-8") == generate.page(parser)


@pytest.mark.parametrize("alias", ["default"], indirect=True)
def test_the_naive_compilation_is_as_wrong_as_the_page_says(desk):
    """Were Django to change, the page would have to."""
    naive = Q(groups__name="XXX") & ~Q(groups__name="YYY")
    swapped = ~Q(groups__name="YYY") & Q(groups__name="XXX")
    ours = TicketSchema().compile('groups.name = "XXX" and not groups.name = "YYY"').q
    assert "xy" in desk.filter(naive).values_list("name", flat=True)
    assert "xy" not in desk.filter(swapped).values_list("name", flat=True)
    assert sorted(desk.filter(ours).values_list("name", flat=True)) == ["x", "xz"]
    either = desk.filter(Q(groups__name="XXX") | Q(groups__name="Z"))
    assert list(either.values_list("name", flat=True)).count("xz") == 2


def test_the_commands_of_the_guide_exist():
    assert {"migrate", "check"} <= get_commands().keys()
