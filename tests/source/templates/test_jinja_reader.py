"""A Jinja2 template becomes the same kind of tree."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.source.templates.cutting import cut, every_struct

from pickguard.base.spans import unpack
from pickguard.source.templates import Engine, TemplateRecord
from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template


def read(text):
    return read_template(text.encode(), engine=r.Engine.JINJA2)


def only(text):
    record = read(text)
    assert record.problems == ()
    assert len(record.nodes) == 1
    return record.nodes[0]


def test_an_output_with_filters():
    """Filters with arguments, at their places."""
    text = "<p>\n  {{- user['name'].x|default('y', boolean=true)|e }}</p>"
    record = read(text)
    output = record.nodes[1]
    assert cut(text, output.span) == "{{- user['name'].x|default('y', boolean=true)|e }}"
    filtered = output.expression
    assert filtered.head.path == ("user", "name", "x")
    assert cut(text, filtered.head.span) == "user['name'].x"
    assert [cut(text, item.span) for item in filtered.filters] == [
        "default('y', boolean=true)",
        "e",
    ]
    assert [item.name for item in filtered.filters[0].arguments] == ["", "boolean"]


def test_expressions():
    """Calls and operators are a small tree."""
    text = "{{ f(a, b=1) ~ (c if d else 'e') }}"
    operation = only(text).expression
    assert operation.operator == "~"
    call, choice = operation.operands
    assert cut(text, call.span) == "f(a, b=1)"
    assert call.callee.path == ("f",)
    assert choice.operator == "if"


def test_statements():
    """Jinja2's statements become the nodes that Django's tags become."""
    text = (
        "{% extends 'base.html' %}{% import 'm.html' as m %}{% from 'f.html' import a, b as c %}"
        "{% block body scoped %}{% if x is defined %}{{ x }}{% elif y %}1{% else %}2{% endif %}"
        "{% for k, v in z.items() %}{{ v }}{% else %}none{% endfor %}"
        "{% include 'i.html' without context %}{% set q = 1 %}{% set w %}{{ v }}{% endset %}"
        "{% with a = 1 %}{% endwith %}{% filter upper %}{% endfilter %}"
        "{% macro n(p, o=1) %}{{ p }}{% endmacro %}{% call n(1) %}{% endcall %}"
        "{% autoescape false %}{{ v }}{% endautoescape %}{% trans %}t {{ v }}{% endtrans %}"
        "{% endblock %}"
    )
    record = read(text)
    assert record.problems == ()
    extends, imported, names, block = record.nodes
    assert extends.template.value == "base.html"
    assert imported.alias == "m"
    assert names.names == (("a", "a"), ("b", "c"))
    assert [type(node) for node in block.body] == [
        *(r.If, r.For, r.Include, r.Set, r.Set, r.With, r.FilterBlock),
        *(r.Macro, r.CallBlock, r.Autoescape, r.BlockTranslate),
    ]
    assert [branch.condition is None for branch in block.body[0].branches] == [False, False, True]
    assert block.body[1].targets == ("k", "v")
    assert block.body[2].context is False
    assert block.body[7].parameters == ("p", "o")
    assert block.body[9].on is False
    for node in block.body:
        assert cut(text, node.span).startswith("{%")
        assert cut(text, node.span).endswith("%}")


def test_csrf_tokens():
    """The spellings in use for the token's field."""
    for written in ("{{ csrf_input }}", "{{ csrf_input() }}", "{% csrf_token %}"):
        assert isinstance(only(written), r.CsrfToken)


def test_unknown_tags_are_kept_by_name():
    """A tag of an extension that is not here does not make the file unreadable."""
    record = read("{% cache 500, 'x' %}{{ a }}{% endcache %}")
    assert record.problems == ()
    assert [type(node) for node in record.nodes] == [r.Tag, r.Output, r.Tag]
    assert record.nodes[0].name == "cache"


def test_what_is_no_jinja_is_read_as_django_and_reported():
    """The reader falls back, and says where Jinja2 stopped."""
    text = "a\n{{ b|date:'Y' }}"
    record = read(text)
    assert record.engine is r.Engine.JINJA2
    assert record.problems[0].message
    assert unpack(record.problems[0].span).line == 2
    assert isinstance(record.nodes[1], r.Output)


def test_a_carriage_return_alone_is_a_newline():
    """As it is to Jinja2, which would else name tokens that are not in the text."""
    record = read("<p>\r{{ a }}\r{% if b %}x{% endif %}")
    assert (record.lines, record.problems) == (3, ())
    assert [type(node).__name__ for node in record.nodes] == ["Text", "Output", "Text", "If"]


def test_windows_newlines_and_forms():
    """Lines are counted as they are, and markup is read as in Django's templates."""
    text = "a\r\n<form method='post'>{{ csrf_input }}\r\n</form>{{ b }}"
    record = read(text)
    assert unpack(record.nodes[-1].span).line == 3
    assert record.forms[0].attribute("method").value == "post"
    assert record.forms[0].end


PIECES = st.sampled_from(
    [
        *("text\n", "é<b>", "{{ a }}", "{{- b.c|e -}}", "{{ f(x)[1]|d('é') }}", "{# no #}"),
        *("{% if a %}", "{% endif %}", "{% for x in b.c() %}", "{% endfor %}", "  ", "{% raw %}"),
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_text_at_each_span_is_what_the_node_says(text):
    """Spans are exact for whole tags, names and filters."""
    record = read(text)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=TemplateRecord) == record
    if record.problems:
        return
    for node in every_struct(record.nodes):
        written = cut(text, node.span)
        match node:
            case r.Text():
                assert written == node.text
            case r.Output():
                assert written.startswith("{{")
                assert written.endswith("}}")
            case r.Variable():
                assert written.startswith(node.path[0])
                assert written.rstrip("])'").endswith(node.path[-1])
            case r.Filter():
                assert written.split("(")[0] == node.name


@given(
    st.lists(PIECES | st.text(st.characters(codec="utf-8", exclude_characters="\0"))).map("".join)
)
def test_any_text_is_read_to_its_end(text):
    """Whatever stands in it: other newlines, half a tag, letters of any script."""
    assert read(text).lines >= 1


@pytest.mark.parametrize(
    ("text", "engine", "is_readable"),
    [
        ("<p>{{ note.title() }}</p>{% if note.tags() %}x{% endif %}", Engine.JINJA2, True),
        ("<p>{{ macros.share(site = 'a', icon = True) }}</p>", Engine.JINJA2, True),
        ("{% load i18n %}<p>{{ note.title() }}</p>", Engine.DJANGO, False),
        ("<p>{{ note.title }}</p>{% if note.tags() %}x{% endif %}", Engine.DJANGO, False),
        ("<p>{{ note.title(</p>", Engine.DJANGO, True),
    ],
)
def test_outputs_that_call_something_are_no_django(text, engine, is_readable):
    """Neither its path nor a tag tells the language; one that only Jinja2 can read is in Jinja2."""
    record = read_template(text.encode(), "templates/note.html")
    assert record.engine is engine
    assert (record.problems == ()) is is_readable
