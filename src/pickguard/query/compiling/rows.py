"""Right-hand sides that build their subquery when Django resolves the `Q` that holds them.

Building a subquery early costs more than parsing the whole query, and ties it to one use. These
hold what is needed, pickle, and print as what they mean.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, Q
from django.db.models.lookups import In

COUNT = "pickguard_count"
VALUE = "pickguard_value"


class Member(In):
    """The condition that a column is among what a subquery gives.

    Written as `IN`, which SQLite and MariaDB work out once; on PostgreSQL as `EXISTS`, because
    its planner makes no join of `NOT IN` and then compares every row with every other.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the SQL for PostgreSQL."""
        column, params = self.process_lhs(compiler, connection)
        rows, more = self.process_rhs(compiler, connection)
        sql = (
            f"EXISTS (SELECT 1 FROM {rows} pickguard_rows (key) "  # noqa: S608 # Django's own SQL
            f"WHERE pickguard_rows.key = {column})"
        )
        return sql, [*more, *params]

    def __repr__(self) -> str:
        name = getattr(self.lhs, "name", None)
        return super().__repr__() if name is None else f"<{name} in {self.rhs!r}>"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The primary keys of rows that a user may see, for `pk__in`; of every use a new copy."""

    query: Any  # django.db.models.sql.Query: pickles without running, unlike a QuerySet

    def resolve_expression(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the subquery, for Django."""
        inner = self.query.chain()
        inner.clear_ordering(clear_default=True)
        if not inner.has_select_fields:
            inner.set_values(["pk"])
        return inner.resolve_expression(query, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<visible {self.query.model._meta.verbose_name_plural}>"  # noqa: SLF001 # public


@dataclass(frozen=True, slots=True, eq=False)
class Related:
    """What of our rows the rows of another table point at, for `pk__in`.

    Attributes:
        label: the model of the other table, a related one or a through table, by its label: the
            class of a through table that Django made can't be pickled.
        back: its field that points at our rows.
        where: which of its rows count; None for all.
        node: the part of the query that asks for them.
    """

    label: str
    back: str
    where: Q | None
    node: object

    def rows(self) -> "models.QuerySet[Any]":
        """Return the rows of the other table that count and point somewhere."""
        model = apps.get_model(self.label)
        rows: models.QuerySet[Any] = models.QuerySet(model)
        if model._meta.get_field(self.back).null:  # noqa: SLF001 # Django's public name for it
            rows = rows.filter((self.back + "__isnull", False))
        return rows if self.where is None else rows.filter(self.where)

    def resolve_expression(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the subquery, for Django."""
        inner = self.rows().order_by().values(self.back).query
        return inner.resolve_expression(query, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.node}>"


@dataclass(frozen=True, slots=True, eq=False)
class Counted(Related):
    """What of our rows a certain number of rows of another table points at.

    Attributes:
        having: lookup and value that the number must pass.
        distinct: the field whose different values are counted; "" counts rows.
    """

    having: Q
    distinct: str

    def resolve_expression(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the subquery, for Django."""
        number = Count(self.distinct, distinct=True) if self.distinct else Count("*")
        rows = self.rows().order_by().values(self.back).annotate(**{COUNT: number})
        inner = rows.filter(self.having).values(self.back).query
        return inner.resolve_expression(query, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.node}>"


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """The rows of a model for which a declared expression passes a condition, for `pk__in`."""

    model: type[models.Model]
    expression: Any
    where: Q
    node: object

    def resolve_expression(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the subquery, for Django."""
        rows = models.QuerySet(self.model).annotate(**{VALUE: self.expression})
        inner = rows.filter(self.where).order_by().values("pk").query
        return inner.resolve_expression(query, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.node}>"
