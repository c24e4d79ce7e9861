"""A page, an API and a filter set."""

import django_filters
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import serializers, viewsets
from tests.query.app.models import Ticket
from tests.search.site.schemas import TicketSchema

from pickguard.search.drf import QueryFilterBackend
from pickguard.search.filters import QueryFilter
from pickguard.search.forms import QueryField

CSP = "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'"


class SearchForm(forms.Form):
    """One box."""

    q = QueryField(schema=TicketSchema, complete_url="/tickets/complete/", label="Search")


def page(request: HttpRequest) -> HttpResponse:
    """Show the tickets that are asked for, under a strict policy."""
    form = SearchForm(request.GET or None)
    rows = Ticket.objects.order_by("name")
    if form.is_bound:
        rows = (
            form.cleaned_data["q"].filter(rows)
            if form.is_valid() and form.cleaned_data["q"]
            else (rows if form.is_valid() else rows.none())
        )
    response = render(request, "search_site/page.html", {"form": form, "rows": rows})
    response["Content-Security-Policy"] = CSP
    return response


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped
    """A filter set with the language beside plain filters."""

    q = QueryFilter(schema=TicketSchema)

    class Meta:
        model = Ticket
        fields = ["done"]


class TicketSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # untyped
    """A ticket as the API gives it."""

    class Meta:
        model = Ticket
        fields = ["name", "priority"]


class TicketViewSet(viewsets.ReadOnlyModelViewSet):  # type: ignore[misc]  # untyped
    """Tickets, filtered by `?q=`."""

    queryset = Ticket.objects.order_by("name")
    serializer_class = TicketSerializer
    filter_backends = [QueryFilterBackend]
    query_schema = TicketSchema
    permission_classes: list[type] = []
    authentication_classes: list[type] = []
