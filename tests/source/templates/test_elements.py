"""Forms and links as they are written in a template."""

from typing import Any

from tests.source.templates.cutting import cut

from pickguard.source.templates.reader import read_template


def read(text) -> Any:
    return read_template(text.encode())


def forms(text):
    return read(text).forms


def test_a_form_with_its_fields():
    """Attributes as written, fields in order, and where the form ends."""
    text = (
        '<p><form method="POST" action="{% url \'a\' %}" enctype=multipart/form-data>\n'
        '<input type="hidden" name="next" value="{{ next }}">'
        "<textarea name=t><form></textarea><button formaction='/x'>ok</button></form>"
    )
    (form,) = forms(text)
    assert cut(text, form.span).startswith("<form")
    assert cut(text, form.end) == "</form>"
    assert form.attribute("method").value == "POST"
    assert form.attribute("enctype").value == "multipart/form-data"
    action = form.attribute("action")
    assert (action.value, action.dynamic) == ("{% url 'a' %}", True)
    assert [field.name for field in form.fields] == ["input", "textarea", "button"]
    assert form.fields[0].attribute("value").dynamic is True
    assert cut(text, form.fields[2].span) == "<button formaction='/x'>"


def test_tags_within_a_start_tag():
    """Attributes inside `if` are seen, a `>` inside a tag ends nothing."""
    (form,) = forms('<form {% if a > b %}class="x"{% endif %} method=post>x</form>')
    assert form.attribute("method").value == "post"
    assert form.attribute("class").value == "x"


def test_two_ways_to_open_one_form():
    """A form opened in two branches is two forms with the same end."""
    first, second = forms(
        "{% if a %}<form action='/a' method=post>{% else %}<form action='/b'>{% endif %}x</form>"
    )
    assert first.end == second.end
    assert (first.attribute("action").value, second.attribute("action").value) == ("/a", "/b")


def test_what_is_no_markup_holds_no_form():
    """Comments, scripts and template comments are skipped."""
    assert forms("<!-- <form> --><script>'<form>'</script>{# <form> #}<style><form></style>") == ()
    assert forms("{% comment %}<form>{% endcomment %}") == ()


def test_a_form_that_is_not_closed():
    """It is told apart: its end is 0."""
    (form,) = forms("<form method=post><input name=a>")
    assert form.end == 0
    assert len(form.fields) == 1


def test_a_field_before_a_form_is_not_its_own():
    """Only what stands in the form is: the search field at the head of a page is no part of the next one."""
    first, second = forms(
        "<input name=q><form>x</form><button>y</button><form><input name=a></form>"
    )
    assert first.fields == ()
    assert [field.attribute("name").value for field in second.fields] == ["a"]


def test_elements_that_rules_ask_for():
    """Scripts, frames, new windows and addresses without TLS."""
    elements = read(
        '<a href="http://x/">1</a><a href="/y">2</a><a target=_blank href="https://z">3</a>'
        '<script src="{{ u }}"></script><iframe src=/f></iframe><IMG SRC=http://i>'
    ).elements
    assert [element.name for element in elements] == ["a", "a", "script", "iframe", "img"]
    source = elements[2].attribute("src")
    assert source.dynamic
