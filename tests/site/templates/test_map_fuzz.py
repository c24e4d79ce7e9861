"""Whatever templates say, the map of them is made."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pickguard.site.templates import Library, TagFacts, TemplateMap
from pickguard.source.templates import Engine
from pickguard.source.templates.reader import read_template

PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "<a href='",
            '"',
            "'",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<form method=post>",
        ),
        *("</form>", "{{ x }}", "{{ x|safe }}", "{% csrf_token %}", "{% extends 'a.html' %}", "<"),
        *("{% include 'a.html' %}", "{% include 'b.html' with x=y only %}", "{% block c %}", ">"),
        *("{% endblock %}", "{% if x %}", "{% else %}", "{% endif %}", "{% for x in y %}", " a="),
        *("{% endfor %}", "{% extends x %}", "{% badge %}", "{% autoescape off %}", "text", " "),
        *("{% endautoescape %}", "{% with x=y %}", "{% endwith %}", "`", "//", "\n", "<title>"),
    ]
)
PAGE = st.lists(PIECES, max_size=15).map("".join)
LIBRARY = Library(tags={"badge": TagFacts(templates=("a.html",))})


@settings(deadline=None)
@given(PAGE, PAGE, st.sampled_from(list(Engine)))
def test_any_two_templates_have_a_map(first, second, engine):
    """They may include, extend and close each other in any way."""
    records = {
        "templates/a.html": read_template(first.encode(), engine=engine),
        "templates/b.html": read_template(second.encode(), engine=Engine.DJANGO),
    }
    found = TemplateMap(records, library=LIBRARY)
    for path in records:
        assert all(output.contexts for output in found.outputs(path))
        list(found.forms(path))
        assert path in found.reachable(path)
        found.variables(path)
