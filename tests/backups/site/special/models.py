"""What only PostgreSQL has."""

from django.contrib.postgres import fields
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower


class Special(models.Model):
    """Arrays, ranges, search vectors."""

    numbers = fields.ArrayField(models.IntegerField(null=True), null=True)
    words = fields.ArrayField(fields.ArrayField(models.TextField()), null=True)
    span = fields.IntegerRangeField(null=True)
    period = fields.DateTimeRangeField(null=True)
    decimals = fields.DecimalRangeField(null=True)


class Booking(models.Model):
    """A table that somebody made without its constraints."""

    room = models.IntegerField()
    days = fields.IntegerRangeField()
    code = models.CharField(max_length=20, null=True)
    cancelled = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "outside_booking"
        constraints = [
            ExclusionConstraint(
                name="booking_overlaps",
                expressions=[
                    (OpClass("room", name="int4_ops"), fields.RangeOperators.EQUAL),
                    ("days", fields.RangeOperators.OVERLAPS),
                ],
                condition=models.Q(cancelled=False),
            ),
            ExclusionConstraint(
                name="booking_code", expressions=[(Lower("code"), fields.RangeOperators.EQUAL)]
            ),
        ]
