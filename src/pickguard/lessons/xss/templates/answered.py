"""What a view answers with as data, by the names under which scripts read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pickguard.flow.catalog import SinkKind
from pickguard.flow.stored.fetched import is_fetched
from pickguard.flow.stored.stored import is_text
from pickguard.flow.values.vocabulary import OF_MARKUP
from pickguard.kit import Code, Project, Spot
from pickguard.kit.code import argument, spot_of, text
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of

_ANSWERS = frozenset({"JsonResponse", "Response", "dumps", "serialize"})


class Answered(NamedTuple):
    """A text that people write, as an answer holds it: its name, who answers, and the way there."""

    name: str
    by: str
    way: tuple[Spot, ...]


def answered(project: Project, view: View) -> Iterator[Answered]:
    """Yield the texts of the browser's in what a view answers with."""
    for _method, function in view.handlers:
        code = project.code_of(function)
        if _makes_answer(function) or any(map(_makes_answer, _of_site(code))):
            yield from _by_function(project, function)
            yield from _by_dump(code)
    if view.kind in ("api", "viewset"):
        for form in view.forms:
            yield from _by_serializer(project, form)


def _makes_answer(function: FunctionSymbol) -> bool:
    return not _ANSWERS.isdisjoint(function.node.words)


def _of_site(code: Code) -> Iterator[FunctionSymbol]:
    """Yield the functions of the site that may make the answer: `return as_answer(data)`."""
    for statement in code.statements:
        if isinstance(statement, n.Return) and isinstance(statement.value, n.Call):
            found = code.called(statement.value)
            if found is not None:
                yield found


def _by_function(project: Project, function: FunctionSymbol) -> Iterator[Answered]:
    code = project.code_of(function)
    for part in (code, *_called(code)):
        for form in _serializers(part):
            yield from _by_serializer(project, form)
        for name, value in _named(part):
            origin = part.origin(value)
            if _TEXT.search(name) and not (origin.is_browser or origin.is_stored):
                origin = part.origin(value, OF_MARKUP)
            if origin.is_browser or (origin.is_stored and (origin.writer or is_fetched(origin))):
                way = part.flow(origin, value, f"goes out as `{name}`")
                yield Answered(name, code.symbol, way)


# what a statement of SQL has selected is told to be a text by its name alone
_TEXT = re.compile(
    r"(^|_)(title|name|text|content|body|comment|message|description|subject|username|author|label|caption|note)$"
)


def _called(code: Code) -> Iterator[Code]:
    """Yield the functions that make the data: `[note.to_dict() for note in notes]`."""
    for call in code.every(n.Call):
        found = code.called(call) or _only_one(code, call)
        if found is not None and found != code.function:
            yield code.project.code_of(found)


def _only_one(code: Code, call: n.Call) -> FunctionSymbol | None:
    """Return the one method of the site by a name of several words, where whose it is could not be told."""
    name = call.func.name if isinstance(call.func, n.Attr) else ""
    if name.strip("_").count("_") < _WORDS - 1:
        return None
    defined = code.project.flow.callers.defined(name)
    return defined[0] if len(defined) == 1 and defined[0].owner is not None else None


_WORDS = 3


def _serializers(code: Code) -> Iterator[Form]:
    """Yield the serializers that code answers with: `TicketSerializer(tickets, many=True).data`."""
    for node in code.every(n.Attr):
        if node.name == "data" and isinstance(node.value, n.Call):
            made = code.resolve(node.value.func)
            form = (
                code.project.site.forms.by_symbol.get(made)
                if isinstance(made, ClassSymbol)
                else None
            )
            if form is not None:
                yield form


def _named(code: Code) -> Iterator[tuple[str, n.Expr]]:
    """Yield the values of a function's mappings by their names, and the columns of `rows.values("text")`."""
    for node in code.every(n.Mapping):
        for key, value in zip(node.keys, node.values, strict=True):
            name = text(key)
            if name is not None and not isinstance(value, n.Const | n.Mapping):
                yield name, value
    for call in code.calls("values"):
        for column in call.args:
            name = text(column)
            if name is not None:
                yield name, replace(call, args=(column,))


def _by_dump(code: Code) -> Iterator[Answered]:
    """Yield the columns of rows that go out whole: `serializers.serialize("json", notes)`."""
    for call in code.calls("serialize"):
        rows = argument(call, 1, "queryset")
        env = code.body.scope.at(call.span)
        found = code.project.flow.types.of(code.body, rows, env) if rows is not None else None
        if found is None or found.model is None:
            continue
        only = {said for one in items_of(argument(call, -1, "fields")) if (said := text(one))}
        for field in found.model.fields:
            if not only or field.name in only:
                yield from _by_field(code.project, found.model, field.name, code.symbol)


def _by_field(project: Project, model: Model, name: str, by: str) -> Iterator[Answered]:
    """Yield a column of text that people write."""
    field = model.field(name)
    if field is None or field.target or not is_text(field):
        return
    writer, steps = project.flow.writer(model, name, project.catalog.clears(SinkKind.HTML))
    if writer:
        yield Answered(name, by, tuple(map(spot_of, steps)))


def _by_serializer(project: Project, form: Form) -> Iterator[Answered]:
    """Yield the fields of a serializer whose columns people write."""
    if form.kind != "serializer" or form.model is None:
        return
    for name in form.writes or ():
        if name not in form.declared:
            yield from _by_field(project, form.model, name, form.symbol.name)
