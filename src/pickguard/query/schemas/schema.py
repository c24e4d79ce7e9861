"""What may be asked, by whom: a declared list of fields and relations, and of visible rows.

class TicketSchema(Schema):
    model = Ticket
    fields = ["name", "priority", Field("key", ignore_case=True)]
    relations = {"groups": GroupSchema}

    def visible(self, user):
        return Ticket.objects.filter(team__members=user)

query = TicketSchema(user=request.user).compile('groups.name = "XXX" order by -priority')
rows = query.filter(Ticket.objects.all())
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string

from pickguard.query.schemas.fields import Field, Relation, SchemaError
from pickguard.query.schemas.names import (
    Link,
    Named,
    Target,
    for_user,
    guarded,
    tie_field,
    tie_relation,
)
from pickguard.query.syntax.limits import Limits
from pickguard.query.syntax.parser import parse

if TYPE_CHECKING:
    from pickguard.query.compiling.compiled import Query
    from pickguard.query.completing.completion import Suggestion
    from pickguard.query.syntax.nodes import Tree

_MOST_PATHS = 2000


class Schema:
    """What may be asked of one model. Instances are cheap: make one per request.

    Attributes:
        model: the model.
        fields: names of its fields, or `Field` where a name does not say enough. There is no
            short cut for "all of them".
        relations: name → the schema of the other side, a dotted path to it, or a `Relation`.
        expressions: name → an expression with an output field that may be asked like a field.
        text: where a text alone is searched; names as a query would write them.
        aliases: other words for the model, as in `tickets priority > 3`.
        date_order: how 1/4/2011 is read: `dmy`, `mdy`, `locale`, `iso` (not at all), or None,
            which refuses what can be read in two ways.
        limits: how much one query may ask for.
        max_cost: refuse what the database's planner expects to cost more, where it has one.
        max_seconds: how long the database may work on a query that holds a pattern; see
            `Query.narrow`.
    """

    model: ClassVar[type[models.Model]]
    fields: ClassVar[Sequence[str | Field]] = ()
    relations: ClassVar[Mapping[str, "type[Schema] | str | Relation"]] = {}
    expressions: ClassVar[Mapping[str, Any]] = {}
    text: ClassVar[Sequence[str]] = ()
    aliases: ClassVar[Sequence[str]] = ()
    date_order: ClassVar[str | None] = None
    limits: ClassVar[Limits] = Limits()
    max_cost: ClassVar[float | None] = None
    max_seconds: ClassVar[float] = 5.0

    _own: ClassVar[tuple[dict[str, Named], bool] | None] = None
    _paths: ClassVar[dict[str, Target]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._own, cls._paths = None, {}

    def __init__(self, user: Any = None, *, now: Callable[[], datetime] = timezone.now) -> None:
        self.user = user
        self.now = now
        self._related: dict[type[Schema], Schema] = {}
        self._own_names: dict[str, Named] | None = None
        self._own_paths: dict[str, Target] = {}

    # --- for who declares one -------------------------------------------------------------------

    def visible(self, user: Any) -> "models.QuerySet[Any]":
        """Return the rows that a user may see; all of them unless overridden.

        It applies wherever a query reaches this model: at the root through `Query.filter`, and
        at every relation, count and ordering.
        """
        del user
        return models.QuerySet(self.model)

    @property
    def restricted(self) -> bool:
        """Return whether some users may see some rows only."""
        return type(self).visible is not Schema.visible

    # --- for who asks ---------------------------------------------------------------------------

    def compile(self, text: str) -> "Query":
        """Return the query for a text. Raises QueryError with all that is wrong with it."""
        return _bind()(self, text, parse(text, self.limits))

    def complete(self, text: str, cursor: int | None = None) -> "list[Suggestion]":
        """Return what could stand at the cursor, the likeliest first. Never raises on a text."""
        from pickguard.query.completing.completion import complete

        return complete(self, text, len(text) if cursor is None else cursor)

    # --- names ----------------------------------------------------------------------------------

    @property
    def names(self) -> dict[str, Named]:
        """Return what this user may name here: name → attribute or relation."""
        if self._own_names is None:
            names, differ = self.tied()
            own = ((name, for_user(named, self.user)) for name, named in names.items())
            self._own_names = (
                {name: named for name, named in own if named is not None} if differ else names
            )
        return self._own_names

    @classmethod
    def tied(cls) -> tuple[dict[str, Named], bool]:
        """Return all names, tied to the model, and whether they differ from user to user.

        Raises SchemaError where a declaration does not fit the model.
        """
        if cls._own is None:
            cls._own = _tie(cls)
        return cls._own

    def related(self, schema: "type[Schema]") -> "Schema":
        """Return the schema of the other side of a relation, for the same user and clock."""
        if schema not in self._related:
            self._related[schema] = schema(self.user, now=self.now)
        return self._related[schema]

    def find(self, path: str) -> Target | None:
        """Return what a path means for this user; None where it means nothing."""
        target = self._paths.get(path) or self._own_paths.get(path)
        if target is None and (target := self._walk(path)) is not None:
            kept = self._paths if target.shared else self._own_paths
            if len(kept) < _MOST_PATHS:
                kept[path] = target
        return target

    def _walk(self, path: str) -> Target | None:
        schema, links, shared = self, [], True
        *before, last = path.split(".")
        for name in before:
            link = schema.names.get(name)
            if not isinstance(link, Link):
                return None
            shared = shared and not schema.tied()[1]
            links.append(link)
            schema = schema.related(link.schema)
        end = schema.names.get(last)
        shared = shared and not schema.tied()[1]
        return None if end is None else Target(tuple(links), end, shared)

    def words(self) -> set[str]:
        """Return the words that may stand before a field and mean the model itself."""
        meta = self.model._meta  # noqa: SLF001 # Django's public name for it
        names = (meta.model_name, meta.verbose_name, meta.verbose_name_plural, *self.aliases)
        return {str(name).casefold().replace(" ", "_") for name in names}


@cache
def _bind() -> "Callable[[Schema, str, Tree], Query]":
    from pickguard.query.compiling.compiled import bind  # which imports this module

    return bind


def _tie(schema: type[Schema]) -> tuple[dict[str, Named], bool]:
    if isinstance(schema.fields, str):
        raise SchemaError(f"{schema.__name__}.fields must be a list of names")
    names: dict[str, Named] = {}
    aliases: dict[str, Named] = {}
    for named, others in _declared(schema):
        if "__" in named.name or not named.name.isidentifier():
            raise SchemaError(f"{schema.__name__}: {named.name!r} can't be used as a name")
        if named.name in names:
            raise SchemaError(f"{schema.__name__} names {named.name!r} twice")
        names[named.name] = named
        aliases.update(dict.fromkeys(others, named))
    _check_text(schema, names)
    return aliases | names, any(map(guarded, names.values()))


def _declared(schema: type[Schema]) -> Iterable[tuple[Named, tuple[str, ...]]]:
    for item in schema.fields:
        field = Field(item) if isinstance(item, str) else item
        yield tie_field(schema.model, field), field.aliases
    for name, expression in schema.expressions.items():
        yield tie_field(schema.model, Field(name, source=expression)), ()
    for name, other in schema.relations.items():
        relation = other if isinstance(other, Relation) else Relation(other)
        yield tie_relation(schema.model, name, relation, _schema_of(relation)), relation.aliases


def _schema_of(relation: Relation) -> type[Schema]:
    found: Any = relation.schema
    if isinstance(found, str):
        found = import_string(found)
    if not (isinstance(found, type) and issubclass(found, Schema)):
        raise SchemaError(f"{found!r} is no Schema")
    return found


def _check_text(schema: type[Schema], names: dict[str, Named]) -> None:
    for path in schema.text:
        if path.replace("__", ".").partition(".")[0] not in names:
            raise SchemaError(f"{schema.__name__}.text: {path!r} is not declared")
