"""A small, safe query language: text from a person to `django.db.models.Q`.

Stands alone: knows Django and nothing else of Pickguard. What only some need is imported when it is
first asked for.
"""

from typing import TYPE_CHECKING, Any

from pickguard.query.compiled import Query
from pickguard.query.errors import Fix, Problem, QueryError
from pickguard.query.fields import Field, Relation, SchemaError
from pickguard.query.limits import Limits
from pickguard.query.parser import parse
from pickguard.query.schema import Schema

# the function takes the module's place, which is not meant to be imported by name
from pickguard.query.derived import from_admin, from_serializer, schema  # isort: skip

if TYPE_CHECKING:
    from pickguard.query.completion import Suggestion
    from pickguard.query.cost import bounded

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
_LATER = {"Suggestion": "completion", "bounded": "cost"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
