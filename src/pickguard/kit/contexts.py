"""Contexts that code writes beside the names of templates: `render(request, "a.html", {"q": q})`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.code import Code, argument, tail, text
from pickguard.source.python import nodes as n

RENDERING = (
    "render", "TemplateResponse", "render_to_string", "SimpleTemplateResponse", "render_to_response",
    "Response",
)  # fmt: skip
WORDS = frozenset({*RENDERING, "get_context_data"})
_ENDINGS = (".html", ".htm", ".txt", ".xml", ".svg", ".jinja", ".j2", ".jinja2")
_LOADERS = ("get_template", "select_template", "from_string")
_CONTEXTS = ("Context", "RequestContext", "make_context")
Entry = tuple[str, n.Expr]


def rendered(code: Code, own: list[str]) -> Iterator[tuple[list[str], n.Expr]]:
    """Yield the names of templates that code renders, and the context of each.

    Args:
        code: a body.
        own: the names of the templates of the class around it.
    """
    for call in code.calls(*RENDERING):
        if own and tail(call.func) == "render_to_response":
            context = argument(call, 0, "context")
            names = own
        elif tail(call.func) == "render" and isinstance(call.func, n.Attr):
            names = _loaded(code, call.func.value)
            context = argument(call, 0, "context")
        else:
            names, context = [], None
        if not names:
            names, context = _named(code, call)
        if names and context is not None:
            yield names, context


def _named(code: Code, call: n.Call) -> tuple[list[str], n.Expr | None]:
    context = argument(call, 0 if tail(call.func) == "Response" else -1, "context")
    for index, given in enumerate(call.args[:2]):
        names = _names(code, given)
        if names:
            following = call.args[index + 1] if index + 1 < len(call.args) else None
            return names, context or following
    return _names(code, argument(call, -1, "template_name")), context


def _loaded(code: Code, node: n.Expr) -> list[str]:
    """Return the names of the template that `get_template("a.html")` is, or what stands for it."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    return [
        name
        for value in values
        if isinstance(value, n.Call) and tail(value.func) in _LOADERS
        for name in _names(code, argument(value, 0, "template_name"))
    ]


def _names(code: Code, node: n.Expr | None) -> list[str]:
    """Return the names of templates that an expression stands for."""
    if isinstance(node, n.Sequence):
        return [name for item in node.items for name in _names(code, item)]
    if isinstance(node, n.Choice):
        return [*_names(code, node.then), *_names(code, node.other)]
    known = [text(node)]
    if isinstance(node, n.Name | n.Attr):
        assigned = code.assigned(node.id) if isinstance(node, n.Name) else []
        known = [text(value) for value in assigned] or [code.body.said(node)]
    return [name for name in known if name and name.endswith(_ENDINGS)]


def entries(code: Code, context: n.Expr) -> Iterator[Entry]:
    """Yield the names of a context, with their values."""
    match context:
        case n.Mapping():
            for key, value in zip(context.keys, context.values, strict=True):
                name = text(key)
                if name:
                    yield name, value
                elif key is None:
                    yield from entries(code, value)
        case n.Name():
            yield from _of_name(code, context.id)
        case n.Call() if tail(context.func) == "dict":
            yield from ((item.name, item.value) for item in context.keywords if item.name)
        case n.Call() if tail(context.func) == "locals":
            yield from _of_locals(code, context)
        case n.Call() if tail(context.func) in _CONTEXTS:
            for item in context.args:
                yield from entries(code, item)


def _of_locals(code: Code, call: n.Call) -> Iterator[Entry]:
    """Yield every name that a function has bound where it hands all of them on."""
    for name in code.body.scope.bindings:
        if name.isidentifier() and name not in ("self", "cls", "request"):
            yield name, n.Name(call.span, name)


def _of_name(code: Code, name: str) -> Iterator[Entry]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from _assigned(code, statement, name)
    for call in code.calls("update", "setdefault"):
        target = call.func.value if isinstance(call.func, n.Attr) else None
        if isinstance(target, n.Name) and target.id == name:
            yield from ((item.name, item.value) for item in call.keywords if item.name)
            for given in call.args[:1]:
                if not isinstance(given, n.Name):
                    yield from entries(code, given)


def _assigned(code: Code, statement: n.Assign, name: str) -> Iterator[Entry]:
    for target in statement.targets:
        if isinstance(target, n.Name) and target.id == name:
            if not isinstance(statement.value, n.Name):
                yield from entries(code, statement.value)
        elif isinstance(target, n.Index) and tail(target.value) == name:
            key = text(target.index)
            if key:
                yield key, statement.value


def returned(code: Code) -> Iterator[Entry]:
    """Yield what is put into the context that `get_context_data`, or an inclusion tag, returns."""
    for statement in code.statements:
        if isinstance(statement, n.Return) and statement.value is not None:
            yield from entries(code, statement.value)
            if isinstance(statement.value, n.Call):
                yield from ((k.name, k.value) for k in statement.value.keywords if k.name)
    for call in code.calls("get_context_data"):
        yield from ((item.name, item.value) for item in call.keywords if item.name)
