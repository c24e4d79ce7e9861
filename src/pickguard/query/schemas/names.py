"""A schema's names, tied to the model: what a path means, found once and kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.db.models.expressions import BaseExpression

from pickguard.query.schemas.fields import Field, Relation, SchemaError
from pickguard.query.schemas.kinds import OPERATORS, PATTERNS, Kind, integer_range, kind_of
from pickguard.query.schemas.lookups import KNOWN, plain_lookups

if TYPE_CHECKING:
    from pickguard.query.schemas.schema import Schema

AnyField: TypeAlias = "models.Field[Any, Any]"


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """A field that may be asked.

    Attributes:
        name: how the query calls it.
        lookup: the model's own name of it.
        field: the model field, or the output field of a declared expression.
        expression: the declared expression; None for a field.
        operators: what may be used with it; `null` for `is null`.
        plain: operator → lookup and whether its result is negated, for a value that needs no
            more than that; empty for an expression.
        order: whether results may be ordered by it.
        bounds: the smallest and largest whole number that the column holds.
    """

    name: str
    lookup: str
    kind: Kind
    field: AnyField
    operators: frozenset[str]
    declared: Field
    plain: dict[str, tuple[str, bool]]
    order: bool
    bounds: tuple[int, int]
    expression: BaseExpression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A relation that may be followed.

    A relation to many rows is asked in a subquery over `model`, the related or the through table:
    `back` is its field that names our row, `target` our field that it names, `inner` the lookup
    prefix from there to the related row's fields, and `only` what tells its rows from those that
    belong to other models.
    """

    name: str
    lookup: str
    schema: "type[Schema]"
    many: bool
    nullable: bool
    revisit: bool
    declared: Relation
    model: "type[models.Model] | None" = None
    back: str = ""
    target: str = "pk"
    inner: str = ""
    inner_nullable: bool = False
    unique: bool = True
    only: tuple[tuple[str, str], ...] = ()


Named: TypeAlias = Attribute | Link


class Target(NamedTuple):
    """What a path means: the relations on the way, and the attribute or relation at its end."""

    links: tuple[Link, ...]
    end: Named
    shared: bool  # the same for every user


def tie_field(model: type[models.Model], declared: Field) -> Attribute:
    """Return the attribute for a declared field. Raises SchemaError where the model has none."""
    source = declared.source or declared.name
    if not isinstance(source, str):
        try:
            field = source.output_field
        except (AttributeError, FieldError):
            raise SchemaError(f"{declared.name!r}: its expression needs an output_field") from None
        return _attribute(declared.name, field, declared, source)
    try:
        field = model._meta.pk if source == "pk" else model._meta.get_field(source)  # noqa: SLF001 # Django's public name for it
    except FieldDoesNotExist:
        raise SchemaError(f"{model.__name__} has no field {source!r}") from None
    if not isinstance(field, models.Field) or field.many_to_many:
        raise SchemaError(f"{model.__name__}.{source} is a relation: name it in `relations`")
    # by the column: an order by a foreign key's name would be the other model's own order
    lookup = field.attname if field.is_relation else source
    return _attribute(lookup, field, declared, None)


def _attribute(lookup: str, field: AnyField, declared: Field, expression: Any) -> Attribute:
    kind = kind_of(field)
    possible = frozenset((*OPERATORS[kind], "null"))
    if declared.regex and kind is Kind.TEXT:
        possible |= frozenset(PATTERNS)
    plain = {} if expression is not None else plain_lookups(lookup, declared, possible)
    bounds = integer_range(field) if kind is Kind.INTEGER else (0, 0)
    free = declared.order is not False
    attribute = Attribute(
        declared.name, lookup, kind, field, possible, declared, plain, free, bounds, expression
    )
    return attribute if callable(declared.operators) else _narrowed(attribute, declared.operators)


def _narrowed(attribute: Attribute, wanted: Iterable[str] | None) -> Attribute:
    """Return an attribute with no other operators than these; None stands for all."""
    if wanted is None:
        return attribute
    operators = frozenset(wanted)
    if unknown := operators - KNOWN:
        raise SchemaError(f"{attribute.name!r}: there is no operator {min(unknown)!r}")
    plain = {each: found for each, found in attribute.plain.items() if each in operators}
    return replace(
        attribute, operators=attribute.operators & operators, plain=plain,
        order=attribute.declared.order is True,
    )  # fmt: skip


