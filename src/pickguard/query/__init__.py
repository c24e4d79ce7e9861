"""A small, safe query language: text from a person to `django.db.models.Q`.

Stands alone: knows Django and nothing else of Pickguard. What only some need is imported when it is
first asked for.
"""

from typing import TYPE_CHECKING, Any

from pickguard.query.compiling.compiled import Query
from pickguard.query.schemas.derived import from_admin, from_serializer, schema
from pickguard.query.schemas.fields import Field, Relation, SchemaError
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.errors import Fix, Problem, QueryError
from pickguard.query.syntax.limits import Limits
from pickguard.query.syntax.parser import parse

if TYPE_CHECKING:
    from pickguard.query.compiling.cost import bounded
    from pickguard.query.completing.completion import Suggestion

__all__ = [
    "Field",
    "Fix",
    "Limits",
    "Problem",
    "Query",
    "QueryError",
    "Relation",
    "Schema",
    "SchemaError",
    "Suggestion",
    "bounded",
    "from_admin",
    "from_serializer",
    "parse",
    "schema",
]
_LATER = {"Suggestion": "completing.completion", "bounded": "compiling.cost"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
