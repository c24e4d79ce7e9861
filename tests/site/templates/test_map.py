"""The map of a site's templates: what prints where, which forms, who draws on whom."""

import pytest

from pickguard.site.templates import Library, TagFacts, TemplateMap
from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import UNKNOWN, State
from pickguard.source.templates.reader import read_template
from pickguard.source.templates.value_context import Part


def site(files, **options) -> TemplateMap:
    return TemplateMap(
        {path: read_template(text.encode(), path) for path, text in files.items()}, **options
    )


def states(templates, path):
    """Return the states that a template's `{{ }}` stand in."""
    return [
        [context.state for context in output.contexts]
        for output in templates.outputs(path)
        if isinstance(output.node, r.Output)
    ]


def token(templates, path):
    (form,) = templates.forms(path)
    return form.token


def test_branches_and_loops():
    """Ways that agree meet, ways that do not are unknown."""
    text = (
        "<p{% if a %} class='{{ a }}'{% endif %}>{{ b }}</p>"
        "{% for x in y %}<li>{{ x }}</li>{% empty %}<li>{% endfor %}{{ c }}"
        "{% if d %}<p a='{% endif %}{{ e }}"
    )
    assert states(site({"a.html": text}), "a.html") == [
        [State.SINGLE_QUOTED],
        [State.TEXT],
        [State.TEXT],
        [State.TEXT],
        [State.UNKNOWN],
    ]


def test_a_loop_that_goes_on_where_it_left_off():
    """The second round starts where the first ends."""
    templates = site({"a.html": '<a href="{% for x in y %}{{ x }}/{% endfor %}">'})
    (output,) = templates.outputs("a.html")
    assert [context.part for context in output.contexts] == [Part.URL_UNKNOWN]


def test_an_include_stands_where_it_is_included():
    """One template in two places stands in both."""
    templates = site(
        {
            "app/templates/page.html": "<p>{% include 'part.html' %}<i a='{% include 'part.html' %}'>",
            "app/templates/part.html": "{{ x }}",
        }
    )
    assert states(templates, "app/templates/part.html") == [[State.TEXT, State.SINGLE_QUOTED]]


def test_an_include_may_change_the_place():
    """What an included file opens is open behind it."""
    templates = site(
        {
            "templates/a.html": "{% include 'open.html' %}{{ x }}{% include 'close.html' %}{{ y }}",
            "templates/open.html": "<script>",
            "templates/close.html": "</script>",
        }
    )
    assert states(templates, "templates/a.html") == [[State.SCRIPT], [State.TEXT]]


def test_files_that_include_each_other():
    """A circle ends."""
    templates = site(
        {
            "templates/a.html": "<p>{% include 'b.html' %}{{ x }}",
            "templates/b.html": "{% include 'a.html' %}",
        }
    )
    assert states(templates, "templates/a.html") == [[State.TEXT]]


def test_blocks_stand_where_the_parent_has_them():
    """Through a chain of templates, over apps."""
    templates = site(
        {
            "one/templates/base.html": "<title>{% block title %}{% endblock %}</title>"
            "<script>{% block js %}{% endblock %}</script><body class='{% block class %}{% endblock %}'>",
            "two/templates/middle.html": "{% extends 'base.html' %}{% block js %}'{% block inner %}{% endblock %}'{% endblock %}",
            "two/templates/page.html": "{% extends 'middle.html' %}{{ lost }}{% block title %}{{ a }}{% endblock %}"
            "{% block inner %}{{ b }}{% endblock %}{% block class %}{{ c }}{% endblock %}",
        }
    )
    assert states(templates, "two/templates/page.html") == [
        [State.RCDATA],
        [State.SCRIPT],
        [State.SINGLE_QUOTED],
    ]
    (inner,) = [
        item for item in templates.outputs("two/templates/page.html") if item.block == "inner"
    ]
    assert inner.contexts[0].part is Part.SINGLE_QUOTED


def test_a_parent_that_is_not_in_the_tree():
    """A block with markup stands in text, of one without nothing is known."""
    text = (
        "{% extends 'admin/base.html' %}{% block a %}<p>{{ x }}</p>{% endblock %}"
        "{% block b %}{{ y }}{% endblock %}"
    )
    templates = site({"templates/a.html": text})
    assert states(templates, "templates/a.html") == [[State.TEXT], [State.UNKNOWN]]
    assert templates.parents("templates/a.html") is None


def test_a_template_that_overrides_the_one_it_extends():
    """A template is never its own parent."""
    templates = site(
        {
            "one/templates/base.html": "<textarea>{% block a %}{% endblock %}",
            "two/templates/base.html": "{% extends 'base.html' %}{% block a %}{{ x }}{% endblock %}",
        }
    )
    assert templates.parents("two/templates/base.html") == ("one/templates/base.html",)
    assert states(templates, "two/templates/base.html") == [[State.RCDATA]]


