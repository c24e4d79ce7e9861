"""Reads a Jinja2 template through jinja2's own parser into the nodes of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from jinja2 import TemplateSyntaxError, nodes

from pickguard.base.spans import Span, pack
from pickguard.source.templates.jinja_expressions import JinjaExpressions
from pickguard.source.templates.jinja_tokens import Tokens, TolerantParser, lex
from pickguard.source.templates.positions import Positions
from pickguard.source.templates.record import (
    MAX_DEPTH,
    Argument,
    Autoescape,
    Block,
    BlockTranslate,
    Branch,
    Call,
    CallBlock,
    CsrfToken,
    Expression,
    Extends,
    FilterBlock,
    For,
    If,
    Import,
    Include,
    Macro,
    Node,
    Output,
    Problem,
    Set,
    Tag,
    Text,
    Variable,
    With,
)


class Parsed(NamedTuple):
    """A template's nodes, and where its tags stand."""

    nodes: tuple[Node, ...]
    tags: list[tuple[int, int]]


def parse_jinja(source: str, positions: Positions) -> Parsed | Problem:
    """Return what a template says, or why Jinja2 does not understand it.

    Args:
        source: its text, with line feeds as newlines.
        positions: those of the same text.
    """
    try:
        located = lex(source)
    except TemplateSyntaxError as error:
        line = pack(Span(error.lineno, 1, error.lineno, 1))
        return Problem(line, error.message or "not Jinja2")
    tokens = Tokens(source, located)
    try:
        tree = TolerantParser(located).parse()
        return Parsed(_Statements(tokens, positions).body(tree.body, 0), tokens.tags)
    except TemplateSyntaxError as error:
        span = positions.span(error.lineno, tokens.end_of(error.lineno))
        return Problem(span, error.message or "not Jinja2")
    except RecursionError:
        return Problem(positions.span(0, 0), "nested too deeply for Jinja2")
    except ValueError:
        return Problem(positions.span(0, 0), "holds a number that is too long")


class _Statements:
    def __init__(self, tokens: Tokens, positions: Positions) -> None:
        self._tokens = tokens
        self._positions = positions
        self._expressions = JinjaExpressions(tokens, positions)

    def body(self, found: Sequence[nodes.Node], depth: int) -> tuple[Node, ...]:
        if depth >= MAX_DEPTH:
            raise RecursionError
        return tuple(made for node in found for made in self._statement(node, depth + 1))

    def _statement(self, node: nodes.Node, depth: int) -> Iterator[Node]:
        if isinstance(node, nodes.Output):
            yield from map(self._output, node.nodes)
        elif isinstance(node, nodes.Scope):
            yield from self.body(node.body, depth)
        elif type(node) in _STATEMENTS:
            yield _STATEMENTS[type(node)](self, node, depth)

    def _span(self, node: nodes.Node) -> int:
        return self._positions.span(*self._tokens.tag_around(node.lineno))

    def _output(self, node: nodes.Expr) -> Node:
        if isinstance(node, nodes.TemplateData):
            end = self._tokens.end_of(node.lineno)
            return Text(self._positions.span(node.lineno, end), node.data)
        located = self._expressions.locate(node)
        span = self._positions.span(*self._tokens.tag_around(located.start))
        if _is_csrf(located.expression):
            return CsrfToken(span)
        return Output(span, located.expression)

    def _if(self, node: nodes.If, depth: int) -> Node:
        branches = [self._branch(node, depth)]
        branches += [self._branch(item, depth) for item in node.elif_]
        if node.else_:
            branches.append(Branch(self._span(node), None, self.body(node.else_, depth)))
        return If(self._span(node), tuple(branches))

    def _branch(self, node: nodes.If, depth: int) -> Branch:
        condition = self._expressions.read(node.test)
        return Branch(self._span(node), condition, self.body(node.body, depth))

    def _for(self, node: nodes.For, depth: int) -> Node:
        return For(
            self._span(node),
            _targets(node.target),
            self._expressions.read(node.iter),
            self.body(node.body, depth),
            self.body(node.else_, depth),
        )

    def _with(self, node: nodes.With, depth: int) -> Node:
        pairs = zip(node.targets, node.values, strict=False)
        assignments = tuple(
            Argument(value.span, ".".join(_targets(target)), value)
            for target, value in ((target, self._expressions.read(item)) for target, item in pairs)
        )
        return With(self._span(node), assignments, self.body(node.body, depth))

    def _block(self, node: nodes.Block, depth: int) -> Node:
        return Block(self._span(node), node.name, self.body(node.body, depth))

    def _extends(self, node: nodes.Extends, _depth: int) -> Node:
        return Extends(self._span(node), self._expressions.read(node.template))

    def _include(self, node: nodes.Include, _depth: int) -> Node:
        template = self._expressions.read(node.template)
        return Include(self._span(node), template, (), node.with_context)

    def _import(self, node: nodes.Import, _depth: int) -> Node:
        return Import(self._span(node), self._expressions.read(node.template), node.target)

    def _from_import(self, node: nodes.FromImport, _depth: int) -> Node:
        names = tuple(
            (name, name) if isinstance(name, str) else (name[0], name[1]) for name in node.names
        )
        return Import(self._span(node), self._expressions.read(node.template), "", names)

    def _macro(self, node: nodes.Macro, depth: int) -> Node:
        parameters = tuple(parameter.name for parameter in node.args)
        return Macro(self._span(node), node.name, parameters, self.body(node.body, depth))

    def _call_block(self, node: nodes.CallBlock, depth: int) -> Node:
        call = self._expressions.read(node.call)
        return CallBlock(self._span(node), call, self.body(node.body, depth))

    def _filter_block(self, node: nodes.FilterBlock, depth: int) -> Node:
        filters = self._expressions.filters(node.filter)
        return FilterBlock(self._span(node), filters, self.body(node.body, depth))

    def _autoescape(self, node: nodes.ScopedEvalContextModifier, depth: int) -> Node:
        value = node.options[0].value if node.options else None
        on = bool(value.value) if isinstance(value, nodes.Const) else None
        return Autoescape(self._span(node), on, self.body(node.body, depth))

    def _translated(self, node: nodes.OverlayScope, depth: int) -> Node:
        return BlockTranslate(self._span(node), (), self.body(node.body, depth))

    def _assign(self, node: nodes.Assign, _depth: int) -> Node:
        value = self._expressions.read(node.node)
        return Set(self._span(node), _targets(node.target), value)

    def _assign_block(self, node: nodes.AssignBlock, depth: int) -> Node:
        filters = self._expressions.filters(node.filter)
        body = self.body(node.body, depth)
        return Set(self._span(node), _targets(node.target), None, filters, body)

    def _expression_statement(self, node: nodes.ExprStmt, _depth: int) -> Node:
        span = self._span(node)
        if isinstance(node.node, nodes.Const):
            name = str(node.node.value)
            return CsrfToken(span) if name == "csrf_token" else Tag(span, name)
        value = self._expressions.read(node.node)
        return Tag(span, "do", (Argument(value.span, "", value),))

    def _loop_control(self, node: nodes.Node, _depth: int) -> Node:
        return Tag(self._span(node), type(node).__name__.lower())