def guarded(named: Named) -> bool:
    """Return whether a name is not the same for every user."""
    declared = named.declared
    return declared.allow is not None or callable(getattr(declared, "operators", None))


def for_user(named: Named, user: Any) -> Named | None:
    """Return what a name is for a user; None where this user may not know of it."""
    if named.declared.allow is not None and not named.declared.allow(user):
        return None
    if isinstance(named, Attribute) and callable(named.declared.operators):
        return _narrowed(named, named.declared.operators(user))
    return named


def tie_relation(
    model: type[models.Model], name: str, declared: Relation, schema: "type[Schema]"
) -> Link:
    """Return the link for a declared relation. Raises SchemaError where it can't be followed."""
    source = declared.source or name
    try:
        field: Any = model._meta.get_field(source)  # noqa: SLF001 # Django's public name for it
    except FieldDoesNotExist:
        raise SchemaError(f"{model.__name__} has no relation {source!r}") from None
    if field.related_model is None and field.is_relation:
        raise SchemaError(f"{model.__name__}.{source} leads to rows of any model: ask from there")
    if field.related_model is None or _concrete(field.related_model) is not _concrete(schema.model):
        raise SchemaError(
            f"{model.__name__}.{source} does not lead to {schema.model.__name__}, "
            f"the model of {schema.__name__}"
        )
    if field.many_to_many:
        facts = _many_to_many(field)
    elif field.one_to_many and field.auto_created:
        facts = _one_to_many(field)
    elif field.one_to_many:
        facts = _generic(model, field)
    else:
        facts = {"many": False, "nullable": bool(field.auto_created or field.null)}
    return Link(
        name=name, lookup=source, schema=schema, revisit=declared.revisit, declared=declared,
        **facts,
    )  # fmt: skip


def _concrete(model: type[models.Model]) -> type[models.Model] | None:
    return model._meta.concrete_model  # noqa: SLF001 # Django's public name for it


def _one_to_many(relation: Any) -> dict[str, Any]:
    key = relation.field
    return {
        "many": True,
        "nullable": False,
        "model": relation.related_model,
        "back": key.name,
        "target": "pk" if key.target_field.primary_key else key.target_field.name,
    }


def _generic(model: type[models.Model], field: Any) -> dict[str, Any]:
    """Return the facts of a GenericRelation: rows that name a model and a key of it."""
    related, key = field.related_model, model._meta.pk  # noqa: SLF001 # Django's public names
    back = related._meta.get_field(field.object_id_field_name)  # noqa: SLF001 # as above
    if key is None or kind_of(back) is not kind_of(key):
        raise SchemaError(
            f"{model.__name__}.{field.name} can't be followed: {related.__name__}.{back.name} "
            f"holds another type than the key of {model.__name__}"
        )
    owner = _concrete(model) if field.for_concrete_model else model
    meta, kind = owner._meta, field.content_type_field_name  # type: ignore[union-attr]  # noqa: SLF001 # a model is there
    return {
        "many": True,
        "nullable": False,
        "model": related,
        "back": back.name,
        "only": ((kind + "__app_label", meta.app_label), (kind + "__model", meta.model_name)),
    }


def _many_to_many(field: Any) -> dict[str, Any]:
    forward = not field.auto_created
    key = field if forward else field.field
    through = key.remote_field.through
    ends = key.m2m_field_name(), key.m2m_reverse_field_name()
    back, far = ends if forward else ends[::-1]
    back_key = through._meta.get_field(back)  # noqa: SLF001 # Django's public name for it
    return {
        "many": True,
        "nullable": False,
        "model": through,
        "back": back,
        "target": "pk" if back_key.target_field.primary_key else back_key.target_field.name,
        "inner": far + "__",
        "inner_nullable": through._meta.get_field(far).null,  # noqa: SLF001 # as above
        "unique": bool(through._meta.auto_created),  # noqa: SLF001 # as above
    }
