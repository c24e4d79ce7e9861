"""The rules of a field that only Python knows: null, blank, choices, validators, schemas, damage."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import (
    DecimalValidator,
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
)
from django.db import models
from django.utils import timezone

from pickguard.backups.errors import extra
from pickguard.backups.integrity import language
from pickguard.backups.integrity.columns import NONE, Column
from pickguard.backups.integrity.finding import Check
from pickguard.backups.integrity.texts import damage
from pickguard.base.errors import UsageError

_LATE = timedelta(minutes=5)
_EMPTY: tuple[Any, ...] = ("", [], (), {})
_LIMITS = {MinValueValidator, MaxValueValidator, MaxLengthValidator}
_LOOKUPS: dict[type, str] = {MinValueValidator: "gte", MaxValueValidator: "lte"}
_NEVER_EMPTY = (
    models.IntegerField,
    models.BooleanField,
    models.FloatField,
    models.DecimalField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.UUIDField,
)
AnyField: TypeAlias = "models.Field[Any, Any]"


class Rule(NamedTuple):
    """What is asked of each value of one field.

    Attributes:
        broken: returns what is wrong with a value, or nothing.
        fine: tells of many values at once that none is broken; False: each must be asked.
        holds: a condition that no broken value meets, for the database; None: only Python can tell.
    """

    check: Check
    field: AnyField
    broken: Callable[[Any], str]
    query: str = ""
    fine: Callable[[Column], bool] = lambda _column: False
    holds: models.Q | None = None


def of(field: AnyField, schemas: Mapping[str, Any]) -> Iterator[Rule]:
    """Return the rules of a field."""
    name = language.name(field.name)
    if not field.generated:
        yield from _given(field, name)
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        yield Rule(Check.ENCODING, field, _damaged, fine=lambda column: column.undamaged)
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        query = f"{name} > now + 5min"
        now = timezone.now() if settings.USE_TZ else datetime.now()  # noqa: DTZ005 - so is it stored
        yield Rule(Check.TIME, field, _later, query, holds=_if_any(field, lte=now + _LATE))
    label = f"{field.model._meta.label}.{field.name}"
    if label in schemas:
        yield Rule(Check.SCHEMA, field, _schema(label, schemas[label]))


def _given(field: AnyField, name: str) -> Iterator[Rule]:
    if not field.null:
        there = models.Q((f"{field.attname}__isnull", False))
        query = f"{name} is null"
        yield Rule(Check.NULL, field, _null, query, lambda c: NONE not in c.types, there)
    if field.remote_field is not None:
        return
    empty = [value for value in field.empty_values if value is not None]
    if not field.blank:
        textual = isinstance(field, models.CharField | models.TextField)
        query = f'{name} = ""' if textual else ""
        never = models.Q() if _is_never_empty(field, empty) else None
        yield Rule(Check.BLANK, field, _blank(empty), query, _filled(empty), never)
    if field.choices:
        keys = list(_keys(field.choices))
        listed = language.outside(field, keys)
        yield Rule(Check.CHOICES, field, _choices(keys, empty), listed, holds=_among(field, keys))
    if field.validators:
        broken = _validators(field, empty)
        limits = _limits(field)
        yield Rule(Check.VALIDATOR, field, broken, "", _within(field, broken), limits)


def _if_any(field: AnyField, **lookups: Any) -> models.Q:
    """Return the condition that a value, where there is one, passes lookups."""
    passed = models.Q(**{f"{field.attname}__{name}": value for name, value in lookups.items()})
    return passed | models.Q((f"{field.attname}__isnull", True))


def _is_never_empty(field: AnyField, empty: list[Any]) -> bool:
    """Tell whether no value of a field's column is one that stands for nothing."""
    return isinstance(field, _NEVER_EMPTY) and all(value in _EMPTY for value in empty)


