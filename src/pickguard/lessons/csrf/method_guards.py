"""What of a view a GET reaches: its code without what a question about the method keeps back."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from pickguard.lessons.csrf.header_guards import header_asked
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    argument,
    func_of,
    given_to,
    is_empty,
    is_false,
    is_none,
    receiver_of,
    tail,
    text,
)
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import heads, parts, statements

_SAFE = ("GET", "HEAD", "OPTIONS")
# What may not be worked out at all
_ON_CONDITION = (n.Choice, n.Logic, n.Lambda, n.Comprehension)


_NUMBERS = frozenset({"pk", "id"})


class _Posted(NamedTuple):
    """The names that hold a field of what was posted, all of it, or a form that the address fills.

    Those of fields that are None where nothing was posted are in `missing` as well.
    """

    fields: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def reached_by_get(block: tuple[n.Stmt, ...]) -> Iterator[n.Stmt]:
    """Yield the statements that a GET reaches at the top of a view, or of a part of it."""
    yield from _reached(block, _Posted())


def _reached(block: tuple[n.Stmt, ...], sent: _Posted) -> Iterator[n.Stmt]:
    for statement in block:
        known, sent = sent, _with_names_of(statement, sent)
        if isinstance(statement, n.If):
            verdict = _asks_for_post(statement.test, known)
            if verdict is None:
                body_part = tuple(_reached(statement.body, known))
                other = tuple(_reached(statement.other, known))
                yield n.If(statement.span, statement.test, body_part, other)
                continue
            reached = statement.other if verdict else statement.body
            yield from _reached(reached, known)
            if ends(reached):
                return
        elif isinstance(statement, n.With) and _is_taken_back(statement):
            continue
        elif isinstance(statement, n.With):
            inner = tuple(_reached(statement.body, known))
            yield n.With(statement.span, statement.items, inner)
        elif isinstance(statement, n.For) and _goes_through_posted(statement.source, known):
            yield from _reached(statement.other, known)
        elif isinstance(statement, n.For | n.While):
            yield replace(statement, body=tuple(_reached(statement.body, known)))
        elif isinstance(statement, n.Try):
            yield _without_guards_in_try(statement, known)
            if _is_left(statement, known) and all(ends(h.body) for h in statement.handlers):
                return
        elif isinstance(statement, n.Match) and tail(statement.subject) == "method":
            yield n.Match(statement.span, statement.subject, _cases_of_get(statement))
        elif _ends_here(statement, known, sent):
            return
        elif not _chooses_none(statement, sent):
            yield statement


def _ends_here(statement: n.Stmt, known: _Posted, sent: _Posted) -> bool:
    """Whether a GET gets no further than a statement, which says so, or ends with an error."""
    if isinstance(statement, n.Assert) and _asks_for_post(statement.test, known):
        return True
    return _needs_body(statement) or _needs_field(statement, sent)


def _is_taken_back(statement: n.With) -> bool:
    """Whether nothing that is written inside stays: `with rolledback_transaction():`."""
    return any(_TAKES_BACK.search(tail(func_of(item.context))) for item in statement.items)


_TAKES_BACK = re.compile(r"roll(ed|s|ing)?_?back", re.IGNORECASE)


def _with_names_of(statement: n.Stmt, sent: _Posted) -> _Posted:
    """Return what is known of names after a statement: `sent = request.POST`, `pk = sent.get("pk")`."""
    names = frozenset(
        target.id
        for assigned in statements((statement,))
        for target in (assigned.targets if isinstance(assigned, n.Assign) else ())
        if isinstance(target, n.Name)
    )
    rest = _Posted(*(kept - names for kept in sent))
    if not isinstance(statement, n.Assign):
        return rest
    if _is_all_posted(statement.value, sent):
        return rest._replace(whole=rest.whole | names)
    if isinstance(statement.value, n.Call) and _is_filled_by_address(statement.value):
        return rest._replace(asked=rest.asked | names)
    if _is_posted_field(statement.value, sent):
        missing = names if _is_missing(statement.value, sent) else frozenset()
        return rest._replace(fields=rest.fields | names, missing=rest.missing | missing)
    return rest


def _is_filled_by_address(call: n.Call) -> bool:
    """Whether a form is made of what a GET sends: `RevertForm(note, request.GET)`."""
    given = given_to(call)
    return tail(call.func)[:1].isupper() and any(
        isinstance(value, n.Attr) and value.name == "GET" for value in given
    )


def _is_all_posted(value: n.Expr | None, sent: _Posted) -> bool:
    if isinstance(value, n.Name):
        return value.id in sent.whole
    return isinstance(value, n.Attr) and value.name in ("POST", "FILES")


def _goes_through_posted(source: n.Expr, sent: _Posted) -> bool:
    """Whether a loop goes through what was posted, of which a GET has nothing: `for key in request.POST.keys()`."""
    if isinstance(source, n.Name) and source.id in sent.fields:
        return True
    if isinstance(source, n.Call) and isinstance(source.func, n.Name) and source.args:
        return source.func.id in _SAME_ITEMS and _goes_through_posted(source.args[0], sent)
    if isinstance(source, n.Call):
        return tail(source.func) in _VIEWS and _is_all_posted(receiver_of(source), sent)
    return _is_all_posted(source, sent)


_SAME_ITEMS = frozenset({"enumerate", "zip", "sorted", "reversed", "set", "list", "tuple"})
_VIEWS = frozenset({"keys", "values", "items", "lists", "getlist"})


def _is_field(value: n.Call | n.Index, sent: _Posted) -> bool:
    """Whether a value is a field of what was posted, with nothing in its place where there is none."""
    holder = value.func if isinstance(value, n.Call) else value
    if not isinstance(holder, n.Attr | n.Index) or not _is_all_posted(holder.value, sent):
        return False
    default = argument(value, 1, "default") if isinstance(value, n.Call) else None
    return default is None or is_empty(default)


def _is_posted_field(value: n.Expr, sent: _Posted) -> bool:
    """Whether a value is a field of what was posted, or the name of one."""
    if isinstance(value, n.Name):
        return value.id in sent.fields
    return isinstance(value, n.Call | n.Index) and _is_field(value, sent)


def _needs_body(statement: n.Stmt) -> bool:
    """Whether a statement ends with an error where no body was sent: `json.loads(request.body)["name"]`."""
    return any(isinstance(node, n.Call) and _loads_body(node) for node in _worked_out(statement))


def _loads_body(call: n.Call) -> bool:
    if tail(call.func) != "loads" or not call.args:
        return False
    source = call.args[0]
    if isinstance(source, n.Call) and tail(source.func) == "decode":
        source = source.func.value if isinstance(source.func, n.Attr) else source
    if isinstance(source, n.Call) and tail(source.func) == "read":
        return tail(receiver_of(source)) == "request"
    return isinstance(source, n.Attr) and source.name == "body"


def _needs_field(statement: n.Stmt, sent: _Posted) -> bool:
    """Whether a statement ends with an error where a field was not sent: `request.POST["name"]`, `int(None)`."""
    return any(
        (isinstance(node, n.Index) and _is_all_posted(_listed(node.value), sent))
        or (isinstance(node, n.Call) and _finds_by_field(node, sent))
        or (isinstance(node, n.Call) and _fails_on_none(node, sent))
        for node in _worked_out(statement)
    )


def _fails_on_none(call: n.Call, sent: _Posted) -> bool:
    """Whether a field is read that must be there: `int(request.POST.get("n"))`, `request.POST.get("x").strip()`."""
    if isinstance(call.func, n.Name):
        value = call.args[0] if call.func.id in _READING and call.args else None
    else:
        value = receiver_of(call)
    return value is not None and _is_missing(value, sent)


def _is_missing(value: n.Expr, sent: _Posted) -> bool:
    """Whether a value is None where nothing was posted: `request.POST.get("name")`, or a name that it got."""
    if isinstance(value, n.Name):
        return value.id in sent.missing
    if not isinstance(value, n.Call) or tail(value.func) != "get":
        return False
    default = argument(value, 1, "default")
    return _is_field(value, sent) and (default is None or is_none(default))


_READING = frozenset({"int", "float", "Decimal", "UUID"})


def _listed(holder: n.Expr) -> n.Expr:
    """Return `request.POST` of `request.POST.getlist("name")`, of which a GET has no first one."""
    if isinstance(holder, n.Call) and tail(holder.func) == "getlist":
        return receiver_of(holder) or holder
    return holder


def _worked_out(statement: n.Stmt) -> Iterator[n.Expr]:
    """Yield the expressions of a statement that are worked out whatever happens."""
    waiting = [] if isinstance(statement, n.Function | n.Class) else list(heads(statement))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _ON_CONDITION):
            waiting.extend(parts(node))


def _finds_by_field(call: n.Call, sent: _Posted) -> bool:
    """Whether a call finds no row where nothing was posted: `get_object_or_404(…, pk=request.POST.get("pk"))`."""
    is_manager = tail(call.func) == "get" and tail(receiver_of(call)) in MANAGERS
    if not is_manager and not tail(call.func).endswith("_or_404"):
        return False
    given = given_to(call)
    return any(_is_posted(value, sent) for value in given)


def _chooses_none(statement: n.Stmt, sent: _Posted) -> bool:
    """Whether a statement writes rows chosen by a number that was not posted: those of no number are none."""
    return isinstance(statement, n.Do) and any(
        isinstance(node, n.Call)
        and tail(node.func) == "filter"
        and any(k.name in _NUMBERS and _is_posted(k.value, sent) for k in node.keywords)
        for node in _worked_out(statement)
    )


def _is_posted(value: n.Expr, sent: _Posted) -> bool:
    """Whether a value is what was posted, or a field of it with nothing in its place."""
    if isinstance(value, n.Call) and tail(value.func) == "get" and len(value.args) == 1:
        holder = receiver_of(value)
        return holder is not None and _is_posted(holder, sent)
    if isinstance(value, n.Name) and value.id in sent.fields:
        return True
    return _is_all_posted(value, sent)


def _is_left(statement: n.Try, sent: _Posted) -> bool:
    """Whether a GET leaves the body of a `try` with an error, for want of a field."""
    for inner in statement.body:
        sent = _with_names_of(inner, sent)
        if _needs_body(inner) or _needs_field(inner, sent):
            return True
    return False


def _without_guards_in_try(statement: n.Try, sent: _Posted) -> n.Try:
    def left(block: tuple[n.Stmt, ...]) -> tuple[n.Stmt, ...]:
        return tuple(_reached(block, sent))

    handlers = tuple(n.Handler(h.type, h.name, left(h.body)) for h in statement.handlers)
    return n.Try(
        statement.span,
        left(statement.body),
        handlers,
        () if _is_left(statement, sent) else left(statement.other),
        left(statement.final),
    )


def _cases_of_get(statement: n.Match) -> tuple[n.Case, ...]:
    """Return the cases of `match request.method` that a GET can come to."""
    return tuple(
        case
        for case in statement.cases
        if not case.values or any(text(value) in (None, *_SAFE) for value in case.values)
    )


def ends(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block leaves the function at its end."""
    return bool(block) and isinstance(block[-1], n.Return | n.Raise)


