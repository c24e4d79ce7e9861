"""The kinds of values a field can hold, and what each can be asked."""

from enum import StrEnum

from django.db import models


class Kind(StrEnum):
    """What a field holds, as far as the language tells values apart."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    UUID = "uuid"
    ADDRESS = "address"
    OPAQUE = "opaque"  # a type that no literal can be compared with: JSON, arrays, binary data

    __hash__ = str.__hash__  # Enum's own is written in Python, and this is asked for every value


_CLASSES: tuple[tuple[type[models.Field], Kind], ...] = (  # type: ignore[type-arg]  # any field
    (models.BooleanField, Kind.BOOLEAN),
    (models.IntegerField, Kind.INTEGER),
    (models.DecimalField, Kind.DECIMAL),
    (models.FloatField, Kind.FLOAT),
    (models.DateTimeField, Kind.DATETIME),
    (models.DateField, Kind.DATE),
    (models.TimeField, Kind.TIME),
    (models.DurationField, Kind.DURATION),
    (models.UUIDField, Kind.UUID),
    (models.GenericIPAddressField, Kind.ADDRESS),
    (models.CharField, Kind.TEXT),
    (models.TextField, Kind.TEXT),
    (models.FileField, Kind.TEXT),
)

_EQUALITY = ("=", "!=", "in", "not in")
_ORDERED = (*_EQUALITY, "<", "<=", ">", ">=")
_TEXTUAL = ("=", "!=", "~", "!~", "^=", "!^=", "$=", "!$=", "in", "not in")
PATTERNS = ("=~", "!=~")
NUMBERS = frozenset([Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT])
TIMES = frozenset([Kind.DATE, Kind.DATETIME])

OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: _TEXTUAL,
    Kind.INTEGER: _ORDERED,
    Kind.DECIMAL: _ORDERED,
    Kind.FLOAT: _ORDERED,
    Kind.BOOLEAN: ("=", "!="),
    Kind.DATE: _ORDERED,
    Kind.DATETIME: _ORDERED,
    Kind.TIME: _ORDERED,
    Kind.DURATION: _ORDERED,
    Kind.UUID: _EQUALITY,
    Kind.ADDRESS: _EQUALITY,
    Kind.OPAQUE: (),
}

_BITS = {"SmallIntegerField": 16, "SmallAutoField": 16, "BigIntegerField": 64, "BigAutoField": 64}


def kind_of(field: models.Field) -> Kind:  # type: ignore[type-arg]  # any field
    """Return the kind of a model field; a foreign key has the kind of what it points at."""
    if isinstance(field, models.ForeignKey):
        return kind_of(field.target_field)
    for field_class, kind in _CLASSES:
        if isinstance(field, field_class):
            return kind
    return Kind.OPAQUE


def integer_range(field: models.Field) -> tuple[int, int]:  # type: ignore[type-arg]  # any field
    """Return the smallest and largest whole number that every database takes for a field."""
    if isinstance(field, models.ForeignKey):
        return integer_range(field.target_field)
    name = field.get_internal_type().removeprefix("Positive")
    bits = _BITS.get(name, 32)
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
