"""What the fields of forms and serializers have let through: `form.cleaned_data["age"]`, `validated_data`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pickguard.flow.guards.known_entries import is_known_entry
from pickguard.flow.guards.said_keys import said_names
from pickguard.flow.stored.field_validators import (
    NARROWING,
    has_harmless_pattern,
    has_validator,
    is_let_through,
)
from pickguard.flow.stored.stored import FILE_FIELDS, NAME, is_typed, is_typed_input
from pickguard.flow.values.definitions import Env, Parameter, Value, made_by
from pickguard.flow.values.origin import TYPED, UNKNOWN, Kind, Origin, Step
from pickguard.flow.values.vocabulary import CLEANED
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, tail, text
from pickguard.source.python.bodies import body as lowered
from pickguard.source.python.walk import statements

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body


def is_cleaned(body: Body, holder: n.Expr) -> bool:
    """Whether an expression is what the fields of a form or serializer have let through."""
    if tail(holder) in CLEANED:
        return True
    is_given = isinstance(holder, n.Name) and holder.id in _HANDED_ON
    if not is_given or body.function is None or body.owner is None:
        return False
    is_handed = tail(holder) == "attrs" or body.function.node.name in _HANDED_TO
    return (
        is_handed
        and tail(holder) in body.params
        and "serializer" in body.flow.site.classes.kinds(body.owner)
    )


# what methods of serializers call the values that the fields have let through
_HANDED_ON = frozenset({"data", "attrs", "validated"})
_HANDED_TO = frozenset({"validate", "create", "update"})


def cleaned_origin(
    body: Body, node: n.Index, env: Env, clears: frozenset[str] = frozenset()
) -> Origin | None:
    """Return TYPED for `form.cleaned_data["age"]` of a number field; None where nobody can tell."""
    name = text(node.index)
    holder = node.value
    known = env.get(holder.id) if isinstance(holder, n.Name) else None
    if isinstance(known, Value) and known.how == "assigned" and tail(known.expr) in CLEANED:
        holder, env = known.expr, known.env  # `data = form.cleaned_data`
    elif isinstance(known, Value) and known.how == "assigned" and not _is_of_parent(known.expr):
        holder = known.expr
    if name is not None and is_known_entry(body, node, env, clears):
        return TYPED
    if name is not None and _is_of_wizard(body, holder):
        return _of_steps(body, node, name)
    if name is None or not is_cleaned(body, holder):
        return None
    owner = None
    if isinstance(holder, n.Attr):
        if _is_of_proved(body, holder.value, env):
            return TYPED
        found = body.flow.types.of(body, holder.value, env)
        owner = found.symbol if found is not None else None
    elif body.owner is not None:
        owner = body.owner
    form = body.flow.site.forms.by_symbol.get(owner) if owner is not None else None
    if form is None:
        return _of_any_form(body, name, clears) if tail(holder) == "cleaned_data" else None
    if name in form.read_only:
        return UNKNOWN  # what the form began with
    if _is_cleaned_by_form(body, form.symbol, name, clears):
        return TYPED
    kind = form.declared.get(name) or body.flow.site.forms.put_in(form.symbol).get(name)
    if kind is not None:
        return TYPED if _is_narrow(body, form.symbol, name, kind, clears) else None
    field = form.model.field(name) if form.model else None
    if form.model is None or field is None:
        return UNKNOWN if _is_made_by_form(body, form.symbol, name) else None
    is_narrow = is_typed(field) or is_let_through(body, form.model.symbol, name, clears)
    return TYPED if is_narrow or field.target else None


def _of_any_form(body: Body, name: str, clears: frozenset[str]) -> Origin | None:
    """Return the origin of what a field has let through, whichever of the site's forms it is of."""
    if body.flow.site.forms.is_fixed(name):
        return UNKNOWN
    kinds = body.flow.site.forms.kinds_of(name)
    if kinds and all(map(is_typed_input, kinds)):
        return TYPED
    is_of_letters = set(kinds) == {"RegexField"} and NAME not in clears
    return TYPED if is_of_letters and _takes_letters(body, name) else None


def _takes_letters(body: Body, name: str) -> bool:
    """Whether all forms with a field of a name take nothing but letters and their like there."""
    forms = [form for form in body.flow.site.forms.all if name in form.declared]
    return bool(forms) and all(has_harmless_pattern(body, form.symbol, name) for form in forms)


def _is_narrow(body: Body, form: ClassSymbol, name: str, kind: str, clears: frozenset[str]) -> bool:
    """Whether a field that a form declares, of a kind, lets nothing through that harms."""
    is_word = NAME in clears and kind.endswith("SlugField")
    is_object = "basename" in clears and bool(FILE_FIELDS.search(kind))  # a file, and no path
    return (
        (is_typed_input(kind) and not is_word)
        or is_object
        or _has_typed_items(body, form, name)
        or has_validator(body, form, name, NARROWING)
        or (NAME not in clears and has_harmless_pattern(body, form, name))
        or is_let_through(body, form, name, clears)
    )


