"""The schemas that the tests share."""

from django.db.models import F
from django.db.models.expressions import ExpressionWrapper
from django.db.models.fields import IntegerField
from tests.query.app.models import Comment, Detail, Group, Mark, Person, State, Team, Ticket

from pickguard.query import Field, Limits, Relation, Schema


class TeamSchema(Schema):
    model = Team
    fields = ["name"]
    relations = {"members": Relation("tests.query.schemas.PersonSchema", revisit=True)}


class PersonSchema(Schema):
    model = Person
    fields = ["name", "active", "age"]
    relations = {
        "team": TeamSchema,
        "tickets": "tests.query.schemas.TicketSchema",
        "boss": Relation("tests.query.schemas.PersonSchema", revisit=True),
        "staff": Relation("tests.query.schemas.PersonSchema", revisit=True),
    }


class StateSchema(Schema):
    model = State
    fields = ["name"]


class GroupSchema(Schema):
    model = Group
    fields = ["name", "active"]
    relations = {"owner": PersonSchema}


class CommentSchema(Schema):
    model = Comment
    fields = ["stars", "text"]
    relations = {"author": PersonSchema}


class DetailSchema(Schema):
    model = Detail
    fields = ["size"]


class MarkSchema(Schema):
    model = Mark
    fields = ["word"]


TICKET_FIELDS: list[str | Field] = [
    "name", "note", Field("code", ignore_case=True, regex=True), "priority", "weight", "price",
    "ratio", "done", "due", "created", "modified", "at", "spent", "key", "address", "data",
]  # fmt: skip


class TicketSchema(Schema):
    model = Ticket
    fields = TICKET_FIELDS
    relations = {
        "state": StateSchema,
        "owner": PersonSchema,
        "groups": Relation(GroupSchema, aliases=("group",)),
        "watchers": PersonSchema,
        "comments": CommentSchema,
        "detail": DetailSchema,
        "marks": MarkSchema,
    }
    expressions = {
        "urgency": ExpressionWrapper(F("priority") + F("weight"), output_field=IntegerField())
    }
    text = ["name", "note", "comments.text"]
    aliases = ["issue"]


class WideTicketSchema(TicketSchema):
    """For tests of size: the same names, with room."""

    limits = Limits(text=1_000_000, terms=20_000, items=20_000, scopes=5_000, crossings=5_000)
