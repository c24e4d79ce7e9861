"""Generic foreign keys: rows that name a kind of thing that is gone, or a thing that is not there."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connections, models

from pickguard.backups.integrity.finding import Check, Hit
from pickguard.backups.integrity.tables import Table

Pair = tuple[Any, Any]
_BITS = 63  # of the largest number that a database takes


class Generic:
    """The generic foreign keys of one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._models: dict[Any, type[models.Model] | None] = {}
        self.keys = list(_keys(table))

    def hits(self, keys: list[Any], pairs: dict[str, list[Pair]]) -> Iterator[Hit]:
        """Return the broken ones among some rows; `pairs` are kind and key by field, row by row."""
        for name, found in pairs.items():
            for number, text in sorted(self._broken(found).items()):
                if self._again(name, keys[number]):
                    yield Hit(Check.GENERIC, name, self._table.text_of(keys[number]), text)

    def _again(self, name: str, key: Any) -> bool:
        """Look at one row once more: what it names may have been deleted with it meanwhile."""
        (kind, held) = next((k, h) for n, k, h in self.keys if n == name)
        wanted = self._table.key(self._table.kept(key))
        row = self._table.rows().filter(pk=wanted).values_list(kind, held).first()
        return row is not None and bool(self._broken([row]))

    def _broken(self, pairs: list[Pair]) -> dict[int, str]:
        """Return what is wrong, by the number of the pair."""
        found: dict[int, str] = {}
        by_kind: dict[Any, list[int]] = defaultdict(list)
        for number, (kind, held) in enumerate(pairs):
            if kind is None and held is None:
                continue
            if kind is None or held is None:
                found[number] = "half of the pair is null"
            else:
                by_kind[kind].append(number)
        for kind, numbers in by_kind.items():
            found |= self._of_kind(kind, {n: pairs[n][1] for n in numbers})
        return found

    def _of_kind(self, kind: Any, held: dict[int, Any]) -> dict[int, str]:
        if kind not in self._models:
            self._models[kind] = _model(kind, self._table.using)
        model = self._models[kind]
        if model is None:
            return dict.fromkeys(held, f"content type {kind} has no model any more")
        if not _here(model, self._table.using):
            return {}
        to: Any = model._meta.pk
        asked = {n: _value(to, value) for n, value in held.items()}
        wanted = {value for value in asked.values() if value is not None}
        rows: models.QuerySet[Any] = models.QuerySet(model, using=self._table.using).filter(
            pk__in=wanted
        )
        there = set(rows.values_list("pk", flat=True))
        said = f"they name a {model._meta.label} that is not there"
        return {number: said for number, value in asked.items() if value not in there}


def _keys(table: Table) -> Iterator[tuple[str, str, str]]:
    """Return name, column of the kind, column of the key, of each."""
    if not apps.is_installed("django.contrib.contenttypes"):
        return
    from django.contrib.contenttypes.fields import GenericForeignKey

    for field in table.model._meta.private_fields:
        if isinstance(field, GenericForeignKey) and table.has((field.ct_field, field.fk_field)):
            kind = table.model._meta.get_field(field.ct_field)
            held = table.model._meta.get_field(field.fk_field)
            yield field.name, kind.attname, held.attname  # type: ignore[union-attr]  # both are columns


def _model(kind: Any, using: str) -> type[models.Model] | None:
    from django.contrib.contenttypes.models import ContentType

    key = _value(ContentType._meta.pk, kind)
    found = models.QuerySet(ContentType, using=using).filter(pk=key).first()
    return found.model_class() if found is not None else None


def _here(model: type[models.Model], using: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        return model._meta.db_table in connection.introspection.table_names(cursor, True)


def _value(to: Any, value: Any) -> Any:
    """Return a key as the other side has it, None where it can be none of its keys."""
    while to.remote_field is not None:
        to = to.target_field
    try:
        found = to.to_python(value)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None
    return None if isinstance(found, int) and found.bit_length() > _BITS else found


def collected(
    generic: Generic, names: list[str], rows: Iterable[tuple[Any, ...]], unreadable: Any
) -> dict[str, list[Pair]]:
    """Return the pairs of each generic key from rows whose columns are named."""
    places = {name: (names.index(kind), names.index(held)) for name, kind, held in generic.keys}
    found: dict[str, list[Pair]] = {name: [] for name in places}
    for row in rows:
        for name, (kind, held) in places.items():
            pair = (row[kind], row[held])
            found[name].append((None, None) if unreadable in pair else pair)
    return found