def _targets(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.NSRef):
        return (f"{node.name}.{node.attr}",)
    return tuple(item.name for item in node.find_all(nodes.Name))


def _is_csrf(expression: Expression) -> bool:
    if isinstance(expression, Call):
        expression = expression.callee
    return isinstance(expression, Variable) and expression.path[-1] in (
        "csrf_input",
        "csrf_field",
        "csrf_tag",
    )


_STATEMENTS: dict[type[nodes.Node], Callable[[_Statements, Any, int], Node]] = {
    nodes.If: _Statements._if,  # noqa: SLF001 - the class's own table
    nodes.For: _Statements._for,  # noqa: SLF001 - the table belongs to the class
    nodes.With: _Statements._with,  # noqa: SLF001 - the table belongs to the class
    nodes.Block: _Statements._block,  # noqa: SLF001 - the table belongs to the class
    nodes.Extends: _Statements._extends,  # noqa: SLF001 - the table belongs to the class
    nodes.Include: _Statements._include,  # noqa: SLF001 - the table belongs to the class
    nodes.Import: _Statements._import,  # noqa: SLF001 - the table belongs to the class
    nodes.FromImport: _Statements._from_import,  # noqa: SLF001 - the table belongs to the class
    nodes.Macro: _Statements._macro,  # noqa: SLF001 - the table belongs to the class
    nodes.CallBlock: _Statements._call_block,  # noqa: SLF001 - the table belongs to the class
    nodes.FilterBlock: _Statements._filter_block,  # noqa: SLF001 - the table belongs to the class
    nodes.ScopedEvalContextModifier: _Statements._autoescape,  # noqa: SLF001 - the table belongs to the class
    nodes.OverlayScope: _Statements._translated,  # noqa: SLF001 - the table belongs to the class
    nodes.Assign: _Statements._assign,  # noqa: SLF001 - the table belongs to the class
    nodes.AssignBlock: _Statements._assign_block,  # noqa: SLF001 - the table belongs to the class
    nodes.ExprStmt: _Statements._expression_statement,  # noqa: SLF001 - the table belongs to the class
    nodes.Continue: _Statements._loop_control,  # noqa: SLF001 - the table belongs to the class
    nodes.Break: _Statements._loop_control,  # noqa: SLF001 - the table belongs to the class
}
