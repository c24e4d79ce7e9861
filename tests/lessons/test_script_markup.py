"""What scripts write as markup is told by the statement, whatever else stands in the template."""

import pytest

from pickguard.lessons.xss.templates.script_markup import Asked, asked, of_template, written
from pickguard.source.templates.reader import read_template


def _record(script):
    text = f"<script>\n{script}\n</script>".encode()
    return of_template(read_template(text, "notes/templates/page.html"))


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("box.innerHTML = note.text;", ["note.text"]),
        ("box.innerHTML = note.text\nother = note.title", ["note.text"]),
        ('box.innerHTML = "<b>" +\n    note.text + "</b>";', ["note.text"]),
        ("box.innerHTML = `<b>${note.text}</b>`", ["note.text"]),
        ("box.innerHTML == note.text", []),
        ("box.innerHTML = `<b>${escaped(note.text)}</b>` + escaped(note.title)", []),
        ("box.innerHTML = 'note.text'", []),
        ("let all = ''\nall += `<b>${note.text}</b>`\nbox.innerHTML = all", ["note.text"]),
        ("let all = note.title\nbox.innerHTML = all", []),
        ("box.append(note.text)", []),
        ("$('#box').append(note.text)", ["note.text"]),
        ("$box.html(note.text)", ["note.text"]),
        ("box.innerHTML = `<b>${note.text}", []),
        ("$('<b>' + note.text + '</b>').appendTo(box)", ["note.text"]),
        ("$('<b>').text(note.text)", []),
        ("list.append('<li>' + notes[i]['text'] + '</li>')", ["notes[i].text"]),
        ("list.append(notes[i]['text'])", []),
        ("box.innerHTML = `<b>${data.notes[i].text}</b>`", ["data.notes[i].text"]),
        ("{ const text = note.text; box.innerHTML = `<b>${text}</b>`; }", ["text"]),
        ("{ let {by, text: body} = note;\nbox.innerHTML = '<b>' + body + '</b>'; }", ["body"]),
        ("{ const text = note.text; box.innerHTML = `<b>${escaped(text)}</b>`; }", []),
        ("{ const text = note.text; }\nbox.innerHTML = `<b>${text}</b>`;", []),
        ("{ let text = note.text; text = clean(text); box.innerHTML = `<b>${text}</b>`; }", []),
    ],
)
def test_values_are_those_that_stand_by_themselves(script, values):
    assert [one.said for one in written(_record(script))] == values


def test_a_script_of_ten_thousand_statements_ends():
    script = "box.innerHTML = all;\n" * 10_000 + "$(" * 10_000
    assert list(written(_record(script))) == []
    script = "box.innerHTML = `${a.b}` + " * 10_000
    assert next(written(_record(script))).said == "a.b"


def test_what_is_asked_for_is_named_by_route_or_by_address():
    found = asked(_record("fetch(\"{% url 'notes:list' %}\"); $.getJSON('/words/', show)"))
    assert found is not None
    assert found == Asked(frozenset({"list"}), frozenset({"words"}))
    assert asked(_record("let link = \"{% url 'notes:list' %}\"")) is None
