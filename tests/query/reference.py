"""What a query means, in plain Python over lists of plain objects.

Knows nothing of how Pickguard compiles: it follows the rules as the documentation states them,
row by row, and is what the databases are held against.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pickguard.query.syntax import nodes

ONE = {"state", "owner", "team", "boss", "author", "detail"}
NEGATIVE = {"!=": "=", "!~": "~", "!^=": "^=", "!$=": "$=", "!=~": "=~"}


@dataclass(eq=False)
class Row:
    """A row: columns, relations to one row or none, relations to many rows."""

    id: int
    columns: dict[str, Any]
    one: dict[str, "Row | None"] = field(default_factory=dict)
    many: dict[str, "list[Row]"] = field(default_factory=dict)


@dataclass
class Reference:
    """Evaluates trees; `fold` says whether the database's text search ignores case."""

    zone: Any
    fold: bool = True
    fold_equal: bool = True
    hidden: frozenset[tuple[str, int]] = frozenset()

    def holds(self, node: Any, row: Row) -> bool:  # one case a node
        match node:
            case None:
                return True
            case nodes.And():
                return all(self.holds(item, row) for item in node.items)
            case nodes.Or():
                return any(self.holds(item, row) for item in node.items)
            case nodes.Not():
                return not self.holds(node.item, row)
            case nodes.Scope():
                return self.rows_hold(node.path, row, lambda end: self.holds(node.body, end))
            case nodes.Counting():
                return self.counting(node, row)
            case nodes.FreeText():
                return self.free_text(node.text, row)
            case nodes.Absence():
                return self.absence(node, row)
            case nodes.Comparison():
                return self.comparison(node, row)
            case nodes.Membership():
                return self.membership(node, row)
        raise AssertionError(node)

    # --- rows along a path ----------------------------------------------------------------------

    def follow(self, row: Row, names: list[str]) -> list[Row]:
        rows = [row]
        for name in names:
            found: list[Row] = []
            for each in rows:
                if name in ONE:
                    end = each.one[name]
                    found += [] if end is None else [end]
                else:
                    found += each.many[name]
            rows = [each for each in found if (name, each.id) not in self.hidden]
        return rows

    def rows_hold(self, path: nodes.Path, row: Row, test: Any) -> bool:
        ends = self.follow(row, path.text.split("."))
        return self.quantified(path.quantifier, [test(end) for end in ends])

    def quantified(self, quantifier: str | None, results: list[bool]) -> bool:
        if quantifier == "all":
            return all(results)
        return not any(results) if quantifier == "none" else any(results)

    def values_hold(self, path: nodes.Path, row: Row, test: Any, *, negated: bool) -> bool:
        *names, column = path.text.split(".")
        many = [index for index, name in enumerate(names) if name not in ONE]
        split = many[-1] + 1 if many and path.quantifier else 0
        results = []
        for middle in self.follow(row, names[:split]):
            ends = self.follow(middle, names[split:])
            results.append(any(test(end, end.columns[column]) for end in ends) != negated)
        return self.quantified(path.quantifier, results)

    # --- terms ----------------------------------------------------------------------------------

    def absence(self, node: nodes.Absence, row: Row) -> bool:
        present = node.test.startswith("not")
        names = node.path.text.split(".")
        if names[-1] in ONE or names[-1] in row_relations(row, names):
            return bool(self.follow(row, names)) == present

        def filled(value: Any) -> bool:
            if node.test.endswith("empty") and isinstance(value, str):
                return value != ""
            return value is not None

        *names, column = names
        many = [index for index, name in enumerate(names) if name not in ONE]
        split = many[-1] + 1 if many else 0
        results = []
        for middle in self.follow(row, names[:split]):
            ends = self.follow(middle, names[split:])
            results.append(any(filled(end.columns[column]) for end in ends) == present)
        if not many:
            return results[0]
        return self.quantified(node.path.quantifier, results)

    def counting(self, node: nodes.Counting, row: Row) -> bool:
        ends = self.follow(row, node.scope.path.text.split("."))
        number = len({end.id for end in ends if self.holds(node.scope.body, end)})
        if isinstance(node.value, nodes.Choice):
            found = number in [int(item.text) for item in node.value.items]
        elif isinstance(node.value, nodes.Range):
            found = int(node.value.low.text) <= number <= int(node.value.high.text)
        else:
            return bool(compare(node.operator, number, int(node.value.text)))
        return found != (node.operator == "not in")

    def free_text(self, text: str, row: Row) -> bool:
        texts = [row.columns["name"], row.columns["note"]]
        texts += [comment.columns["text"] for comment in self.follow(row, ["comments"])]
        return any(self.contains(each, text) for each in texts if each is not None)

    def comparison(self, node: nodes.Comparison, row: Row) -> bool:
        operator = NEGATIVE.get(node.operator, node.operator)
        column = node.path.text.rpartition(".")[2]

        def test(end: Row, value: Any) -> bool:
            del end
            others = self.values(node.value, column, row)
            return any(self.one_holds(value, operator, other, column) for other in others)

        return self.values_hold(node.path, row, test, negated=operator != node.operator)

    def membership(self, node: nodes.Membership, row: Row) -> bool:
        column = node.path.text.rpartition(".")[2]

        def test(end: Row, value: Any) -> bool:
            del end
            if isinstance(node.values, nodes.Range):
                low = self.values(node.values.low, column, row)
                high = self.values(node.values.high, column, row)
                return any(
                    self.one_holds(value, ">=", a, column)
                    and self.one_holds(value, "<=", b, column)
                    for a in low
                    for b in high
                )
            return any(
                self.one_holds(value, "=", other, column)
                for item in node.values.items
                for other in self.values(item, column, row)
            )

        return self.values_hold(node.path, row, test, negated=node.negated)

    # --- values ---------------------------------------------------------------------------------

    def values(self, node: Any, column: str, row: Row) -> list[Any]:
        if isinstance(node, nodes.Reference):
            *names, other = node.text.split(".")
            return [end.columns[other] for end in self.follow(row, names)]
        return [self.literal(node, column)]

    def literal(self, node: nodes.Literal, column: str) -> Any:
        match node.form:
            case "integer":
                return int(node.text)
            case "decimal":
                return Decimal(node.text)
            case "boolean":
                return node.text == "true"
            case "date" if column in ("created", "modified"):
                day = date.fromisoformat(node.text)
                return (self.midnight(day), self.midnight(day + timedelta(days=1)))
            case "date":
                return date.fromisoformat(node.text)
            case "datetime":
                return datetime.fromisoformat(node.text).replace(tzinfo=self.zone)
            case "time":
                return time.fromisoformat(node.text)
            case "duration":
                return timedelta(hours=int(node.text[:-1]))
            case _:
                return node.text

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def one_holds(self, value: Any, operator: str, other: Any, column: str) -> Any:
        if value is None or other is None:
            return False
        if isinstance(other, tuple):
            start, end = other
            return {
                "=": start <= value < end,
                "<": value < start,
                "<=": value < end,
                ">": value >= end,
                ">=": value >= start,
            }[operator]
        if isinstance(other, str) and operator in ("~", "^=", "$="):
            return self.text_holds(str(value), operator, other)
        if column == "code" and operator == "=":
            return same(str(value), other, fold=self.fold_equal)
        return compare(operator, plain(value), plain(other))

    def text_holds(self, value: str, operator: str, other: str) -> bool:
        if self.fold:
            value, other = folded(value), folded(other)
        return {
            "~": other in value,
            "^=": value.startswith(other),
            "$=": value.endswith(other),
        }[operator]

    def contains(self, value: str, text: str) -> bool:
        return self.text_holds(value, "~", text)


def row_relations(row: Row, names: list[str]) -> set[str]:
    del row, names
    return {"marks", "groups", "watchers", "comments", "members", "tickets", "staff"}


def plain(value: Any) -> Any:
    return str(value) if type(value).__name__ == "UUID" else value


def folded(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def same(one: str, other: str, *, fold: bool) -> bool:
    return folded(one) == folded(other) if fold else one == other


def compare(operator: str, value: Any, other: Any) -> Any:
    match operator:
        case "=":
            return value == other
        case "!=":
            return value != other
        case "<":
            return value < other
        case "<=":
            return value <= other
        case ">":
            return value > other
        case _:
            return value >= other
