"""A value that code gives to a template under a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from msgspec.structs import replace

from pickguard.flow.stored.stored import column
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Origin
from pickguard.flow.values.vocabulary import NAMESPACES
from pickguard.kit.code import Code, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

# whatever goes in, what comes out holds no markup of its own
CLEANERS = ("escape", "conditional_escape", "format_html", "clean", "quote", "urlencode", "nh3")


@dataclass(frozen=True)
class Given:
    """A value that code gives to a template under a name."""

    code: Code
    name: str
    value: n.Expr

    @cached_property
    def origin(self) -> Origin:
        """Where the value comes from; found out when it is asked for. A template calls what it can call."""
        is_called = isinstance(self.value, n.Lambda) and not self.value.params
        value = self.value.value if is_called and isinstance(self.value, n.Lambda) else self.value
        return self.code.origin(value, *CLEANERS)


def narrowed(given: Given, path: tuple[str, ...]) -> Iterator[Given]:
    """Follow the keys of a dictionary that is written out, also of those in a list, or of a part of the request."""
    if not path or given.code.body.reads_request(given.value):
        yield given
        return
    if path[0].isdecimal():  # of a list
        first = n.Index(given.value.span, given.value, n.Const(given.value.span, int(path[0])))
        yield from narrowed(Given(given.code, given.name, first), path[1:])
        return
    if _is_own_object(given):
        taken = n.Attr(given.value.span, given.value, path[0])
        yield from narrowed(Given(given.code, given.name, taken), path[1:])
        return
    if _is_loaded(given.code, given.value):
        yield given  # all that is in it came with it
        return
    if _is_shown_by_serializer(given):
        shown = n.Index(given.value.span, given.value, n.Const(given.value.span, path[0]))
        yield from narrowed(Given(given.code, given.name, shown), path[1:])
        return
    for code, row in _rows(given.code, given.value, 0):
        inner = _written_out(row)
        if inner is None:
            yield from _of_made(Given(code, given.name, row), path)
            continue
        for key, item in zip(inner.keys, inner.values, strict=True):
            if text(key) == path[0]:
                # what a comprehension goes through says what its names stand for
                value = replace(row, value=item) if isinstance(row, n.Comprehension) else item
                yield from narrowed(Given(code, given.name, value), path[1:])


def _is_loaded(code: Code, value: n.Expr, depth: int = 0) -> bool:
    """Whether a value was read out of one text, or is a part of such: `json.loads(note.data)["rows"]`."""
    if depth > _DEPTH_LIMIT:
        return False
    if isinstance(value, n.Index):
        return _is_loaded(code, value.value, depth + 1)
    if isinstance(value, n.Attr):
        return _is_json_column(code, value)
    if isinstance(value, n.Name):
        made = code.assigned(value.id)
        return bool(made) and all(_is_loaded(code, one, depth + 1) for one in made)
    if not isinstance(value, n.Call):
        return False
    if isinstance(value.func, n.Attr) and value.func.name == "get" and value.args:
        return _is_loaded(code, value.func.value, depth + 1)
    if isinstance(value.func, n.Attr) and value.func.name == "dict":
        return code.body.reads_request(value.func.value)
    if tail(value.func) in _LOADERS:
        return True
    function = code.called(value)
    if function is None or function == code.function:
        return False
    there = code.project.code_of(function)
    return bool(there.returned) and all(_is_loaded(there, one, depth + 1) for one in there.returned)


def _is_json_column(code: Code, value: n.Attr) -> bool:
    """Whether a value is a column of a row that holds JSON: `event.payload`."""
    field = column(code.body, value, code.body.scope.at(value.span))
    return field is not None and field.kind.endswith("JSONField")


def _is_shown_by_serializer(given: Given) -> bool:
    """Whether a value is what a serializer shows: `NoteSerializer(note).data`."""
    if not isinstance(given.value, n.Attr) or given.value.name != "data":
        return False
    body = given.code.body
    made = body.flow.types.of(body, given.value.value, body.scope.at(given.value.span))
    return made is not None and "serializer" in body.flow.site.classes.kinds(made.symbol)


_LOADERS = frozenset({"loads", "safe_load", "parse_qs", "json"})


def _of_made(given: Given, path: tuple[str, ...]) -> Iterator[Given]:
    """Follow an attribute of an object that is made in a list: of `[Row(word) for word in words]`."""
    row = given.value
    made = row.value if isinstance(row, n.Comprehension) else row
    if isinstance(made, n.Call) and tail(made.func) in NAMESPACES:
        held = next((k.value for k in made.keywords if k.name == path[0]), None)
        if held is not None:
            value = replace(row, value=held) if isinstance(row, n.Comprehension) else held
            yield from narrowed(Given(given.code, given.name, value), path[1:])
        return
    if isinstance(made, n.Call) and _is_own_object(Given(given.code, given.name, made)):
        taken = n.Attr(made.span, made, path[0])
        value = replace(row, value=taken) if isinstance(row, n.Comprehension) else taken
        yield from narrowed(Given(given.code, given.name, value), path[1:])


def places(given: Given, at: set[int]) -> Iterator[Given]:
    """Yield what stands at some places of a list's items: of `zip(names, notes)`, of `[(name, 1) for name in names]`.

    Args:
        given: the list.
        at: the places; none where the items are not taken apart.

    Yields:
        Lists of what stands there; the list itself where that is not seen.
    """
    found = [one for position in sorted(at) for one in _at(given.value, position)]
    yield from (Given(given.code, given.name, one) for one in found or (given.value,))


def _at(value: n.Expr, position: int) -> Iterator[n.Expr]:
    match value:
        case n.Call(func=n.Name(id=called), args=[one]) if called in _LISTS:
            yield from _at(one, position)
        case n.Call(args=args) if tail(value.func) == "enumerate" and args:
            yield args[0] if position else n.Const(value.span, 0)
        case n.Call(args=args) if tail(value.func).startswith("zip") and position < len(args):
            yield args[position]
        case n.Comprehension(value=n.Sequence(items=items)) if position < len(items):
            yield replace(value, value=items[position])


def _is_own_object(given: Given) -> bool:
    """Whether a value is an object of a plain class of the site's own: no model, and no form."""
    flow = given.code.project.flow
    body = given.code.body
    found = flow.types.of(body, given.value, body.scope.at(given.value.span))
    if found is None or found.sort is not Sort.INSTANCE or found.model is not None:
        return False
    return not flow.site.classes.kinds(found.symbol)


