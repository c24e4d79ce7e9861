"""Who writes a field of a model with what the browser sent: forms, serializers, and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from pickguard.flow.stored.cleaned_on_write import Cleaning
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Step
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.urls.patterns import REWRAPPED
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import spread_into, tail, text, texts

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_WRITES = frozenset({"POST", "PUT", "PATCH"})
# `user_passes_test` may ask for anything, and mostly asks whether somebody is of the staff
_OF_STAFF = re.compile(r"staff|super|admin|passes_test", re.IGNORECASE)
_ANY = "*"  # a field whose name is not to be seen
_USER_MAKERS = frozenset({"create_user", "create_superuser"})
_MAKERS = frozenset({"create", "get_or_create", "update_or_create", "acreate"})
_WRITING = frozenset({"create", "save", "update", "bulk_create", "bulk_update", "asave", "acreate"})
_CANDIDATE_LIMIT = 60
_HEIR_LIMIT = 12
_ROWS_WRITES = frozenset({*_MAKERS, *_USER_MAKERS, "update", "aupdate"})
Writer: TypeAlias = tuple[str, tuple[Step, ...]]
NOBODY: Writer = ("", ())


# What writes to the table past a row's own `save`
_PAST_SAVE = frozenset(
    {"update", "aupdate", "bulk_create", "bulk_update", "abulk_create", "abulk_update"}
)


class Writers:
    """Finds the writers of one site's fields."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._known: dict[tuple[str, str, frozenset[str]], Writer] = {}
        self._writes: dict[FunctionSymbol, _Writes] = {}
        self._open: list[tuple[str, str]] = []
        self._cleaning = Cleaning(flow)

    def of(self, model: Model, name: str, clears: frozenset[str] = frozenset()) -> Writer:
        """Return a phrase for who writes a field, and the way there; empty where nobody is seen.

        Args:
            model: whose field it is.
            name: of the field.
            clears: names of functions whose result is harmless, and of what a check is about.
        """
        key = (model.label.lower(), name, clears)
        if key not in self._known:
            self._known[key] = NOBODY
            self._open.append((model.label.lower(), name))
            try:
                self._known[key] = (
                    self._by_form(model, name, clears)
                    or self._by_code(model, name, clears)
                    or self._by_heir(model, name, clears)
                    or self._by_column(model, name, clears)
                    or NOBODY
                )
            finally:
                self._open.pop()
        return self._known[key]

    def is_open(self, model: Model, name: str) -> bool:
        """Whether it is being found out who writes a field: what is known of it so far is no answer."""
        return (model.label.lower(), name) in self._open

    def _by_form(self, model: Model, name: str, clears: frozenset[str]) -> Writer | None:
        """Return the form that writes a text; of an upload Django keeps a name of letters, digits, `-`, `_` and `.`.

        https://docs.djangoproject.com/en/stable/ref/files/storage/#django.core.files.storage.Storage.get_valid_name
        """
        field = model.field(name)
        if field is not None and field.holds_file:
            return None
        forms = self._forms.get((model.label.lower(), name), ())
        form = next((f for f in forms if not self._is_checked(f, name, clears)), None)
        if form is None:
            return None
        step = Step(
            form.symbol.module.path,
            form.symbol.node.span,
            f"the browser writes `{model.name}.{name}` through this {form.kind}",
        )
        return f"`{form.symbol.node.name}`", (step,)

    def _is_checked(self, form: Form, name: str, clears: frozenset[str]) -> bool:
        """Whether a form's own `clean_x`, or a serializer's `validate_x`, lets harmless values through alone."""
        classes = self._flow.site.classes
        named = f"{'clean' if form.kind == 'form' else 'validate'}_{name}"
        method = classes.method(form.symbol, named)
        if method is not None and self._flow.returned(method, clears).is_constant:
            return True
        return self._cleaning.by_form(form, name, clears)

    def _by_heir(self, model: Model, name: str, clears: frozenset[str]) -> Writer | None:
        """Return who writes the field of a model that has the abstract one for a base."""
        site = self._flow.site
        heirs = site.classes.subclasses.get(model.symbol, ()) if model.is_abstract else ()
        for symbol in tuple(heirs)[:_HEIR_LIMIT]:
            heir = site.models.by_symbol.get(symbol)
            if heir is not None and (found := self.of(heir, name, clears)) != NOBODY:
                return found
        return None

    def _by_column(self, model: Model, name: str, clears: frozenset[str]) -> Writer | None:
        """Return who writes a column that the database makes this one of: `Lower("text")` of `text`."""
        field = model.field(name)
        written = (self.of(model, one, clears) for one in (field.made_of if field else ()))
        return next((writer for writer in written if writer != NOBODY), None)

    @cached_property
    def _forms(self) -> dict[tuple[str, str], list[Form]]:
        """Forms and serializers that a view of the site takes, by the fields that they write."""
        found: dict[tuple[str, str], list[Form]] = {}
        for route, view in self._flow.site.routes:
            if any(_OF_STAFF.search(name) for name in view.permissions):
                continue  # staff are trusted with more than visitors are
            if any(wrapper.name == REWRAPPED for wrapper in route.target.wrappers):
                continue
            is_read_only = view.methods is not None and _WRITES.isdisjoint(view.methods)
            for form in view.taken if not is_read_only else ():
                if form.model is None or form.kind not in ("form", "serializer", "schema"):
                    continue
                for name in form.writes or ():
                    known = found.setdefault((form.model.label.lower(), name), [])
                    if form not in known:
                        known.append(form)
        return found

    def _candidates(self, model: Model, name: str) -> list[FunctionSymbol]:
        """Return the functions that may write a field: they hold its name and a writing word."""
        holding = self._flow.callers.holding
        writing = _WRITING | {model.name, "instance"}  # what a form sets on its row it saves itself
        named = [f for f in holding(name) if not writing.isdisjoint(f.node.words)]
        # the name is a text there, or not to be seen
        indirect = [*holding("setattr"), *holding("defaults"), *holding(model.name, "**")]
        own = self._of_managers(model)
        return list(dict.fromkeys((*named, *own, *indirect)))[:_CANDIDATE_LIMIT]

    def _of_managers(self, model: Model) -> Iterator[FunctionSymbol]:
        """Yield what the model's own managers write with: `def add(self, **fields): self.create(**fields)`."""
        for maker in self._flow.types.managers.makers(model.symbol):
            for function in self._flow.site.classes.own_functions(maker):
                if "**" in function.node.words and not _WRITING.isdisjoint(function.node.words):
                    yield function

    def _by_code(self, model: Model, name: str, clears: frozenset[str]) -> Writer | None:
        is_clean = self._cleaning.by_row(model, name, clears)
        for function in self._candidates(model, name):
            if is_clean and _PAST_SAVE.isdisjoint(function.node.words):
                continue
            body = self._flow.body(function)
            for value, span in self._written(function, body, model, name):
                local = body.local_origin(value, clears)
                origin = self._flow.resolved(body, local, clears)
                if origin.is_browser or (origin.is_stored and origin.writer):
                    note = f"written to `{model.name}.{name}`"
                    step = Step(function.module.path, span, note)
                    return f"`{_shown(function)}`", (*origin.steps, step)
        return None

    def _written(
        self, function: FunctionSymbol, body: Body, model: Model, name: str
    ) -> Iterator[tuple[n.Expr, int]]:
        """Yield what a body writes to a field: by keyword, by attribute, by `setattr`."""
        if function not in self._writes:
            self._writes[function] = _writes_of(body)
        writes = self._writes[function]
        for row, value, span in writes.assigned.get(name, ()):
            if _is_row(body, row, model, span):
                yield value, span
        calls = writes.calls
        for call in (*calls.get(name, ()), *calls.get("**", ()), *calls.get(_ANY, ())):
            yield from _by_call(body, call, model, name)


