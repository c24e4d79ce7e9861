"""The tags and filters that a site's own `templatetags` modules register, read from their code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pickguard.site.symbols.modules import Module
from pickguard.site.templates.library import FilterFacts, Library, Registered, TagFacts
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_true, items_of

_SIMPLE = frozenset({"simple_tag", "simple_block_tag", "assignment_tag"})
_MARKS_SAFE = frozenset({"mark_safe", "SafeString", "SafeText", "format_html", "Markup"})
_RENDERS = frozenset({"render", "render_to_string", "get_template", "select_template", "as_p"})
_REGISTERS = _SIMPLE | {"inclusion_tag", "filter"}


class _Registration(NamedTuple):
    """`register.KIND(arguments)` and the function that it registers, where that is plain."""

    kind: str
    call: n.Call | None
    function: n.Function | None


def registered(modules: Iterable[Module]) -> Library:
    """Return the tags and filters of all modules below a `templatetags` folder.

    Where several modules register one name, an inclusion tag's templates are put together.
    """
    tags: dict[str, TagFacts] = {}
    filters: dict[str, FilterFacts] = {}
    functions: dict[tuple[str, str], Registered] = {}
    for module in modules:
        if "/templatetags/" not in f"/{module.path}":
            continue
        for registration in _registrations(module):
            name = _name(registration)
            if name and registration.kind == "filter":
                filters[name] = _filter_facts(registration)
            elif name:
                tags[name] = _merged(tags.get(name), _tag_facts(registration))
            if name and registration.function is not None:
                takes_context = is_true(_keyword(registration.call, "takes_context"))
                known = Registered(registration.kind, name, takes_context)
                functions[module.path, registration.function.name] = known
    return Library(tags, filters, functions)


def _registrations(module: Module) -> Iterator[_Registration]:
    functions = {item.name: item for item in module.record.body if isinstance(item, n.Function)}
    for statement in module.record.body:
        if isinstance(statement, n.Function):
            for decorator in statement.decorators:
                yield from _decorated(decorator, statement)
        elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            yield from _called(statement.value, functions)


def _decorated(decorator: n.Expr, function: n.Function) -> Iterator[_Registration]:
    call = decorator if isinstance(decorator, n.Call) else None
    target = call.func if call else decorator
    if isinstance(target, n.Attr) and target.name in _REGISTERS:
        yield _Registration(target.name, call, function)


def _called(call: n.Call, functions: dict[str, n.Function]) -> Iterator[_Registration]:
    """Read `register.filter("name", function)` and `register.inclusion_tag("x.html")(function)`."""
    made = call.func if isinstance(call.func, n.Call) else call
    if not isinstance(made.func, n.Attr) or made.func.name not in _REGISTERS:
        return
    named = [arg.id for arg in (*made.args, *call.args) if isinstance(arg, n.Name)]
    function = next((functions[name] for name in named if name in functions), None)
    yield _Registration(made.func.name, made, function)


def _name(registration: _Registration) -> str:
    given = _keyword(registration.call, "name")
    if given is None and registration.kind == "filter" and registration.call:
        given = next(iter(registration.call.args), None)
    if isinstance(given, n.Const) and isinstance(given.value, str):
        return given.value
    return registration.function.name if registration.function else ""


def _tag_facts(registration: _Registration) -> TagFacts:
    if registration.kind == "inclusion_tag":
        return TagFacts(templates=tuple(_template_names(registration.call)))
    words = set(registration.function.words) if registration.function else _RENDERS
    return TagFacts(safe=_marks_safe(registration), renders=not _RENDERS.isdisjoint(words))


def _template_names(call: n.Call | None) -> Iterator[str]:
    given = _keyword(call, "filename") or next(iter(call.args if call else ()), None)
    items = items_of(given)
    for item in items:
        if isinstance(item, n.Const) and isinstance(item.value, str):
            yield item.value


def _filter_facts(registration: _Registration) -> FilterFacts:
    return FilterFacts(
        is_safe=is_true(_keyword(registration.call, "is_safe")),
        needs_autoescape=is_true(_keyword(registration.call, "needs_autoescape")),
        returns_safe=_marks_safe(registration),
    )


def _marks_safe(registration: _Registration) -> bool | None:
    if registration.function is None:
        return None
    return not _MARKS_SAFE.isdisjoint(registration.function.words)


def _keyword(call: n.Call | None, name: str) -> n.Expr | None:
    return argument(call, -1, name) if call else None


def _merged(known: TagFacts | None, fresh: TagFacts) -> TagFacts:
    if known is None:
        return fresh
    templates = (*known.templates, *fresh.templates)
    return TagFacts(templates, known.safe or fresh.safe, known.renders or fresh.renders)