def _asks_for_post(test: n.Expr, sent: _Posted) -> bool | None:
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
    if isinstance(test, n.Attr) and test.name == "is_bound":  # of a form that nothing was sent to
        return None if tail(test.value) in sent.asked else True
    if isinstance(test, n.Call) and (_is_off_unless_set(test) or _names_methods(test)):
        return True
    if isinstance(test, n.Call) and _IS_POST.match(tail(test.func)):
        return True
    if header_asked(test):
        return True
    if isinstance(test, n.Call) and tail(receiver_of(test)) in sent.asked:
        return None
    if isinstance(test, n.Call) and tail(test.func) in ("is_valid", "get"):
        return True if _is_all_posted(receiver_of(test), sent) else _form_valid(test)
    if _is_posted_field(test, sent) or (isinstance(test, n.Name) and "post" in test.id.lower()):
        return True
    return _field_compared(test, sent) if isinstance(test, n.Compare) else None


# a function of the site's own: `if is_post(request):`
_IS_POST = re.compile(r"(?:is|was)_?(?:an?_)?post(?:ed|back)?(?:_|$)", re.IGNORECASE)


def _is_off_unless_set(call: n.Call) -> bool:
    """Whether a setting is asked for that somebody must switch on: `getattr(settings, "LOGOUT_BY_GET", False)`."""
    given = [text(value) for value in call.args[:-1]]
    return is_false(call.args[-1] if given else None) and any(
        name is not None and _SETTING.fullmatch(name) for name in given
    )


_SETTING = re.compile(r"[A-Z][A-Z0-9_]+")


def _names_methods(call: n.Call) -> bool:
    """Whether a function of the site's own is asked for methods, a GET not among them: `is_method(request, "PUT")`."""
    named = {word for value in call.args if (word := text(value)) is not None}
    return "method" in tail(call.func) and bool(named) and named <= _UNSAFE


_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def _field_compared(test: n.Compare, sent: _Posted) -> bool | None:
    """Tell `action == "delete"`, where `action` was posted, from `action != "delete"`; or ask for the method."""
    if _is_posted_field(test.left, sent) and len(test.rights) == 1:
        if test.ops[0] in ("==", "!=") and text(test.rights[0]):
            return test.ops[0] == "=="
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
