"""Texts that are cleaned on their way into a row: by a form, the view that takes it, the row itself, or a signal.

    def save(self, *args, **kwargs):
        self.body = nh3.clean(self.body)
        super().save(*args, **kwargs)

Whoever writes the text, what a page shows of it is clean.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.flow.callees.signals import receiving
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, items_of, tail, text
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_OF_FORM = ("clean", "save", "validate")
_OF_ROW = ("save", "asave")
_OF_ROW_OF_FORM = ("clean", "full_clean", "clean_fields")
"""What a model form asks its row for; a serializer does not."""
_OF_FIELD = (
    "clean",
    "to_python",
    "to_internal_value",
    "pre_save",
    "get_prep_value",
    "get_db_prep_save",
)
_PERFORMED = {"POST": "perform_create", "PUT": "perform_update", "PATCH": "perform_update"}
_NOTHING: frozenset[str] = frozenset()


class Cleaning:
    """Tells of what is written to a field whether something takes out first what harms."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._known: dict[tuple[FunctionSymbol, str, frozenset[str]], bool] = {}

    def by_form(self, form: Form, name: str, clears: frozenset[str]) -> bool:
        """Whether what the browser writes through a form is clean when the row is kept.

        Args:
            form: a form or serializer with a model.
            name: of the field.
            clears: names of functions whose result is harmless.
        """
        if not clears or form.model is None:
            return False
        if self._by_field(form.symbol, name, clears) or self.by_row(form.model, name, clears):
            return True
        if self._by_methods(form.symbol, _OF_FORM, name, clears):
            return True
        if all(self._by_methods(form.symbol, (one,), name, clears) for one in ("create", "update")):
            return True
        of_row = _OF_ROW_OF_FORM if form.kind == "form" else ()
        if self._by_methods(form.model.symbol, of_row, name, clears):
            return True
        views = self._takers.get(form.symbol, ())
        return bool(views) and all(self._by_view(view, name, clears) for view in views)

    def by_row(self, model: Model, name: str, clears: frozenset[str]) -> bool:
        """Whether a row cleans a field whenever it is saved: in `save`, by its field, by a signal."""
        if not clears:
            return False
        return (
            self._by_methods(model.symbol, _OF_ROW, name, clears)
            or self._by_field(model.symbol, name, clears)
            or any(self._cleans(one, name, clears) for one in self._receivers(model, name))
        )

    def _by_methods(
        self, symbol: ClassSymbol, methods: tuple[str, ...], name: str, clears: frozenset[str]
    ) -> bool:
        """Whether one of some methods cleans a field, or another method that it calls."""
        classes = self._flow.site.classes
        found = (classes.method(symbol, method) for method in methods)
        return any(
            self._cleans(one, name, clears)
            for method in found
            if method is not None
            for one in (method, *self._called_on_self(symbol, method))
        )

    def _called_on_self(
        self, symbol: ClassSymbol, method: FunctionSymbol
    ) -> Iterator[FunctionSymbol]:
        for call in self._flow.body(method).every(n.Call):
            if isinstance(call.func, n.Attr) and tail(call.func.value) == "self":
                found = self._flow.site.classes.method(symbol, call.func.name)
                if found is not None and found != method:
                    yield found

    def _by_field(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> bool:
        """Whether the class of a field, of a form or a model, cleans what goes in."""
        site = self._flow.site
        declared = site.classes.value(symbol, name)
        if declared is None or not isinstance(declared.value, n.Call):
            return False
        kind = site.names.resolve(declared.module, declared.value.func)
        if not isinstance(kind, ClassSymbol):
            return False
        methods = (site.classes.method(kind, method) for method in _OF_FIELD)
        return any(method is not None and self._gives_clean(method, clears) for method in methods)

    def _gives_clean(self, method: FunctionSymbol, clears: frozenset[str]) -> bool:
        if not self._flow.returned(method, clears).is_constant:
            return False
        return not self._flow.returned(method, _NOTHING).is_constant

    def _by_view(self, view: View, name: str, clears: frozenset[str]) -> bool:
        if any(self._cleans(function, name, clears) for _method, function in view.handlers):
            return True
        if not isinstance(view.symbol, ClassSymbol):
            return False
        if self._by_methods(view.symbol, ("form_valid",), name, clears):
            return True
        taken = _PERFORMED if view.methods is None else {*view.methods} & _PERFORMED.keys()
        asked = {_PERFORMED[method] for method in taken}
        return bool(asked) and all(
            self._by_methods(view.symbol, (one,), name, clears) for one in asked
        )

    @cached_property
    def _takers(self) -> dict[ClassSymbol, list[View]]:
        found: dict[ClassSymbol, list[View]] = {}
        for _route, view in self._flow.site.routes:
            for form in view.taken:
                found.setdefault(form.symbol, []).append(view)
        return found

    def _receivers(self, model: Model, name: str) -> Iterator[FunctionSymbol]:
        """Yield the functions that are called before a row is saved: `@receiver(pre_save, sender=Note)`."""
        for function in self._flow.callers.holding(name):
            for mark in receiving(function):
                sender = argument(mark, -1, "sender")
                found = self._flow.site.names.resolve(function.module, sender)
                is_sent = "pre_save" in map(tail, items_of(mark.args[0]))
                if is_sent and (sender is None or found == model.symbol):
                    yield function

    def _cleans(self, function: FunctionSymbol, name: str, clears: frozenset[str]) -> bool:
        """Whether a function puts a cleaned text in a field's place, made of what was there."""
        key = (function, name, clears)
        if key not in self._known:
            self._known[key] = False
            body = self._flow.body(function)
            given = _given(body, name) if name in body.words else ()
            self._known[key] = any(_takes_out(body, value, name, clears) for value in given)
        return self._known[key]


def _given(body: Body, name: str) -> Iterator[n.Expr]:
    """Yield what a body puts in a field's place: `row.body = …`, `data["body"] = …`, `save(body=…)`."""
    for statement in body.statements:
        targets = statement.targets if isinstance(statement, n.Assign) else ()
        if isinstance(statement, n.Assign) and any(_is_place(one, name) for one in targets):
            yield statement.value
    for call in body.every(n.Call):
        if tail(call.func) == "save":
            yield from (k.value for k in call.keywords if k.name == name)
        elif tail(call.func) == "setattr" and len(call.args) == _SETATTR:
            if text(call.args[1]) == name:
                yield call.args[2]


def _is_place(target: n.Expr, name: str) -> bool:
    if isinstance(target, n.Attr):
        return target.name == name
    return isinstance(target, n.Index) and text(target.index) == name


_SETATTR = 3


def _takes_out(body: Body, value: n.Expr, name: str, clears: frozenset[str]) -> bool:
    if not body.local_origin(value, clears).is_constant:
        return False
    if body.local_origin(value, _NOTHING).is_constant:
        return False  # something of the code's own
    made = body.assigned.get(value.id, ()) if isinstance(value, n.Name) else ()
    return any(
        _speaks_of(part, name) for one in (value, *(v for v, _ in made)) for part in inside(one)
    )


def _speaks_of(part: n.Expr, name: str) -> bool:
    if isinstance(part, n.Const):
        return part.value == name
    return isinstance(part, n.Name | n.Attr) and tail(part) == name
