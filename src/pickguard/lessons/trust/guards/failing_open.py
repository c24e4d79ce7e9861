"""Questions that are answered with yes where asking fails: `except Exception: return True`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import is_true, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of

_BROAD = frozenset({"Exception", "BaseException"})


def failing_open(code: Code) -> Iterator[Hit]:
    """Yield the answers yes of a permission to whatever fails in it."""
    for attempt in code.tries:
        for handler in attempt.handlers:
            yes = next((one for one in handler.body if _is_yes(one)), None)
            if yes is not None and _takes_all(handler):
                yield Hit(
                    (code.spot(yes),),
                    "whatever fails while it is asked is answered with yes",
                    Confidence.MEDIUM,
                    code.symbol,
                    gain="whoever makes the question fail, as one whom it does not know, is let in",
                    mend="answer no: `return False`",
                )


def _is_yes(statement: n.Stmt) -> bool:
    return isinstance(statement, n.Return) and is_true(statement.value)


def _takes_all(handler: n.Handler) -> bool:
    kind = handler.type
    return kind is None or any(tail(one) in _BROAD for one in items_of(kind))
