"""What a library hands to a function of the site by itself: submitted data, credentials, stored values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.stored.stored import field_origin, is_typed_input
from pickguard.flow.stored.validated import form_fields
from pickguard.flow.values.origin import TYPED, Kind, Origin, Step
from pickguard.flow.values.vocabulary import CLEANED
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

if TYPE_CHECKING:
    from pickguard.flow.flow import Flow

_CREDENTIALS = frozenset({"username", "password", "email", "login", "identifier", "phone"})


def handed_origin(flow: Flow, function: FunctionSymbol, name: str) -> Origin | None:
    """Return the origin of what a library hands to a method itself: submitted data."""
    sent = (Kind.BROWSER, f"`{name}`, from the browser")
    if name in CLEANED:
        return _handed(function, name, *sent)
    owner = function.owner
    if owner is None:
        is_sent = name == "credentials" and _hears_of_failed_logins(function)
        return _handed(function, name, *sent) if is_sent else None
    names = [param.name for param in function.node.params]
    if _logs_in(function, names) and name in _CREDENTIALS:
        return _handed(function, name, *sent)
    if names[1:2] == [name] and _reads_field(flow, function, owner):
        return _handed(function, name, *sent)
    kinds = flow.site.classes.kinds(owner)
    if "table" in kinds and name == "value":
        return _cell(flow, function)
    for handed in flow.catalog.handed if kinds else ():
        if not handed.fits(kinds, function.node.name, names, name):
            continue
        if handed.stored:
            return _handed(function, name, Kind.STORED, f"`{name}`, as it was stored")
        read = flow.site.classes.value(owner, handed.typed_by) if handed.typed_by else None
        if read is not None and is_typed_input(tail(read.value)):
            return TYPED
        if read is not None and isinstance(
            flow.site.names.resolve(read.module, read.value), ClassSymbol
        ):
            return None  # a field of the site's own decides what comes out of it
        if not handed.named_by:
            return _handed(function, name, *sent)
        fields = flow.framework.naming(owner, handed.named_by, function.node.name)
        if fields and all(is_typed_input(kind) for kind in fields):
            return TYPED
        return _handed(function, name, *sent) if fields else None
    return None


# what a field is handed as it was sent, and what once it was made a value of its own type
_RAW = frozenset({"to_python"})
_READ = frozenset({"validate", "run_validators", "compress"})


def _reads_field(flow: Flow, function: FunctionSymbol, owner: ClassSymbol) -> bool:
    """Whether a method of a form's field is handed what was sent: not the number that it was read as."""
    if function.node.name not in _RAW | _READ:
        return False
    fields = form_fields(flow.site.classes, owner)
    is_read = function.node.name in _READ and any(map(is_typed_input, fields))
    return bool(fields) and not is_read


def _cell(flow: Flow, function: FunctionSymbol) -> Origin | None:
    """Return the origin of what `render_title(self, value)` of a table shows of a row: its `title`."""
    body, owner = flow.body(function), function.owner
    row = flow.types.of_model(flow.framework.model_of(owner)) if owner is not None else None
    column = function.node.name.removeprefix("render_")
    if row is None or row.model is None or row.model.field(column) is None:
        return None
    return field_origin(body, n.Name(function.node.span, "value"), row, column)


def _logs_in(function: FunctionSymbol, names: list[str]) -> bool:
    """Whether a method is what Django hands the fields of a login form to."""
    return function.node.name in ("authenticate", "aauthenticate") and names[:2] == [
        "self",
        "request",
    ]


def _hears_of_failed_logins(function: FunctionSymbol) -> bool:
    """Whether a function is a receiver of Django's signal, which is given what was sent."""
    return any(
        isinstance(decorator, n.Call)
        and tail(decorator.func) == "receiver"
        and any(tail(given) == "user_login_failed" for given in decorator.args)
        for decorator in function.node.decorators
    )


def _handed(function: FunctionSymbol, name: str, kind: Kind, note: str) -> Origin:
    """Return the origin of a parameter that a library gives."""
    span = function.node.span
    step = Step(function.module.path, span, note)
    return Origin(frozenset({kind}), n.Name(span, name), (step,))
