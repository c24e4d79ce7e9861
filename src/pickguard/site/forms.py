"""Forms, serializers, filtersets and schemas: which fields of which model the browser may write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pickguard.site.classes import Classes
from pickguard.site.models import Model, Models
from pickguard.site.names import ClassSymbol, External, ValueSymbol
from pickguard.site.values import UNKNOWN, evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

KINDS = ("form", "serializer", "filterset", "schema", "graphql_type")


class Selection(StrEnum):
    """How a model form says which fields it shows."""

    LISTED = "listed"
    ALL = "all"
    EXCLUDE = "exclude"
    UNSAID = "unsaid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Form:
    """A form, or what does the work of one.

    Attributes:
        kind: one of `KINDS`.
        model: the model behind it, or None.
        selection: how its fields are chosen.
        listed: what `fields` or `exclude` names.
        declared: names of the fields that it declares itself, with the names of their classes.
        read_only: names that it never writes.
        writes: names of the model's fields that it writes, or None where that could not be told.
        meta: the expression of `fields` or `exclude`, for pointing at it.
    """

    symbol: ClassSymbol
    kind: str
    model: Model | None
    model_name: str | None
    selection: Selection
    listed: tuple[str, ...]
    declared: dict[str, str] = field(repr=False)
    read_only: tuple[str, ...]
    writes: tuple[str, ...] | None
    meta: ValueSymbol | None = field(default=None, repr=False)


class Forms:
    """All forms of a site, by class."""

    def __init__(self, classes: Classes, models: Models, user_model: str) -> None:
        self.classes = classes
        self.models = models
        self.user_model = user_model
        self.all = tuple(self._find())
        self.by_symbol = {form.symbol: form for form in self.all}

    def _find(self) -> Iterator[Form]:
        for kind in KINDS:
            for symbol in self.classes.of_kind(kind):
                yield self.form(symbol, kind)

    def form(self, symbol: ClassSymbol, kind: str) -> Form:
        """Return what a class lets the browser write."""
        model, name = self.model_of(symbol)
        fields = self.classes.meta(symbol, "fields")
        exclude = self.classes.meta(symbol, "exclude")
        selection, listed, meta = self._selection(symbol, fields, exclude)
        declared = dict(self._declared(symbol))
        read_only = self._read_only(symbol)
        writes = _writes(model, selection, listed, declared, read_only)
        is_model_form = model is not None or any(
            f.model_form for f in self.classes.library_line(symbol)
        )
        if not is_model_form:
            selection, writes = Selection.UNSAID, ()
        return Form(symbol, kind, model, name, selection, listed, declared, read_only, writes, meta)

    def model_of(self, symbol: ClassSymbol) -> tuple[Model | None, str | None]:
        """Return the model that `Meta.model` names and its dotted name."""
        value = self.classes.meta(symbol, "model")
        if value is None:
            inner = next(
                (
                    self.classes.names.own_member(a, "Meta")
                    for a in self.classes.own_line(symbol)
                    if self.classes.names.own_member(a, "Meta")
                ),
                None,
            )
            found = self.classes.member(inner, "model") if isinstance(inner, ClassSymbol) else None
        else:
            found = self.classes.names.resolve(value.module, value.value) or value
        return self.as_model(found)

    def as_model(self, found: object) -> tuple[Model | None, str | None]:
        """Return the model that a symbol stands for, and its name."""
        if isinstance(found, ClassSymbol):
            return self.models.of(found), found.name
        if isinstance(found, External):
            return self.models.of(found), found.name
        if isinstance(found, ValueSymbol) and isinstance(found.value, n.Call):
            function = tail(found.value.func)
            if function == "get_user_model":
                return self.models.named("settings.AUTH_USER_MODEL", self.user_model), "user"
            if function == "get_model":
                return self._by_name(found.value), None
        return None, None

    def _by_name(self, call: n.Call) -> Model | None:
        words = [a.value for a in call.args if isinstance(a, n.Const) and isinstance(a.value, str)]
        return self.models.named(".".join(words)) if words else None

    def _selection(
        self, symbol: ClassSymbol, fields: ValueSymbol | None, exclude: ValueSymbol | None
    ) -> tuple[Selection, tuple[str, ...], ValueSymbol | None]:
        if fields is not None:
            value = self.value(fields)
            if value in ("__all__", b"__all__") or _is_all(fields.value):
                if exclude is not None:
                    hidden = self.value(exclude)
                    if isinstance(hidden, list | tuple) and UNKNOWN not in hidden:
                        return Selection.EXCLUDE, tuple(map(str, hidden)), exclude
                return Selection.ALL, (), fields
            if isinstance(value, dict):
                value = list(value)
            if isinstance(value, list | tuple) and UNKNOWN not in value:
                return Selection.LISTED, tuple(map(str, value)), fields
            return Selection.UNKNOWN, (), fields
        if exclude is not None:
            value = self.value(exclude)
            if isinstance(value, list | tuple) and UNKNOWN not in value:
                return Selection.EXCLUDE, tuple(map(str, value)), exclude
            return Selection.UNKNOWN, (), exclude
        for facts in self.classes.library_line(symbol):
            if facts.fields == "__all__":
                return Selection.ALL, (), None
            if facts.fields:
                return Selection.LISTED, tuple(facts.fields), None
        return Selection.UNSAID, (), None

    def value(self, symbol: ValueSymbol, depth: int = 0) -> Any:
        """Return the value of an attribute, following names and other classes' `Meta`."""

        def lookup(node: n.Expr) -> Any:
            if depth > 10:
                return UNKNOWN
            found = self.classes.names.resolve(symbol.module, node)
            if found is None and isinstance(node, n.Attr):
                owner = self.classes.names.resolve(symbol.module, node.value)
                if isinstance(owner, ClassSymbol):
                    found = self.classes.member(owner, node.name)
            if found is None and isinstance(node, n.Attr):
                found = self._inside_meta(symbol, node)
            if isinstance(found, ValueSymbol) and found is not symbol:
                return self.value(found, depth + 1)
            return UNKNOWN

        return evaluate(symbol.value, lookup)

    def _inside_meta(self, symbol: ValueSymbol, node: n.Attr) -> ValueSymbol | None:
        """`OtherForm.Meta.fields`, where `Meta` or its attribute is inherited."""
        if not isinstance(node.value, n.Attr) or node.value.name != "Meta":
            return None
        owner = self.classes.names.resolve(symbol.module, node.value.value)
        return self.classes.meta(owner, node.name) if isinstance(owner, ClassSymbol) else None

    def _declared(self, symbol: ClassSymbol) -> Iterator[tuple[str, str]]:
        for facts in self.classes.library_line(symbol):
            for name in facts.inputs:
                yield name, "Field"
        for ancestor in reversed(list(self.classes.own_line(symbol))):
            for name, binding in self.classes.names.class_scope(ancestor).items():
                if isinstance(binding, n.Call):
                    kind = tail(binding.func)
                    if kind.endswith(("Field", "Serializer", "Filter")) or self._is_serializer(
                        ancestor, binding.func
                    ):
                        yield name, kind

    def _is_serializer(self, owner: ClassSymbol, function: n.Expr) -> bool:
        found = self.classes.names.resolve(owner.module, function)
        return isinstance(found, ClassSymbol) and bool(
            self.classes.kinds(found) & {"serializer", "form"}
        )

    def _read_only(self, symbol: ClassSymbol) -> tuple[str, ...]:
        names: list[str] = []
        value = self.classes.meta(symbol, "read_only_fields")
        if value is not None:
            listed = self.value(value)
            names += (
                [x for x in listed if isinstance(x, str)]
                if isinstance(listed, list | tuple)
                else []
            )
        extra = self.classes.meta(symbol, "extra_kwargs")
        options = self.value(extra) if extra is not None else {}
        if isinstance(options, dict):
            names += [
                k for k, v in options.items() if isinstance(v, dict) and v.get("read_only") is True
            ]
        for ancestor in self.classes.own_line(symbol):
            for name, binding in self.classes.names.class_scope(ancestor).items():
                if isinstance(binding, n.Call) and _is_read_only(binding):
                    names.append(name)
        return tuple(dict.fromkeys(names))


