"""Remote procedures: functions that a decorator offers to clients, which fill their parameters.

@rpc_method(name="Note.filter")
def filter(query): ...

Sources: https://django-modern-rpc.readthedocs.io, https://www.jsonrpcserver.com, https://spyne.io
"""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, flatten
from pickguard.site.views.consumers import Received
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of

# The decorators of each library, by the last part of their names
_OFFERS = {
    "modernrpc": frozenset({"rpc_method", "register_procedure"}),
    "jsonrpc": frozenset({"jsonrpc_method", "add_method"}),
    "jsonrpcserver": frozenset({"method"}),
    "rpc4django": frozenset({"rpcmethod"}),
    "spyne": frozenset({"rpc", "srpc"}),
    "dajaxice": frozenset({"dajaxice_register"}),
}
# What the library gives, not the client
_OWN = frozenset({"self", "cls", "request", "ctx", "context", "_ctx"})


def find_procedures(classes: Classes) -> tuple[Received, ...]:
    """Return the functions of a site that clients call by name, in the order of files."""
    return tuple(
        one
        for module in classes.names.modules
        if not _OFFERS.keys().isdisjoint(module.record.words) and not module.holds_tests
        for one in _offered(classes, module)
    )


def _offered(classes: Classes, module: Module) -> Iterator[Received]:
    for statement in flatten(module.record.body):
        if isinstance(statement, n.Function) and _is_offered(classes, module, statement):
            yield _received(FunctionSymbol(module, statement, statement.name, None))
        elif isinstance(statement, n.Class):
            owner = ClassSymbol(module, statement, statement.name)
            for method in statement.body:
                if isinstance(method, n.Function) and _is_offered(classes, module, method):
                    qualname = f"{owner.qualname}.{method.name}"
                    yield _received(FunctionSymbol(module, method, qualname, owner))


def _is_offered(classes: Classes, module: Module, function: n.Function) -> bool:
    for decorator in function.decorators:
        found = classes.names.resolve(module, func_of(decorator))
        if isinstance(found, External):
            package, _dot, rest = found.name.partition(".")
            if rest.rpartition(".")[2] in _OFFERS.get(package, ()):
                return True
    return False


def _received(function: FunctionSymbol) -> Received:
    """Return a procedure with the parameters that a client fills; what is spread is the library's."""
    params = (p for p in function.node.params if p.name not in _OWN and p.kind != "**")
    return Received(function, tuple(params))
