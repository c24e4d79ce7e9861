"""Relations of every kind, columns of every type, null wherever it can be."""

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Team(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        ordering = ("name",)


class Person(models.Model):
    name = models.CharField(max_length=20)
    active = models.BooleanField(default=True)
    age = models.IntegerField(null=True)
    password = models.CharField(max_length=128, default="secret")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="members")
    boss = models.ForeignKey("self", models.CASCADE, null=True, related_name="staff")


class State(models.Model):
    name = models.CharField(max_length=20)


class Group(models.Model):
    name = models.CharField(max_length=20)
    active = models.BooleanField(null=True)
    owner = models.ForeignKey(Person, models.CASCADE, null=True, related_name="owned")


class Ticket(models.Model):
    name = models.CharField(max_length=40)
    note = models.TextField(null=True)
    code = models.CharField(max_length=20, default="")
    priority = models.IntegerField(default=0)
    weight = models.SmallIntegerField(null=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    ratio = models.FloatField(null=True)
    done = models.BooleanField(default=False)
    due = models.DateField(null=True)
    created = models.DateTimeField()
    modified = models.DateTimeField(null=True)
    at = models.TimeField(null=True)
    spent = models.DurationField(null=True)
    key = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    data = models.JSONField(null=True)
    state = models.ForeignKey(State, models.CASCADE, null=True)
    owner = models.ForeignKey(Person, models.CASCADE, null=True, related_name="tickets")
    groups = models.ManyToManyField(Group, related_name="tickets")
    watchers = models.ManyToManyField(Person, through="Watch", related_name="watched")
    marks = GenericRelation("Mark", object_id_field="key", content_type_field="kind")


class Watch(models.Model):
    """A through table that can name the same pair twice, or half of one."""

    ticket = models.ForeignKey(Ticket, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE, null=True)


class Comment(models.Model):
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="comments")
    author = models.ForeignKey(Person, models.CASCADE, null=True)
    stars = models.IntegerField(null=True)
    text = models.CharField(max_length=40)


class Detail(models.Model):
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="detail")
    size = models.IntegerField(null=True)


class Mark(models.Model):
    """A word about a row of any model."""

    word = models.CharField(max_length=20)
    # without migrations this table is made before that of the types
    kind = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)
    key = models.PositiveIntegerField(null=True)
    of = GenericForeignKey("kind", "key")
