"""Contexts that code writes beside the names of templates: `render(request, "a.html", {"q": q})`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit.code import Code, argument, tail, text
from pickguard.kit.templates.in_code import COMPILING, written_paths
from pickguard.kit.templates.pages import PAGES
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.templates import names_template

RENDERING = (*sorted(PAGES), "Response")
WORDS = frozenset({*RENDERING, "get_context_data", "get_context", "render_to"})
_LOADERS = ("get_template", "select_template")
_NAME_AND_CONTEXT = 2
_CALLER_LIMIT = 200


def rendered(code: Code, own: list[str]) -> Iterator[tuple[Code, list[str], n.Expr]]:
    """Yield the names of templates that code renders, and the context of each, where it stands.

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
            yield code, names, context
        elif context is None or not names:
            yield from _for_callers(code, call)


def decorated(code: Code) -> Iterator[tuple[list[str], FunctionSymbol]]:
    """Yield the views of a module whose decorator renders what they return, with the templates."""
    if code.function is not None or "render_to" not in code.words:
        return
    for view in (s for s in code.block if isinstance(s, n.Function)):
        for decorator in view.decorators:
            if isinstance(decorator, n.Call) and tail(decorator.func) == "render_to":
                names = _names(code, argument(decorator, 0, "template"))
                yield names, FunctionSymbol(code.module, view, view.name, code.owner)


def _for_callers(code: Code, call: n.Call) -> Iterator[tuple[Code, list[str], n.Expr]]:
    """Yield what the callers of `def show(request, name, context)` have it render."""
    function, params = code.function, code.body.params
    given_names = [a.id for a in call.args[:3] if isinstance(a, n.Name) and a.id in params]
    if function is None or len(given_names) < _NAME_AND_CONTEXT:
        return
    name, context = given_names[-2:]
    for body, outer, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if body.function is None:
            continue
        caller = code.project.code_of(body.function)
        names = [
            one
            for item in given(function, outer, Passed(name), is_bound=is_bound)
            for one in _names(caller, item)
        ]
        spread = _spread(function, outer, context)
        whole = given(function, outer, Passed(context), is_bound=is_bound)
        for item in whole if spread is None else (spread,):
            if names:
                yield caller, names, item


def _spread(function: FunctionSymbol, call: n.Call, name: str) -> n.Mapping | None:
    """Return what a call gives to `**context` as the dictionary that it becomes; None of another parameter."""
    params = {param.name: param.kind for param in function.node.params}
    if params[name] != "**":
        return None
    words = [word for word in call.keywords if word.name is not None and word.name not in params]
    keys = tuple(n.Const(word.value.span, word.name) for word in words)
    return n.Mapping(call.span, keys, tuple(word.value for word in words))


def _named(code: Code, call: n.Call) -> tuple[list[str], n.Expr | None]:
    context = argument(call, 0 if tail(call.func) == "Response" else -1, "context")
    for index, item in enumerate(call.args[:2]):
        names = _names(code, item)
        if names:
            following = call.args[index + 1] if index + 1 < len(call.args) else None
            return names, context or following
    return _names(code, argument(call, -1, "template_name")), context


def _loaded(code: Code, node: n.Expr) -> list[str]:
    """Return the names of the template that `get_template("a.html")` is, or what stands for it."""
    calls = [value for value in code.made(node) if isinstance(value, n.Call)]
    loaded = [
        name
        for call in calls
        if tail(call.func) in _LOADERS
        for name in _names(code, argument(call, 0, "template_name"))
    ]
    compiled = (call for call in calls if tail(call.func) in COMPILING)
    return [*loaded, *(path for call in compiled for path in written_paths(code, call))]


def _names(code: Code, node: n.Expr | None) -> list[str]:
    """Return the names of templates that an expression stands for."""
    if isinstance(node, n.Sequence):
        return [name for item in node.items for name in _names(code, item)]
    if isinstance(node, n.Choice):
        return [*_names(code, node.then), *_names(code, node.other)]
    known = [text(node)]
    if isinstance(node, n.Name | n.Attr):
        assigned = code.assigned(node.id) if isinstance(node, n.Name) else []
        known = [text(value) for value in assigned] or [code.body.said(node), _default(code, node)]
    return [name for name in known if name and names_template(name)]


def chosen(code: Code) -> Iterator[str]:
    """Yield the names of templates that `get_template_names` returns."""
    for statement in code.statements:
        if isinstance(statement, n.Return):
            yield from _names(code, statement.value)


def _default(code: Code, node: n.Expr) -> str | None:
    """Return the text that a parameter is where nobody gives one: `def show(request, template="a.html")`."""
    param = code.body.params.get(node.id) if isinstance(node, n.Name) else None
    return text(param.default) if param is not None else None
