"""Questions that are answered with yes where asking fails: `except Exception: return True`, or `pass`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import is_true, tail
from pickguard.lessons.trust.asking import ends_refusing
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import inside, statements

_BROAD = frozenset({"Exception", "BaseException"})
_NO_OWNER = frozenset({"AttributeError"})


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
    return handler.type is None or _takes(handler, _BROAD)


def _takes(handler: n.Handler, kinds: frozenset[str]) -> bool:
    """Whether it says that it takes exceptions of one of some kinds."""
    return handler.type is not None and any(tail(one) in kinds for one in items_of(handler.type))


def passed_over(code: Code) -> Iterator[Hit]:
    """Yield refusals of all but the owner that a row without one goes past: `except AttributeError: pass`."""
    if "user" not in code.words or "AttributeError" not in code.words:
        return
    for attempt in code.tries:
        asked = next((one for one in statements(attempt.body) if _refuses_others(one)), None)
        handler = next((one for one in attempt.handlers if _goes_on(one)), None)
        if asked is not None and handler is not None:
            yield Hit(
                (code.spot(asked),),
                "a row that has no owner to compare with passes unasked",
                Confidence.MEDIUM,
                code.symbol,
                gain="whoever is logged in gets hold of the rows of every model that has no such attribute",
                mend="refuse there as well",
            )


def _refuses_others(statement: n.Stmt) -> bool:
    """Whether it is `if row.owner != user: refuse`."""
    if not isinstance(statement, n.If) or not ends_refusing(statement.body):
        return False
    compares = (part for part in inside(statement.test) if isinstance(part, n.Compare))
    return any(_holds_against_user((one.left, *one.rights)) for one in compares)


def _holds_against_user(sides: tuple[n.Expr, ...]) -> bool:
    others = [side for side in sides if tail(side) != "user"]
    return len(others) < len(sides) and any(_is_of_row(side) for side in others)


def _is_of_row(side: n.Expr) -> bool:
    """Whether it is an attribute of what a name stands for, which is not somebody: `row.owner`."""
    return isinstance(side, n.Attr) and isinstance(side.value, n.Name) and side.value.id != "user"


def _goes_on(handler: n.Handler) -> bool:
    return _takes(handler, _NO_OWNER) and not any(
        isinstance(one, n.Raise | n.Return) for one in statements(handler.body)
    )
