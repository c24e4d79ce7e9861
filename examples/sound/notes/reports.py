"""Reports on notes."""

import csv
from collections import Counter

from django.http import HttpResponse
from django.utils.html import escape, format_html, format_html_join
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
    items = format_html_join("", "<li>{}</li>", ((note.title,) for note in notes))
    return format_html("<ul>{}</ul>", items)


def as_heading(note):
    """Return the title of a note for a Jinja2 page."""
    return Markup("<h2>{}</h2>").format(note.title)


def as_paragraphs(style):
    """Return the titles of public notes as paragraphs of a PDF."""
    from reportlab.platypus import Paragraph

    return [
        Paragraph(escape(note.title), style) for note in Note.objects.filter(is_public=True)
    ]


def as_sheet():
    """Return the titles of public notes as a sheet."""
    response = HttpResponse(content_type="text/csv")
    table = csv.writer(response)
    for note in Note.objects.filter(is_public=True):
        table.writerow([note.pk, plain(note.title)])
    return response


def plain(text):
    """Return a text that no program takes for a formula."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
