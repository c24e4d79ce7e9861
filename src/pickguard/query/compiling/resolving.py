"""Names and values of a tree, found in a schema: everything wrong collected, nothing built."""

from typing import Any

from django.db.models import F

from pickguard.query.compiling import leaves
from pickguard.query.compiling.leaves import Child
from pickguard.query.compiling.paths import Frame, guards
from pickguard.query.compiling.values import Reading, Refusal, read
from pickguard.query.schemas import suggest
from pickguard.query.schemas.lookups import MIRRORED, REFERABLE
from pickguard.query.schemas.names import Attribute, Link, Target
from pickguard.query.schemas.schema import Schema
from pickguard.query.syntax.errors import Fix, Problem
from pickguard.query.syntax.nodes import Comparison, Path, Reference, Value

NOTHING: Child = ("pk__in", ())


class Resolver:
    """Resolves the names and values of one tree.

    Attributes:
        root: where the tree begins.
        reading: what reading values depends on.
        problems: what went wrong.
        scopes, crossings: how much was asked for; see `Limits`.
        joined: relations that those crossings follow.
        patterns: whether there was a regular expression.
    """

    __slots__ = ("crossings", "joined", "patterns", "problems", "reading", "root", "scopes")

    def __init__(self, schema: Schema) -> None:
        self.root = Frame(schema, "", 0, (schema.model,), schema.names)
        self.reading: Reading = schema
        self.problems: list[Problem] = []
        self.scopes = 0
        self.crossings = 0
        self.joined = 0
        self.patterns = False

    def target(self, path: Path, frame: Frame) -> Target | None:
        """Return what a path means; None, with the problem noted, where it means nothing."""
        text = path.text
        if path.word is not None:
            word = self._word(path, frame)
            if word is None:
                return None
            text = word + text
        target = frame.schema.find(text)
        if target is None:
            self.fail(suggest.name(frame.schema, text, path))
            return None
        if target.links or type(target.end) is Link:
            return self._bounded(target, path, frame)
        if path.quantifier:
            self.misplaced(path)
        return target

    def misplaced(self, path: Path) -> None:
        """Note a quantifier where nothing can be there more than once."""
        self.fail(Problem("quantifier", path.start, path.end, found=path.quantifier))

    def _bounded(self, target: Target, path: Path, frame: Frame) -> Target | None:
        links = target.links if isinstance(target.end, Attribute) else (*target.links, target.end)
        hops = frame.hops + len(links)
        limit = self.reading.limits.hops
        if hops > limit:
            self.fail(Problem("too-many-hops", path.start, path.end, found=hops, limit=limit))
            return None
        visited = list(frame.visited)
        for link in links:
            if link.schema.model in visited and not link.revisit:
                self.fail(Problem("visited-twice", path.start, path.end, found=link.name))
                return None
            visited.append(link.schema.model)
        return target

    def _word(self, path: Path, frame: Frame) -> str | None:
        """Return what a word before a path adds to it: a hop, or nothing for the model's name."""
        word = path.word or ""
        if isinstance(frame.schema.names.get(word), Link):
            return word + "."
        if word.casefold() in frame.schema.words():
            return ""
        self.fail(suggest.word(frame.schema, path))
        return None

    def attribute(self, path: Path, frame: Frame) -> Target | None:
        """Return what a path to a field means; None, with the problem noted, for another."""
        target = self.target(path, frame)
        if target is not None and type(target.end) is not Attribute:
            self.fail(suggest.field_of(frame.schema, target, path))
            return None
        if target is not None and path.quantifier and last_many(target.links) is None:
            self.misplaced(path)
        return target

    def links(self, path: Path, frame: Frame) -> tuple[Link, ...] | None:
        """Return the relations of a path that brackets or a count follow."""
        self.scopes += 1
        limit = self.reading.limits.scopes
        if self.scopes == limit + 1:
            self.fail(Problem("too-many-scopes", path.start, path.end, limit=limit))
        target = self.target(path, frame)
        if target is None:
            return None
        if isinstance(target.end, Attribute):
            self.fail(Problem("no-rows", path.start, path.end, found=path.text))
            return None
        return (*target.links, target.end)

    def entered(self, links: tuple[Link, ...], frame: Frame, prefix: str) -> Frame:
        """Return the place at the end of relations."""
        schema, visited = frame.schema, frame.visited
        for link in links:
            schema = schema.related(link.schema)
            visited = (*visited, link.schema.model)
        return Frame(schema, prefix, frame.hops + len(links), visited, schema.names)

    def owner(self, links: tuple[Link, ...], frame: Frame) -> Schema:
        """Return the schema at the end of relations."""
        schema = frame.schema
        for link in links:
            schema = schema.related(link.schema)
        return schema

    # --- values ---------------------------------------------------------------------------------

    def value(self, target: Target, node: Value, operator: str, frame: Frame, whole: Any) -> Any:
        """Return the value for an attribute; None, with the problem noted, where it has none."""
        if type(node) is Reference:
            return self._reference(target, node, operator, frame)
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        try:
            value = read(attribute, node, self.reading)  # type: ignore[arg-type]  # no Reference
            if operator[-2:] == "=~":
                from pickguard.query.compiling.patterns import check_pattern  # seldom allowed

                check_pattern(value, self.reading.limits)
        except Refusal as refusal:
            self.fail(problem_of(refusal, node, whole))
            return None
        return value

    def _reference(self, target: Target, node: Reference, operator: str, frame: Frame) -> F | None:
        if "." not in node.text and frame.schema.find(node.text) is None:
            self.fail(suggest.unquoted(frame.schema, node))
            return None
        found = self.attribute(Path(node.text, None, None, node.start, node.end), frame)
        if found is None:
            return None
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        other: Attribute = found.end  # type: ignore[assignment]  # as above
        if any(link.many for link in target.links):
            self.fail(Problem("other-row", node.start, node.end, found=node.text))
            return None
        if any(link.many for link in found.links) or other.expression is not None:
            self.fail(Problem("many-values", node.start, node.end, found=node.text))
            return None
        if (
            operator not in REFERABLE
            or MIRRORED.get(operator, operator) not in other.operators
            or attribute.expression is not None
            or attribute.declared.ignore_case
            or not leaves.comparable(attribute, other)
        ):
            self.fail(Problem(
                "other-kind", node.start, node.end, field=attribute.name, found=node.text
            ))  # fmt: skip
            return None
        return F(prefix_at_end(frame.prefix, found.links) + other.lookup)

    def referred(self, node: Value, frame: Frame) -> list[Child]:
        """Return what must hold for a field that is referred to to have a value at all."""
        if type(node) is not Reference:
            return []
        target = frame.schema.find(node.text)
        assert target is not None  # its value has been read before
        return guards(frame.schema, target.links, frame.prefix)

    def fail(self, problem: Problem) -> Child:
        """Note a problem and return a condition that stands for what can't be bound."""
        self.problems.append(problem)
        return NOTHING


def problem_of(refusal: Refusal, node: Any, whole: Any) -> Problem:
    """Return the problem of a value that is refused, at its place."""
    fixes = tuple(Fix(text, node.start, node.end) for text in refusal.fixes)
    if refusal.code == "null" and isinstance(whole, Comparison):
        test = {"=": "is null", "!=": "is not null"}.get(whole.operator)
        if test:
            fixes = (Fix(f"{whole.path} {test}", whole.start, whole.end),)
    return Problem(refusal.code, node.start, node.end, fixes=fixes, **refusal.found)


def last_many(links: tuple[Link, ...]) -> int | None:
    """Return the index of the last relation to many rows; None where there is none."""
    return next((i for i in range(len(links) - 1, -1, -1) if links[i].many), None)


def first_many(links: tuple[Link, ...]) -> int | None:
    """Return the index of the first relation to many rows; None where there is none."""
    return next((i for i, link in enumerate(links) if link.many), None)


def prefix_at_end(prefix: str, links: tuple[Link, ...]) -> str:
    """Return the lookup prefix at the end of relations, from the table that is then asked."""
    for link in links:
        prefix = link.inner if link.many else f"{prefix}{link.lookup}__"
    return prefix
