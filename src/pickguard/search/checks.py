"""System checks of the schemas that a project has declared."""

import re
from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from django.db import models

from pickguard.query import Schema, SchemaError
from pickguard.query.schemas.names import Attribute, Link

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|api_?key|private_?key|(^|_)(salt|otp|pin|ssn|cvv)(_|$)",
    re.IGNORECASE,
)


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_schemas, "pickguard")
    checks.register(check_indexes, "pickguard", deploy=True)


def schemas(of: type[Schema] = Schema) -> Iterator[type[Schema]]:
    """Return all schema classes that have a model."""
    for each in of.__subclasses__():
        if hasattr(each, "model"):
            yield each
        yield from schemas(each)


def check_schemas(**_: Any) -> list[CheckMessage]:
    """Return what is doubtful about the names that schemas expose."""
    found: list[CheckMessage] = []
    for schema in schemas():
        try:
            names, _guarded = schema.tied()
        except SchemaError as error:
            found.append(checks.Error(str(error), obj=schema, id="pickguard.E001"))
            continue
        for named in dict.fromkeys(names.values()):
            found += _of_name(schema, named)
    return found


def _of_name(schema: type[Schema], named: Attribute | Link) -> Iterator[CheckMessage]:
    if isinstance(named, Attribute):
        if _SECRET.search(named.lookup) and named.declared.allow is None:
            yield checks.Warning(
                f"{schema.__name__} lets everybody who searches ask for {named.name!r}, "
                "which looks like a secret",
                hint="Leave it out, or say with `allow` who may ask: a prefix search reads it out.",
                obj=schema,
                id="pickguard.W001",
            )
    elif _restricted(schema) and not _restricted(named.schema) and named.declared.allow is None:
        yield checks.Warning(
            f"{schema.__name__} shows some rows to some users only, but {named.name!r} leads to "
            f"all rows of {named.schema.model.__name__}",
            hint=f"Give {named.schema.__name__} a `visible` of its own.",
            obj=schema,
            id="pickguard.W002",
        )


def _restricted(schema: type[Schema]) -> bool:
    return schema.visible is not Schema.visible


def check_indexes(**_: Any) -> list[CheckMessage]:
    """Return, for each schema, the fields that can be ordered by without an index."""
    found: list[CheckMessage] = []
    for schema in schemas():
        try:
            names, _guarded = schema.tied()
        except SchemaError:
            continue
        slow = [
            named.name
            for named in dict.fromkeys(names.values())
            if isinstance(named, Attribute) and named.order and not _indexed(schema, named)
        ]
        if slow:
            found.append(
                checks.Info(
                    f"{schema.__name__} can be ordered by {', '.join(slow)} without an index",
                    hint="Add an index, or forbid it: Field(name, order=False).",
                    obj=schema,
                    id="pickguard.I001",
                )
            )
    return found


def _indexed(schema: type[Schema], attribute: Attribute) -> bool:
    field: Any = attribute.field
    if attribute.expression is not None or field.db_index or field.unique:
        return attribute.expression is None
    meta = schema.model._meta  # noqa: SLF001 # Django's public name for it
    groups: list[Any] = [index.fields for index in meta.indexes]
    groups += [c.fields for c in meta.constraints if isinstance(c, models.UniqueConstraint)]
    return any(group and group[0].lstrip("-") == field.name for group in groups)
