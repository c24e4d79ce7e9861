"""Texts that come out of storage: the fields of rows, and what objects keep in their attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pickguard.flow.annotations import holds_no_text
from pickguard.flow.beginning import SCHEME
from pickguard.flow.character_sets import is_of_harmless
from pickguard.flow.definitions import Env, Parameter, Value
from pickguard.flow.instance import Sort, Type
from pickguard.flow.known_entries import is_known_entry
from pickguard.flow.origin import CONSTANT, NOTHING, TYPED, UNKNOWN, Kind, Origin, Step, joined
from pickguard.flow.poured import filled
from pickguard.flow.said_keys import said_names
from pickguard.flow.tables import is_of_table
from pickguard.flow.vocabulary import CLEANED, CONSTANT_CALLS, NAMESPACES, TRANSLATIONS
from pickguard.site.models import Field
from pickguard.site.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.written import Selection
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, items_of, tail, text
from pickguard.source.python.bodies import body as lowered
from pickguard.source.python.walk import inside, statements

if TYPE_CHECKING:
    from pickguard.flow.body import Body

_TYPED_FIELDS = re.compile(
    r"Integer|Float|Decimal|Date|Time|Boolean|UUID|IPAddress|Slug|Duration|Auto|Choice|Serial"
)
_TEXT_FIELDS = re.compile(r"(Char|Text|JSON|Email|URL|File|Image|String|HTML|Markdown)\w*$")
_FILE_FIELDS = re.compile(r"(File|Image)Field$")
_TEXT_NAMES = frozenset({"username", "first_name", "last_name", "email", "name", "title"})
_OF_FILES = frozenset({"url", "path", "size", "width", "height"})
_TYPED_INPUTS = re.compile(
    r"Integer|Float|Decimal|Date|Time|Boolean|UUID|IPAddress|Slug|Duration|Choice|PrimaryKey"
    r"|Number|Range|FilePath"
)
_STORED = frozenset({Kind.STORED})


def text_of(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of `str(value)`: for a row, of what its `__str__` returns."""
    if _is_stored_file(body, node, env):
        return TYPED
    found = body.flow.types.of(body, node, env)
    if found is None or found.sort is not Sort.INSTANCE or found.is_guess:
        return body.local_origin(node, clears, env)
    method = body.flow.site.classes.method(found.symbol, "__str__")
    if method is None:
        known = body.local_origin(node, clears, env)
        is_row = found.model is not None and not found.model.is_library and not found.is_guess
        return TYPED if is_row and not known.is_browser else known
    step = Step(body.module.path, node.span, "as text, through `__str__`")
    return body.flow.returned_fully(method, clears).then(step)