def test_an_inclusion_tag_renders_its_template():
    """Where the tag stands, its template stands."""
    templates = site(
        {
            "templates/page.html": "<i a='{% badge x %}'>",
            "templates/badge.html": "{{ x }}",
        },
        library=Library(tags={"badge": TagFacts(templates=("badge.html",))}),
    )
    assert states(templates, "templates/badge.html") == [[State.SINGLE_QUOTED]]
    assert templates.reachable("templates/page.html") == {
        "templates/page.html",
        "templates/badge.html",
    }


def test_escaping():
    """Switched by `autoescape`, also for what is included; unknown where the ways differ."""
    templates = site(
        {
            "templates/a.html": "{% autoescape off %}{{ x }}{% include 'b.html' %}{% endautoescape %}{{ y }}",
            "templates/c.html": "{% include 'd.html' %}{% autoescape off %}{% include 'd.html' %}{% endautoescape %}",
            "templates/b.html": "{{ x }}",
            "templates/d.html": "{{ x }}",
        }
    )
    modes = {
        path: [
            item.autoescape for item in templates.outputs(path) if isinstance(item.node, r.Output)
        ]
        for path in templates.records
    }
    assert modes == {
        "templates/a.html": [False, True],
        "templates/b.html": [False],
        "templates/c.html": [],
        "templates/d.html": [None],
    }


def test_variables_of_the_context():
    """What is bound in the template itself is none of them."""
    text = (
        "{% for a in b.c %}{{ a.d|add:e }}{% endfor %}{% with f=g %}{{ f }}{% endwith %}"
        "{% url 'x' h as i %}{{ i }}{% if j and not k %}{% endif %}{% include l with m=n %}"
    )
    templates = site({"a.html": text})
    assert templates.variables("a.html") == set("beghjkln")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("{% csrf_token %}", True),
        ("<input name=a>", False),
        ("{{ form }}", False),
        ("{% include 'token.html' %}", True),
        ("{% include 'plain.html' %}", False),
        ("{% include name %}", None),
        ("{% include 'absent.html' %}", None),
        ("{% block fields %}{% endblock %}", True),
        ("{% block other %}{% endblock %}", False),
        ("{% fields form %}", True),
        ("{% crispy form %}", None),
        ("{% now 'Y' %}", False),
        ("<input type=hidden name=csrfmiddlewaretoken value='{{ csrf_token }}'>", True),
    ],
)
def test_a_token_in_a_form(inside, expected):
    """Seen through includes, blocks and inclusion tags; unknown where nothing can be told."""
    templates = site(
        {
            "templates/a.html": f"{{% csrf_token %}}<form method=post>{inside}</form>{{% csrf_token %}}",
            "templates/token.html": "<p>{% csrf_token %}</p>",
            "templates/plain.html": "<p></p>",
            "templates/child.html": "{% extends 'a.html' %}{% block fields %}{% csrf_token %}{% endblock %}",
        },
        library=Library(tags={"fields": TagFacts(templates=("token.html",))}),
    )
    assert token(templates, "templates/a.html") is expected


def test_a_form_that_is_not_closed_is_not_judged():
    """Its rest may stand in another file."""
    assert token(site({"a.html": "<form method=post>"}), "a.html") is None
    assert token(site({"a.html": "<form method=post>{% csrf_token %}"}), "a.html") is True


def test_edges_say_what_is_not_known():
    """A name from a variable leads nowhere, and says so."""
    templates = site(
        {"templates/a.html": "{% extends x %}{% include 'b.html' %}", "templates/b.html": ""}
    )
    assert [(edge.kind.value, edge.targets) for edge in templates.edges("templates/a.html")] == [
        ("extends", ()),
        ("include", ("templates/b.html",)),
    ]


def test_many_places_are_unknown():
    """A file that is included in ever more places is unknown in the end, and time is bounded."""
    opens = ["<p>", "<p a='", '<p a="', "<script>", "<style>", "<!--", "<title>", "<p "]
    files = {
        f"templates/{n}.html": f"{text}{{% include 'x.html' %}}" for n, text in enumerate(opens)
    }
    templates = site(files | {"templates/x.html": "{{ x }}"})
    (output,) = templates.outputs("templates/x.html")
    assert UNKNOWN in output.contexts


def test_deep_circles_and_loops_end():
    """Loops in loops that leave the page elsewhere each time."""
    loops = "{% for x in y %}<a b='{{ x }}" * 60 + "{% endfor %}" * 60
    assert list(site({"a.html": loops}).outputs("a.html"))


def test_relative_names():
    """`./` and `../` start at the asking template."""
    templates = site(
        {"templates/a/b.html": "{% include '../c.html' %}", "templates/c.html": "{{ x }}"}
    )
    assert templates.reachable("templates/a/b.html") == {"templates/a/b.html", "templates/c.html"}