def _shown(function: FunctionSymbol) -> str:
    return function.qualname


class _Writes(Struct, frozen=True):
    """What a body may write with: gone through once, and asked for many fields.

    Attributes:
        assigned: by attribute: what it is assigned on, the value, and the statement's place.
        calls: by the name of a keyword, of a constant key, or of a maker of accounts.
    """

    assigned: dict[str, list[tuple[n.Expr, n.Expr, int]]]
    calls: dict[str, list[n.Call]]


def _writes_of(body: Body) -> _Writes:
    found = _Writes({}, {})
    for statement in body.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Attr):
                    known = found.assigned.setdefault(target.name, [])
                    known.append((target.value, statement.value, statement.span))
    for node in body.every(n.Call):
        for name in _named(node):
            found.calls.setdefault(name, []).append(node)
    return found


def _named(call: n.Call) -> Iterator[str]:
    """Yield the names of fields that a call may write."""
    func = tail(call.func)
    if func == "setattr" and len(call.args) == 3:
        yield text(call.args[1]) or _ANY
    if func in _USER_MAKERS:
        yield from ("username", "email")
    for keyword in call.keywords:
        if keyword.name == "defaults" and isinstance(keyword.value, n.Mapping):
            yield from (text(key) or "" for key in keyword.value.keys if key is not None)
        else:
            yield keyword.name or "**"