def _is_all(expression: n.Expr) -> bool:
    return tail(expression) == "ALL_FIELDS"


def _is_read_only(call: n.Call) -> bool:
    kind = tail(call.func)
    if kind in (
        "SerializerMethodField",
        "ReadOnlyField",
        "HyperlinkedIdentityField",
        "HiddenField",
    ):
        return True
    return any(
        keyword.name in ("read_only", "disabled")
        and isinstance(keyword.value, n.Const)
        and keyword.value.value is True
        for keyword in call.keywords
    )


def _writes(
    model: Model | None,
    selection: Selection,
    listed: tuple[str, ...],
    declared: dict[str, str],
    read_only: tuple[str, ...],
) -> tuple[str, ...] | None:
    if selection is Selection.UNKNOWN or (model is None and selection is not Selection.LISTED):
        return None
    if model is None:
        return tuple(name for name in listed if name not in read_only)
    names = {f.name for f in model.fields}
    editable = set(model.editable)
    if selection is Selection.LISTED:
        chosen = [name for name in listed if name in names]
    elif selection is Selection.EXCLUDE:
        chosen = [name for name in model.editable if name not in listed]
    elif selection is Selection.ALL:
        chosen = list(model.editable)
    else:
        chosen = []
    allowed = editable | (set(declared) & names)
    return tuple(name for name in chosen if name in allowed and name not in read_only)
