"""Jinja2's expressions become the expressions of a record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from jinja2 import nodes

from pickguard.source.templates.jinja_tokens import Tokens
from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import (
    Argument,
    Call,
    Expression,
    Filter,
    Filtered,
    Literal,
    Opaque,
    Operation,
    Variable,
)

_DEEPEST = 40
_OPERATORS: dict[type[nodes.Node], str] = {
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
    nodes.And: "and",
    nodes.Or: "or",
    nodes.Not: "not",
    nodes.Neg: "-",
    nodes.Pos: "+",
    nodes.Concat: "~",
    nodes.CondExpr: "if",
    nodes.Tuple: "tuple",
    nodes.List: "list",
    nodes.Dict: "dict",
    nodes.Pair: ":",
    nodes.Slice: "slice",
}


class Located(NamedTuple):
    """An expression and the offsets that it stands between."""

    expression: Expression
    start: int
    end: int


class JinjaExpressions:
    """Converts the expressions of one template."""

    def __init__(self, tokens: Tokens, positions: Positions) -> None:
        self._tokens = tokens
        self._positions = positions

    def read(self, node: nodes.Node) -> Expression:
        """Return a node's expression."""
        return self.locate(node).expression

    def locate(self, node: nodes.Node, depth: int = 0) -> Located:
        """Return a node's expression with its offsets."""
        if depth > _DEEPEST:
            return self._opaque(node)
        convert = _CONVERTERS.get(type(node))
        if convert is not None:
            return convert(self, node, depth + 1)
        return self._operation(node, depth + 1)

    def filters(self, node: nodes.Filter | None) -> tuple[Filter, ...]:
        """Return a chain of filters that stands alone, in the order in which they work."""
        chain: list[Filter] = []
        while isinstance(node, nodes.Filter):
            chain.append(self._one_filter(node, 0))
            inner = node.node
            node = inner if isinstance(inner, nodes.Filter) else None
        return tuple(reversed(chain))

    def arguments(self, node: Any, depth: int) -> tuple[Argument, ...]:
        """Return the arguments of a call or filter."""
        found = [Argument(item.span, "", item) for item in self._all(node.args, depth)]
        for pair in node.kwargs or ():
            value = self.locate(pair.value, depth).expression
            found.append(Argument(value.span, str(pair.key), value))
        for name, extra in (("*", node.dyn_args), ("**", node.dyn_kwargs)):
            if extra is not None:
                value = self.locate(extra, depth).expression
                found.append(Argument(value.span, name, value))
        return tuple(found)

    def _all(self, found: Sequence[nodes.Node] | None, depth: int) -> list[Expression]:
        return [self.locate(node, depth).expression for node in found or ()]

    def _opaque(self, node: nodes.Node) -> Located:
        start = node.lineno or 0
        end = self._tokens.end_of(start)
        return Located(Opaque(self._positions.span(start, end), ""), start, end)

    def _name(self, node: nodes.Name, _depth: int) -> Located:
        end = self._tokens.end_of(node.lineno)
        span = self._positions.span(node.lineno, end)
        return Located(Variable(span, (node.name,)), node.lineno, end)

    def _const(self, node: nodes.Const, _depth: int) -> Located:
        end = self._tokens.end_of(node.lineno)
        span = self._positions.span(node.lineno, end)
        return Located(Literal(span, _plain(node.value)), node.lineno, end)

    def _getattr(self, node: nodes.Getattr, depth: int) -> Located:
        end = self._tokens.end_of(node.lineno, ahead=1)
        return self._attribute(self.locate(node.node, depth), node.attr, end)

    def _getitem(self, node: nodes.Getitem, depth: int) -> Located:
        head = self.locate(node.node, depth)
        end = self._tokens.end_of_brackets(node.lineno)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str | int):
            return self._attribute(head, str(node.arg.value), end)
        operands = (head.expression, self.locate(node.arg, depth).expression)
        span = self._positions.span(head.start, end)
        return Located(Operation(span, "[]", operands), head.start, end)

    def _attribute(self, head: Located, name: str, end: int) -> Located:
        span = self._positions.span(head.start, end)
        if isinstance(head.expression, Variable):
            return Located(Variable(span, (*head.expression.path, name)), head.start, end)
        operands = (head.expression, Literal(span, name))
        return Located(Operation(span, ".", operands), head.start, end)

    def _call(self, node: nodes.Call, depth: int) -> Located:
        callee = self.locate(node.node, depth)
        end = self._tokens.end_of_brackets(node.lineno)
        span = self._positions.span(callee.start, end)
        call = Call(span, callee.expression, self.arguments(node, depth))
        return Located(call, callee.start, end)

    def _one_filter(self, node: nodes.Filter, depth: int) -> Filter:
        span = self._positions.span(node.lineno, self._tokens.end_of_filter(node.lineno))
        return Filter(span, node.name, self.arguments(node, depth))

    def _filter(self, node: nodes.Filter, depth: int) -> Located:
        chain: list[Filter] = []
        end = self._tokens.end_of_filter(node.lineno)
        inner: nodes.Node | None = node
        while isinstance(inner, nodes.Filter):
            chain.append(self._one_filter(inner, depth))
            inner = inner.node
        if inner is None:
            return self._opaque(node)
        head = self.locate(inner, depth)
        span = self._positions.span(head.start, end)
        filtered = Filtered(span, head.expression, tuple(reversed(chain)))
        return Located(filtered, head.start, end)

    def _test(self, node: nodes.Test, depth: int) -> Located:
        head = self.locate(node.node, depth)
        end = self._tokens.end_of_filter(node.lineno)
        operands = (head.expression, *self._all(node.args, depth))
        span = self._positions.span(head.start, end)
        return Located(Operation(span, f"is {node.name}", operands), head.start, end)

    def _compare(self, node: nodes.Compare, depth: int) -> Located:
        operator = " ".join(operand.op for operand in node.ops)
        children = [node.expr, *(operand.expr for operand in node.ops)]
        return self._joined(node, operator, children, depth)

    def _operation(self, node: nodes.Node, depth: int) -> Located:
        operator = _OPERATORS.get(type(node), "")
        return self._joined(node, operator, list(node.iter_child_nodes()), depth)

    def _joined(
        self, node: nodes.Node, operator: str, children: Sequence[nodes.Node], depth: int
    ) -> Located:
        located = [self.locate(child, depth) for child in children]
        start = min([node.lineno or 0, *(item.start for item in located)])
        end = max([self._tokens.end_of(start), *(item.end for item in located)])
        operands = tuple(item.expression for item in located)
        operation = Operation(self._positions.span(start, end), operator, operands)
        return Located(operation, start, end)


_CONVERTERS: dict[type[nodes.Node], Callable[[JinjaExpressions, Any, int], Located]] = {
    nodes.Name: JinjaExpressions._name,  # noqa: SLF001 - the class's own table
    nodes.Const: JinjaExpressions._const,  # noqa: SLF001 - the table belongs to the class
    nodes.Getattr: JinjaExpressions._getattr,  # noqa: SLF001 - the table belongs to the class
    nodes.Getitem: JinjaExpressions._getitem,  # noqa: SLF001 - the table belongs to the class
    nodes.Call: JinjaExpressions._call,  # noqa: SLF001 - the table belongs to the class
    nodes.Filter: JinjaExpressions._filter,  # noqa: SLF001 - the table belongs to the class
    nodes.Test: JinjaExpressions._test,  # noqa: SLF001 - the table belongs to the class
    nodes.Compare: JinjaExpressions._compare,  # noqa: SLF001 - the table belongs to the class
}


def _plain(value: object) -> str | int | float | bool | None:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 10**300 else 0
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
