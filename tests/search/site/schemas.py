"""What may be searched on the site."""

from tests.query.app.models import Group, Person, State, Ticket

from pickguard.query import Field, Schema


class PersonSchema(Schema):
    model = Person
    fields = [Field("name", complete=True), "age"]


class GroupSchema(Schema):
    model = Group
    fields = [Field("name", complete=True), "active"]


class StateSchema(Schema):
    model = State
    fields = [Field("name", complete=True)]


class TicketSchema(Schema):
    model = Ticket
    fields = ["name", "priority", "done", "created", Field("code", regex=True)]
    relations = {"state": StateSchema, "owner": PersonSchema, "groups": GroupSchema}
    text = ["name"]
