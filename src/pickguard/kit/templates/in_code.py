"""Templates that Python code holds as texts and compiles: `Template("<b>{{ name }}</b>")`, columns of tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pickguard.flow.values.instance import Type
from pickguard.kit.code import Code, argument, tail
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside
from pickguard.source.templates.in_code import makes_page, read_written, written_path
from pickguard.source.templates.record import TemplateRecord

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_COLUMN = "TemplateColumn"
COMPILING = frozenset({"Template", "from_string"})
"""What compiles a text as a template."""
_WORDS = COMPILING | {_COLUMN}
_SOURCES = ("template_string", "template_code")


def templates_in_code(project: Project) -> Mapping[str, TemplateRecord]:
    """Return the templates in Django's language that the code of a site compiles, by their paths."""
    found: dict[str, TemplateRecord] = {}
    for code, _words in project.code(_WORDS):
        for call in code.calls(*_WORDS):
            for path, literal in _literals(code, call):
                if path not in found:
                    found[path] = read_written(str(literal.value), literal.span)
    return found


def written_paths(code: Code, call: n.Call) -> list[str]:
    """Return the paths of the templates that a call compiles."""
    return [path for path, _literal in _literals(code, call)]


def columns(project: Project) -> Iterator[tuple[str, Mapping[str, Type]]]:
    """Yield the templates of a table's columns, with the types of what `django_tables2` gives them."""
    for code, _words in project.code(frozenset({_COLUMN})):
        row = _row(project, code.owner) if code.owner is not None else None
        if row is not None:
            for call in code.calls(_COLUMN):
                yield from ((path, {"record": row}) for path in written_paths(code, call))


def _row(project: Project, table: ClassSymbol) -> Type | None:
    known = project.site.classes.meta(table, "model")
    if known is None:
        return None
    model = project.site.models.of(project.site.names.resolve(known.module, known.value))
    return project.flow.types.of_model(model)


def _literals(code: Code, call: n.Call) -> Iterator[tuple[str, n.Const]]:
    """Yield the texts that a call compiles, with the paths that they have as templates."""
    source = argument(call, 0, *_SOURCES)
    if source is None or not _is_django(code, call):
        return
    known = code.body.named(source) if isinstance(source, n.Name | n.Attr) else None
    for literal in code.made(source):
        is_imported = known is not None and known.value is literal
        module = known.module if known is not None and is_imported else code.module
        if isinstance(literal, n.Const) and isinstance(literal.value, str):
            if makes_page(literal.value):
                yield written_path(module.path, literal.span), literal


def _is_django(code: Code, call: n.Call) -> bool:
    """Whether a call compiles Django's language: a column of a table does, an environment of Jinja2 not."""
    called = tail(call.func)
    if called == _COLUMN:
        return True
    name = code.name(call.func)
    if name:
        return name.startswith("django.template")
    if called != "from_string" or not isinstance(call.func, n.Attr):
        return False
    return any(
        _is_engine(code, part) for made in code.made(call.func.value) for part in inside(made)
    )


def _is_engine(code: Code, part: n.Expr) -> bool:
    """Whether something is an engine of Django's: `engines["django"]`, `Engine()`."""
    if isinstance(part, n.Index) and tail(part.value) == "engines":
        return isinstance(part.index, n.Const) and "jinja" not in str(part.index.value)
    return isinstance(part, n.Call) and code.name(part.func).startswith("django.template")
