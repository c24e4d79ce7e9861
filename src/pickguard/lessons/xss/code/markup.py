"""HTML that is put together by hand: which values stand in which constant markup, unescaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.flow.stored.stored import is_typed
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.origin import Origin
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code, Project
from pickguard.kit.code import tail, text
from pickguard.lessons.xss.code.dollar_forms import FILLS, dollar_form, put_in
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, operands, receiver_of
from pickguard.source.python.formats import BRACES, PERCENT, is_formatted_number, is_number
from pickguard.source.python.walk import inside

ESCAPES = (
    "escape", "conditional_escape", "format_html", "format_html_join", "escapejs", "strip_tags",
    "urlencode", "quote", "quote_plus", "clean", "sanitize", "sanitize_html", "render",
    "render_to_string", "slugify", "json_script", "static", "flatatt", "get_token", "mark_safe",
    "urlquote", "smart_urlquote", "iri_to_uri", "date_format", "localize", "intcomma",
    "floatformat", "filesizeformat", "force_escape", "html_safe", "as_widget", "as_table", "as_p",
    "label_tag", "legend_tag",
    "as_ul", "reverse", "get_absolute_url", "isoformat", "strftime", "highlight", "Markup",
    "hexdigest", "uuid4", "randint", "get_random_string", "naturaltime",
    "xml_escape", "html_escape", "escape_html", "escape_uri_path", "css_tag", "script_tag",
    "render_value_in_context", "render_icon", "sanitizer", "get_url", "count", "time", "date",
    "build_absolute_uri", "get_host", "get_full_path", "get_raw_uri", "get_query_string", "timesince", "timeuntil",
)  # fmt: skip
TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|body|br|button|caption|code|div|dd|dl|dt|em|form|h[1-6]|head|html|i"
    r"|iframe|img|input|label|li|nav|ol|option|p|pre|script|section|select|small|span|strong|style"
    r"|sub|sup|svg|table|tbody|td|textarea|th|thead|tr|ul)(?=[\s>/]|$)",
    re.IGNORECASE,
)
_DEPTH_LIMIT = 8


# by their names no text that somebody wrote: markup that is made already, numbers, kinds, places
_HARMLESS = re.compile(
    r"(^|_)(html|markup|attrs?|attributes|rendered\w*|widgets?|css|js|json|klass|class(es)?|icons?|url"
    r"|href|src|uri|links?|id|pk|uuid|count|total|number|num|index|size|width|height|colou?r|style"
    r"|media|form|fields?|errors|svg|image|img|thumbnail|buttons?|rows?|cells?|columns?|inner|tags?"
    r"|checked|selected|disabled|status|state|level|amount|price|date|time|datetime|year|month|day"
    r"|version|format|template|script|prefix|suffix|indent|separator|sep|tab|lang|code|slug|path|seconds|minutes"
    r"|app_label|model_name|object_name|verbose_name(_plural)?|query_?string|params|token|nonce|hash|depth|type|kind|attr|charset|encoding|items|headings?|slots?)$"
    r"|^(html|css|render|is|has|num|n|i|j|x|y|w|h)(_|$)|html",
    re.IGNORECASE,
)
_TEXTS = re.compile(
    r"(^|_)(name|title|text|label|description|username|email|comment|message|note|query|subject"
    r"|caption|summary|body|author|keyword|company|city|address|answer|question|reason|remark)s?$"
    r"|^get_\w+_(name|title)$|^user$"
)
_TEMPLATE = re.compile(r"\{%[- ]|\{\{[- ]?\w")


class Filled(Struct, frozen=True):
    """Constant markup that values are put into.

    Attributes:
        node: the expression that puts it together.
        values: what stands in it as it is.
    """

    node: n.Expr
    values: tuple[n.Expr, ...]


def unescaped(code: Code, found: Filled) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield the values that may hold markup of somebody else's, with where they come from."""
    for value in found.values:
        origin = code.origin(n.Formatted(value.span, value, "", None), *ESCAPES)
        is_row = origin.is_stored and not code.origin(value, *ESCAPES).is_stored
        if origin.is_browser or is_row or not (origin.is_constant or is_harmless(code, value)):
            yield value, origin


