"""What of a view a GET reaches: its code without what a question about the method keeps back."""

from collections.abc import Iterator

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

_SAFE = ("GET", "HEAD", "OPTIONS")


def reached_by_get(block: tuple[n.Stmt, ...]) -> Iterator[n.Stmt]:
    """Yield the statements that a GET reaches at the top of a view."""
    for statement in block:
        if isinstance(statement, n.If):
            verdict = _asks_for_post(statement.test)
            if verdict is None:
                body_part = tuple(reached_by_get(statement.body))
                other = tuple(reached_by_get(statement.other))
                yield n.If(statement.span, statement.test, body_part, other)
                continue
            reached = statement.other if verdict else statement.body
            yield from reached_by_get(reached)
            if _ends(reached):
                return
        elif isinstance(statement, n.With):
            inner = tuple(reached_by_get(statement.body))
            yield n.With(statement.span, statement.items, inner)
        elif isinstance(statement, n.Try):
            yield _without_guards_in_try(statement)
        elif isinstance(statement, n.Match) and tail(statement.subject) == "method":
            yield n.Match(statement.span, statement.subject, _cases_of_get(statement))
        else:
            yield statement


def _without_guards_in_try(statement: n.Try) -> n.Try:
    def left(block: tuple[n.Stmt, ...]) -> tuple[n.Stmt, ...]:
        return tuple(reached_by_get(block))

    handlers = tuple(n.Handler(h.type, h.name, left(h.body)) for h in statement.handlers)
    return n.Try(
        statement.span,
        left(statement.body),
        handlers,
        left(statement.other),
        left(statement.final),
    )


def _cases_of_get(statement: n.Match) -> tuple[n.Case, ...]:
    """Return the cases of `match request.method` that a GET can come to."""
    return tuple(
        case
        for case in statement.cases
        if not case.values or any(text(value) in (None, *_SAFE) for value in case.values)
    )


def _ends(block: tuple[n.Stmt, ...]) -> bool:
    return bool(block) and isinstance(block[-1], n.Return | n.Raise)


def _asks_for_post(test: n.Expr) -> bool | None:
    """Tell `request.method == "POST"` (True) from `!= "POST"` and `== "GET"` (False)."""
    if isinstance(test, n.Logic) and test.op == "and":
        verdicts = [_asks_for_post(value) for value in test.values]
        return True if True in verdicts else None
    if isinstance(test, n.Unary) and test.op == "not":
        inner = _asks_for_post(test.operand)
        return None if inner is None else not inner
    if isinstance(test, n.Attr) and test.name in ("POST", "FILES", "data"):
        return True
    if isinstance(test, n.Call) and tail(test.func) in ("is_valid", "get"):
        holder = test.func.value if isinstance(test.func, n.Attr) else None
        return True if isinstance(holder, n.Attr) and holder.name == "POST" else _form_valid(test)
    if isinstance(test, n.Name) and "post" in test.id.lower():
        return True
    return _method_compared(test)


def _form_valid(test: n.Call) -> bool | None:
    return True if tail(test.func) == "is_valid" else None


def _method_compared(test: n.Expr) -> bool | None:
    if not isinstance(test, n.Compare) or len(test.rights) != 1:
        if isinstance(test, n.Compare) and any(
            isinstance(r, n.Attr) and r.name == "POST" for r in test.rights
        ):
            return True
        return None
    right, op = test.rights[0], test.ops[0]
    if isinstance(right, n.Attr) and right.name in ("POST", "FILES") and op == "in":
        return True
    if tail(test.left) != "method":
        return None
    values = [right] if isinstance(right, n.Const) else list(getattr(right, "items", ()))
    texts = {v.value for v in values if isinstance(v, n.Const)}
    is_unsafe = bool(texts) and texts.isdisjoint(_SAFE)
    return is_unsafe if op in ("==", "in", "is") else not is_unsafe
