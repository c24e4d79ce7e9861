"""Reports on notes."""

import csv
from collections import Counter

from django.http import HttpResponse
from markupsafe import Markup

from notes.models import Note


def by_month(notes):
    """Return how many notes were written in each month."""
    return Counter(f"{note.created:%Y-%m}" for note in notes)


def by_length(notes):
    """Return how many notes there are of each length, in thousands of characters."""
    return Counter(str(len(note.body) // 1000) for note in notes)


def as_list(notes):
    """Return the titles of notes as a list for a page."""
    items = [f"<li>{note.title}</li>" for note in notes]  # hole: xss.formatted-markup
    return "<ul>" + "".join(items) + "</ul>"


def as_heading(note):
    """Return the title of a note for a Jinja2 page."""
    return Markup(f"<h2>{note.title}</h2>")  # hole: xss.markup-of-value


def as_paragraphs(style):
    """Return the titles of public notes as paragraphs of a PDF."""
    from reportlab.platypus import Paragraph

    return [
        Paragraph(note.title, style)  # hole: xss.pdf-markup
        for note in Note.objects.filter(is_public=True)
    ]


def as_sheet():
    """Return the titles of public notes as a sheet."""
    response = HttpResponse(content_type="text/csv")
    table = csv.writer(response)
    for note in Note.objects.filter(is_public=True):
        table.writerow([note.pk, note.title])  # hole: trust.formula-in-sheet
    return response