def is_harmless(code: Code, value: n.Expr, seen: frozenset[str] = frozenset()) -> bool:
    """Tell whether a value holds no text that somebody wrote, by its names or how it is made."""
    if code.origin(value, *ESCAPES).is_constant or _is_of_admin(code, value):
        return True
    if isinstance(value, n.Name):
        if value.id in seen or _HARMLESS.search(value.id):
            return True
        values = code.assigned(value.id)
        if value.id in code.body.params:
            return any(code.origin(one, *ESCAPES).is_constant for one in values)
        inner = {*seen, value.id}
        return bool(values) and all(is_harmless(code, one, frozenset(inner)) for one in values)
    if isinstance(value, n.Attr):
        if _HARMLESS.search(value.name) or isinstance(value.value, n.Call):
            return True
        if tail(value.value) == "content_type":
            return True  # Django's own row of a model
        return value.name in code.project.once(_typed_names)
    if isinstance(value, n.Index):
        key = text(value.index)
        return bool(_HARMLESS.search(key)) if key else is_harmless(code, value.value, seen)
    if isinstance(value, n.Call) and tail(value.func) == "getattr":
        return len(value.args) > 1 and text(value.args[1]) is not None  # whatever field that is
    if isinstance(value, n.Call) and _calls_itself(code, value):
        return False
    if isinstance(value, n.Call) and _TELLS.search(tail(value.func)):
        return _returns_harmless(code, value, seen)
    return all(is_harmless(code, part, seen) for part in _parts(value))


def _returns_harmless(code: Code, call: n.Call, seen: frozenset[str]) -> bool:
    """Whether a function of the site by such a name returns what is harmless: the `verbose_name` of a field."""
    function = code.called(call)
    if function is None or function.name in seen:
        return is_harmless(code, call.func, seen)
    there = code.project.code_of(function)
    inner = seen | {function.name}
    return bool(there.returned) and all(is_harmless(there, v, inner) for v in there.returned)


def _is_of_admin(code: Code, value: n.Expr) -> bool:
    """Whether a value comes out of what the code has told the admin: names of apps, models and columns."""
    if code.words.isdisjoint(_OF_ADMIN):
        return False
    return any(
        part.name in _OF_ADMIN if isinstance(part, n.Attr) else text(part) in _OF_ADMIN
        for part in code.parts(value)
    )


_OF_ADMIN = frozenset({"available_apps", "app_list", "list_display"})


def _typed_names(project: Project) -> frozenset[str]:
    """Return the names of fields that hold no text in any model of the site: whatever row it is."""
    fields = [field for model in project.site.models.all for field in model.fields]
    free = {field.name for field in fields if not is_typed(field)}
    return frozenset(field.name for field in fields) - free


def looks_harmless(name: str) -> bool:
    """Tell whether a name is one of markup that is made already, of a number or the like."""
    return bool(_HARMLESS.search(name))


def gains_tags(value: n.Expr) -> bool:
    """Tell whether a plain text gets tags of its own: `text.replace(word, "<b>…")`, or by `re.sub`.

    What is looked for in markup would be markup itself.
    """
    if not isinstance(value, n.Call) or len(value.args) < _SOUGHT_AND_PUT:
        return False
    if tail(value.func) not in ("replace", "sub") or not isinstance(value.func, n.Attr):
        return False
    sought, put = value.args[:2]
    if any(isinstance(p, n.Const) and re.search("[<>&]", str(p.value)) for p in inside(sought)):
        return False
    is_put = any(isinstance(p, n.Const) and TAG.search(str(p.value)) for p in inside(put))
    return is_put or any(gains_tags(part) for part in (value.func.value, *value.args[2:]))


_SOUGHT_AND_PUT = 2


def is_text(code: Code, value: n.Expr, depth: int = 0) -> bool:
    """Tell whether a value is by its name a text that somebody writes."""
    if isinstance(value, n.Index) and text(value.index):
        return bool(_TEXTS.search(text(value.index) or ""))
    if isinstance(value, n.Attr | n.Name):
        return bool(_TEXTS.search(tail(value)))
    return depth < _DEPTH_LIMIT and any(is_text(code, part, depth + 1) for part in _parts(value))


def reads_text(code: Code, value: n.Expr, depth: int = 0) -> bool:
    """Tell whether a value is, or is made of, what something keeps: `page.title`, `str(obj)`, an item.

    What a function is merely given may have been made harmless by whoever calls it.
    """
    given = value.value if isinstance(value, n.Formatted) else value
    if depth > _DEPTH_LIMIT or _NUMBERED.search(tail(given)):
        return False
    if isinstance(value, n.Formatted):
        return value.conversion == "s" or reads_text(code, value.value, depth + 1)
    if isinstance(value, n.Attr | n.Index):
        name = value.name if isinstance(value, n.Attr) else text(value.index) or ""
        return bool(_TEXTS.search(name)) and not code.origin(value, *ESCAPES).is_constant
    if isinstance(value, n.Name):
        assigned = code.assigned(value.id)
        return is_iterated(code, value) or any(reads_text(code, v, depth + 1) for v in assigned)
    if isinstance(value, n.Call) and tail(value.func) in ("str", "force_str", "force_text"):
        return not any(_NUMBERED.search(tail(given)) for given in value.args)
    if isinstance(value, n.Call) and _calls_itself(code, value):
        return True
    if isinstance(value, n.Call) and tail(value.func) in ("smart_str", "smart_text", "unicode"):
        return any(isinstance(item, n.Name) for item in value.args)  # of an object
    return any(reads_text(code, part, depth + 1) for part in _parts(value))


