"""From a path to conditions on rows: relations followed, rows that may not be seen kept out.

The rule for what a path means: through relations to one row it has the value at its end, null
where a relation leads nowhere or to a row that may not be seen; through a relation to many rows
it asks whether there is one such row.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Case, F, Q, Value, When

from pickguard.query.compiling.leaves import Child
from pickguard.query.compiling.rows import VALUE, Computed, Member, Related, Rows
from pickguard.query.schemas.names import Attribute, Link, Named, Target
from pickguard.query.schemas.schema import Schema

# what stands at the end of a path, given the lookup prefix there: one condition
End = Callable[[str], Child]


class Frame(NamedTuple):
    """Where in the model a part of a query stands.

    Attributes:
        schema: what may be named here.
        prefix: the lookup prefix from the table that is asked to this place.
        hops: relations followed so far.
        visited: models on the way here, this one included.
        names: what may be named here, found without a path.
    """

    schema: Schema
    prefix: str
    hops: int
    visited: tuple[type[models.Model], ...]
    names: dict[str, Named]


def opposite(child: Child) -> Q:
    """Return the complement of a condition."""
    return Q(child, _negated=True)


def apart(child: Child) -> Q:
    """Return a condition that a planner works out on its own and does not turn into a join."""
    found = Case(
        When(Q(child), then=Value(value=True)),
        default=Value(value=False),
        output_field=models.BooleanField(),
    )
    return Q(found)


def both(children: list[Child]) -> Child:
    """Return the condition that all of these hold."""
    return children[0] if len(children) == 1 else Q(*children)


def guards(schema: Schema, links: tuple[Link, ...], prefix: str) -> list[Child]:
    """Return the conditions that relations to one row lead to a row, one that may be seen.

    A relation that can be null is said not to be, in words: Django takes a join that is used
    again for one that finds a row.
    """
    conditions: list[Child] = []
    nullable = ""
    for link in links:
        prefix += link.lookup + "__"
        if link.nullable:
            nullable = prefix
        schema = schema.related(link.schema)
        if schema.restricted:
            conditions.append(Member(F(prefix + "pk"), seen(schema)))
    if nullable:
        conditions.insert(0, (nullable + "isnull", False))
    return conditions


def seen(schema: Schema) -> Rows:
    """Return the rows that the schema's user may see."""
    rows = schema.visible(schema.user)
    if rows.model._meta.concrete_model is not schema.model._meta.concrete_model:  # noqa: SLF001 # public
        raise TypeError(f"{type(schema).__name__}.visible returned rows of {rows.model.__name__}")
    return Rows(rows.query)


def exists(
    schema: Schema, links: tuple[Link, ...], prefix: str, end: End | None, node: object
) -> Child:
    """Return the condition that following `links` leads to a row for which `end` holds.

    `end` is given the lookup prefix at that row; None asks for any row.
    """
    split = next((i for i, link in enumerate(links) if link.many), None)
    if split is None:
        conditions = guards(schema, links, prefix)
        inner = prefix + "".join(link.lookup + "__" for link in links)
        if end is not None:
            conditions.append(end(inner))
        return both(conditions) if conditions else (inner + "pk__isnull", False)
    single, link, rest = links[:split], links[split], links[split + 1 :]
    conditions = guards(schema, single, prefix)
    before = prefix + "".join(each.lookup + "__" for each in single)
    for each in single:
        schema = schema.related(each.schema)
    related = schema.related(link.schema)
    where = _inside(related, link, rest, end, node)
    conditions.append(member(before, link, Related(label(link), link.back, where, node)))
    return both(conditions)


def _inside(
    related: Schema, link: Link, rest: tuple[Link, ...], end: End | None, node: object
) -> Q | None:
    conditions = at_row(related, link)
    if rest or end is not None:
        conditions.append(exists(related, rest, link.inner, end, node))
    return Q(*conditions) if conditions else None


def at_row(related: Schema, link: Link) -> list[Child]:
    """Return what must hold for a row of the table behind `link` to count at all."""
    conditions: list[Child] = list(link.only)
    if link.inner_nullable:
        conditions.append((link.inner + "isnull", False))
    if related.restricted:
        conditions.append(Member(F(link.inner + "pk"), seen(related)))
    return conditions


def member(prefix: str, link: Link, rows: Any) -> Child:
    """Return the condition that our row is among those that the rows of `link` point at."""
    condition = Member(F(prefix + link.target), rows)
    if link.target == "pk":
        return condition
    return Q((f"{prefix}{link.target}__isnull", False), condition)


def label(link: Link) -> str:
    """Return the label of the model behind a relation to many rows."""
    assert link.model is not None  # such a relation has one
    return link.model._meta.label  # noqa: SLF001 # Django's public name for it


def leaf(
    target: Target, schema: Schema, make: Callable[[str], Child], node: object
) -> Callable[[str], Child]:
    """Return what makes the condition at the end of a path: on a field, or on an expression."""
    attribute = target.end
    assert isinstance(attribute, Attribute)
    if attribute.expression is None:
        lookup = attribute.lookup
        return lambda prefix: make(prefix + lookup)
    rows = Computed(schema.model, attribute.expression, Q(make(VALUE)), node)
    return lambda prefix: Member(F(prefix + "pk"), rows)
