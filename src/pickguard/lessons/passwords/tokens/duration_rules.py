"""Password rules about how long codes and links last: seconds that are taken for days."""

import re
from collections.abc import Iterator
from typing import Any

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import flatten
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import heads, inside

_CONSTANT = re.compile(r"^_?(?!\w*DAY)[A-Z][A-Z0-9_]+$")
_CENTURY = 36_500  # days: nothing is meant to last that long
_YEAR = 365
# Seconds of a minute, an hour and a day, and days of a year
_OF_DAYS = frozenset({60, 3600, 86400})
_OF_YEARS = frozenset({365, 366})


@code_rule(
    "passwords.seconds-taken-for-days",
    words=("timedelta",),
    packages=("datetime",),
    title="a time in seconds is counted in days",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613, 682),
    severity=Severity.MEDIUM,
    gain="a link or a code that was to last for minutes opens the account years later, out of an old mailbox",
    mend="say what is counted: `timedelta(seconds=settings.RESET_TIMEOUT)`",
)
def seconds_taken_for_days(code: Code) -> Iterator[Hit]:
    """Find `timedelta(settings.RESET_TIMEOUT)` where the setting is `60 * 60`: the first argument is days."""
    for call in code.calls("timedelta"):
        if len(call.args) != 1 or call.keywords or not code.is_from(call.func, "datetime"):
            continue
        days = _days(code, call.args[0])
        if days is not None:
            yield Hit(
                (code.spot(call),),
                f"`timedelta` counts days: this lasts for {days // _YEAR} years",
                Confidence.HIGH,
                code.symbol,
            )


def _days(code: Code, value: n.Expr) -> int | None:
    """Return how many days a value says, where it was meant in seconds."""
    if _is_seconds(value):
        return _number(value)
    name = tail(value)
    return code.project.once(_durations).get(name) if _CONSTANT.match(name) else None


def _durations(project: Project) -> dict[str, int]:
    """Return the constants and settings of a project that are plainly seconds, by their names."""
    found: dict[str, int] = {}
    other: set[str] = set()
    for module in project.served():
        for name, value in _named(module.record.body):
            number = _number(value)
            if number is None:
                continue
            if _is_seconds(value):
                found[name] = number
            else:
                other.add(name)
    return {name: number for name, number in found.items() if name not in other}


def _named(block: tuple[n.Stmt, ...]) -> Iterator[tuple[str, n.Expr]]:
    """Yield what constants, and the entries of displays, are given in a module."""
    for statement in flatten(block):
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if _CONSTANT.match(tail(target)):
                    yield tail(target), statement.value
        for head in heads(statement):
            for node in inside(head):
                if isinstance(node, n.Mapping):
                    for key, value in zip(node.keys, node.values, strict=True):
                        if _CONSTANT.match(text(key) or ""):
                            yield text(key) or "", value


def _is_seconds(value: n.Expr) -> bool:
    """Whether a number is worked out from minutes of sixty seconds, or too large for days."""
    number = _number(value)
    if number is None or number < _YEAR:
        return False
    factors = {part.value for part in inside(value) if isinstance(part, n.Const)}
    if factors & _OF_YEARS:
        return False
    is_product = isinstance(value, n.Binary) and value.op == "*"
    return (is_product and bool(factors & _OF_DAYS)) or number >= _CENTURY


def _number(value: n.Expr) -> int | None:
    found = evaluate(value, _no_names)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _no_names(_node: n.Expr) -> Any:
    return UNKNOWN
