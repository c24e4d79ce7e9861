"""What is told of many values at once is what each of them would have been told alone."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.validators import MaxLengthValidator, MaxValueValidator, RegexValidator
from django.db import models

from pickguard.backups.integrity import rules
from pickguard.backups.integrity.columns import Column
from pickguard.backups.integrity.rows import UNREADABLE

COLUMNS = [
    (1, 2, 3), (1, None, 3), (0, -1), (None, None), ("a", "b"), ("a", ""), ("a", None), ("a" * 11, "b"),
    (Decimal("1.5"), Decimal("NaN")), (1.5, float("nan")), (date(2024, 4, 1), None), ({}, {"a": 1}),
    ([], [1]), (uuid4(), uuid4()), (b"", b"a"), (1, "a"), (True, False), (101, 5), (UNREADABLE, 1), (11, 10**12),
]  # fmt: skip
FIELDS = [
    models.IntegerField(),
    models.IntegerField(validators=[MaxValueValidator(100)]),
    models.IntegerField(validators=[MaxValueValidator(lambda: 10)]),
    models.CharField(max_length=10),
    models.CharField(max_length=10, validators=[RegexValidator("^a")]),
    models.TextField(validators=[MaxLengthValidator(3)]),
    models.JSONField(),
    models.DecimalField(max_digits=3, decimal_places=1),
    models.UUIDField(),
    models.DateField(null=True, blank=True),
]


class Odd(models.IntegerField):  # type: ignore[type-arg]
    """A field that takes nought for nothing."""

    empty_values = [None, 0]


@pytest.mark.parametrize("field", [*FIELDS, Odd()], ids=lambda field: type(field).__name__)
@pytest.mark.parametrize("values", COLUMNS, ids=range(len(COLUMNS)))
def test_what_is_fine_at_once_is_fine_one_by_one(field, values):
    field.set_attributes_from_name("field")
    field.model = models.Model
    for rule in rules._given(field, "field"):
        if rule.fine(Column(values)):
            assert not any(rule.broken(value) for value in values)


def test_the_usual_column_is_looked_at_once():
    """Else a check of a million rows asks each value of each rule."""
    field = models.IntegerField(validators=[MaxValueValidator(100)])
    field.set_attributes_from_name("field")
    assert all(rule.fine(Column((1, 2, 3))) for rule in rules._given(field, "field"))