def _by_call(body: Body, call: n.Call, model: Model, name: str) -> Iterator[tuple[n.Expr, int]]:
    func = tail(call.func)
    if func == "setattr" and len(call.args) == 3:
        if _may_name(body, call.args[1], name, call.span):
            if _is_row(body, call.args[0], model, call.span):
                yield call.args[2], call.span
        return
    values = [k.value for k in call.keywords if k.name == name]
    if func in _USER_MAKERS:
        taken = _taken(body, model, func)
        position = taken.index(name) if name in taken else len(call.args)
        values += call.args[position : position + 1]
    defaults = next((k.value for k in call.keywords if k.name == "defaults"), None)
    if isinstance(defaults, n.Mapping):
        for key_node, value in zip(defaults.keys, defaults.values, strict=True):
            if isinstance(key_node, n.Const) and key_node.value == name:
                values.append(value)
    if not values:
        values = [n.Index(node.span, node, n.Const(0, name)) for node in spread_into(call)]
    if not values:
        return
    env = body.scope.at(call.span)
    if isinstance(call.func, n.Attr) and func in _ROWS_WRITES:
        found = body.flow.types.of(body, call.func.value, env)
        is_own = found is not None and found.sort is Sort.INSTANCE and found.model is None
        of = body.flow.types.model_of_manager(found.symbol) if found and is_own else None
        is_rows = found is not None and found.sort is Sort.ROWS and found.model == model
        is_right = is_rows or of == model
    else:
        found = body.flow.types.of(body, call.func, env)
        is_right = found is not None and found.sort is Sort.CLASS and found.model == model
    if is_right:
        yield from ((value, call.span) for value in values)


def _may_name(body: Body, key: n.Expr, name: str, span: int) -> bool:
    """Whether the key of a `setattr` may be a name: the browser says it, or a loop goes over such names."""
    if isinstance(key, n.Const):
        return key.value == name
    if body.origin(key).is_browser:
        return True
    definition = body.scope.at(span).get(key.id) if isinstance(key, n.Name) else None
    if not isinstance(definition, Value) or definition.how != "iterated" or definition.part:
        return False
    known = body.named(definition.expr)
    return name in texts(known.value if known is not None else definition.expr)


def _taken(body: Body, model: Model, func: str) -> tuple[str, ...]:
    """Return what a method that makes an account takes, in order: the site's own, or Django's."""
    own = body.flow.types.managers.method(model.symbol, func)
    if own is not None:
        return tuple(param.name for param in own.node.params[1:])
    return ("username", "email") if model.field("username") is not None else ("email",)


def _is_row(body: Body, node: n.Expr, model: Model, span: int) -> bool:
    found = body.flow.types.of(body, node, body.scope.at(span))
    return found is not None and found.sort is Sort.INSTANCE and found.model == model
