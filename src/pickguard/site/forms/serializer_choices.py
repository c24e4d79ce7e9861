"""Which serializer `get_serializer_class` returns for an action, where its conditions ask for nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, receiver_of, tail, text, texts
from pickguard.source.python.bodies import body

_DEPTH_LIMIT = 8


class _UntoldError(Exception):
    """It depends on something that is not known here."""


def chosen(classes: Classes, viewset: ClassSymbol, method: str, action: str) -> ClassSymbol | None:
    """Return the serializer that a viewset takes for an HTTP method and its action; None where nobody can tell."""
    way = classes.method(viewset, "get_serializer_class")
    try:
        if way is None:
            return _attribute(classes, viewset)
        return _Choice(classes, viewset, way, method, action).after(body(way.node))
    except _UntoldError:
        return None


def _attribute(classes: Classes, viewset: ClassSymbol) -> ClassSymbol | None:
    member = classes.member(viewset, "serializer_class")
    if isinstance(member, ValueSymbol):
        found = classes.names.resolve(member.module, member.value)
        return found if isinstance(found, ClassSymbol) else None
    return member if isinstance(member, ClassSymbol) else None


class _Choice:
    """One way through a `get_serializer_class`."""

    def __init__(
        self,
        classes: Classes,
        viewset: ClassSymbol,
        way: FunctionSymbol,
        method: str,
        action: str,
    ) -> None:
        self._classes, self._viewset, self._way = classes, viewset, way
        self._asked = {"action": action, "method": method.upper()}

    def after(self, block: Iterable[n.Stmt]) -> ClassSymbol | None:
        """Return what the statements return, None where they return nothing.

        Raises:
            _UntoldError: that depends on more than the action.
        """
        for statement in block:
            if isinstance(statement, n.Return):
                return self._returned(statement.value, 0)
            if isinstance(statement, n.If):
                found = self.after(
                    statement.body if self._holds(statement.test) else statement.other
                )
                if found is not None:
                    return found
            else:
                raise _UntoldError
        return None

    def _returned(self, value: n.Expr | None, depth: int) -> ClassSymbol:
        if depth > _DEPTH_LIMIT:
            raise _UntoldError
        found: Symbol | None = None
        match value:
            case n.Choice():
                return self._returned(
                    value.then if self._holds(value.test) else value.other, depth + 1
                )
            case n.Call() if tail(value.func) == "get_serializer_class":
                found = _attribute(self._classes, self._viewset)  # `super()`'s own
            case n.Call() if tail(value.func) == "get" and value.args:
                return self._entry(receiver_of(value), value.args[0], argument(value, 1), depth)
            case n.Index():
                return self._entry(value.value, value.index, None, depth)
            case n.Attr() if tail(value.value) == "self" and value.name == "serializer_class":
                found = _attribute(self._classes, self._viewset)
            case n.Name() | n.Attr():
                found = self._classes.names.resolve(self._way.module, value)
        if not isinstance(found, ClassSymbol):
            raise _UntoldError
        return found

    def _entry(
        self, mapping: n.Expr | None, key: n.Expr, other: n.Expr | None, depth: int
    ) -> ClassSymbol:
        """Return the entry of `{"create": A}` or `self.serializers` for what is asked."""
        held = None
        if isinstance(mapping, n.Attr) and tail(mapping.value) == "self":
            held = self._classes.value(self._viewset, mapping.name)
            mapping = held.value if held is not None else None
        wanted = self._asked.get(tail(key))
        if not isinstance(mapping, n.Mapping) or wanted is None:
            raise _UntoldError
        for name, value in zip(mapping.keys, mapping.values, strict=True):
            if text(name) == wanted:
                module = held.module if held is not None else self._way.module
                found = self._classes.names.resolve(module, value)
                if isinstance(found, ClassSymbol):
                    return found
                raise _UntoldError
        return self._returned(other, depth + 1)

    def _holds(self, test: n.Expr) -> bool:
        match test:
            case n.Unary(op="not"):
                return not self._holds(test.operand)
            case n.Logic():
                found = [self._holds(value) for value in test.values]
                return all(found) if test.op == "and" else any(found)
            case n.Compare(left=left, ops=(op,), rights=(right,)) if tail(left) in self._asked:
                said = texts(right) or ((known,) if (known := text(right)) is not None else ())
                if said and op in ("==", "!=", "in", "not in"):
                    return (self._asked[tail(left)] in said) is (op in ("==", "in"))
        raise _UntoldError
