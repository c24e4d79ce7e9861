"""A column of every kind, and every kind of relation."""

import uuid

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower


class Everything(models.Model):
    """All plain fields."""

    big = models.BigIntegerField(null=True)
    binary = models.BinaryField(null=True)
    boolean = models.BooleanField(null=True)
    char = models.CharField(max_length=200, null=True)
    date = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    decimal = models.DecimalField(max_digits=15, decimal_places=5, null=True)
    duration = models.DurationField(null=True)
    address = models.GenericIPAddressField(null=True)
    number = models.FloatField(null=True)
    small = models.PositiveSmallIntegerField(null=True)
    text = models.TextField(null=True)
    time = models.TimeField(null=True)
    identifier = models.UUIDField(null=True)
    json = models.JSONField(null=True)
    generated = models.GeneratedField(
        expression=models.F("small") + 1, output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        indexes = [models.Index(fields=["char"], name="everything_char")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(small__isnull=True) | models.Q(small__lt=30000),
                name="everything_small",
            )
        ]


class More(models.Model):
    """The other plain fields, and a column that is computed when it is read."""

    slug = models.SlugField(null=True)
    url = models.URLField(null=True)
    email = models.EmailField(null=True)
    positive = models.PositiveBigIntegerField(null=True)
    negative = models.SmallIntegerField(null=True)
    path = models.FilePathField(path="/", null=True)
    precise = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    moment = models.DateTimeField(null=True)
    twice = models.GeneratedField(
        expression=models.F("negative") * 2,
        output_field=models.IntegerField(),
        db_persist=getattr(settings, "VENDOR", "")
        == "postgresql",  # before 18 it only has the other kind
    )
    friends = models.ManyToManyField("self")


class Parent(models.Model):
    """Has children in tables of their own."""

    name = models.CharField(max_length=40, validators=[MinLengthValidator(2)])


class Child(Parent):
    """Shares its key with its parent."""

    toy = models.CharField(max_length=40)


class Hen(models.Model):
    """Leads round to itself through the egg."""

    egg = models.ForeignKey("Egg", models.CASCADE, null=True, related_name="from_hen")


class Egg(models.Model):
    """Leads round to itself through the hen."""

    hen = models.ForeignKey(Hen, models.CASCADE, null=True, related_name="laid")


class ByUuid(models.Model):
    """A key that is no number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=40)


class ByName(models.Model):
    """A key that is a text."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.IntegerField()


class ByTwo(models.Model):
    """A composite key."""

    pk = models.CompositePrimaryKey("left", "right")
    left = models.IntegerField()
    right = models.IntegerField()
    value = models.CharField(max_length=20)


class Tagged(models.Model):
    """Many to many, a generic key, a file, choices."""

    COLOURS = [("r", "red"), ("g", "green")]
    users = models.ManyToManyField(User)
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True)
    object_id = models.PositiveIntegerField(null=True)
    target = GenericForeignKey()
    file = models.FileField(upload_to="files", blank=True)
    colour = models.CharField(max_length=1, choices=COLOURS, default="r")


class Loose(models.Model):
    """A table that somebody else made, without a single constraint: only Python knows its rules."""

    parent = models.ForeignKey(Parent, models.DO_NOTHING, null=True, db_constraint=False)
    colour = models.CharField(max_length=10, choices=[("r", "red"), ("g", "green")], null=True)
    level = models.IntegerField(choices=[("low", [(1, "one")]), (2, "two")], null=True)
    email = models.EmailField(blank=True, null=True)
    required = models.CharField(max_length=100, default="it is")
    code = models.CharField(max_length=100, unique=True, null=True)
    slug = models.CharField(max_length=100, unique_for_date="day", null=True)
    day = models.DateField(null=True)
    low = models.IntegerField(null=True)
    high = models.IntegerField(null=True)
    name = models.CharField(max_length=100, null=True)
    facts = models.JSONField(null=True)
    file = models.FileField(upload_to="loose", blank=True)
    made = models.DateTimeField(auto_now_add=True)
    kind = models.ForeignKey(ContentType, models.DO_NOTHING, null=True, db_constraint=False)
    thing = models.CharField(max_length=40, null=True)
    target = GenericForeignKey("kind", "thing")

    class Meta:
        managed = False
        db_table = "outside_loose"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("high")), name="loose_range"
            ),
            models.UniqueConstraint(Lower("name"), name="loose_name"),
            models.UniqueConstraint(
                fields=["low", "high"], condition=models.Q(colour="r"), name="loose_red"
            ),
        ]
