"""What a template gives a name for a while is read as what it is."""

import pytest

from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template
from pickguard.source.templates.record import Engine


def _shown(source: str, engine: Engine = Engine.DJANGO) -> list[str]:
    """Return what a template prints, path and filters, in order."""
    nodes = read_template(source.encode(), engine=engine).every
    return [_said(node.expression) for node in nodes if isinstance(node, r.Output)]


def _said(value: r.Expression) -> str:
    match value:
        case r.Filtered(head=head, filters=filters):
            return "|".join([_said(head), *(one.name for one in filters)])
        case r.Variable(path=path):
            return ".".join(path)
        case r.Literal(value=said):
            return repr(said)
    return type(value).__name__


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% with a=note.title %}{{ a }}{% endwith %}", ["note.title"]),
        ("{% with note.title as a %}{{ a|safe }}{% endwith %}", ["note.title|safe"]),
        ("{% with a=note %}{{ a.title }}{% endwith %}", ["note.title"]),
        ("{% with a='x' %}{{ a }}{{ a.b }}{% endwith %}", ["'x'", "a.b"]),
        ("{% with a=note.title|upper %}{{ a|safe }}{% endwith %}", ["note.title|upper|safe"]),
        ("{% with a=b %}{% with c=a.d %}{{ c }}{% endwith %}{% endwith %}", ["b.d"]),
        ("{% for n in notes %}{% with a=n.b %}{{ a }}{% endwith %}{% endfor %}", ["n.b"]),
        (
            "{% with a=b %}{% if a %}{{ a }}{% else %}{{ a|f }}{% endif %}{% endwith %}",
            ["b", "b|f"],
        ),
        ("{% with a=b %}{% block c %}{{ a }}{% endblock %}{% endwith %}", ["b"]),
        ("{% with a=b %}{% endwith %}{{ a }}", ["a"]),
        ("{% with a=n.b %}{% for n in m %}{{ a }}{{ n }}{% endfor %}{% endwith %}", ["a", "n"]),
        ("{% with a=b %}{% for a in m %}{{ a }}{% endfor %}{% endwith %}", ["a"]),
        ("{% with a=b b=c %}{{ a }}{{ b }}{% endwith %}", ["a", "c"]),
        ("{% with a=b %}{% with b=c %}{{ a }}{% endwith %}{% endwith %}", ["a"]),
        ("{% with a=b %}{% url 'x' as a %}{{ a }}{% endwith %}", ["a"]),
        ("{% with a=b|add:c %}{{ a }}{% endwith %}", ["a"]),
    ],
)
def test_a_name_is_what_it_was_given(source, shown):
    assert _shown(source) == shown


def test_so_it_is_in_the_other_language():
    source = "{% with a = note.title %}{{ a }}{% endwith %}"
    assert _shown(source, Engine.JINJA2) == ["note.title"]


@pytest.mark.parametrize(
    ("tag", "handed"),
    [
        ("include 'part.html'", {"a": "note.title", "b": "'x'"}),
        ("include 'part.html' with a=b", {"a": "'x'", "b": "'x'"}),
        ("include 'part.html' with c=a", {"a": "note.title", "b": "'x'", "c": "note.title"}),
        ("include 'part.html' with c=1 only", {"c": "1"}),
    ],
)
def test_what_is_included_is_handed_the_names(tag, handed):
    source = "{% with a=note.title b='x' %}{% " + tag + " %}{% endwith %}"
    nodes = read_template(source.encode(), engine=Engine.DJANGO).every
    (node,) = [node for node in nodes if isinstance(node, r.Include)]
    assert {item.name: _said(item.value) for item in node.assignments} == handed


def test_a_hundred_names_of_each_other_stay_short():
    begin = "".join(f"{{% with a{i + 1}=a{i}|add:a{i} %}}" for i in range(100))
    source = begin + "{{ a100 }}" + "{% endwith %}" * 100
    assert len(repr(read_template(source.encode(), engine=Engine.DJANGO).nodes)) < 200_000
