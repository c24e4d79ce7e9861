"""The text that a query is kept as: dots in paths, no dropped words, dates in ISO form."""

from typing import Any

from pickguard.query.compiling.values import canonical as canonical_literal
from pickguard.query.schemas.names import Attribute, Link
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.nodes import (
    Absence,
    And,
    Choice,
    Comparison,
    Counting,
    Expression,
    FreeText,
    Literal,
    Membership,
    Not,
    Or,
    Path,
    Range,
    Scope,
    Tree,
)


def canonical(schema: Schema, tree: Tree) -> Tree:
    """Return the tree as it is kept. It has been bound before: its names and values are right."""
    if tree.where is None:
        return tree
    return tree._replace(where=_Canonical(schema).expression(tree.where, schema))


class _Canonical:
    """Rewrites one tree."""

    def __init__(self, schema: Schema) -> None:
        self.reading = schema

    def expression(self, node: Expression, schema: Schema) -> Expression:
        """Return a node as it is kept."""
        match node:
            case And() | Or():
                items = tuple(self.expression(item, schema) for item in node.items)
                found: Expression = node._replace(items=items)
            case Not():
                found = node._replace(item=self.expression(node.item, schema))
            case Scope():
                found = self.scope(node, schema)
            case Counting():
                found = node._replace(scope=self.scope(node.scope, schema))
            case FreeText():
                found = node
            case _:
                found = self.term(node, schema)
        return found

    def term(self, node: Comparison | Membership | Absence, schema: Schema) -> Expression:
        """Return a term as it is kept."""
        path, end = self.path(node.path, schema)
        if isinstance(node, Comparison):
            return node._replace(path=path, value=self.value(node.value, end))
        if isinstance(node, Membership):
            return node._replace(path=path, values=self.value(node.values, end))
        return node._replace(path=path)

    def scope(self, node: Scope, schema: Schema) -> Scope:
        """Return brackets as they are kept."""
        path, _ = self.path(node.path, schema)
        for name in path.text.split("."):
            link = schema.names[name]
            assert isinstance(link, Link)  # it has been bound
            schema = schema.related(link.schema)
        body = None if node.body is None else self.expression(node.body, schema)
        return node._replace(path=path, body=body)

    def path(self, path: Path, schema: Schema) -> tuple[Path, Any]:
        """Return a path with dots, declared names and no word before it, and what it means."""
        text = path.text
        if path.word is not None and isinstance(schema.names.get(path.word), Link):
            text = f"{path.word}.{text}"
        target = schema.find(text)
        assert target is not None  # it has been bound
        names = [link.name for link in target.links] + [target.end.name]
        return path._replace(text=".".join(names), word=None), target.end

    def value(self, value: Any, attribute: Any) -> Any:
        """Return values as they are kept."""
        assert isinstance(attribute, Attribute)  # it has been bound
        match value:
            case Literal():
                return canonical_literal(attribute, value, self.reading)
            case Choice():
                items = tuple(self.value(item, attribute) for item in value.items)
                return value._replace(items=items)
            case Range():
                low, high = self.value(value.low, attribute), self.value(value.high, attribute)
                return value._replace(low=low, high=high)
            case _:
                return value
