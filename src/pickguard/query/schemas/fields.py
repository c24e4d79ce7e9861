"""How a schema names what may be asked: fields and relations, each with its bounds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pickguard.query.schemas.schema import Schema


class SchemaError(Exception):
    """A schema that can't work: the mistake of who wrote it, not of who searches."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field that may be asked, where its name alone does not say enough.

    Attributes:
        name: how the query calls it.
        source: the model's own field, or an expression that knows its output field; `name` where
            empty.
        aliases: other names that are understood, but not suggested.
        operators: all that may be used, of those that fit the type; None for all that fit.
            `null` stands for `is null` and `is empty`. A function of the user says it for each.
        ignore_case: `=` and `in` do not tell upper from lower case.
        regex: `=~` may be used; see `Limits.pattern`.
        order: results may be ordered by it, which tells about values as `<` does; if nothing is
            said, they may where no operator is withheld.
        complete: values of visible rows may be suggested.
        allow: says whether a user may ask the field at all. One who may not can't tell it from
            a field that does not exist.
    """

    name: str
    source: Any = ""
    aliases: tuple[str, ...] = ()
    operators: "Iterable[str] | Callable[[Any], Iterable[str] | None] | None" = None
    ignore_case: bool = False
    regex: bool = False
    order: bool | None = None
    complete: bool = False
    allow: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A relation that may be followed, where the other schema alone does not say enough.

    Attributes:
        schema: the schema of the other side, or a dotted path to it.
        source: the model's own name of the relation; the schema's name where empty.
        aliases: other names that are understood, but not suggested.
        revisit: the relation may lead to a model that the query has been at.
        allow: says whether a user may follow it.
    """

    schema: "type[Schema] | str"
    source: str = ""
    aliases: tuple[str, ...] = ()
    revisit: bool = False
    allow: Callable[[Any], bool] | None = None
