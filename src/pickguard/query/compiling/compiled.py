"""A compiled query: a `Q`, an order and a limit; applied to a queryset in one call."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django.db.models import Case, F, OrderBy, OuterRef, Q, Subquery, When

from pickguard.query.compiling.binding import Binder
from pickguard.query.compiling.paths import Frame, guards, seen
from pickguard.query.compiling.rows import VALUE, Member
from pickguard.query.schemas.names import Attribute, Target
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.errors import Problem, QueryError
from pickguard.query.syntax.nodes import Key, Literal, Path, Tree

_Row = TypeVar("_Row", bound=models.Model)


class Query:
    """A query that is right for its schema and its user.

    Attributes:
        q: the condition, for `filter()` and `exclude()`, with `&`, `|` and `~`. It leaves the
            rows of the model itself to the caller: `filter` below takes only the visible ones.
        order_by: what to order by, for `order_by()`.
        limit: how many rows at most; None for all.
        tree: what was asked, as nodes.
        patterns: whether it holds a regular expression, which can take a database long.
    """

    __slots__ = ("limit", "order_by", "patterns", "q", "schema", "text", "tree")

    def __init__(  # made in one place, which names them all
        self,
        schema: Schema,
        text: str,
        tree: Tree,
        q: Q,
        order_by: tuple[Any, ...],
        limit: int | None,
        patterns: bool,  # noqa: FBT001 # as above
    ) -> None:
        self.schema = schema
        self.text = text
        self.tree = tree
        self.q = q
        self.order_by = order_by
        self.limit = limit
        self.patterns = patterns

    def filter(self, rows: "models.QuerySet[_Row]") -> "models.QuerySet[_Row]":
        """Return those of `rows` that the user may see and that are asked for, in order.

        Raises QueryError where the schema has a `max_cost` and the database expects more.
        """
        if self.schema.restricted:
            rows = rows.filter(Member(F("pk"), seen(self.schema)))
        rows = rows.filter(self.q)
        if self.order_by:
            rows = rows.order_by(*self.order_by)
        if self.limit is not None:
            rows = rows[: self.limit]
        if self.schema.max_cost is not None:
            from pickguard.query.compiling.cost import refuse_costly

            refuse_costly(rows, self.schema.max_cost, self.text)
        return rows

    def narrow(self, rows: "models.QuerySet[_Row]") -> "models.QuerySet[_Row]":
        """Return the rows of `filter`, ready to be filtered, ordered and cut further.

        A query with a limit or a pattern is run here and now, for its primary keys; a pattern has
        the schema's `max_seconds` for it. Raises QueryError where the database does not manage,
        or where a pattern finds more rows than a limit can ask for.
        """
        if self.limit is None and not self.patterns:
            return self.filter(rows)
        from pickguard.query.compiling.cost import found

        rows = rows.filter(("pk__in", found(self, rows)))
        return rows.order_by(*self.order_by) if self.order_by else rows

    def __str__(self) -> str:
        from pickguard.query.compiling.canonical import canonical

        return str(canonical(self.schema, self.tree))

    def __repr__(self) -> str:
        return f"<Query {str(self)!r}>"


def bind(schema: Schema, text: str, tree: Tree) -> Query:
    """Return the query for a tree. Raises QueryError with all that is wrong with it."""
    binder = Binder(schema)
    where, keys, number, _, _ = tree
    child = Q() if where is None else binder.bind(where, binder.root)
    q = child if type(child) is Q else Q.create([child])  # type: ignore[list-item]  # as Q() takes it
    order = tuple(_ordered(binder, keys)) if keys else ()
    limit = None if number is None else _limit(binder, number)
    if binder.problems:
        raise QueryError.of(*binder.problems, text=text)
    return Query(schema, text, tree, q, order, limit, binder.patterns)


def _limit(binder: Binder, node: Literal) -> int:
    most = binder.reading.limits.rows
    digits = len(str(most))
    if node.form == "integer" and len(node.text) <= digits + 1 and 1 <= int(node.text) <= most:
        return int(node.text)
    binder.fail(Problem("limit", node.start, node.end, limit=most))
    return most


def _ordered(binder: Binder, keys: tuple[Key, ...]) -> Iterable[Any]:
    most = binder.reading.limits.keys
    if len(keys) > most:
        first, last = keys[0], keys[-1]
        binder.fail(Problem("too-many-keys", first.start, last.end, found=len(keys), limit=most))
        return
    for key in keys:
        path = Path(key.text, None, None, key.start, key.end)
        target = binder.attribute(path, binder.root)
        if target is None:
            continue
        attribute: Any = target.end
        if any(link.many for link in target.links):
            binder.fail(Problem("many-values", key.start, key.end, found=key.text))
        elif not attribute.order:
            binder.fail(Problem("no-order", key.start, key.end, found=key.text))
        else:
            yield _sorted_by(binder.root, target, attribute, descending=key.descending)


def _sorted_by(
    frame: Frame, target: Target, attribute: Attribute, *, descending: bool
) -> str | OrderBy:
    """Return a key for `order_by()`: a name, or what is null behind a row that may not be seen."""
    prefix = "".join(link.lookup + "__" for link in target.links)
    name = prefix + attribute.lookup
    value: Any = F(name)
    if attribute.expression is not None:
        value = _computed(target, attribute, prefix) if prefix else attribute.expression
    conditions = guards(frame.schema, target.links, "")
    if any(isinstance(child, Member) for child in conditions):
        value = Case(When(Q(*conditions), then=value), default=None)
    if isinstance(value, F):
        return f"-{name}" if descending else name
    return OrderBy(value, descending=descending)


def _computed(target: Target, attribute: Attribute, prefix: str) -> Subquery:
    """Return the value of an expression of a row that ours leads to."""
    rows: models.QuerySet[Any] = models.QuerySet(target.links[-1].schema.model).filter(
        pk=OuterRef(prefix + "pk")
    )
    return Subquery(rows.annotate(**{VALUE: attribute.expression}).order_by().values(VALUE)[:1])
