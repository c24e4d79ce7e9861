"""What only PostgreSQL has."""

from django.contrib.postgres import fields
from django.db import models


class Special(models.Model):
    """Arrays, ranges, search vectors."""

    numbers = fields.ArrayField(models.IntegerField(null=True), null=True)
    words = fields.ArrayField(fields.ArrayField(models.TextField()), null=True)
    span = fields.IntegerRangeField(null=True)
    period = fields.DateTimeRangeField(null=True)
    decimals = fields.DecimalRangeField(null=True)
