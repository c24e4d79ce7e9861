"""Filters of the notes."""

import django_filters
from django.urls import reverse_lazy

from notes.models import Note
from notes.schemas import NoteSchema
from pickguard.search.filters import QueryFilter


class NoteFilter(django_filters.FilterSet):
    """One box that takes queries."""

    q = QueryFilter(schema=NoteSchema, complete_url=reverse_lazy("notes:complete"), label="Query")

    class Meta:
        model = Note
        fields = []
