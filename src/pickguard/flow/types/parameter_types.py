"""What a parameter is: by its annotation, by who fills it, by what callers give, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.callees.arguments import given
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.origin import Passed
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow
    from pickguard.flow.types.types import Types

# What stands around the type of a value; Ninja says so where in the request it is
_AROUND = frozenset({"Optional", "Annotated", "Form", "Query", "Body", "Path", "Header", "Cookie"})
_CALLER_LIMIT = 6


class ParameterTypes:
    """Tells the types of parameters."""

    def __init__(self, flow: Flow, types: Types) -> None:
        self._flow = flow
        self._types = types
        self._names: dict[str, Model | None] | None = None
        self._given: dict[tuple[FunctionSymbol, str], Type | None] = {}

    def of(self, body: Body, param: n.Param) -> Type | None:
        """Return the type of a parameter, or None."""
        function = body.function
        if param.name in ("self", "cls") and body.owner is not None:
            sort = Sort.INSTANCE if param.name == "self" else Sort.CLASS
            return self._types.of_class(body.owner, sort)
        if param.annotation is not None:
            found = self.annotated(body, param.annotation)
            if found is not None:
                return found
        if function is not None and param.name == "instance":
            found = self._sent_by(body, function)
            if found is not None:
                return found
        if function is not None and body.owner is not None:
            found = self._flow.framework.parameter(body, function, param.name)
            if found is not None:
                return found
        if param.annotation is not None:
            return None
        guess = self._by_name(param.name)
        if function is None or param.kind.startswith("*"):
            return guess
        if guess is None and not self._flow.callers.are_few(function):
            return None
        return self._from_callers(function, param.name, guess)

    def _sent_by(self, body: Body, function: FunctionSymbol) -> Type | None:
        """Return the row that a receiver of a signal is given: `@receiver(post_save, sender=Note)`."""
        for decorator in function.node.decorators:
            if isinstance(decorator, n.Call) and tail(decorator.func) == "receiver":
                symbol = body.resolve(argument(decorator, -1, "sender"))
                if isinstance(symbol, ClassSymbol):
                    return self._types.of_class(symbol, Sort.INSTANCE)
        return None

    def _from_callers(self, function: FunctionSymbol, name: str, guess: Type | None) -> Type | None:
        """Return the type of what callers give to a parameter: it makes a fact of a guess."""
        key = (function, name)
        if key not in self._given:
            self._given[key] = guess
            found = self._given_types(function, name)
            if guess is not None:
                self._given[key] = next((one for one in found if one is not None), guess)
            else:
                self._given[key] = _agreed(found)
        return self._given[key]

    def _given_types(self, function: FunctionSymbol, name: str) -> Iterator[Type | None]:
        """Yield the type of what each caller gives to a parameter, None for what is not known."""
        for caller, call, is_bound in self._flow.callers.of(function)[:_CALLER_LIMIT]:
            if caller.function == function:  # it hands on to itself what others gave
                continue
            for item in given(function, call, Passed(name), is_bound=is_bound):
                found = self._types.of(caller, item, caller.scope.at(call.span), 1)
                yield found if found is None or not found.is_guess else None
        yield from filter(None, self._flow.template_types(function, name))

    def annotated(self, body: Body, node: n.Expr) -> Type | None:
        """Return the type that an annotation says, or None."""
        if isinstance(node, n.Binary) and node.op == "|":
            return self.annotated(body, node.left) or self.annotated(body, node.right)
        if isinstance(node, n.Index) and tail(node.value) in _AROUND:
            first = node.index.items[0] if isinstance(node.index, n.Sequence) else node.index
            return self.annotated(body, first)
        if isinstance(node, n.Index) and "QuerySet" in tail(node.value):
            found = self.annotated(body, node.index)
            return Type(Sort.ROWS, found.symbol, found.model) if found else None
        quoted = text(node)
        symbol = body.resolve(n.Name(node.span, quoted) if quoted else node)
        return (
            self._types.of_class(symbol, Sort.INSTANCE) if isinstance(symbol, ClassSymbol) else None
        )

    def _by_name(self, name: str) -> Type | None:
        """Guess the type of a parameter that is called like one model of the site, and only one."""
        if self._names is None:
            self._names = {}
            for model in self._flow.site.models.by_label.values():
                snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.name).lower()
                self._names[snake] = None if snake in self._names else model
        found = self._names.get(name)
        return Type(Sort.INSTANCE, found.symbol, found, is_guess=True) if found else None


def _agreed(given_types: Iterator[Type | None]) -> Type | None:
    """Return the one type that all callers give, None where one of them may give something else."""
    first = next(given_types, None)
    return first if first is not None and all(one == first for one in given_types) else None
