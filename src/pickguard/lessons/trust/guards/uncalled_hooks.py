"""Middleware whose work stands in a method that Django does not call.

class Limit:
    def __init__(self, get_response): …
    def __call__(self, request):
        return self.get_response(request)

    def process_response(self, request, response): …       # of `MIDDLEWARE_CLASSES`, gone since Django 2.0
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_HOOKS = ("process_request", "process_response")
_WORK = 2
"""Statements. One that does less keeps nobody out."""


def of_uncalled_hooks(project: Project) -> Iterator[Hit]:
    """Yield the hooks of middleware that is called by itself, and calls them nowhere."""
    for symbol in project.site.classes.all:
        if project.kind_of(symbol.module) is None and project.site.classes.is_middleware(symbol):
            yield from _uncalled(project, symbol)


def _uncalled(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    classes = project.site.classes
    called = classes.method(symbol, "__call__")
    is_ours = not any(isinstance(one, External) for one in classes.line(symbol))
    if called is None or not is_ours:
        return  # `MiddlewareMixin` calls them
    words = {word for method in classes.own_methods(symbol) for word in method.words}
    for hook in _HOOKS:
        method = classes.method(symbol, hook)
        if method is not None and hook not in words and _does_something(method):
            yield Hit(
                (
                    Spot(method.module.path, method.node.span),
                    Spot(called.module.path, called.node.span, "what Django calls"),
                ),
                f"`{symbol.node.name}.{hook}` is never called: `__call__` does not, and Django no more",
                Confidence.HIGH,
                method.name,
                gain="what this middleware was to keep out, limit or add, it does not",
                mend="build it on `django.utils.deprecation.MiddlewareMixin`, or do the work in `__call__`",
            )


def _does_something(method: FunctionSymbol) -> bool:
    return sum(1 for _ in statements(body(method.node))) >= _WORK
