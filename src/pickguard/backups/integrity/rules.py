"""The rules of a field that only Python knows: null, blank, choices, validators, schemas, damage."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
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
AnyField: TypeAlias = "models.Field[Any, Any]"


class Rule(NamedTuple):
    """What is asked of each value of one field.

    Attributes:
        broken: returns what is wrong with a value, or nothing.
        fine: tells of many values at once that none is broken; False: each must be asked.
    """

    check: Check
    field: AnyField
    broken: Callable[[Any], str]
    query: str = ""
    fine: Callable[[Column], bool] = lambda _column: False


def of(field: AnyField, schemas: Mapping[str, Any]) -> Iterator[Rule]:
    """Return the rules of a field."""
    name = language.name(field.name)
    if not field.generated:
        yield from _given(field, name)
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        yield Rule(Check.ENCODING, field, _damaged)
    if isinstance(field, models.DateTimeField) and (field.auto_now or field.auto_now_add):
        query = f"{name} > now + 5min"
        yield Rule(Check.TIME, field, _later, query)
    label = f"{field.model._meta.label}.{field.name}"
    if label in schemas:
        yield Rule(Check.SCHEMA, field, _schema(label, schemas[label]))


def _given(field: AnyField, name: str) -> Iterator[Rule]:
    if not field.null:
        yield Rule(Check.NULL, field, _null, f"{name} is null", lambda c: NONE not in c.types)
    if field.remote_field is not None:
        return
    empty = [value for value in field.empty_values if value is not None]
    if not field.blank:
        textual = isinstance(field, models.CharField | models.TextField)
        query = f'{name} = ""' if textual else ""
        yield Rule(Check.BLANK, field, _blank(empty), query, _filled(empty))
    if field.choices:
        keys = list(_keys(field.choices))
        yield Rule(Check.CHOICES, field, _choices(keys, empty), language.outside(field, keys))
    if field.validators:
        broken = _validators(field, empty)
        yield Rule(Check.VALIDATOR, field, broken, "", _within(field, broken))


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
