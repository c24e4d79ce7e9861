"""What of a view a GET reaches: its code without what a question about the method keeps back."""

from collections.abc import Iterator

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_empty, receiver_of, tail, text
from pickguard.source.python.walk import heads, parts

_SAFE = ("GET", "HEAD", "OPTIONS")
# What may not be worked out at all
_ON_CONDITION = (n.Choice, n.Logic, n.Lambda, n.Comprehension)


def reached_by_get(
    block: tuple[n.Stmt, ...], sent: frozenset[str] = frozenset()
) -> Iterator[n.Stmt]:
    """Yield the statements that a GET reaches at the top of a view.

    Args:
        block: the statements of the view, or of a part of it.
        sent: the names that hold a field of what was posted.
    """
    for statement in block:
        sent |= _posted_names(statement)
        if isinstance(statement, n.If):
            verdict = _asks_for_post(statement.test, sent)
            if verdict is None:
                body_part = tuple(reached_by_get(statement.body, sent))
                other = tuple(reached_by_get(statement.other, sent))
                yield n.If(statement.span, statement.test, body_part, other)
                continue
            reached = statement.other if verdict else statement.body
            yield from reached_by_get(reached, sent)
            if _ends(reached):
                return
        elif isinstance(statement, n.With):
            inner = tuple(reached_by_get(statement.body, sent))
            yield n.With(statement.span, statement.items, inner)
        elif isinstance(statement, n.Try):
            yield _without_guards_in_try(statement, sent)
        elif isinstance(statement, n.Match) and tail(statement.subject) == "method":
            yield n.Match(statement.span, statement.subject, _cases_of_get(statement))
        elif _needs_body(statement) or _needs_field(statement):
            return
        else:
            yield statement


def _posted_names(statement: n.Stmt) -> frozenset[str]:
    """Return the names that a statement gives a field of what was posted, and nothing else."""
    if not isinstance(statement, n.Assign) or not isinstance(statement.value, n.Call | n.Index):
        return frozenset()
    value = statement.value
    holder = value.func if isinstance(value, n.Call) else value
    field = holder.value if isinstance(holder, n.Attr | n.Index) else None
    if not isinstance(field, n.Attr) or field.name not in ("POST", "FILES"):
        return frozenset()
    default = argument(value, 1, "default") if isinstance(value, n.Call) else None
    if default is not None and not is_empty(default):
        return frozenset()  # with a value for where there is none
    return frozenset(t.id for t in statement.targets if isinstance(t, n.Name))


def _needs_body(statement: n.Stmt) -> bool:
    """Whether a statement ends with an error where no body was sent: `json.loads(request.body)`."""
    value = statement.value if isinstance(statement, n.Assign | n.Do) else None
    if not isinstance(value, n.Call) or tail(value.func) != "loads" or not value.args:
        return False
    source = value.args[0]
    if isinstance(source, n.Call) and tail(source.func) == "decode":
        source = source.func.value if isinstance(source.func, n.Attr) else source
    return isinstance(source, n.Attr) and source.name == "body"


def _needs_field(statement: n.Stmt) -> bool:
    """Whether a statement ends with an error where a field was not sent: `request.POST["name"]`."""
    waiting = [] if isinstance(statement, n.Function | n.Class) else list(heads(statement))
    while waiting:
        node = waiting.pop()
        if isinstance(node, n.Index) and isinstance(node.value, n.Attr):
            if node.value.name in ("POST", "FILES"):
                return True
        if isinstance(node, n.Call) and _finds_by_field(node):
            return True
        if not isinstance(node, _ON_CONDITION):
            waiting.extend(parts(node))
    return False


def _finds_by_field(call: n.Call) -> bool:
    """Whether a call finds no row where nothing was posted: `get_object_or_404(…, pk=request.POST.get("pk"))`."""
    is_manager = tail(call.func) == "get" and tail(receiver_of(call)) == "objects"
    if not is_manager and not tail(call.func).endswith("_or_404"):
        return False
    given = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(_is_posted(value) for value in given)


def _is_posted(value: n.Expr) -> bool:
    """Whether a value is what was posted, or a field of it with nothing in its place."""
    if isinstance(value, n.Call) and tail(value.func) == "get" and len(value.args) == 1:
        holder = receiver_of(value)
        return holder is not None and _is_posted(holder)
    return isinstance(value, n.Attr) and value.name in ("POST", "FILES")


def _without_guards_in_try(statement: n.Try, sent: frozenset[str]) -> n.Try:
    def left(block: tuple[n.Stmt, ...]) -> tuple[n.Stmt, ...]:
        return tuple(reached_by_get(block, sent))

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


def _asks_for_post(test: n.Expr, sent: frozenset[str] = frozenset()) -> bool | None:
    """Tell `request.method == "POST"` (True) from `!= "POST"` and `== "GET"` (False)."""
    if isinstance(test, n.Logic):
        # one part decides: `A and posted` is false of a GET, `A or not posted` is true
        decisive = test.op == "and"
        verdicts = [_asks_for_post(value, sent) for value in test.values]
        return decisive if decisive in verdicts else None
    if isinstance(test, n.Unary) and test.op == "not":
        inner = _asks_for_post(test.operand, sent)
        return None if inner is None else not inner
    if isinstance(test, n.Attr) and test.name in ("POST", "FILES", "data"):
        return True
    if isinstance(test, n.Call) and tail(test.func) in ("is_valid", "get"):
        holder = receiver_of(test)
        is_sent = isinstance(holder, n.Attr) and holder.name in ("POST", "FILES")
        return True if is_sent else _form_valid(test)
    if isinstance(test, n.Name) and (test.id in sent or "post" in test.id.lower()):
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
