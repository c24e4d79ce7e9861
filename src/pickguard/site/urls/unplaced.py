"""Views that get their addresses where nobody can tell: by a loop over plugins, by whoever installs an app.

    for viewset in all_viewsets():
        router.register(viewset.endpoint(), viewset)

Their addresses are unknown; what they answer, and to whom, is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, flatten
from pickguard.site.urls.patterns import Pattern, Target
from pickguard.site.urls.routers import Routers
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, receiver_of, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_ABSTRACT = re.compile(r"^_?(Base|Abstract|Generic)|(Base|Mixin|Abstract)$")


def unplaced(classes: Classes, routers: Routers, placed: set[ClassSymbol]) -> Iterator[Pattern]:
    """Yield patterns without a route for the viewsets that something unknown registers.

    Where there is no URLconf at all, so for the pages that are shaped for one model or form, and for the
    functions that answer a request.

    Args:
        classes: of the site.
        routers: tell what a viewset answers.
        placed: the classes that a known route leads to.
    """
    views = [s for s in classes.of_kind("view") if s not in placed and not s.module.holds_tests]
    modules = [module for module in classes.names.modules if not module.holds_tests]
    is_alone = not placed and not any(map(_has_routes, modules))
    viewsets = [symbol for symbol in views if _is_viewset(classes, symbol)]
    if is_alone or (viewsets and any(_registers_unknown(classes, module) for module in modules)):
        for symbol in viewsets:
            if _is_whole(classes, symbol, _ROWS):
                for target in routers.answers(symbol):
                    yield Pattern(None, True, target, None, symbol.module, symbol.node.span)
    for symbol in views if is_alone else ():
        if symbol not in viewsets and _is_whole(classes, symbol, (*_ROWS, *_SHAPES)):
            target = Target(symbol, module=symbol.module)
            yield Pattern(None, False, target, None, symbol.module, symbol.node.span)
    for function in _answering(modules) if is_alone else ():
        target = Target(function, module=function.module)
        yield Pattern(None, False, target, None, function.module, function.node.span)


def _answering(modules: list[Module]) -> Iterator[FunctionSymbol]:
    """Yield the functions that stand among views, take a request, answer it, and are used by nothing of the site."""
    views = [module for module in modules if "views" in module.name.split(".")]
    found = [(module, one) for module in views for one in flatten(module.record.body)]
    pages = [(m, one) for m, one in found if isinstance(one, n.Function) and _answers(one)]
    used = _used(modules, frozenset(page.name for _module, page in pages))
    yield from (FunctionSymbol(m, page, page.name) for m, page in pages if page.name not in used)


def _answers(function: n.Function) -> bool:
    params = function.params
    is_asked = bool(params) and params[0].name == "request"
    return is_asked and not _ANSWERS.isdisjoint(function.words)


def _used(modules: list[Module], names: frozenset[str]) -> frozenset[str]:
    """Return those of some names that functions of the site speak of."""
    blocks = (
        body(function)
        for module in modules
        for function in _functions(module.record.body)
        if not names.isdisjoint(function.words)
    )
    return frozenset(tail(node) for block in blocks for node in expressions(block)) & names


_ANSWERS = frozenset({
    "render", "redirect", "HttpResponse", "JsonResponse", "HttpResponseRedirect", "TemplateResponse", "FileResponse",
    "StreamingHttpResponse", "Response", "render_to_response",
})  # fmt: skip
_ROWS = ("queryset", "get_queryset")
_SHAPES = ("model", "form_class", "get_object")


def _is_viewset(classes: Classes, symbol: ClassSymbol) -> bool:
    return any(facts.viewset for facts in classes.library_line(symbol))


def _is_whole(classes: Classes, symbol: ClassSymbol, shaped_by: tuple[str, ...]) -> bool:
    """Whether a view is one to be used, and not made for others to build on."""
    if classes.subclasses.get(symbol) or _ABSTRACT.search(symbol.node.name):
        return False
    return any(classes.member(symbol, name) is not None for name in shaped_by)


def _has_routes(module: Module) -> bool:
    return not {"urlpatterns", "router", "routers"}.isdisjoint(module.record.words)


def _registers_unknown(classes: Classes, module: Module) -> bool:
    blocks = [body(f) for f in _functions(module.record.body) if "register" in f.words]
    if "register" in module.record.words:
        blocks.append(module.record.body)
    nodes = (node for block in blocks for node in expressions(block))
    return any(_hands_over_unknown(classes, module, node) for node in nodes)


def _functions(block: tuple[n.Stmt, ...]) -> Iterator[n.Function]:
    for statement in flatten(block):
        if isinstance(statement, n.Function):
            yield statement
        elif isinstance(statement, n.Class):
            yield from _functions(statement.body)


def _hands_over_unknown(classes: Classes, module: Module, node: n.Expr) -> bool:
    """Whether it is `router.register(prefix, viewset)`, and nobody knows which viewset that is."""
    if not isinstance(node, n.Call) or tail(node.func) != "register" or len(node.args) < 2:
        return False
    if "router" not in tail(receiver_of(node)).lower():
        return False
    viewset = argument(node, 1, "viewset")
    return isinstance(viewset, n.Name | n.Attr) and classes.names.resolve(module, viewset) is None
