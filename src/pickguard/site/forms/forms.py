"""Forms, serializers, filtersets and schemas: which fields of which model the browser may write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from pickguard.site.forms.field_names import added, hidden, reshaped
from pickguard.site.forms.written import (
    Chosen,
    Selection,
    by_form,
    by_serializer,
    fixed_in_init,
    is_fixed_declaration,
)
from pickguard.site.models.models import Model, Models
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    argument,
    func_of,
    keywords,
    receiver_of,
    tail,
    text,
)
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

KINDS = ("form", "serializer", "filterset", "schema", "graphql_type")


class Form(Struct, frozen=True):
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
    declared: dict[str, str]
    read_only: tuple[str, ...]
    writes: tuple[str, ...] | None
    meta: ValueSymbol | None = None

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the fields that it says it has of its model, none where it does not say.

        A serializer has to name at least those that it declares, whatever a library's list adds.
        """
        if self.selection is Selection.LISTED:
            return self.listed
        if self.selection is Selection.UNKNOWN and self.kind == "serializer":
            return tuple(dict.fromkeys((*self.listed, *self.declared)))
        names = tuple(field.name for field in self.model.fields) if self.model else ()
        if self.selection is Selection.EXCLUDE:
            return tuple(name for name in names if name not in self.listed)
        return names if self.selection is Selection.ALL else ()


_FACTORIES = ("django.forms.modelform_factory", "django.forms.models.modelform_factory")


