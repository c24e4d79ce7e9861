"""What objects keep: the attributes that methods set, and the fields that a constructor fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.bodies.body import Body
from pickguard.flow.bodies.callers import CALLER_LIMIT
from pickguard.flow.callees.inherited import made_for
from pickguard.flow.callees.structured import field_given
from pickguard.flow.expressions.evaluate import definition_origin
from pickguard.flow.values.definitions import Checked, Definition, Extended, Merged, Value
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.origin import UNKNOWN, Origin, Passed, Step, joined
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_own, receiver_of, tail

if TYPE_CHECKING:
    from pickguard.flow.flow import Flow

_METHOD_LIMIT = 16
_OUTSIDE_LIMIT = 16


class Attributes:
    """Tells what the attributes of a site's objects hold."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._assigned: dict[tuple[ClassSymbol, str], list[tuple[Body, Definition]]] = {}
        self._requests: dict[tuple[ClassSymbol, str], bool] = {}

    def origin(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of `self.name` as the methods of a class set it; None where none does."""
        known = self.assigned(symbol, name)
        if not known:
            return self._constructed(symbol, name, clears)

        def compute() -> Origin:
            return joined(
                [
                    self._flow.resolved(
                        body, definition_origin(body, d, n.Name(0, name), clears), clears
                    )
                    for body, d in known
                ]
            )

        return self._flow.once(("attribute", symbol, name, clears), compute, symbol)

    def _constructed(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of a field that the constructor of a dataclass, or its like, fills."""
        fields = self._flow.site.classes.fields(symbol)
        calls = self._flow.callers.constructing(symbol) if name in fields else []
        if not calls or "schema" in self._flow.site.classes.kinds(symbol):
            return self._taken_whole(symbol, name, clears)

        def compute() -> Origin:
            found: list[Origin] = []
            for caller, call in calls[:CALLER_LIMIT]:
                item = field_given(caller, call, fields.index(name), name)
                if item is not None:
                    step = Step(caller.module.path, call.span, f"given to `{symbol.node.name}`")
                    local = caller.local_origin(item, clears)
                    found.append(self._flow.resolved(caller, local, clears).then(step))
            return joined(found) if found else UNKNOWN

        return self._flow.once(("constructed", symbol, name, clears), compute, symbol)

    def _taken_whole(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of a name where a constructor takes whatever it is given: `**options`."""
        classes = self._flow.site.classes
        function = classes.method(symbol, "__init__")
        spread = function and next((p for p in function.node.params if p.kind == "**"), None)
        if function is None or spread is None or not _takes_all(self._flow.body(function)):
            return None
        made = made_for(classes, symbol, function)
        return self._flow.passed(made, Passed(spread.name, name), clears)

    def assigned(self, symbol: ClassSymbol, name: str) -> list[tuple[Body, Definition]]:
        """Return what the methods of a class and its bases bind to `self.name`."""
        key = (symbol, name)
        found = self._assigned.get(key)
        if found is None:
            found = self._assigned[key] = []
            for ancestor in self._flow.site.classes.own_line(symbol):
                for member, binding in self._flow.site.names.class_scope(ancestor).items():
                    if not isinstance(binding, n.Function) or name not in binding.words:
                        continue
                    if len(found) >= _METHOD_LIMIT:
                        break
                    function = FunctionSymbol(
                        ancestor.module, binding, f"{ancestor.qualname}.{member}", ancestor
                    )
                    body = self._flow.body(function)
                    if f"self.{name}" not in body.kept_paths:
                        continue
                    if member == "__init__":
                        made = made_for(self._flow.site.classes, symbol, function)
                        body = self._flow.body(made)
                    found += [
                        (body, definition)
                        for definition in body.scope.bindings.get(f"self.{name}", ())
                        if isinstance(definition, Value | Merged | Checked) or _is_added(definition)
                    ]
            # who writes the fields of rows is asked otherwise
            if symbol not in self._flow.site.models.by_symbol:
                found += self._set_outside(symbol, name)
        return found

    def _set_outside(self, symbol: ClassSymbol, name: str) -> Iterator[tuple[Body, Definition]]:
        """Yield what functions set on an object of a class that they name: `job = Job()`, `job.url = url`."""
        for function in self._flow.callers.holding(name, symbol.node.name)[:_OUTSIDE_LIMIT]:
            if function.owner == symbol:
                continue
            body = self._flow.body(function)
            for statement in body.statements:
                if isinstance(statement, n.Assign) and any(
                    self._is_of(body, target, symbol, name) for target in statement.targets
                ):
                    env = body.scope.at(statement.span)
                    yield body, Value(statement.value, env, statement.span)

    def _is_of(self, body: Body, target: n.Expr, symbol: ClassSymbol, name: str) -> bool:
        """Whether an expression is an attribute of an object of a class."""
        if not isinstance(target, n.Attr) or target.name != name:
            return False
        found = self._flow.types.of(body, target.value, body.scope.at(target.span))
        return found == Type(Sort.INSTANCE, symbol)

    def is_request(self, symbol: ClassSymbol, name: str) -> bool:
        """Whether a method of a class keeps the request that it is given as `self.name`."""
        key = (symbol, name)
        if key not in self._requests:
            self._requests[key] = any(
                self._keeps_request(self._flow.body(function), name)
                for function in self._flow.site.classes.own_functions(symbol)
                if name in function.node.words
            )
        return self._requests[key]

    @staticmethod
    def _keeps_request(body: Body, name: str) -> bool:
        return any(
            isinstance(statement.value, n.Name)
            and any(is_own(target, name) for target in statement.targets)
            and body.is_request(statement.value)
            for statement in body.statements
            if isinstance(statement, n.Assign)
        )


def _is_added(definition: Definition) -> bool:
    """Whether a definition is a container with more in it, under no key of its own."""
    return isinstance(definition, Extended) and definition.index is None


def _takes_all(body: Body) -> bool:
    """Whether a constructor does `self.__dict__.update(options)`, or `setattr(self, name, value)` for each."""
    return any(
        (tail(call.func) == "update" and _is_own_dict(receiver_of(call)))
        or (tail(call.func) == "setattr" and bool(call.args) and tail(call.args[0]) == "self")
        for call in body.every(n.Call)
    )


def _is_own_dict(node: n.Expr | None) -> bool:
    """Whether an expression is `vars(self)`, or `self.__dict__`, which is read as that."""
    is_vars = isinstance(node, n.Call) and tail(node.func) == "vars"
    return is_vars and isinstance(node, n.Call) and [tail(item) for item in node.args] == ["self"]
