"""Which models have a table in a database, and with which columns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models, router

from pickguard.base.errors import UsageError, did_you_mean

Key = list[str]


@dataclass(frozen=True)
class Table:
    """One model in one database.

    Attributes:
        database: the alias as the settings name it; `using` is that of the connection which reads.
        columns: what the table really has; a backup may be older than the code.
    """

    database: str
    using: str
    model: type[models.Model]
    columns: frozenset[str]

    @property
    def label(self) -> str:
        """Return how messages name it."""
        return self.model._meta.label

    @cached_property
    def fields(self) -> "list[models.Field[Any, Any]]":
        """Return the fields of this very table whose column is there."""
        return [f for f in self.model._meta.local_concrete_fields if f.column in self.columns]

    @cached_property
    def keys(self) -> "list[models.Field[Any, Any]]":
        """Return the fields of the primary key."""
        return list(self.model._meta.pk_fields)

    def rows(self) -> "models.QuerySet[Any]":
        """Return all rows, whatever the model's managers hide."""
        return models.QuerySet(self.model, using=self.using)

    def between(self, after: Key | None, upto: Key | None) -> "models.QuerySet[Any]":
        """Return the rows behind one key up to another; None: no bound."""
        rows = self.rows()
        if after is not None:
            rows = rows.filter(pk__gt=self.key(after))
        return rows if upto is None else rows.filter(pk__lte=self.key(upto))

    def has(self, names: Iterable[str]) -> bool:
        """Tell whether the table has the columns of these fields."""
        mine = {f.name for f in self.fields} | {f.attname for f in self.fields}
        return set(names) <= mine

    def text_of(self, key: tuple[Any, ...]) -> str:
        """Return a key as people read it."""
        return ", ".join(map(str, key))

    def kept(self, key: tuple[Any, ...]) -> Key:
        """Return a key as a file keeps it."""
        return [str(value) for value in key]

    def key(self, kept: Key) -> Any:
        """Return a key as a query takes it."""
        found = tuple(_target(f).to_python(text) for f, text in zip(self.keys, kept, strict=True))
        return found[0] if len(found) == 1 else found


def _target(field: Any) -> Any:
    """Return the field that says what values a key has."""
    while field.remote_field is not None:
        field = field.target_field
    return field


def tables(database: str, connection: Any, chosen: "set[type[models.Model]] | None") -> list[Table]:
    """Return the models that have a table there."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor, include_views=False))
        return [
            Table(database, connection.alias, model, _columns(connection, cursor, model))
            for model in _models(chosen)
            if model._meta.db_table in there and router.allow_migrate_model(database, model)
        ]


def _columns(connection: Any, cursor: Any, model: type[models.Model]) -> frozenset[str]:
    table = model._meta.db_table
    return frozenset(c.name for c in connection.introspection.get_table_description(cursor, table))


def _models(chosen: "set[type[models.Model]] | None") -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if (
            not model._meta.proxy
            and not model._meta.swapped
            and (chosen is None or model in chosen)
        ):
            yield model


def chosen(names: list[str]) -> "set[type[models.Model]] | None":
    """Return the models that somebody named by `app`, `app.Model` or `Model`; None: all.

    Raises:
        UsageError: there is none of a name.
    """
    if not names:
        return None
    found: set[type[models.Model]] = set()
    every = list(_models(None))
    for name in names:
        wanted = name.lower()
        now = {
            m
            for m in every
            if wanted in {m._meta.label_lower, m._meta.app_label, m._meta.model_name}
        }
        if not now:
            known = sorted({m._meta.label for m in every} | {m._meta.app_label for m in every})
            raise UsageError(
                f"there is no model or app {name!r}", way_out=did_you_mean(name, known)
            )
        found |= now
    return found
