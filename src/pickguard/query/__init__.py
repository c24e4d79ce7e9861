"""A small, safe query language: text from a person to `django.db.models.Q`.

Stands alone: knows Django and nothing else of Pickguard.
"""

from pickguard.query.compiled import Query
from pickguard.query.completion import Suggestion
from pickguard.query.cost import bounded
from pickguard.query.derived import from_admin, from_serializer, schema
from pickguard.query.errors import Fix, Problem, QueryError
from pickguard.query.fields import Field, Relation, SchemaError
from pickguard.query.limits import Limits
from pickguard.query.parser import parse
from pickguard.query.schema import Schema

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