class Forms:
    """All forms of a site, by class."""

    def __init__(self, classes: Classes, models: Models, user_model: str) -> None:
        self.classes = classes
        self.models = models
        self.user_model = user_model
        self._put_in: dict[ClassSymbol, Mapping[str, str]] = {}
        self.all = tuple(self._find())
        self.by_symbol = {form.symbol: form for form in self.all}

    def kinds_of(self, name: str) -> tuple[str, ...]:
        """Return the classes of the fields of one name that forms declare, or take from a model."""
        return self._kinds_by_name.get(name, ())

    def put_in(self, symbol: ClassSymbol) -> Mapping[str, str]:
        """Return the fields that methods of a form put in, with the names of their classes.

        `self.fields["template"] = forms.ChoiceField(choices=templates())`.
        """
        found = self._put_in.get(symbol)
        if found is None:
            found = self._put_in[symbol] = {
                name: tail(call.func)
                for method in self.classes.own_methods(symbol)
                if "fields" in method.words
                for name, call in _added_in(method)
            }
        return found

    def is_fixed(self, name: str) -> bool:
        """Whether forms have fields of a name, and none of them takes what the browser sends."""
        return self._fixed_by_name.get(name, False)

    @cached_property
    def _fixed_by_name(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for form in (form for form in self.all if form.kind == "form"):
            for name in (*form.declared, *(form.writes or ())):
                found[name] = found.get(name, True) and name in form.read_only
        return found

    @cached_property
    def _kinds_by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for form in (form for form in self.all if form.kind == "form"):
            for name, kind in form.declared.items():
                found[name] = (*found.get(name, ()), kind)
            for name in form.writes or ():
                field = form.model.field(name) if form.model else None
                if field is not None and name not in form.declared:
                    found[name] = (*found.get(name, ()), field.kind)
        return found

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
        calls = self._declared(symbol)
        chosen = Chosen(
            selection,
            listed if selection is Selection.LISTED else (),
            self._excluded(exclude),
            self._fixed(symbol, calls),
            self._options(symbol),
            tuple(hidden(self.classes, symbol)),
            tuple(added(self.classes, symbol)),
            any(self.classes.method(symbol, name) for name in _MAKING_FIELDS),
        )
        writes = (by_form if kind == "form" else by_serializer)(model, chosen)
        is_model_form = model is not None or any(
            f.model_form for f in self.classes.library_line(symbol)
        )
        if not is_model_form:
            selection, writes = Selection.UNSAID, ()
        if writes and model is not None and self._shows_related(symbol):
            writes = tuple(n for n in writes if n in calls or not _is_relation(model, n))
        declared = {name: self._kind(symbol, name, call) for name, call in calls.items()}
        declared |= {name: "Field" for name in self._brought(symbol) if name not in declared}
        fixed = {**(chosen.options or {}), **(chosen.declared or {})}
        read_only = tuple(name for name, is_fixed in fixed.items() if is_fixed)
        return Form(symbol, kind, model, name, selection, listed, declared, read_only, writes, meta)

    def made_by_factory(self, module: Module, call: n.Call) -> Form | None:
        """Return the form that `modelform_factory(Note, fields=["text"])` makes of a model alone; None of any other.

        https://docs.djangoproject.com/en/stable/ref/forms/models/#modelform-factory
        """
        names = self.classes.names
        if getattr(names.resolve(module, call.func), "name", "") not in _FACTORIES:
            return None
        model, label = self.as_model(names.resolve(module, argument(call, 0, "model")))
        if model is None or argument(call, 1, "form") is not None:
            return None
        name = f"{model.name}Form"
        symbol = ClassSymbol(module, n.Class(call.span, name, (), (), (), ()), name)
        given = (argument(call, 2, "fields"), argument(call, 3, "exclude"))
        fields, exclude = (ValueSymbol(module, one, name) if one else None for one in given)
        selection, listed, meta = self._selection(symbol, fields, exclude)
        named = listed if selection is Selection.LISTED else ()
        writes = by_form(model, Chosen(selection, named, self._excluded(exclude)))
        return Form(symbol, "form", model, label, selection, listed, {}, (), writes, meta)

    def _shows_related(self, symbol: ClassSymbol) -> bool:
        """Whether `depth` makes a serializer show what relations lead to, and write none of them."""
        found = self.classes.meta(symbol, "depth")
        depth = self.value(found) if found is not None else 0
        return isinstance(depth, int) and depth > 0

    def model_of(self, symbol: ClassSymbol) -> tuple[Model | None, str | None]:
        """Return the model that `Meta.model` names and its dotted name."""
        value = self.classes.meta(symbol, "model")
        if value is None:
            inner = self.classes.inner_meta(symbol)
            found = self.classes.member(inner, "model") if inner is not None else None
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
            return self.models.of(found), None
        return None, None

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
            known = value if isinstance(value, list | tuple) else ()
            return Selection.UNKNOWN, tuple(x for x in known if isinstance(x, str)), fields
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
            if isinstance(node, n.Name):
                found = self._beside(symbol, node.id) or found
            elif found is None and isinstance(node, n.Attr):
                owner = self._holder(symbol.module, node)
                found = self.classes.member(owner, node.name) if owner else None
            if found is None and isinstance(node, n.Attr):
                found = self._inside_meta(symbol, node)
            if isinstance(found, ValueSymbol) and found is not symbol:
                return self.value(found, depth + 1)
            return self._fields_of(symbol.module, node) if found is None else UNKNOWN

        made = evaluate(symbol.value, lookup)
        owner = self._owner(symbol)
        block = owner.node.body if owner else ()
        name = symbol.qualname.rpartition(".")[2]
        return reshaped(made, name, block, lambda node: evaluate(node, lookup))

    def _fields_of(self, module: Module, node: n.Expr) -> Any:
        """Return the names of another form's fields: `Other().get_fields().keys()`, `Other.base_fields`."""
        if isinstance(node, n.Call) and tail(node.func) == "keys":
            node = receiver_of(node) or node
        held = receiver_of(node) if isinstance(node, n.Call) else getattr(node, "value", None)
        if tail(func_of(node)) not in _FIELDS_OF_FORM or held is None:
            return UNKNOWN
        owner = self.classes.names.resolve(module, func_of(held))
        if not isinstance(owner, ClassSymbol) or not self.classes.kinds(owner) & {
            "form",
            "serializer",
        }:
            return UNKNOWN
        return tuple(self._declared(owner)) or UNKNOWN

    def _holder(self, module: Module, node: n.Attr) -> ClassSymbol | None:
        """Return the class that `Rights.view` names, or `rights.view` of `rights = Rights()`."""
        found = self.classes.names.resolve(module, node.value)
        if isinstance(found, ValueSymbol) and isinstance(found.value, n.Call):
            if node.name in keywords(found.value):
                return None
            found = self.classes.names.resolve(found.module, found.value.func)
        return found if isinstance(found, ClassSymbol) else None

    def _beside(self, symbol: ValueSymbol, name: str) -> ValueSymbol | None:
        """Return another attribute of the class body that an attribute stands in."""
        owner = self._owner(symbol)
        found = self.classes.names.own_member(owner, name) if owner else None
        return found if isinstance(found, ValueSymbol) and found.value is not symbol.value else None

    def _owner(self, symbol: ValueSymbol) -> ClassSymbol | None:
        """Return the class whose body an attribute stands in."""
        path = symbol.qualname.split(".")[:-1]
        owner = self.classes.names.member(symbol.module, path[0]) if path else None
        for part in path[1:]:
            owner = self.classes.names.attribute(owner, part) if owner else None
        return owner if isinstance(owner, ClassSymbol) else None

    def _inside_meta(self, symbol: ValueSymbol, node: n.Attr) -> ValueSymbol | None:
        """`OtherForm.Meta.fields`, where `Meta` or its attribute is inherited."""
        if not isinstance(node.value, n.Attr) or node.value.name != "Meta":
            return None
        owner = self.classes.names.resolve(symbol.module, node.value.value)
        return self.classes.meta(owner, node.name) if isinstance(owner, ClassSymbol) else None

    def _brought(self, symbol: ClassSymbol) -> Iterator[str]:
        """Yield the fields that library classes declare."""
        for facts in self.classes.library_line(symbol):
            yield from facts.inputs

    def _declared(self, symbol: ClassSymbol) -> dict[str, n.Call]:
        """Return the fields that the class and its ancestors declare, the nearest of each name."""
        found: dict[str, n.Call] = {}
        for ancestor in reversed(list(self.classes.own_line(symbol))):
            for name, binding in self.classes.names.class_scope(ancestor).items():
                if isinstance(binding, n.Const) and binding.value is None:
                    found.pop(name, None)
                elif isinstance(binding, n.Call) and self._is_declaration(ancestor, binding.func):
                    found[name] = binding
        return found

    def _kind(self, symbol: ClassSymbol, name: str, call: n.Call) -> str:
        """Return the name of a field's class; of one of the site's own, that of the library's behind it."""
        scope = self.classes.names.class_scope
        owners = (one for one in self.classes.own_line(symbol) if scope(one).get(name) is call)
        made = self.classes.names.resolve(next(owners, symbol).module, call.func)
        line = self.classes.line(made) if isinstance(made, ClassSymbol) else ()
        behind = (one.name.rpartition(".")[2] for one in line if isinstance(one, External))
        return next((one for one in behind if one.endswith(("Field", "Filter"))), tail(call.func))

    def _is_declaration(self, owner: ClassSymbol, function: n.Expr) -> bool:
        is_named_so = tail(function).endswith(("Field", "Serializer", "Filter"))
        return is_named_so or self._is_serializer(owner, function)

    def _fixed(self, symbol: ClassSymbol, calls: Mapping[str, n.Call]) -> dict[str, bool]:
        """Return the declared fields, and whether each is never written."""
        found = dict.fromkeys(self._brought(symbol), False)
        for facts in self.classes.library_line(symbol):
            found |= dict.fromkeys(facts.shown, True)
        found |= {name: is_fixed_declaration(call) for name, call in calls.items()}
        for ancestor in self.classes.own_line(symbol):
            method = self.classes.names.own_member(ancestor, "__init__")
            if isinstance(method, FunctionSymbol) and "fields" in method.node.words:
                found |= dict.fromkeys(fixed_in_init(body(method.node)), True)
        return found

    def _excluded(self, exclude: ValueSymbol | None) -> tuple[str, ...]:
        value = self.value(exclude) if exclude is not None else ()
        return tuple(str(x) for x in value) if isinstance(value, list | tuple) else ()

    def _is_serializer(self, owner: ClassSymbol, function: n.Expr) -> bool:
        found = self.classes.names.resolve(owner.module, function)
        return isinstance(found, ClassSymbol) and bool(
            self.classes.kinds(found) & {"serializer", "form"}
        )

    def _options(self, symbol: ClassSymbol) -> dict[str, bool]:
        """Return what `Meta` says of generated fields: whether they are read-only."""
        listed = self._excluded(self.classes.meta(symbol, "read_only_fields"))
        found = dict.fromkeys(listed, True)
        extra = self.classes.meta(symbol, "extra_kwargs")
        options = self.value(extra) if extra is not None else {}
        for name, words in options.items() if isinstance(options, dict) else ():
            if isinstance(words, dict) and isinstance(words.get("read_only"), bool):
                found.setdefault(name, words["read_only"])
        return found


_MAKING_FIELDS = ("build_field", "build_property_field")
_FIELDS_OF_FORM = frozenset(
    {"get_fields", "fields", "base_fields", "declared_fields", "_declared_fields"}
)


def _is_all(expression: n.Expr) -> bool:
    return tail(expression) == "ALL_FIELDS"


def _is_relation(model: Model, name: str) -> bool:
    found = model.field(name)
    return found is not None and found.target is not None


def _added_in(method: n.Function) -> Iterator[tuple[str, n.Call]]:
    for statement in statements(body(method)):
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(statement, n.Assign) and isinstance(target, n.Index):
            name, made = text(target.index), statement.value
            if name and access_path(target.value) == "self.fields" and isinstance(made, n.Call):
                yield name, made
