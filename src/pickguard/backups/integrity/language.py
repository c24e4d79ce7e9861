"""Queries in Pickguard's language that list rows, and the schema that they are asked with."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.db.models.expressions import ExpressionWrapper

from pickguard.query import Limits, QueryError, Schema, parse, schema

_PLAIN = re.compile(r"(?!\d)\w+")
_LOST = "_lost"


def name(field: str) -> str:
    """Return a field's name as a query writes it."""
    if _PLAIN.fullmatch(field):
        try:
            parse(f"{field} is null")
        except QueryError:
            return f"`{field}`"
    return field


def lost(field: str) -> str:
    """Return the query for rows whose foreign key names a row that is not there."""
    return f"{name(field + _LOST)} = true"


def outside(field: Any, keys: list[Any]) -> str:
    """Return the query for values outside of choices, nothing where they cannot be written."""
    texts = [literal(key) for key in keys if key is not None]
    if None in texts or not texts:
        return ""
    plain = name(field.name)
    listed = ", ".join(str(text) for text in texts)
    empty = f' and {plain} != ""' if isinstance(field, models.CharField | models.TextField) else ""
    return f"{plain} not in ({listed}) and {plain} is not null{empty}"


def literal(value: Any) -> str | None:
    """Return a value as a query writes it, None where it cannot."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str | UUID):
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"' if escaped.isprintable() else None
    return None


def by_keys(model: type[models.Model], keys: Iterable[str]) -> str:
    """Return the query for rows by their keys, nothing where they cannot be written."""
    fields = model._meta.pk_fields
    if len(fields) != 1:
        return ""
    numeric = isinstance(_end(fields[0]), models.IntegerField)
    texts = [key if numeric else literal(key) for key in keys]
    if None in texts or not texts:
        return ""
    listed = ", ".join(str(text) for text in texts)
    return f"{_key_name(fields[0])} in ({listed})"


def _end(field: Any) -> Any:
    while field.remote_field is not None:
        field = field.target_field
    return field


def _key_name(field: Any) -> str:
    return "pk" if field.remote_field is not None else name(field.name)


def of(model: type[models.Model], using: str) -> type[Schema]:
    """Return the schema that a query about a model is asked with: everything, for who has the shell."""
    fields = [field.name for field in model._meta.concrete_fields]
    expressions: dict[str, Any] = {
        f"{f.name}{_LOST}": lost_rows(f, using)
        for f in model._meta.local_concrete_fields
        if f.remote_field is not None and len(getattr(f, "foreign_related_fields", ())) == 1
    }
    keys = model._meta.pk_fields
    if len(keys) == 1 and keys[0].remote_field is not None:
        output = type(_end(keys[0]))
        plain = models.BigIntegerField() if issubclass(output, models.AutoField) else output()
        expressions["pk"] = ExpressionWrapper(F(keys[0].attname), output_field=plain)
    return schema(
        model, fields=fields, expressions=expressions, limits=Limits(items=1000, text=65536)
    )


def lost_rows(field: Any, using: str) -> Any:
    """Return the expression: a foreign key holds a value, and no row has it."""
    target = field.foreign_related_fields[0]
    there: models.QuerySet[Any] = models.QuerySet(target.model, using=using).filter(
        **{target.attname: OuterRef(field.attname)}
    )
    filled = models.Q(**{f"{field.attname}__isnull": False})
    return ExpressionWrapper(filled & ~Exists(there), output_field=models.BooleanField())


def named(model: type[models.Model], query: str) -> list[str]:
    """Return the fields of a model that a query names, to show their values."""
    words = set(_PLAIN.findall(re.sub(r'"(?:[^"\\]|\\.)*"', "", query)))
    return [
        field.attname
        for field in model._meta.concrete_fields
        if words & {field.name, f"{field.name}{_LOST}"} and not field.primary_key
    ]