def _is_of_parent(value: n.Expr) -> bool:
    """Whether it is what the parent's `validate` hands back: `data = super().validate(data)`."""
    func = value.func if isinstance(value, n.Call) else None
    is_super = isinstance(func, n.Attr) and tail(func_of(func.value)) == "super"
    return is_super and tail(func) == "validate"


def _is_cleaned_by_form(body: Body, form: ClassSymbol, name: str, clears: frozenset[str]) -> bool:
    """Whether a form's own methods leave what is harmless of an entry."""
    return _is_cleaned_alone(body, form, name, clears) or any(
        method != body.function and _is_put_clean(body, method, name, clears)
        for method in body.flow.site.classes.methods(form, "clean")
    )


def _is_cleaned_alone(body: Body, form: ClassSymbol, name: str, clears: frozenset[str]) -> bool:
    """Whether a method for one field, `clean_name` or `validate_name`, returns what is harmless."""
    methods = (
        body.flow.site.classes.method(form, f"{before}{name}") for before in ("clean_", "validate_")
    )
    return any(
        own is not None and own != body.function and body.flow.returned(own, clears).is_constant
        for own in methods
    )


def _is_put_clean(body: Body, method: FunctionSymbol, name: str, clears: frozenset[str]) -> bool:
    """Whether a form's `clean` puts what is harmless in an entry's place: `cleaned_data["file"] = unsign(…)`."""
    there = body.flow.body(method)
    put = [
        statement.value
        for statement in _always_run(there.block)
        if isinstance(statement, n.Assign)
        for target in statement.targets
        if isinstance(target, n.Index) and name in said_names(there, target.index)
    ]
    return bool(put) and there.local_origin(put[-1], clears).is_constant


def _always_run(block: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
    """Yield the statements of a block that no condition decides about."""
    for statement in block:
        yield statement
        if isinstance(statement, n.For | n.With | n.Try):
            yield from _always_run(statement.body)


# what all forms of a wizard were sent, or one of them; of django-formtools
_OF_WIZARDS = frozenset({"get_all_cleaned_data", "get_cleaned_data_for_step"})


def _is_of_wizard(body: Body, holder: n.Expr) -> bool:
    if isinstance(holder, n.Logic):  # `self.get_all_cleaned_data() or {}`
        holder = holder.values[0]
    if not isinstance(holder, n.Call) or tail(holder.func) not in _OF_WIZARDS or not body.owner:
        return False
    return body.flow.site.classes.inherits(body.owner, "WizardView")


def _of_steps(body: Body, node: n.Index, name: str) -> Origin:
    """Return the origin of one entry of what the forms of a wizard were sent, by the fields so called."""
    kinds = [form.declared[name] for form in body.flow.site.forms.all if name in form.declared]
    if not kinds or any(map(is_typed_input, kinds)):
        return UNKNOWN
    step = Step(body.module.path, node.span, f"`{name}`, from a step of the wizard")
    return Origin(frozenset({Kind.BROWSER}), node, (step,))


def _is_of_proved(body: Body, form: n.Expr, env: Env) -> bool:
    """Whether a form is filled with what a function is handed once its signature was checked."""
    made = made_by(form, env)
    data = argument(made[0], 0, "data") if made is not None else None
    if made is None or not isinstance(data, n.Name):
        return False
    if not isinstance(made[1].get(data.id), Parameter):
        return False
    if body.is_request(data):
        return False
    kinds = body.origin(data, frozenset()).kinds
    return Kind.TYPED in kinds and Kind.BROWSER not in kinds


def _is_made_by_form(body: Body, form: ClassSymbol, name: str) -> bool:
    """Whether a form puts an entry there itself that it has no field of: `self.cleaned_data["order"] = …`.

    Its methods may know what was sent by another name: `data["order"] = order`. What `clean` returns
    may have more: `return data | {"order": order}`.
    """
    return any(
        _is_put(statement, name) or _is_added(statement, name)
        for method in body.flow.site.classes.own_methods(form)
        if "cleaned_data" in method.words or _CLEANS.search(method.name)
        for statement in statements(lowered(method))
    )


_CLEANS = re.compile(r"(^|_)clean(_|$)")


def _is_put(statement: n.Stmt, name: str) -> bool:
    targets = statement.targets if isinstance(statement, n.Assign) else ()
    return any(
        isinstance(target, n.Index)
        and text(target.index) == name
        and (isinstance(target.value, n.Name) or tail(target.value) == "cleaned_data")
        for target in targets
    )


def _is_added(statement: n.Stmt, name: str) -> bool:
    returned = statement.value if isinstance(statement, n.Return) else None
    added = returned.right if isinstance(returned, n.Binary) and returned.op == "|" else returned
    return isinstance(added, n.Mapping) and name in map(text, added.keys)


def _has_typed_items(body: Body, owner: ClassSymbol, name: str) -> bool:
    """Whether a field takes a list of what holds no text: `ListField(child=IntegerField())`."""
    found = body.flow.site.classes.value(owner, name)
    made = found.value if found is not None else None
    child = argument(made, -1, "child", "base_field") if isinstance(made, n.Call) else None
    return isinstance(child, n.Call) and is_typed_input(tail(child.func))
