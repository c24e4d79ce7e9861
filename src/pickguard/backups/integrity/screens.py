"""What a database can tell of many rows at once: which columns no rule can be broken in.

A screen doubts rather than trusts: what it does not let pass is read, and asked value by value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, F, Func, Max, Q, Value, When

from pickguard.backups.integrity import readable
from pickguard.backups.integrity.asked import Asked
from pickguard.backups.integrity.rules import AnyField, Rule
from pickguard.backups.integrity.tables import Table


class Screen(NamedTuple):
    """Some names that are read together, and an expression: whether a row may break a rule of theirs.

    Attributes:
        doubt: 1 for a row that must be read, 0 for one that need not.
    """

    names: tuple[str, ...]
    doubt: Any


def of(
    table: Table,
    vendor: str,
    rules: Mapping[str, Sequence[Rule]],
    questions: Mapping[str, Asked],
) -> Iterator[Screen]:
    """Return the screens of a table; what none of them names must always be read.

    Args:
        table: where the rows are.
        vendor: Django's name of the database.
        rules: what is asked of each value, by the column's name.
        questions: what the database is asked of each row, by the name of the answer.
    """
    for field in table.fields:
        sound = _sound(field, vendor, rules.get(field.attname, ()))
        if sound is not None:
            own = [
                n for n, each in questions.items() if each.field == field.name and not each.doubt
            ]
            yield Screen((field.attname, *own), _case(sound, then=0, other=1))
    for name, each in questions.items():
        if each.doubt:
            yield Screen((name,), _case(each.doubt, then=1, other=0))


def doubted(rows: "models.QuerySet[Any]", screens: Sequence[Screen]) -> tuple[int, set[str]]:
    """Return how many rows there are, and the names that must be read of them."""
    asked: dict[str, Any] = {
        f"pickguard_doubt_{number}": Max(screen.doubt) for number, screen in enumerate(screens)
    }
    found = rows.aggregate(pickguard_rows=models.Count("*"), **asked)
    names = [
        name
        for number, screen in enumerate(screens)
        if found[f"pickguard_doubt_{number}"]
        for name in screen.names
    ]
    return found["pickguard_rows"], set(names)


def _sound(field: AnyField, vendor: str, rules: Iterable[Rule]) -> Q | None:
    """Return a condition that only values meet that can be read and break no rule; None: there is none."""
    template = readable.TEMPLATES.get(vendor, {}).get(_kind(field))
    if template is None:
        return None
    found = Func(F(field.attname), template=template, output_field=models.BooleanField())
    sound = Q(found) | Q((f"{field.attname}__isnull", True))
    for rule in rules:
        if rule.holds is None:
            return None
        sound &= rule.holds
    return sound


def _kind(field: Any) -> str:
    """Return what kind of column a field has, nothing where it makes values its own way."""
    while field.remote_field is not None:
        field = field.target_field
    own = type(field).get_db_converters is not models.Field.get_db_converters
    if own or hasattr(field, "from_db_value"):
        return ""
    return "IntegerField" if isinstance(field, models.IntegerField) else field.get_internal_type()


def _case(condition: Any, *, then: int, other: int) -> Any:
    return Case(
        When(condition, then=Value(then)),
        default=Value(other),
        output_field=models.IntegerField(),
    )