# what tells one row from others, and no more
_NUMBERED = re.compile(r"(^|_)(id|pk|uuid|guid|count)$")

AS_TEXT = frozenset(
    {"str", "force_str", "force_text", "smart_str", "smart_text", "unicode", "smart_unicode"}
)
"""Functions that return what an object calls itself."""


def _calls_itself(code: Code, call: n.Call) -> bool:
    """Tell whether a function of the site returns what an object that it is handed calls itself: `str(choice)`."""
    function = code.called(call) if call.args else None
    if function is None:
        return False
    there = code.project.code_of(function)
    return any(
        isinstance(made, n.Call)
        and tail(made.func) in AS_TEXT
        and len(made.args) == 1
        and tail(made.args[0]) in there.body.params
        for made in there.returned
    )


def names_row(code: Code, value: n.Expr) -> bool:
    """Tell whether a part of it is what a row calls itself, whatever row that is: `str(node)` beside `node.pk`."""
    named = {
        tail(part.args[0])
        for part in inside(value)
        if isinstance(part, n.Call)
        and tail(part.func) in AS_TEXT
        and len(part.args) == 1
        and isinstance(part.args[0], n.Name)
    }
    return bool(named) and any(
        node.name in _OF_ROWS and tail(node.value) in named for node in code.every(n.Attr)
    )


_OF_ROWS = frozenset({"pk", "_meta"})


def is_iterated(code: Code, name: n.Name) -> bool:
    """Tell whether a name is one of many: `for key, value in found.items()`."""
    bound = [code.body.inner_binding(name), *code.body.scope.bindings.get(name.id, ())]
    return any(
        isinstance(one, Value)
        and one.how == "iterated"
        and not _is_of_match(code, one.expr)
        and tail(func_of(one.expr)) != "range"
        for one in bound
    )


def _is_of_match(code: Code, source: n.Expr) -> bool:
    """Tell whether it is what `def link(match)` was handed: the text that was searched may be escaped."""
    func = source.func if isinstance(source, n.Call) else None
    is_groups = isinstance(func, n.Attr) and func.name in ("groups", "group")
    return is_groups and isinstance(func, n.Attr) and tail(func.value) in code.body.params


def _parts(value: n.Expr) -> tuple[n.Expr, ...]:
    """Return what a value is made of, as far as it may hold somebody's text."""
    if isinstance(value, n.Call):
        return _parts_of_call(value)
    if isinstance(value, n.Joined):
        return tuple(p.value for p in value.parts if isinstance(p, n.Formatted))
    if isinstance(value, n.Binary):
        return (value.left, value.right) if value.op in ("+", "%") else ()
    if isinstance(value, n.Logic):
        return value.values if value.op == "or" else value.values[-1:]
    if isinstance(value, n.Choice):
        return (value.then, value.other)
    if isinstance(value, n.Sequence):
        return value.items
    if isinstance(value, n.Mapping):
        return value.values
    if isinstance(value, n.Comprehension):
        return (value.value,)
    return ()


_CARRIERS = frozenset(
    {"str", "force_str", "force_text", "strip", "replace", "lower", "upper", "title", "capfirst"}
    | {"truncatechars", "join", "format", "capitalize", "items", "values", "popitem", "pop"}
    | {"sorted", "list", "tuple", "set", "zip", "enumerate", "reversed", "dict"}
    | {"splitlines", "split"}
    | {"loads", "literal_eval"}
)
_TELLS = re.compile(r"^get_(full_|short_|display_)?(name|title|username|text|description|label)$")


def _parts_of_call(call: n.Call) -> tuple[n.Expr, ...]:
    """Return what the result of a call carries: nothing where the function is not known to."""
    called = tail(call.func)
    if _TELLS.search(called):
        return (call.func,)
    if called not in _CARRIERS:
        return ()
    receiver = (call.func.value,) if isinstance(call.func, n.Attr) else ()
    return (*receiver, *call.args, *(keyword.value for keyword in call.keywords))


_FILLING = frozenset({n.Joined, n.Binary, n.Call})