def _among(field: AnyField, keys: list[Any]) -> models.Q | None:
    """Return the condition of choices that are whole numbers; texts are not told apart by all databases."""
    numbers = [key for key in keys if isinstance(key, int)]
    return _if_any(field, **{"in": numbers}) if isinstance(field, models.IntegerField) else None


def _limits(field: AnyField) -> models.Q | None:
    """Return the condition of validators that only limit numbers; None: there are others."""
    limits = models.Q()
    validators: list[Any] = list(field.validators)
    for validator in validators:
        if isinstance(field, models.DecimalField) and type(validator) is DecimalValidator:
            most = Decimal((0, (9,) * int(field.max_digits or 0), -int(field.decimal_places or 0)))
            limits &= _if_any(field, gte=-most, lte=most)
        elif isinstance(field, models.IntegerField) and type(validator) in _LOOKUPS:
            given = validator.limit_value
            limit = given() if callable(given) else given
            if type(limit) is not int:
                return None
            limits &= _if_any(field, **{_LOOKUPS[type(validator)]: limit})
        else:
            return None
    return limits


def _null(value: Any) -> str:
    return "null, and the model says never" if value is None else ""


def _blank(empty: list[Any]) -> Callable[[Any], str]:
    def broken(value: Any) -> str:
        return "empty, and the model says never" if value is not None and value in empty else ""

    return broken


def _filled(empty: list[Any]) -> Callable[[Column], bool]:
    usual = all(value in _EMPTY for value in empty)
    return lambda column: usual and column.filled


def _within(field: AnyField, broken: Callable[[Any], str]) -> Callable[[Column], bool]:
    """Return what asks only the ends of a column, where all validators are limits of Django's own."""
    limits = {type(validator) for validator in field.validators} <= _LIMITS
    return lambda column: limits and bool(column.ends) and not any(map(broken, column.ends))


def _choices(keys: list[Any], empty: list[Any]) -> Callable[[Any], str]:
    def broken(value: Any) -> str:
        fine = value is None or value in empty or value in keys
        return "" if fine else f"{value!r:.60} is none of the choices"

    return broken


def _keys(choices: Any) -> Iterator[Any]:
    for key, name in choices:
        if isinstance(name, list | tuple):
            yield from (inner for inner, _ in name)
        else:
            yield key


def _validators(field: AnyField, empty: list[Any]) -> Callable[[Any], str]:
    wrapped: Any = field.attr_class if isinstance(field, models.FileField) else None

    def broken(value: Any) -> str:
        if value is None or value in empty:
            return ""
        given = value if wrapped is None else wrapped(field.model(), field, value)
        for validator in field.validators:
            try:
                validator(given)
            except ValidationError as error:
                return "; ".join(map(str, error.messages))
            except Exception as error:  # noqa: BLE001 - a validator that fails says no as well
                return f"a validator raised {type(error).__name__}: {error}"
        return ""

    return broken


def _schema(label: str, schema: Any) -> Callable[[Any], str]:
    jsonschema = extra("jsonschema", "backups-schemas")
    try:
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise UsageError(
            f"no JSON schema: {error.message}", where=f'PICKGUARD_BACKUPS["schemas"]["{label}"]'
        ) from error
    # an empty registry: nothing is fetched from anywhere
    validator = kind(schema, registry=extra("referencing", "backups-schemas").Registry())

    def broken(value: Any) -> str:
        if value is None:
            return ""
        error = next(iter(validator.iter_errors(value)), None)
        return "" if error is None else f"{error.json_path}: {error.message:.200}"

    return broken


def _damaged(value: Any) -> str:
    return damage(value) if isinstance(value, str) else ""


def _later(value: Any) -> str:
    if not isinstance(value, datetime):
        return ""
    now = timezone.now() if timezone.is_aware(value) else datetime.now()  # noqa: DTZ005 - so is it stored
    return (
        f"set by the clock, and {value:%Y-%m-%d %H:%M} is in the future"
        if value > now + _LATE
        else ""
    )