_VIEWS = ("items", "values", "keys")


def taken_out(given: Given, between: tuple[str, ...], path: tuple[str, ...]) -> Iterator[Given]:
    """Follow what a template gives a name of its own: `{% for row in table.rows %}{{ row.name }}`.

    Args:
        given: what `table` is.
        between: the names behind it: `rows`.
        path: those behind the name: `name`.
    """
    if between and between[-1] in _VIEWS:
        between = between[:-1]
    is_told = bool(between) and any(
        text(key) is not None
        for _code, row in _rows(given.code, given.value, 0)
        if (inner := _written_out(row)) is not None
        for key in inner.keys
    )
    yield from narrowed(given, (*between, *path) if is_told else path)


def _written_out(row: n.Expr) -> n.Mapping | None:
    """Return the dictionary that a row is, or that a comprehension makes for each of its items."""
    inner = row.value if isinstance(row, n.Comprehension) else row
    return inner if isinstance(inner, n.Mapping) else None


_DEPTH_LIMIT = 4
_LISTS = ("list", "tuple", "sorted", "reversed")


def _rows(code: Code, value: n.Expr, depth: int) -> Iterator[tuple[Code, n.Expr]]:
    """Yield the dictionaries that a value is, or is a list of, as far as they are written out, and where."""
    if depth > _DEPTH_LIMIT:
        return
    match value:
        case n.Mapping() | n.Comprehension(kind="list" | "generator"):
            yield code, value
        case n.Sequence():
            yield from ((code, item) for item in value.items)
        case n.Call(func=n.Name(id=called), args=[one]) if called in _LISTS:
            yield from _rows(code, one, depth + 1)
        case n.Call() if code.called(value) is None:
            yield code, value
        case n.Call():
            yield from _returned(code, value, depth + 1)
        case n.Name():
            for made in code.assigned(value.id):
                yield from _rows(code, made, depth + 1)
            for call in code.calls("append"):
                if tail(receiver_of(call)) == value.id and call.args:
                    yield from _rows(code, call.args[0], depth + 1)


def _returned(code: Code, call: n.Call, depth: int) -> Iterator[tuple[Code, n.Expr]]:
    """Yield the dictionaries that a function of the site returns."""
    function = code.called(call)
    if function is not None and function != code.function:
        there = code.project.code_of(function)
        for value in there.returned:
            yield from _rows(there, value, depth)
