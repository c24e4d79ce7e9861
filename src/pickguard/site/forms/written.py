"""Which fields of a model a form or a serializer writes, by the rules of Django and of DRF.

A model form writes what `construct_instance` does: editable fields that `Meta` chooses, whether they
are declared or generated. A serializer writes what it declares, whatever `Meta` says of that, and
what `ModelSerializer` makes writable of the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from pickguard.site.models.models import Field, Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true, tail, text, texts


class Selection(StrEnum):
    """How a model form says which fields it shows."""

    LISTED = "listed"
    ALL = "all"
    EXCLUDE = "exclude"
    UNSAID = "unsaid"
    UNKNOWN = "unknown"


class Chosen(Struct, frozen=True):
    """What `Meta` and the class body say.

    Attributes:
        listed: what `fields` names, for `Selection.LISTED`.
        excluded: what `exclude` names.
        declared: fields of the class's own, with whether they are never written.
        options: what `read_only_fields` and `extra_kwargs` say of generated fields.
        hidden: prefixes of names that `get_field_names` leaves out.
        added: names that it adds to whatever else there is.
        makes_fields: whether the class makes fields of its own for attributes of the model.
    """

    selection: Selection
    listed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    declared: Mapping[str, bool] | None = None
    options: Mapping[str, bool] | None = None
    hidden: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    makes_fields: bool = False


def by_form(model: Model | None, chosen: Chosen) -> tuple[str, ...] | None:
    """Return the names that a model form writes, or None where that could not be told."""
    declared = chosen.declared or {}
    if model is None:
        return _listed_only(chosen, [name for name, fixed in declared.items() if fixed])
    names = _selected(model.editable, model.editable, chosen)
    return names and tuple(name for name in names if not declared.get(name))


def by_serializer(model: Model | None, chosen: Chosen) -> tuple[str, ...] | None:
    """Return the names that a serializer writes, or None where that could not be told."""
    declared, options = chosen.declared or {}, chosen.options or {}
    if model is None:
        fixed = [name for name in chosen.listed if declared.get(name, options.get(name))]
        return _listed_only(chosen, fixed)
    # The key that Django adds by itself is written where the serializer declares it
    known = {"id", *(f.name for f in model.fields)}
    names = _selected(known, _defaults(model, declared), chosen)
    if names is None:
        return None
    every = dict.fromkeys((*names, *(name for name in chosen.added if name in known)))
    made = set(chosen.added) if chosen.makes_fields else frozenset()
    return tuple(
        name
        for name in every
        if not declared.get(name, options.get(name, _is_fixed(model.field(name), name in made)))
        and not name.startswith(chosen.hidden)
    )


def _listed_only(chosen: Chosen, fixed: Collection[str]) -> tuple[str, ...] | None:
    if chosen.selection is not Selection.LISTED:
        return None
    return tuple(x for x in chosen.listed if x not in fixed and x not in chosen.excluded)


def _defaults(model: Model, declared: Mapping[str, bool]) -> list[str]:
    """Return what `fields = "__all__"` means to a serializer: those that no form shows as well."""
    return [f.name for f in model.fields if not f.holds_tags or f.name in declared]


def _selected(
    known: Collection[str], every: Iterable[str], chosen: Chosen
) -> tuple[str, ...] | None:
    if chosen.selection is Selection.UNKNOWN:
        return None
    if chosen.selection is Selection.UNSAID:
        return ()
    names = chosen.listed if chosen.selection is Selection.LISTED else every
    return tuple(name for name in names if name in known and name not in chosen.excluded)


def _is_fixed(field: Field | None, is_made: bool = False) -> bool:  # noqa: FBT001, FBT002 - one word
    """Whether `ModelSerializer` makes a field read-only by itself."""
    if field is None or not field.is_editable:
        return True
    if field.holds_tags:  # no field to REST framework, but an attribute
        return not is_made
    # NOTE: rows of a model between the two ends cannot be made from a list of keys
    return field.kind.endswith("ManyToManyField") and "through" in field.options


_NEVER_WRITTEN = (
    "SerializerMethodField",
    "ReadOnlyField",
    "HyperlinkedIdentityField",
    "HiddenField",
)


def is_fixed_declaration(call: n.Call) -> bool:
    """Whether a declared field is never written: `read_only=True`, `disabled=True`."""
    return tail(call.func) in _NEVER_WRITTEN or any(
        keyword.name in ("read_only", "disabled") and is_true(keyword.value)
        for keyword in call.keywords
    )


def fixed_in_init(
    statements: Iterable[n.Stmt], named: Mapping[str, tuple[str, ...]] | None = None
) -> Iterator[str]:
    """Yield the fields that `__init__` always takes away: `self.fields["x"].disabled = True`.

    Args:
        statements: of the method.
        named: what the names of loops over constant texts stand for.
    """
    known = named or {}
    for statement in statements:
        if isinstance(statement, n.Assign) and _is_truthy(statement.value):
            for target in statement.targets:
                if isinstance(target, n.Attr) and target.name in ("read_only", "disabled"):
                    yield from _field_item(target.value, known)
        elif isinstance(statement, n.Delete):
            for target in statement.targets:
                yield from _field_item(target, known)
        elif isinstance(statement, n.For) and isinstance(statement.target, n.Name):
            inner = {**known, statement.target.id: texts(statement.source)}
            yield from fixed_in_init(statement.body, inner)
        elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            call = statement.value
            if isinstance(call.func, n.Attr) and call.func.name == "pop" and call.args:
                yield from _named(call.func.value, call.args[0], known)


def _is_truthy(node: n.Expr) -> bool:
    return isinstance(node, n.Const) and bool(node.value)


def _field_item(expression: n.Expr, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if isinstance(expression, n.Index):
        yield from _named(expression.value, expression.index, known)


def _named(holder: n.Expr, key: n.Expr, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if not isinstance(holder, n.Attr) or holder.name != "fields":
        return
    name = text(key)
    if name is not None:
        yield name
    elif isinstance(key, n.Name):
        yield from known.get(key.id, ())