def attribute_origin(body: Body, node: n.Attr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of an attribute, by the type of what it is an attribute of."""
    found = body.flow.types.of(body, node.value, env)
    if node.name == "data" and (_is_sent(body, found) or _is_handled(body, node.value)):
        step = Step(body.module.path, node.span, "`data` of a form, from the browser")
        return Origin(frozenset({Kind.BROWSER}), node, (step,))
    shown = serialized_origin(body, node, env) if node.name == "data" else None
    if shown is not None:
        return shown
    if found is not None and found.sort is Sort.INSTANCE:
        known = _of_instance(body, node, found, clears)
        put = _filled(body, node, found, env, clears)
        if known is not None or not put.is_constant:
            return joined([known or NOTHING, put])
    if found is not None and found.sort is Sort.CLASS:
        return UNKNOWN
    if found is None and (named := _in_namespace(node, env)) is not None:
        return body.local_origin(named.expr, clears, named.env)
    base = body.local_origin(_searched(node) or node.value, clears, env)
    if base.is_stored and node.name in _OF_FILES:
        return TYPED
    if _is_typed_column(body, node.value, env):
        return TYPED  # `order.uuid.hex`
    if node.name == "name" and _is_stored_file(body, node.value, env):
        return TYPED
    if node.name == "name" and "basename" in clears and not base.is_stored:
        return TYPED  # of what was sent only a file has one, and Django takes the folders off
    if base.is_browser or base.is_stored or base.params:
        return base
    return CONSTANT if is_of_table(body, node, env) else UNKNOWN


def _in_namespace(node: n.Attr, env: Env) -> Value | None:
    """Return what `SimpleNamespace(url=url)` holds under a name, with what names stand for there; else None."""
    held = env.get(node.value.id) if isinstance(node.value, n.Name) else None
    if not isinstance(held, Value) or held.how != "assigned" or not isinstance(held.expr, n.Call):
        return None
    is_open = tail(held.expr.func) in NAMESPACES
    item = argument(held.expr, -1, node.name) if is_open else None
    return Value(item, held.env, held.span) if item is not None else None


def _filled(body: Body, node: n.Attr, found: Type, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of what functions set on an object that was made here; who writes rows is asked otherwise."""
    if found.model is not None or not isinstance(node.value, n.Name):
        return NOTHING
    return filled(body, node.value, f".{node.name}", env, clears)


def _is_stored_file(body: Body, node: n.Expr, env: Env) -> bool:
    """Whether a value is the file of a row: Django stores it under a name of letters, digits, dots and dashes."""
    field = column(body, node, env)
    return field is not None and bool(_FILE_FIELDS.search(field.kind))


def _is_typed_column(body: Body, node: n.Expr, env: Env) -> bool:
    """Whether a value is a column of a row that holds a number, a date, a UUID: nothing of it is somebody's text."""
    field = column(body, node, env)
    return field is not None and not field.target and is_typed(field)


def column(body: Body, node: n.Expr, env: Env) -> Field | None:
    """Return the field that an attribute of a row is, or None."""
    if not isinstance(node, n.Attr):
        return None
    holder = body.flow.types.of(body, node.value, env)
    if holder is None or holder.model is None or holder.sort is not Sort.INSTANCE:
        return None
    return holder.model.field(node.name)


# what an element of a document, XML or HTML, holds
_OF_ELEMENTS = frozenset({"text", "tail", "attrib", "string", "attrs"})


def _searched(node: n.Attr) -> n.Expr | None:
    """Return the document of `document.find("address").text`: a text's own `find` returns a number."""
    found = node.value
    if node.name not in _OF_ELEMENTS or not isinstance(found, n.Call):
        return None
    return (
        found.func.value if isinstance(found.func, n.Attr) and tail(found.func) == "find" else None
    )


def _is_sent(body: Body, found: Type | None) -> bool:
    """Whether an object is a form or a filter set, whose `data` is what was sent."""
    if found is None:
        return False
    kinds = body.flow.site.classes.kinds(found.symbol)
    return found.sort is Sort.INSTANCE and not kinds.isdisjoint({"form", "filterset"})


def _is_handled(body: Body, holder: n.Expr) -> bool:
    """Whether it is the form that Django hands to a view's `form_valid(form)`."""
    function = body.function
    if function is None or function.node.name not in _HANDLES or body.owner is None:
        return False
    is_given = any(param.name == tail(holder) for param in function.node.params[1:])
    return is_given and "view" in body.flow.site.classes.kinds(body.owner)


_HANDLES = frozenset({"form_valid", "form_invalid"})


def _of_instance(body: Body, node: n.Attr, found: Type, clears: frozenset[str]) -> Origin | None:
    if found.model is not None and found.model.field(node.name) is not None:
        if _is_made_harmless(body, node, clears):
            return TYPED
        return field_origin(body, node, found, node.name, clears)
    is_sent = found.model is None and is_validated(body, found.symbol)
    if is_sent:
        declared = body.flow.framework.declared(found.symbol, node.name)
        if declared is not None and holds_no_text(declared):
            return TYPED
    annotated = annotation_origin(body, node, found, node.name)
    if annotated is not None:
        return annotated
    classes = body.flow.site.classes
    method = classes.method(found.symbol, node.name)
    if method is not None and any("property" in tail(d) for d in method.node.decorators):
        return body.flow.returned_fully(method, clears)
    assigned = body.flow.attributes.origin(found.symbol, node.name, clears)
    # of what is sent the class states what holds where nothing was
    if assigned is None and not is_sent and is_fixed(classes.value(found.symbol, node.name)):
        return CONSTANT
    return assigned


def _is_made_harmless(body: Body, node: n.Attr, clears: frozenset[str]) -> bool:
    """Whether a column is of a row that was made here of what the site says: `link = Link(code=new_code())`."""
    holder = node.value
    made = body.scope.at(node.span).get(holder.id) if isinstance(holder, n.Name) else None
    if not isinstance(made, Value) or made.how != "assigned" or not isinstance(made.expr, n.Call):
        return False
    given = argument(made.expr, -1, node.name)
    return given is not None and body.local_origin(given, clears, made.env).is_constant


def is_validated(body: Body, symbol: ClassSymbol) -> bool:
    """Whether objects of a class hold what its annotations say: a schema, a model of pydantic."""
    classes = body.flow.site.classes
    return "schema" in classes.kinds(symbol) or classes.inherits(symbol, "pydantic.BaseModel")


def is_fixed(symbol: ValueSymbol | None) -> bool:
    """Whether an attribute of a class is a constant, or the translation of one."""
    value = symbol.value if symbol is not None else None
    if not isinstance(value, n.Call):
        return isinstance(value, n.Const)
    called = tail(value.func)
    is_translated = called in TRANSLATIONS and all(isinstance(a, n.Const) for a in value.args)
    return is_translated or called in CONSTANT_CALLS


def field_origin(
    body: Body, node: n.Expr, found: Type, name: str, clears: frozenset[str] = frozenset()
) -> Origin:
    """Return the origin of a field's value."""
    model = found.model
    field = model.field(name) if model else None
    if model is None or field is None:
        return UNKNOWN
    if field.target or not is_text(field):
        return TYPED if is_typed(field) else UNKNOWN
    if not found.is_guess and body.flow.is_kept_clean(model, name, clears):
        return TYPED
    if SCHEME in clears and _has_validator(body, model.symbol, name, _BEGUN):
        return TYPED
    if _has_harmless_pattern(body, model.symbol, name):
        return TYPED
    label = f"{model.name}.{name}"
    # what only a name suggests is not told as a fact
    writer, steps = ("", ()) if found.is_guess else body.flow.writer(model, name, clears)
    here = Step(body.module.path, node.span, f"`{label}`, from storage")
    return Origin(_STORED, node, (*steps, here), (), writer)


def holds_items(body: Body, node: n.Expr, env: Env) -> bool:
    """Whether a column holds a list, not a text: its first is an item of it, not a letter."""
    if not isinstance(node, n.Attr):
        return False
    row = body.flow.types.of(body, node.value, env)
    field = row.model.field(node.name) if row is not None and row.model is not None else None
    return field is not None and field.kind.endswith(("JSONField", "ArrayField"))


def serialized_origin(body: Body, node: n.Attr, env: Env, name: str | None = None) -> Origin | None:
    """Return the origin of `NoteSerializer(note).data`, or of one field of it; None of anything else."""
    found = body.flow.types.of(body, node.value, env)
    form = body.flow.site.forms.by_symbol.get(found.symbol) if found is not None else None
    model = form.model if form is not None and form.kind == "serializer" else None
    row = body.flow.types.of_model(model)
    if form is None or model is None or row is None or node.name != "data":
        return None
    listed = form.selection is Selection.LISTED
    names = form.listed if listed else tuple(field.name for field in model.fields)
    shown = (
        field_origin(body, node, row, field)
        for field in names
        if field not in form.declared and model.field(field) is not None
        if name in (None, field)
    )
    known = joined(shown)
    return known if known.kinds else None


def annotation_origin(body: Body, node: n.Expr, found: Type, name: str) -> Origin | None:
    """Return the origin of what `annotate(name=F("body"))` in the same body adds to a row."""
    if found.model is None or "annotate" not in body.words:
        return None
    origins = [
        field_origin(body, node, found, path)
        for call in body.every(n.Call)
        if tail(call.func) in ("annotate", "alias")
        for keyword in call.keywords
        if keyword.name == name
        for part in inside(keyword.value)
        if (path := text(part)) and found.model.field(path) is not None
    ]
    return joined(origins) if origins else None


def is_typed(field: Field) -> bool:
    """Whether a field's values can hold no text of anybody's."""
    has_choices = field.options.get("choices") not in (None, [], ())
    return has_choices or bool(_TYPED_FIELDS.search(field.kind))


NAME = "<name>"
"""Among the names that clear a value: it serves as a name itself, for which a slug is as good as any text."""


def is_typed_input(kind: str) -> bool:
    """Whether a form's field, or its like, of a class of this name lets no free text through."""
    return bool(_TYPED_INPUTS.search(kind))


def is_text(field: Field) -> bool:
    """Whether a field's values are free texts; a code of a colour or a currency has no room for harm."""
    if is_typed(field) or _is_short(field):
        return False
    if field.kind == "Field":  # a library's, of which only the name is known
        return field.name in _TEXT_NAMES
    return bool(_TEXT_FIELDS.search(field.kind))


def _is_short(field: Field) -> bool:
    longest = field.options.get("max_length")
    return isinstance(longest, int) and longest <= _SHORT


# `#rrggbb`
_SHORT = 7


def values_origin(body: Body, node: n.Call, found: Type) -> Origin:
    """Return the origin of `rows.values("a", "b")` and `rows.values_list("a", flat=True)`."""
    names = [name for item in node.args for name in _columns(body, item)]
    fields = [found.model.field(name) for name in names] if found.model else []
    if found.model is not None and not node.args and not node.keywords:
        fields = list(found.model.fields)
    origins = [field_origin(body, node, found, field.name) for field in fields if field is not None]
    for name, field in zip(names, fields, strict=False):
        if field is None:
            origins.append(annotation_origin(body, node, found, name) or UNKNOWN)
    return joined(origins) if origins else UNKNOWN


def _columns(body: Body, item: n.Expr) -> list[str]:
    """Return the names that one argument of `values` says: a text, or a constant list with a star."""
    if not isinstance(item, n.Wrapped) or item.kind != "*" or item.value is None:
        return [said] if (said := text(item)) else []
    named = body.named(item.value) if isinstance(item.value, n.Name | n.Attr) else None
    listed = named.value if named is not None else item.value
    return [said for one in items_of(listed) if (said := text(one))]


def is_cleaned(body: Body, holder: n.Expr) -> bool:
    """Whether an expression is what the fields of a form or serializer have let through."""
    if tail(holder) in CLEANED:
        return True
    is_given = isinstance(holder, n.Name) and holder.id in _HANDED_ON
    if not is_given or body.function is None or body.owner is None:
        return False
    return (
        body.function.node.name in ("validate", "create", "update")
        and tail(holder) in body.params
        and "serializer" in body.flow.site.classes.kinds(body.owner)
    )


# what methods of serializers call the values that the fields have let through
_HANDED_ON = frozenset({"data", "attrs", "validated"})

# what they let through holds no space, quote or slash, and begins with a letter or a digit
_NARROWING = re.compile(
    r"domain|host|(^|_)ip(v?46?|v4|v6)?(_|$)|IPv?\d*|slug|uuid|alphanumeric|identifier",
    re.IGNORECASE,
)


# what they let through begins as an address or a path does
_BEGUN = re.compile(r"path|location|repo|url|uri|scheme|domain|host|(^|_)ip(_|$)", re.IGNORECASE)


def _has_validator(body: Body, owner: ClassSymbol, name: str, kind: re.Pattern[str]) -> bool:
    """Whether a field of a form or a model has a validator that is, by its name, of a kind."""
    return any(kind.search(tail(func_of(item))) for item in _validators(body, owner, name))


def _validators(body: Body, owner: ClassSymbol, name: str) -> tuple[n.Expr, ...]:
    found = body.flow.site.classes.value(owner, name)
    made = found.value if found is not None else None
    given = argument(made, -1, "validators") if isinstance(made, n.Call) else None
    return given.items if isinstance(given, n.Sequence) else ()


def _has_typed_items(body: Body, owner: ClassSymbol, name: str) -> bool:
    """Whether a field takes a list of what holds no text: `ListField(child=IntegerField())`."""
    found = body.flow.site.classes.value(owner, name)
    made = found.value if found is not None else None
    child = argument(made, -1, "child", "base_field") if isinstance(made, n.Call) else None
    return isinstance(child, n.Call) and is_typed_input(tail(child.func))


def _has_harmless_pattern(body: Body, owner: ClassSymbol, name: str) -> bool:
    """Whether a field takes harmless characters alone: `validators=[RegexValidator("^[a-z0-9]+$")]`."""
    for item in _validators(body, owner, name):
        made = _made(body, owner, item)
        if not isinstance(made, n.Call) or tail(made.func) != "RegexValidator":
            continue
        whole = _WHOLE.fullmatch(text(argument(made, 0, "regex")) or "")
        is_turned = argument(made, -1, "inverse_match") is not None
        if whole is not None and not is_turned and is_of_harmless(whole[1]):
            return True
    return False


def _made(body: Body, owner: ClassSymbol, item: n.Expr) -> n.Expr:
    """Return what a name of the class or the module stands for."""
    if not isinstance(item, n.Name):
        return item
    site = body.flow.site
    found = site.classes.value(owner, item.id) or site.names.resolve(owner.module, item)
    return found.value if isinstance(found, ValueSymbol) else item


# from the beginning to the end, and all of it the same way
_WHOLE = re.compile(r"(?:\^|\\A)([^|]+)(?:\$|\\[zZ])")


def cleaned_origin(
    body: Body, node: n.Index, env: Env, clears: frozenset[str] = frozenset()
) -> Origin | None:
    """Return TYPED for `form.cleaned_data["age"]` of a number field; None where nobody can tell."""
    name = text(node.index)
    holder = node.value
    known = env.get(holder.id) if isinstance(holder, n.Name) else None
    if isinstance(known, Value) and known.how == "assigned" and tail(known.expr) in CLEANED:
        holder, env = known.expr, known.env  # `data = form.cleaned_data`
    elif isinstance(known, Value) and known.how == "assigned":
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
        # whichever of the forms it is
        if tail(holder) == "cleaned_data" and body.flow.site.forms.is_fixed(name):
            return UNKNOWN
        kinds = body.flow.site.forms.kinds_of(name) if tail(holder) == "cleaned_data" else ()
        return TYPED if kinds and all(map(is_typed_input, kinds)) else None
    if name in form.read_only:
        return UNKNOWN  # what the form began with
    if _is_cleaned_by_form(body, form.symbol, name, clears):
        return TYPED
    kind = form.declared.get(name) or body.flow.site.forms.put_in(form.symbol).get(name)
    if kind is not None:
        is_word = NAME in clears and kind.endswith("SlugField")
        is_narrow = (is_typed_input(kind) and not is_word) or _has_typed_items(
            body, form.symbol, name
        )
        is_narrow = is_narrow or _has_validator(body, form.symbol, name, _NARROWING)
        return TYPED if is_narrow else None
    field = form.model.field(name) if form.model else None
    if field is None:
        return UNKNOWN if _is_made_by_form(body, form.symbol, name) else None
    return TYPED if is_typed(field) or field.target else None


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
    made = env.get(form.id) if isinstance(form, n.Name) else None
    if not isinstance(made, Value) or made.how != "assigned" or not isinstance(made.expr, n.Call):
        return False
    data = argument(made.expr, 0, "data")
    if not isinstance(data, n.Name) or not isinstance(made.env.get(data.id), Parameter):
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
