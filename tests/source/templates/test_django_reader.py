"""A Django template becomes a tree with exact positions."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.source.templates.cutting import cut, every_struct

from pickguard.source.templates import TemplateRecord
from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template


def read(text):
    return read_template(text.encode(), engine=r.Engine.DJANGO)


def only(text) -> Any:
    record = read(text)
    assert record.problems == ()
    assert len(record.nodes) == 1
    return record.nodes[0]


def path(expression):
    assert isinstance(expression, r.Variable)
    return ".".join(expression.path)


def test_an_output_with_filters():
    """Filters keep their order, their arguments and their places."""
    text = "<p>\n  {{ user.name|default:_('x y')|truncatechars:9|add:other.z }}"
    output = read(text).nodes[1]
    assert cut(text, output.span) == text[6:]
    expression = output.expression
    assert path(expression.head) == "user.name"
    assert [item.name for item in expression.filters] == ["default", "truncatechars", "add"]
    assert [cut(text, item.span) for item in expression.filters] == [
        "default:_('x y')",
        "truncatechars:9",
        "add:other.z",
    ]
    values = [item.arguments[0].value for item in expression.filters]
    assert (values[0].value, values[0].translated) == ("x y", True)
    assert values[1].value == 9
    assert path(values[2]) == "other.z"


@pytest.mark.parametrize(
    ("written", "value"),
    [("'a'", "a"), (r'"a\"b"', 'a"b'), ("12", 12), ("-1.5", -1.5), ("_('t')", "t")],
)
def test_constants(written, value):
    """Constants are read as their value."""
    assert only(f"{{{{ {written} }}}}").expression.value == value


def test_what_cannot_be_read_is_kept_and_reported():
    """An expression that Django would refuse is a problem with its place, and no crash."""
    text = "a\n{{ b | }}{{ }}{{ x y }}"
    record = read(text)
    assert [type(node.expression) for node in record.nodes[1:]] == [r.Opaque] * 3
    assert [problem.message for problem in record.problems] == [
        "cannot read the expression `b |`",
        "cannot read the expression ``",
        "cannot read the expression `x y`",
    ]


def test_if_has_branches():
    """Each way through an `if` is a branch with its condition."""
    node = only("{% if a and not b %}1{% elif c|length > 2 %}2{% else %}3{% endif %}")
    first, second, third = node.branches
    assert first.condition.operator == "and not"
    assert [path(item) for item in first.condition.operands] == ["a", "b"]
    assert second.condition.operator == ">"
    assert third.condition is None
    assert [branch.body[0].text for branch in node.branches] == ["1", "2", "3"]


def test_for_has_targets_and_an_empty_part():
    """The targets are names, `reversed` is none of them."""
    node = only("{% for a, b in c.items|x reversed %}1{% empty %}2{% endfor %}")
    assert node.targets == ("a", "b")
    assert path(node.iterable.head) == "c.items"
    assert node.body[0].text == "1"
    assert node.otherwise[0].text == "2"


@pytest.mark.parametrize("written", ["a=b.c d=1", "b.c as a"])
def test_with_in_both_spellings(written):
    """`name=value` and `value as name` say the same."""
    node = only(f"{{% with {written} %}}x{{% endwith %}}")
    assert node.assignments[0].name == "a"
    assert path(node.assignments[0].value) == "b.c"


def test_include():
    """The name, what is handed on, and whether the context goes along."""
    node = only('{% include "a b.html" with x=y|default:"q r" only %}')
    assert node.template.value == "a b.html"
    assert [item.name for item in node.assignments] == ["x"]
    assert node.context is False
    assert only("{% include name %}").context is True


def test_load():
    """Libraries, and names from a library."""
    assert only("{% load a b.c %}").libraries == ("a", "b.c")
    assert only("{% load x y from z %}") == r.Load(
        only("{% load x y from z %}").span, ("z",), ("x", "y")
    )


def test_small_tags():
    """Tags that rules ask for have nodes of their own."""
    assert isinstance(only("{% csrf_token %}"), r.CsrfToken)
    url = only("{% url 'a:b' x y=z as u %}")
    assert (url.name.value, url.bound) == ("a:b", "u")
    assert [item.name for item in url.arguments] == ["", "y"]
    assert only("{% trans 'a' as b %}").bound == "b"
    assert only("{% translate 'a' %}").message.value == "a"
    assert only("{% extends 'base.html' %}").template.value == "base.html"
    assert only("{% block a %}{% endblock a %}").name == "a"
    assert only("{% autoescape off %}{% endautoescape %}").on is False
    filters = only("{% filter force_escape|cut:' ' %}x{% endfilter %}").filters
    assert [item.name for item in filters] == ["force_escape", "cut"]


def test_blocktranslate():
    """Assignments in every spelling, and the plural as a part of its own."""
    node = only(
        "{% blocktranslate trimmed with a=b count n=c asvar out %}"
        "{{ a }}{% plural %}{{ n }}{% endblocktranslate %}"
    )
    assert [item.name for item in node.assignments] == ["a", "n"]
    assert node.bound == "out"
    assert path(node.plural[0].expression) == "n"


def test_an_unknown_tag_is_a_block_where_its_end_is_there():
    """Block or not is told from the file alone."""
    node = only("{% markdown 'x' %}a{% else %}b{% endmarkdown %}")
    assert node.name == "markdown"
    assert [body[0].text for body in node.bodies] == ["a", "b"]
    nodes = read("{% thing a b=c as d %}{% if x %}{% thing %}{% endif %}").nodes
    assert isinstance(nodes[0], r.Tag)
    assert nodes[0].bound == "d"


def test_an_unknown_tag_without_end_leaves_the_blocks_around_it_alone():
    """Of two tags with one end tag, the nearer one is the block."""
    nodes = read("{% a %}{% if x %}{% a %}1{% enda %}{% else %}2{% endif %}").nodes
    assert isinstance(nodes[0], r.Tag)
    assert len(nodes[1].branches) == 2


def test_verbatim_and_comments():
    """A verbatim block is text, a comment is nothing."""
    record = read(
        "{# {{ a }} #}{% verbatim %}{{ b }}{% endverbatim %}{% comment %}{{ c }}{% endcomment %}"
    )
    assert not any(isinstance(item, r.Output) for item in every_struct(record.nodes))
    assert record.nodes[0].bodies[0][0].text == "{{ b }}"


def test_unclosed_and_stray_tags_are_problems_with_a_place():
    """A template that Django refuses is still read."""
    text = "{% if a %}\n{{ b }}\n{% endfor %}{% block c %}"
    record = read(text)
    assert [(cut(text, item.span), item.message) for item in record.problems] == [
        ("{% if a %}", "`if` is never closed"),
        ("{% endfor %}", "`endfor` closes nothing"),
        ("{% block c %}", "`block` is never closed"),
    ]
    assert any(isinstance(item, r.Output) for item in record.nodes)


NAMES = st.sampled_from(["a", "b.c", "user.name", "x1"])
FILTERS = st.lists(
    st.sampled_from(["safe", "default:'ü'", 'date:"Y m"', "add:b.c", "cut:7"]), max_size=3
)
OUTPUT = st.builds(
    lambda name, filters, pad: "{{" + pad + "|".join([name, *filters]) + pad + "}}",
    NAMES,
    FILTERS,
    st.sampled_from(["", " ", "  "]),
)
LEAF = st.one_of(
    OUTPUT,
    st.sampled_from(
        ["text\n", "é<b>", "\r\n", "{% csrf_token %}", "{# no #}", "{% include 'x' with a=b %}"]
    ),
)
TEMPLATE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        inner.map(lambda body: "{% if a and b.c %}" + body + "{% else %}é{% endif %}"),
        inner.map(lambda body: "{% for x in b.c %}\n" + body + "{% endfor %}"),
        inner.map(lambda body: "{% custom 'a b' %}" + body + "{% endcustom %}"),
    ),
    max_leaves=20,
)


@given(TEMPLATE)
def test_the_text_at_each_span_is_what_the_node_says(text):
    """Spans are exact: cutting them out gives back the written node."""
    record = read(text)
    assert record.problems == ()
    for node in every_struct(record.nodes):
        written = cut(text, node.span)
        match node:
            case r.Text():
                assert written == node.text
            case r.Output():
                assert written.startswith("{{")
                assert written.endswith("}}")
            case r.Variable():
                assert written == ".".join(node.path)
            case r.Literal(value=str()):
                assert written[1:-1] == node.value
            case r.Filter():
                assert written.split(":")[0] == node.name
            case r.Include() | r.If() | r.For() | r.BlockTag() | r.CsrfToken():
                assert written.startswith("{%")
                assert written.endswith("%}")


@given(TEMPLATE)
def test_a_record_survives_its_encoding(text):
    """What the cache gives back equals what was read."""
    record = read(text)
    data = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(data, type=TemplateRecord) == record


@given(st.text(alphabet="{}%#|:\"'_( )\\.ab\n<>=/-", max_size=60))
def test_no_text_crashes_the_reader(text):
    """Any text gives a record."""
    read(text)
    read_template(text.encode(), engine=r.Engine.JINJA2)
