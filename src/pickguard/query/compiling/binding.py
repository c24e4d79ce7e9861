"""A tree and a schema to conditions: names found, values typed, everything wrong collected."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q

from pickguard.query.compiling import leaves
from pickguard.query.compiling.counts import Numbers, counted, numbers
from pickguard.query.compiling.leaves import Child
from pickguard.query.compiling.moments import Stretch
from pickguard.query.compiling.paths import Frame, apart, exists, leaf, opposite
from pickguard.query.compiling.resolving import (
    NOTHING,
    Resolver,
    first_many,
    last_many,
    prefix_at_end,
    problem_of,
)
from pickguard.query.compiling.values import READERS, Refusal
from pickguard.query.schemas import suggest
from pickguard.query.schemas.lookups import POSITIVE
from pickguard.query.schemas.names import Attribute, Link, Target
from pickguard.query.syntax.errors import Fix, Problem
from pickguard.query.syntax.gather import Gathered, gathered
from pickguard.query.syntax.nodes import (
    Absence,
    And,
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
    Reference,
    Scope,
    Value,
)

_WIDEST = 400  # SQLite reads `a OR b OR …` as a tree that is as deep as it is wide
_MOST_JOINED = 4  # relations that a planner may turn into joins


class Binder(Resolver):
    """Binds one tree to conditions."""

    __slots__ = ()

    # --- expressions ----------------------------------------------------------------------------

    def bind(self, node: Expression | Gathered, frame: Frame) -> Child:
        """Return the condition that a node means at a place."""
        return _BINDERS[type(node)](self, node, frame)

    def comparison(self, node: Comparison, frame: Frame) -> Child:
        """Bind `path operator value`."""
        path, operator, literal, _, _ = node
        text, word, quantifier, _, _ = path
        if word is None and quantifier is None and type(literal) is Literal:
            attribute = frame[4].get(text)
            if type(attribute) is Attribute and operator in attribute.plain:
                return self._plain(attribute, node, literal, frame[1])
        target = self.attribute(path, frame)
        if target is None:
            if type(literal) is Literal and literal.form == "null":
                self._no_null(node, literal)
            return NOTHING
        attribute = target.end
        assert isinstance(attribute, Attribute)  # or `attribute` had returned None
        if operator not in attribute.operators:
            return self.fail(suggest.operator(node, attribute))
        value = self.value(target, literal, operator, frame, node)
        if value is None:
            return NOTHING
        return self._compared(node, target, frame, value)

    def _no_null(self, node: Comparison, literal: Literal) -> None:
        """Say of a relation that is compared with null what is said of a field."""
        if self.problems[-1].code == "not-a-field":
            self.problems[-1] = problem_of(Refusal("null"), literal, node)

    def _plain(
        self, attribute: Attribute, node: Comparison, literal: Literal, prefix: str
    ) -> Child:
        """Return the condition on a field of the row itself: what most conditions are."""
        try:
            value = READERS[attribute.kind](attribute, literal, self.reading)
        except Refusal as refusal:
            return self.fail(problem_of(refusal, literal, node))
        if type(value) is Stretch:
            operator = POSITIVE.get(node.operator, node.operator)
            condition = leaves.compared(attribute, prefix + attribute.lookup, operator, value)
            return opposite(condition) if operator is not node.operator else condition
        lookup, negated = attribute.plain[node[1]]
        if negated:
            return Q((prefix + lookup, value), _negated=True)
        return (prefix + lookup, value)

    def _compared(self, node: Comparison, target: Target, frame: Frame, value: Any) -> Child:
        operator = POSITIVE.get(node.operator, node.operator)
        attribute: Attribute = target.end  # type: ignore[assignment]  # `comparison` looked
        extra = self.referred(node.value, frame)

        def make(lookup: str) -> Child:
            condition = leaves.compared(attribute, lookup, operator, value)
            return Q(*extra, condition) if extra else condition

        negated = operator != node.operator
        self.patterns = self.patterns or operator == "=~"
        return self.along(node, target, frame, make, node.path.quantifier, negated=negated)

    def membership(self, node: Membership, frame: Frame) -> Child:
        """Bind `path in …`."""
        target = self.attribute(node.path, frame)
        if target is None:
            return NOTHING
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        operator = "not in" if node.negated else "in"
        if operator not in attribute.operators:
            return self.fail(suggest.operator(node, attribute))
        make = self._members(target, node, frame)
        if make is None:
            return NOTHING
        return self.along(node, target, frame, make, node.path.quantifier, negated=node.negated)

    def gathered(self, node: Gathered, frame: Frame) -> Child:
        """Bind `path = … or path = …`."""
        target = self.attribute(node.path, frame)
        if target is None:
            return NOTHING
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        operator = "!=" if node.negated else "="
        if operator not in attribute.operators:
            return self.fail(suggest.operator(node.members[0], attribute))
        values = [self.value(target, m.value, "=", frame, m) for m in node.members]
        make = self._one_of(attribute, [m.value for m in node.members], values, frame)
        if make is None:
            return NOTHING
        return self.along(node, target, frame, make, node.path.quantifier, negated=node.negated)

    def _members(
        self, target: Target, node: Membership, frame: Frame
    ) -> Callable[[str], Child] | None:
        if type(node.values) is Range:
            return self._range(target, node.values, node, frame)
        items = node.values.items  # type: ignore[union-attr]  # the other of the two
        if len(items) > self.reading.limits.items:
            self.fail(Problem(
                "too-many-items", node.values.start, node.values.end,
                found=len(items), limit=self.reading.limits.items,
            ))  # fmt: skip
            return None
        values = [self.value(target, item, "=", frame, node) for item in items]
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        return self._one_of(attribute, items, values, frame)

    def _one_of(
        self, attribute: Attribute, items: Sequence[Value], values: list[Any], frame: Frame
    ) -> Callable[[str], Child] | None:
        """Return what makes the condition that a field has one of these values."""
        if any(value is None for value in values):
            return None
        if not any(type(item) is Reference for item in items):
            return lambda lookup: leaves.among(attribute, lookup, values)
        pairs = [
            (self.referred(item, frame), value) for item, value in zip(items, values, strict=True)
        ]
        return lambda lookup: Q(
            *(Q(*extra, leaves.compared(attribute, lookup, "=", value)) for extra, value in pairs),
            _connector=Q.OR,
        )

    def _range(
        self, target: Target, node: Range, whole: Membership, frame: Frame
    ) -> Callable[[str], Child] | None:
        attribute: Attribute = target.end  # type: ignore[assignment]  # `attribute` returns such
        if "<" not in attribute.operators and "<=" not in attribute.operators:
            self.fail(suggest.operator(whole, attribute))
            return None
        low = self.value(target, node.low, "<=", frame, whole)
        high = self.value(target, node.high, ">=", frame, whole)
        if low is None or high is None:
            return None
        if leaves.backwards(low, high):
            fix = Fix(f"{node.high}..{node.low}", node.start, node.end)
            self.fail(Problem("empty-range", node.start, node.end, fixes=(fix,)))
            return None
        extra = self.referred(node.low, frame) + self.referred(node.high, frame)

        def make(lookup: str) -> Child:
            condition = leaves.between(lookup, low, high)
            return Q(*extra, condition) if extra else condition

        return make

    def absence(self, node: Absence, frame: Frame) -> Child:
        """Bind `is null`, `is empty` and their opposites."""
        target = self.target(node.path, frame)
        if target is None:
            return NOTHING
        present = node.test.startswith("not")
        if isinstance(target.end, Link):
            if node.path.quantifier:
                self.misplaced(node.path)
            condition = self.through(node, (*target.links, target.end), frame, None, None)
            return condition if present else opposite(condition)
        if "null" not in target.end.operators:
            return self.fail(suggest.operator(node, target.end))
        full = node.test.endswith("empty") and target.end.kind == "text"

        def make(lookup: str) -> Child:
            there: Child = (lookup + "__isnull", False)
            return Q(there, opposite((lookup + "__exact", ""))) if full else there

        quantifier = node.path.quantifier or "any"
        return self.along(node, target, frame, make, quantifier, negated=not present)

    def scope(self, node: Scope, frame: Frame) -> Child:
        """Bind `path[…]`."""
        links = self.links(node.path, frame)
        if links is None:
            return NOTHING
        end = None if node.body is None else self._body(node.body, links, frame)
        return self.through(node, links, frame, end, node.path.quantifier)

    def _body(
        self, body: Expression, links: tuple[Link, ...], frame: Frame
    ) -> Callable[[str], Child]:
        inner = self.entered(links, frame, "")
        # bound once: the prefix there is known beforehand, and problems are told once
        prefix = prefix_at_end(frame.prefix, links)
        condition = self.bind(body, inner._replace(prefix=prefix))
        return lambda _: condition

    def counting(self, node: Counting, frame: Frame) -> Child:
        """Bind `count(path[…]) operator number`."""
        links = self.links(node.scope.path, frame)
        accepted = self._accepted(node)
        if links is None or accepted is None:
            return NOTHING
        path = node.scope.path
        if path.quantifier or not links[-1].many or last_many(links) != first_many(links):
            return self.fail(Problem("count", path.start, path.end, found=str(path)))
        body = node.scope.body
        end = None if body is None else self._body(body, links, frame)
        return self.crossed(counted(frame, links, end, accepted, node), links, node)

    def _accepted(self, node: Counting) -> "Numbers | None":
        try:
            return numbers(node)
        except Refusal as refusal:
            self.fail(problem_of(refusal, node.value, node))
            return None

    def free_text(self, node: FreeText, frame: Frame) -> Child:
        """Bind a text alone."""
        schema = frame.schema
        start, end = node.start, node.end
        literal = Literal("string", node.text, start, end)
        terms: list[Expression | Gathered] = [
            Comparison(Path(path, None, None, start, end), "~", literal, start, end)
            for path in (each.replace("__", ".") for each in schema.text)
            if _searchable(schema.find(path))
        ]
        if not terms:
            return self.fail(Problem("no-free-text", start, end, found=str(node)))
        return self._wide(terms, frame, Q.OR)

    def complement(self, node: Not, frame: Frame) -> Child:
        """Bind `not …`."""
        return opposite(self.bind(node.item, frame))

    def all_of(self, node: And, frame: Frame) -> Child:
        """Bind terms joined by `and`."""
        return self._wide(gathered(node.items, "!="), frame, Q.AND)

    def one_of(self, node: Or, frame: Frame) -> Child:
        """Bind terms joined by `or`."""
        return self._wide(gathered(node.items, "="), frame, Q.OR)

    def _wide(self, items: Sequence[Expression | Gathered], frame: Frame, connector: str) -> Child:
        binders = _BINDERS
        children = [binders[type(item)](self, item, frame) for item in items]
        if len(children) == 1:
            return children[0]
        while len(children) > _WIDEST:
            # an inner Q with one child keeps Django from making one wide list of them again
            children = [
                Q(Q(*children[i : i + _WIDEST], _connector=connector))
                if connector == Q.OR
                else Q(Q(*children[i : i + _WIDEST]), _connector=Q.OR)
                for i in range(0, len(children), _WIDEST)
            ]
        return Q.create(children, connector)  # type: ignore[arg-type]  # as Q() takes them, in half the time

    # --- paths ----------------------------------------------------------------------------------

    def along(
        self,
        node: Comparison | Membership | Gathered | Absence,
        target: Target,
        frame: Frame,
        make: Callable[[str], Child],
        quantifier: str | None = None,
        *,
        negated: bool,
    ) -> Child:
        """Return the condition on the value at the end of a path, or on all that it names.

        A word such as `all` speaks of the rows behind the last relation to many, and the negation
        then stands inside: `all groups.name != "X"` asks every group.
        """
        attribute: Any = target.end
        if not target.links and attribute.expression is None:
            condition = make(frame.prefix + attribute.lookup)
            return opposite(condition) if negated else condition
        end = leaf(target, self.owner(target.links, frame), make, node)
        split = last_many(target.links)
        if split is None or quantifier is None:
            condition = self.through(node, target.links, frame, end, None)
            return opposite(condition) if negated else condition
        rows, rest = target.links[: split + 1], target.links[split + 1 :]
        schema = self.owner(rows, frame)

        def test(prefix: str) -> Child:
            condition = exists(schema, rest, prefix, end, node)
            return opposite(condition) if negated else condition

        return self.through(node, rows, frame, test, quantifier)

    def through(
        self,
        node: Any,
        links: tuple[Link, ...],
        frame: Frame,
        end: Callable[[str], Child] | None,
        quantifier: str | None,
    ) -> Child:
        """Return the condition that there is such a row, that all are such, or that none is."""
        if quantifier != "all":
            condition = exists(frame.schema, links, frame.prefix, end, node)
            condition = self.crossed(condition, links, node)
            return opposite(condition) if quantifier == "none" else condition
        if end is None:  # all of them are there
            return opposite(NOTHING)
        condition = exists(
            frame.schema, links, frame.prefix, lambda prefix: opposite(end(prefix)), node
        )
        return opposite(self.crossed(condition, links, node))

    def crossed(self, condition: Child, links: tuple[Link, ...], node: Any) -> Child:
        """Count a condition that looks through a relation to many; keep the planner from all.

        MariaDB turns each into a join and tries every order of them: eight take it seconds, a
        dozen longer than anybody waits.
        """
        if last_many(links) is None:
            return condition
        self.crossings += 1
        self.joined += len(links)
        if self.crossings == self.reading.limits.crossings + 1:
            limit = self.reading.limits.crossings
            self.fail(Problem("too-many-crossings", node.start, node.end, limit=limit))
        return apart(condition) if self.joined > _MOST_JOINED else condition


def _searchable(target: Target | None) -> bool:
    """Return whether this person may look for a text there."""
    return target is not None and isinstance(target.end, Attribute) and "~" in target.end.operators


_BINDERS: dict[type, Callable[[Binder, Any, Frame], Child]] = {
    Comparison: Binder.comparison,
    Membership: Binder.membership,
    Absence: Binder.absence,
    Scope: Binder.scope,
    Counting: Binder.counting,
    Gathered: Binder.gathered,
    FreeText: Binder.free_text,
    Not: Binder.complement,
    And: Binder.all_of,
    Or: Binder.one_of,
}
