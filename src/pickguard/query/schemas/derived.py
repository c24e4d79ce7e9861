"""Schemas made from what a project already has: a list of names, a ModelAdmin, a serializer.

Each still names its fields: nothing is exposed because it exists.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from pickguard.query.schemas.fields import Field, Relation, SchemaError
from pickguard.query.schemas.schema import Schema


def schema(
    model: type[models.Model],
    *,
    fields: Iterable[str | Field] = (),
    relations: Mapping[str, type[Schema] | str | Relation] | None = None,
    **attributes: Any,
) -> type[Schema]:
    """Return a schema class; `attributes` are those of `Schema`: `text`, `date_order`, `visible`.

    >>> TicketSchema = schema(Ticket, fields=["name", "priority"])  # doctest: +SKIP
    """
    unknown = [name for name in attributes if not hasattr(Schema, name)]
    if unknown:
        raise SchemaError(f"a schema has no {unknown[0]!r}")
    members = {
        "model": model,
        "fields": fields if isinstance(fields, str) else list(fields),
        "relations": dict(relations or {}),
        **attributes,
    }
    return type(f"{model.__name__}Schema", (Schema,), members)


def from_admin(admin: Any, *, fields: Iterable[str], **attributes: Any) -> type[Schema]:
    """Return a schema for a ModelAdmin: of the fields named here, those that it shows.

    A field counts as shown where `list_display`, `list_filter`, `search_fields`, `readonly_fields`
    or `fields` names it; another one raises SchemaError. Rows are those of `get_queryset` where an
    instance with a request is at hand: see `pickguard.search.admin`.
    """
    names = list(fields)
    shown = _shown_by(admin)
    hidden = [name for name in names if name not in shown]
    if hidden:
        raise SchemaError(f"{type(admin).__name__} does not show {hidden[0]!r}")
    text = [
        path for path in (str(name).lstrip("^=@") for name in admin.search_fields) if path in names
    ]
    return schema(admin.model, fields=names, **{"text": text, **attributes})


def _shown_by(admin: Any) -> set[str]:
    options = (admin.list_display, admin.list_filter, admin.readonly_fields, admin.fields or ())
    names = [item for option in options for item in _flat(option)]
    for _, fieldset in admin.fieldsets or ():
        names += _flat(fieldset["fields"])
    names += [str(name).lstrip("^=@") for name in admin.search_fields]
    return {name for name in names if isinstance(name, str)}


def _flat(items: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        found += _flat(item) if isinstance(item, (list, tuple)) else [item]
    return found


def from_serializer(serializer: Any, *, fields: Iterable[str], **attributes: Any) -> type[Schema]:
    """Return a schema for a DRF model serializer class: of the fields named here, those it gives.

    A field that the serializer does not have, only takes (`write_only`) or computes raises
    SchemaError. Renamed fields keep the serializer's name. A nested model serializer becomes a
    relation where `relations` names a schema for it.
    """
    model = serializer.Meta.model
    declared = serializer().fields
    found = [_from_serializer_field(serializer, declared, name) for name in fields]
    return schema(model, fields=found, **attributes)


def _from_serializer_field(serializer: Any, declared: Any, name: str) -> Field:
    if name not in declared:
        raise SchemaError(f"{serializer.__name__} has no field {name!r}")
    field = declared[name]
    if field.write_only:
        raise SchemaError(f"{serializer.__name__}.{name} is never given out")
    source = str(field.source)
    if "." in source or source == "*":
        raise SchemaError(f"{serializer.__name__}.{name} is no field of the model itself")
    return Field(name, source="" if source == name else source)
