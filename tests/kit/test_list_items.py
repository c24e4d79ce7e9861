"""Rows in lists that a view puts together itself, and that a template takes apart again."""

import pytest

from pickguard.kit.project import Project
from pickguard.site.link import link
from pickguard.source.python.reader import read_python
from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template

MODELS = """
from django.db import models
class Note(models.Model):
    text = models.TextField()
    size = models.IntegerField()
"""
HEAD = """
from dataclasses import dataclass
from itertools import chain
from django.core.paginator import Paginator
from django.shortcuts import render
from app.models import Note

@dataclass
class Line:
    note: Note
    number: int

def each():
    for note in Note.objects.all():
        yield note

def all_of_them():
    yield from Note.objects.all()

def show(request):
"""
ITEM = "{% for note in notes %}{{ note.text }}{% endfor %}"
ENTRY = "{% for row in notes %}{{ row.note.text }}{% endfor %}"
FIRST = "{% for note, other in notes %}{{ note.text }}{% endfor %}"
SECOND = "{% for other, note in notes %}{{ note.text }}{% endfor %}"
PAIRS = "{% for key, note in notes.items %}{{ note.text }}{% endfor %}"


def field(lines: tuple[str, ...], template: str) -> str:
    """Return the column that the template prints, as far as the row is known, or an empty text."""
    view = "".join(f"    {line}\n" for line in lines)
    last = "    return render(request, 'page.html', {'notes': notes})\n"
    python = {
        "app/__init__.py": read_python(b""),
        "app/models.py": read_python(MODELS.encode()),
        "app/views.py": read_python((HEAD + view + last).encode()),
    }
    path = "app/templates/page.html"
    found = Project(link(python), {path: read_template(template.encode(), path)})
    name = ("row", "note", "text") if template == ENTRY else ("note", "text")
    known = found.template_values.field(path, r.Variable(0, name))
    return f"{known[0].name}.{known[1].name}" if known else ""


@pytest.mark.parametrize(
    ("lines", "template"),
    [
        (("notes = [note for note in Note.objects.all() if note.size]",), ITEM),
        (("notes = list(Note.objects.all()) + list(Note.objects.filter(size=1))",), ITEM),
        (("notes = Note.objects.filter(size=1) | Note.objects.filter(size=2)",), ITEM),
        (("notes = []", "for note in Note.objects.all():", "    notes.append(note)"), ITEM),
        (("notes = []", "notes.extend(Note.objects.all())"), ITEM),
        (("notes = sorted(chain(Note.objects.all(), Note.objects.all()), key=len)",), ITEM),
        (("notes = each()",), ITEM),
        (("notes = list(each())",), ITEM),
        (("notes = all_of_them()",), ITEM),
        (("notes = (note for note in each())",), ITEM),
        (("notes = list(filter(bool, Note.objects.all()))",), ITEM),
        (
            (
                "every = [note for note in Note.objects.all()]",
                "notes = Paginator(every, 9).page(1)",
            ),
            ITEM,
        ),
        (("notes = [{'note': note, 'n': 1} for note in Note.objects.all()]",), ENTRY),
        (
            ("notes = []", "for note in Note.objects.all():", "    notes.append({'note': note})"),
            ENTRY,
        ),
        (("notes = [Line(note, 1) for note in Note.objects.all()]",), ENTRY),
        (("notes = [(note, note.size) for note in Note.objects.all()]",), FIRST),
        (("notes = []", "for note in Note.objects.all():", "    notes.append((note, 1))"), FIRST),
        (("notes = zip(Note.objects.all(), [1, 2])",), FIRST),
        (("notes = enumerate(Note.objects.all())",), SECOND),
        (("notes = {note.pk: note for note in Note.objects.all()}",), PAIRS),
    ],
)
def test_the_row_is_known_again(lines, template):
    """In a list of rows, of dictionaries, of objects, of pairs, and in a dictionary."""
    assert field(lines, template) == "Note.text"


@pytest.mark.parametrize(
    ("lines", "template"),
    [
        (("notes = [note.size for note in Note.objects.all()]",), ITEM),
        (("notes = [(note.size, note) for note in Note.objects.all()]",), FIRST),
        (("notes = enumerate(Note.objects.all())",), FIRST),
        (("notes = {note: note.pk for note in Note.objects.all()}",), PAIRS),
        (("notes = [{'other': note} for note in Note.objects.all()]",), ENTRY),
    ],
)
def test_what_is_beside_the_row_is_none(lines, template):
    """A number, a position, another key."""
    assert field(lines, template) == ""
