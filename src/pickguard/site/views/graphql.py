"""The fields of GraphQL: functions that answer a query or a mutation, and what a client sends them.

class Remove(graphene.Mutation):
    class Arguments:
        pk = graphene.Int()
    def mutate(root, info, pk): ...

@strawberry.mutation
def remove(info, pk: int): ...

@mutation.field("remove")  # ariadne
def remove(_, info, pk): ...
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, ValueSymbol, flatten
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail

_MUTATES = frozenset({"mutate", "mutate_and_get_payload", "perform_mutate", "perform_mutation"})
_LIBRARIES = ("graphene", "strawberry", "ariadne")
_STRAWBERRY = ("strawberry.", "strawberry_django.")
_ARIADNE = {"MutationType": True, "QueryType": False, "ObjectType": False}
_BEFORE = frozenset({"self", "cls", "root", "parent", "obj", "info", "_"})
# Scalars of graphene that hold no text
_TYPED = frozenset(
    {"Int", "Float", "Boolean", "Decimal", "UUID", "Date", "DateTime", "Time", "BigInt"}
)


class GraphqlField(Struct, frozen=True):
    """One function that answers a field.

    Attributes:
        is_mutation: whether it may change something.
        sent: the parameters that a client fills.
        typed: those of them that hold no text, by what the schema says of them.
        decorator: the expression that makes it a field, where one does.
    """

    function: FunctionSymbol
    is_mutation: bool
    sent: tuple[n.Param, ...]
    typed: frozenset[str] = frozenset()
    decorator: n.Expr | None = None


def find_fields(classes: Classes) -> tuple[GraphqlField, ...]:
    """Return the fields that a site's modules define, in the order of files."""
    using = [module for module in classes.names.modules if _uses_graphql(module)]
    if not using:
        return ()
    found = [
        *(
            one
            for symbol in classes.of_kind("graphql_mutation")
            for one in _mutation(classes, symbol)
        ),
        *(
            one
            for kind in ("graphql_object", "graphql_type")
            for symbol in classes.of_kind(kind)
            for one in _resolvers(classes, symbol)
        ),
        *(one for module in using for one in _decorated(classes, module)),
    ]
    return tuple(one for one in found if not one.function.module.holds_tests)


def _mutation(classes: Classes, symbol: ClassSymbol) -> Iterator[GraphqlField]:
    scope = classes.names.class_scope(symbol)
    given = classes.member(symbol, "Arguments") or classes.member(symbol, "Input")
    typed = _typed(classes, given) if isinstance(given, ClassSymbol) else frozenset()
    for name in _MUTATES & scope.keys():
        function = classes.names.own_member(symbol, name)
        if isinstance(function, FunctionSymbol):
            yield GraphqlField(function, True, _sent(function.node), typed)


def _typed(classes: Classes, arguments: ClassSymbol) -> frozenset[str]:
    scope = classes.names.class_scope(arguments)
    return frozenset(
        name
        for name, value in scope.items()
        if isinstance(value, n.Call) and tail(value.func) in _TYPED
    )


def _resolvers(classes: Classes, symbol: ClassSymbol) -> Iterator[GraphqlField]:
    scope = classes.names.class_scope(symbol)
    for name, node in scope.items():
        if not isinstance(node, n.Function) or not name.startswith("resolve_"):
            continue
        declared = scope.get(name.removeprefix("resolve_"))
        words = declared.keywords if isinstance(declared, n.Call) else ()
        typed = {
            k.name for k in words if isinstance(k.value, n.Call) and tail(k.value.func) in _TYPED
        }
        function = FunctionSymbol(symbol.module, node, f"{symbol.qualname}.{name}", symbol)
        yield GraphqlField(function, False, _sent(node), frozenset(t for t in typed if t))


def _decorated(classes: Classes, module: Module) -> Iterator[GraphqlField]:
    """Yield the fields of strawberry and ariadne, which decorators make."""
    for owner, node in _functions(module):
        for decorator in node.decorators:
            is_mutation = _made_by(classes, module, decorator)
            if is_mutation is not None:
                qualname = f"{owner.qualname}.{node.name}" if owner else node.name
                function = FunctionSymbol(module, node, qualname, owner)
                yield GraphqlField(function, is_mutation, _sent(node), decorator=decorator)
                break


def _uses_graphql(module: Module) -> bool:
    return any(
        type(statement) is n.Import and statement.module.startswith(_LIBRARIES)
        for statement in module.record.body
    )


def _functions(module: Module) -> Iterator[tuple[ClassSymbol | None, n.Function]]:
    for statement in flatten(module.record.body):
        if isinstance(statement, n.Function):
            yield None, statement
        elif isinstance(statement, n.Class):
            owner = ClassSymbol(module, statement, statement.name)
            yield from ((owner, s) for s in statement.body if isinstance(s, n.Function))


def _made_by(classes: Classes, module: Module, decorator: n.Expr) -> bool | None:
    """Tell whether a decorator makes a mutation or another field; None where it makes neither."""
    function = func_of(decorator)
    found = classes.names.resolve(module, function)
    if isinstance(found, External) and found.name.startswith(_STRAWBERRY):
        kinds = {"mutation": True, "field": False, "subscription": False}
        return kinds.get(tail(function))
    if isinstance(function, n.Attr) and function.name == "field":
        holder = classes.names.resolve(module, function.value)
        if isinstance(holder, ValueSymbol) and isinstance(holder.value, n.Call):
            made = classes.names.resolve(holder.module, holder.value.func)
            if isinstance(made, External) and made.name.startswith("ariadne"):
                return _ARIADNE.get(tail(holder.value.func))
    return None


def _sent(node: n.Function) -> tuple[n.Param, ...]:
    """Return the parameters after `info`, or those that are none of the server's."""
    names = [param.name for param in node.params]
    start = names.index("info") + 1 if "info" in names else 0
    return tuple(param for param in node.params[start:] if param.name not in _BEFORE)
