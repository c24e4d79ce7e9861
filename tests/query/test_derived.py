"""Schemas from a function, a ModelAdmin and a serializer name their fields, like all others."""

import pytest
from django.contrib import admin
from rest_framework import serializers
from tests.query.app.models import Person, Ticket

from pickguard.query import QueryError, SchemaError, from_admin, from_serializer, schema


def test_from_a_function():
    made = schema(Ticket, fields=["name", "priority"], text=["name"], date_order="dmy")
    assert str(made().compile('name = "x" and "y"')) == 'name = "x" and "y"'
    with pytest.raises(QueryError):
        made().compile("note = 1")
    with pytest.raises(SchemaError, match="no 'colour'"):
        schema(Ticket, fields=["name"], colour="red")
    with pytest.raises(SchemaError, match="list of names"):
        schema(Ticket, fields="__all__")().compile("name = 1")


class TicketAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as projects write it
    list_display = ["name", ("priority")]
    list_filter = ["done"]
    search_fields = ["^name"]


def test_from_a_model_admin():
    """What the admin does not show can't be named, and free text looks where its search does."""
    made = from_admin(TicketAdmin(Ticket, admin.site), fields=["name", "priority", "done"])
    assert made.text == ["name"]
    assert made().compile('done = true and "x"')
    with pytest.raises(SchemaError, match="does not show 'note'"):
        from_admin(TicketAdmin(Ticket, admin.site), fields=["note"])


class PersonSerializer(serializers.ModelSerializer):  # type: ignore[misc]  # DRF is untyped
    title = serializers.CharField(source="name")
    double = serializers.SerializerMethodField()
    team_name = serializers.CharField(source="team.name")

    class Meta:
        model = Person
        fields = ["title", "age", "password", "double", "team_name"]
        extra_kwargs = {"password": {"write_only": True}}


def test_from_a_serializer():
    """Renamed fields keep the serializer's name; what it never gives out can't be asked."""
    made = from_serializer(PersonSerializer, fields=["title", "age"])
    assert made().compile('title = "Ann"').q.children == [("name__exact", "Ann")]
    for name, message in (
        ("password", "never given out"),
        ("nothing", "no field"),
        ("double", "no field of the model"),
        ("team_name", "no field of the model"),
    ):
        with pytest.raises(SchemaError, match=message):
            from_serializer(PersonSerializer, fields=[name])
