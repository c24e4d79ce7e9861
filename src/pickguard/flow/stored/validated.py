"""What the validators of fields are handed: what was sent for the field, before anything else looked at it.

def answers(value): ...
feed = models.URLField(validators=[answers])
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pickguard.flow.stored.stored import is_typed_input
from pickguard.flow.values.origin import Kind, Origin, Step
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, items_of, tail

if TYPE_CHECKING:
    from pickguard.flow.flow import Flow

_VALIDATORS = "validators"
_BY_DEFAULT = "default_validators"
_OF_FORMS = frozenset({"form", "serializer"})


class _Validated(Struct, frozen=True):
    """A field that names a validator, and where it does."""

    owner: ClassSymbol
    name: str
    span: int


def form_fields(classes: Classes, symbol: ClassSymbol) -> list[str]:
    """Return the fields of Django's forms that a class is made of."""
    bases = (base.name for base in classes.line(symbol) if isinstance(base, External))
    return [name for name in bases if name.startswith("django.forms.") and name.endswith("Field")]


class Validated:
    """Tells what the validators of one site look at."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def origins(self, function: FunctionSymbol, name: str) -> Iterator[Origin]:
        """Yield the origins of what fields hand to a validator; none of what is no validator."""
        fields = self._fields.get(function, ())
        names = [param.name for param in function.node.params]
        value = names[1:2] if function.owner is not None else names[:1]
        for field in fields if value == [name] else ():
            sent = self._sent(field, name)
            if sent is not None:
                yield sent

    def _sent(self, field: _Validated, name: str) -> Origin | None:
        """Return the origin of what a field is sent; None of a model's that nobody is seen to write."""
        steps: tuple[Step, ...] = ()
        model = self._flow.site.models.by_symbol.get(field.owner)
        if model is not None:
            writer, steps = self._flow.writer(model, field.name)
            if not writer:
                return None
        path = field.owner.module.path
        step = Step(path, field.span, f"`{field.name}`, given to its validators")
        return Origin(frozenset({Kind.BROWSER}), n.Name(field.span, name), (*steps, step))

    @cached_property
    def _fields(self) -> dict[FunctionSymbol, list[_Validated]]:
        found: dict[FunctionSymbol, list[_Validated]] = defaultdict(list)
        for owner in self._flow.site.classes.all:
            if _VALIDATORS in owner.node.words and self._has_fields(owner):
                for validator, field in self._named(owner):
                    found[validator].append(field)
            if _BY_DEFAULT in owner.node.words:
                for validator, field in self._by_default(owner):
                    found[validator].append(field)
        return dict(found)

    def _has_fields(self, owner: ClassSymbol) -> bool:
        is_model = owner in self._flow.site.models.by_symbol
        return is_model or bool(_OF_FORMS & self._flow.site.classes.kinds(owner))

    def _named(self, owner: ClassSymbol) -> Iterator[tuple[FunctionSymbol, _Validated]]:
        """Yield the validators that the fields of a class name, numbers and dates left out."""
        for statement in owner.node.body:
            made = statement.value if isinstance(statement, n.Assign) else None
            if not isinstance(statement, n.Assign) or not isinstance(made, n.Call):
                continue
            given = argument(made, -1, _VALIDATORS)
            if not isinstance(given, n.Sequence) or is_typed_input(tail(made.func)):
                continue
            field = _Validated(owner, tail(statement.targets[0]), made.span)
            for item in given.items:
                validator = self._called(owner, item)
                if validator is not None:
                    yield validator, field

    def _by_default(self, owner: ClassSymbol) -> Iterator[tuple[FunctionSymbol, _Validated]]:
        """Yield the validators that a form's field of the site's own always asks."""
        fields = form_fields(self._flow.site.classes, owner)
        if not fields or any(map(is_typed_input, fields)):
            return
        for statement in owner.node.body:
            if isinstance(statement, n.Assign) and tail(statement.targets[0]) == _BY_DEFAULT:
                field = _Validated(owner, owner.node.name, statement.value.span)
                for item in items_of(statement.value):
                    validator = self._called(owner, item)
                    if validator is not None:
                        yield validator, field

    def _called(self, owner: ClassSymbol, item: n.Expr) -> FunctionSymbol | None:
        """Return what runs where a validator is asked: a function, or the `__call__` of an object."""
        found = self._flow.site.names.resolve(
            owner.module, item.func if isinstance(item, n.Call) else item
        )
        if not isinstance(item, n.Call):
            return found if isinstance(found, FunctionSymbol) else None
        if not isinstance(found, ClassSymbol):
            return None
        return self._flow.site.classes.method(found, "__call__")
