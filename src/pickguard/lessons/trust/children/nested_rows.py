"""Rows that a serializer changes by their number beside the one that it was made for, whatever they hang on.

def update(self, instance, validated_data):
    for data in validated_data.pop("lines"):
        line = Line.objects.get(id=data["id"])
        line.text = data["text"]
        line.save()

Whoever may change one order names the line of another.
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.children.taken_rows import KEYS, Taken, is_of_asker, taken_rows
from pickguard.lessons.trust.ownership import TO_ONE
from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_UPDATES = "update"


class Nested(Struct, frozen=True):
    """A row that is taken by its number, and the field that leads to what it should hang on."""

    row: Taken
    relation: str


def nested_rows(code: Code) -> Iterator[Nested]:
    """Yield the rows that the `update` of a serializer takes by the numbers that were sent with it."""
    function, owner = code.function, code.owner
    if function is None or owner is None or function.node.name != _UPDATES:
        return
    form = code.project.site.forms.by_symbol.get(owner)
    params = [param.name for param in function.node.params]
    if form is None or form.kind != "serializer" or form.model is None or len(params) < 2:
        return
    for row in taken_rows(code):
        relation = _relation(row.model, form.model)
        if relation and row.keys <= KEYS and not is_of_asker(row):
            if not _is_tied(code, row, relation, params[1]):
                yield Nested(row, relation)


def _relation(child: Model, parent: Model) -> str:
    """Return the field of a model that leads to another, or an empty text."""
    fields = (field for field in child.fields if field.kind.endswith(TO_ONE))
    target = parent.label.lower()
    return next((field.name for field in fields if (field.target or "").lower() == target), "")


def _is_tied(code: Code, row: Taken, relation: str, instance: str) -> bool:
    """Whether anything compares the row with the one that the serializer was made for, or looks at the relation."""
    targets = {
        id(target) for s in code.statements if isinstance(s, n.Assign) for target in s.targets
    }
    for node in code.expressions:
        if isinstance(node, n.Attr) and node.name in (relation, f"{relation}_id"):
            if id(node) not in targets:
                return True
        if isinstance(node, n.Compare):
            parts = {tail(part) for part in inside(node)}
            if instance in parts and not parts.isdisjoint(row.names):
                return True
        if isinstance(node, n.Call) and node is not row.call and node.keywords:
            if any((k.name or "").partition("__")[0] == relation for k in node.keywords):
                return True
    return False