def filled(code: Code) -> Iterator[Filled]:
    """Yield the places of a body that put values into constant markup, in order."""
    within: set[int] = set()
    for node in code.expressions:
        if type(node) not in _FILLING or id(node) in within:
            continue
        if isinstance(node, n.Binary) and node.op == "+":
            within.update(id(side) for side in operands(node, "+"))
            within.update(id(inner) for inner in _sums(node))
        values = tuple(_values(code, node))
        if values:
            yield Filled(node, values)


def _values(code: Code, node: n.Expr) -> Iterator[n.Expr]:
    if isinstance(node, n.Joined):
        if _is_markup(node.parts):
            yield from (
                p.value
                for p in node.parts
                if isinstance(p, n.Formatted) and not is_formatted_number(p)
            )
    elif isinstance(node, n.Binary) and node.op == "%":
        for form in _forms(code, node.left):
            if TAG.search(form) and not _TEMPLATE.search(form):
                yield from _by_percent(form, _put_in(code, node.right))
    elif isinstance(node, n.Call) and tail(node.func) == "format":
        receiver = receiver_of(node)
        for form in _forms(code, receiver):
            if TAG.search(form) and not _TEMPLATE.search(form):
                yield from _by_braces(form, node)
    elif isinstance(node, n.Call) and tail(node.func) in FILLS:
        if TAG.search(dollar_form(code, node)):
            yield from put_in(code, node)
    elif isinstance(node, n.Binary) and node.op == "+":
        added = list(operands(node, "+"))
        if _is_markup(added):
            yield from (side for side in added if not isinstance(side, n.Const | n.Joined))


def _is_markup(parts: Iterable[n.Expr]) -> bool:
    said = [text(part) or "" for part in parts]
    return any(map(TAG.search, said)) and not any(map(_TEMPLATE.search, said))


def _forms(code: Code, node: n.Expr | None) -> Iterable[str]:
    """Return the constant texts that a name or an expression may be."""
    if isinstance(node, n.Call) and tail(node.func) in TRANSLATIONS:
        return [form for each in node.args for form in _forms(code, each)]
    said = text(node)
    if said is not None:
        return (said,)
    if isinstance(node, n.Name):
        found = [text(value) for value in code.assigned(node.id)]
        return [one for one in found or [code.body.said(node)] if one is not None]
    kept = code.body.said(node) if isinstance(node, n.Attr) else None  # of the class
    return (kept,) if kept is not None else ()


def _put_in(code: Code, right: n.Expr) -> n.Expr:
    """Return the tuple or dictionary that a name stands for: `values = (self.name, self.email)`."""
    made = code.assigned(right.id) if isinstance(right, n.Name) else ()
    whole = made[0] if len(made) == 1 else right
    return whole if isinstance(whole, n.Sequence | n.Mapping) else right


def _by_percent(form: str, right: n.Expr) -> Iterator[n.Expr]:
    places = [m for m in PERCENT.finditer(form) if m[2] != "%"]
    if isinstance(right, n.Mapping):
        texts = {m[1] for m in places if m[2] in "sr"}
        for key, value in zip(right.keys, right.values, strict=True):
            if text(key) in texts:
                yield value
        return
    items = right.items if isinstance(right, n.Sequence) and right.kind == "tuple" else (right,)
    if isinstance(right, n.Call) and tail(right.func) == "tuple" and len(right.args) == 1:
        items = right.args * len(places)  # any of them may fill any place
    if len(items) == len(places):
        yield from (i for i, place in zip(items, places, strict=True) if place[2] in "sr")


def _by_braces(form: str, call: n.Call) -> Iterator[n.Expr]:
    position = 0
    named = {keyword.name: keyword.value for keyword in call.keywords if keyword.name}
    for place in BRACES.finditer(form.replace("{{", "").replace("}}", "")):
        key = place[1]
        index = int(key) if key.isdigit() else position
        position += not key
        if is_number(place[2] or ""):
            continue
        if key in named:
            yield named[key]
        elif (not key or key.isdigit()) and index < len(call.args):
            given = call.args[index]
            yield given.value if isinstance(given, n.Wrapped) and given.value else given


def _sums(node: n.Binary) -> Iterator[n.Expr]:
    for side in (node.left, node.right):
        if isinstance(side, n.Binary) and side.op == "+":
            yield side
            yield from _sums(side)


def named(value: n.Expr) -> str:
    """Return how a message names a value."""
    if isinstance(value, n.Index) and text(value.index):
        return f"`{tail(value.value) or '…'}[{text(value.index)!r}]`"
    if isinstance(value, n.Attr):
        return f"`{tail(value.value) or '…'}.{value.name}`"
    return f"`{value.id}`" if isinstance(value, n.Name) else "a value"
