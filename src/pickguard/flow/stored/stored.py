"""Texts that come out of storage: the fields of rows, and what objects keep in their attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pickguard.flow.callees.poured import filled
from pickguard.flow.callees.structured import field_given, structured
from pickguard.flow.stored.field_validators import BEGUN, has_harmless_pattern, has_validator
from pickguard.flow.stored.tables import is_of_table
from pickguard.flow.values.annotations import holds_no_text
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.definitions import Env, made_by
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.origin import (
    CONSTANT,
    NOTHING,
    TYPED,
    UNKNOWN,
    Kind,
    Origin,
    Step,
    joined,
)
from pickguard.flow.values.vocabulary import CONSTANT_CALLS, NAMESPACES, TRANSLATIONS
from pickguard.site.forms.written import Selection
from pickguard.site.models.models import Field
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, items_of, tail, text
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_TYPED_FIELDS = re.compile(
    r"Integer|Float|Decimal|Date|Time|Boolean|UUID|IPAddress|Slug|Duration|Auto|Choice|Serial"
)
_TEXT_FIELDS = re.compile(r"(Char|Text|JSON|Email|URL|File|Image|String|HTML|Markdown)\w*$")
FILE_FIELDS = re.compile(r"(File|Image)Field$")
_TEXT_NAMES = frozenset({"username", "first_name", "last_name", "email", "name", "title"})
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
_LAST = frozenset({"name", "stem", "suffix"})
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
        known = _of_instance(body, node, found, env, clears)
        put = _filled(body, node, found, env, clears)
        if known is not None or not put.is_constant:
            return joined([known or NOTHING, put])
    if found is not None and found.sort is Sort.CLASS:
        return UNKNOWN
    if found is None and (named := _in_namespace(node, env)) is not None:
        return body.local_origin(named[0], clears, named[1])
    base = body.local_origin(_searched(node) or node.value, clears, env)
    if base.is_stored and node.name in _OF_FILES:
        return TYPED
    if _is_typed_column(body, node.value, env):
        return TYPED  # `order.uuid.hex`
    if node.name == "name" and _is_stored_file(body, node.value, env):
        return TYPED
    if "basename" in clears and (_is_last_of_path(node, env) or _is_of_upload(node, base)):
        return TYPED
    if base.is_browser or base.is_stored or base.params:
        return base
    return CONSTANT if is_of_table(body, node, env) else UNKNOWN


def _in_namespace(node: n.Attr, env: Env) -> tuple[n.Expr, Env] | None:
    """Return what `SimpleNamespace(url=url)` holds under a name, with what names stand for there; else None."""
    made = made_by(node.value, env)
    if made is None or tail(made[0].func) not in NAMESPACES:
        return None
    item = argument(made[0], -1, node.name)
    return (item, made[1]) if item is not None else None


def _filled(body: Body, node: n.Attr, found: Type, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of what functions set on an object that was made here; who writes rows is asked otherwise."""
    if found.model is not None or not isinstance(node.value, n.Name):
        return NOTHING
    return filled(body, node.value, f".{node.name}", env, clears)


def _is_of_upload(node: n.Attr, base: Origin) -> bool:
    """Whether it is the name of what was sent: only a file has one, and Django takes the folders off."""
    return node.name == "name" and not base.is_stored


def _is_last_of_path(node: n.Attr, env: Env) -> bool:
    """Whether it is what stands last in a path: `Path(key).name`, `Path(key).resolve().stem`."""
    found: n.Expr = node.value
    if isinstance(found, n.Name) and (made := made_by(found, env)) is not None:
        found = made[0]
    while isinstance(found, n.Call) and isinstance(found.func, n.Attr):
        if tail(found.func) in _PATHS:
            break
        found = found.func.value
    return node.name in _LAST and isinstance(found, n.Call) and tail(found.func) in _PATHS


def _is_stored_file(body: Body, node: n.Expr, env: Env) -> bool:
    """Whether a value is the file of a row: Django stores it under a name of letters, digits, dots and dashes."""
    field = column(body, node, env)
    return field is not None and bool(FILE_FIELDS.search(field.kind))


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


def _of_instance(
    body: Body, node: n.Attr, found: Type, env: Env, clears: frozenset[str]
) -> Origin | None:
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
    given = _given_here(body, node, found, env)
    if given is not None:
        return body.local_origin(given[0], clears, given[1])
    assigned = body.flow.attributes.origin(found.symbol, node.name, clears)
    # of what is sent the class states what holds where nothing was
    if assigned is None and not is_sent and is_fixed(classes.value(found.symbol, node.name)):
        return CONSTANT
    return assigned


def _given_here(body: Body, node: n.Attr, found: Type, env: Env) -> tuple[n.Expr, Env] | None:
    """Return what the field of a record was given where a body made it itself: `way = Way(url=url)`, `way.url`."""
    made = made_by(node.value, env)
    fields = body.flow.site.classes.fields(found.symbol) if made is not None else ()
    if made is None or node.name not in fields or not _makes(body, made[0], found.symbol):
        return None
    if body.flow.attributes.assigned(found.symbol, node.name):
        return None
    item = field_given(body, made[0], fields.index(node.name), node.name)
    return (item, made[1]) if item is not None else None


def _makes(body: Body, call: n.Call, symbol: ClassSymbol) -> bool:
    """Whether a call itself, and no function that it calls, makes the object."""
    made = structured(body, call)
    return body.resolve(made.kind if made is not None else call.func) == symbol


def _is_made_harmless(body: Body, node: n.Attr, clears: frozenset[str]) -> bool:
    """Whether a column is of a row that was made here of what the site says: `link = Link(code=new_code())`."""
    made = made_by(node.value, body.scope.at(node.span))
    given = argument(made[0], -1, node.name) if made is not None else None
    if made is None or given is None:
        return False
    return body.local_origin(given, clears, made[1]).is_constant


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
    if SCHEME in clears and has_validator(body, model.symbol, name, BEGUN):
        return TYPED
    if has_harmless_pattern(body, model.symbol, name):
        return TYPED
    label = f"{model.name}.{name}"
    # what only a name suggests is not told as a fact
    writer, steps = ("", ()) if found.is_guess else body.flow.writer(model, name, clears)
    if not writer and not found.is_guess and field.options.get("editable") is False:
        return UNKNOWN  # no form shows it, and nobody is seen to write it
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
