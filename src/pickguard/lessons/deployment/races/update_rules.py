"""Deployment rules about changes that two requests make at once, and amounts that go the wrong way."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.lessons.deployment.races.open_amounts import below_zero, multiplied
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, func_of
from pickguard.source.python.walk import inside

_COUNTERS = ("count", "balance", "stock", "quantity", "credit", "credits", "points", "amount",
             "votes", "likes", "inventory", "remaining", "uses", "total", "views", "hits",
             "downloads", "visits", "times_used")  # fmt: skip
# What is good once
_SPENT = ("used", "is_used", "redeemed", "is_redeemed", "claimed", "is_claimed", "spent", "consumed", "is_consumed",
          "cashed", "refunded", "paid_out", "withdrawn", "credited")  # fmt: skip
_GIVES = frozenset(
    {"create", "bulk_create", "credit", "deposit", "add_credit", "grant", "transfer"}
)


@code_rule(
    "deployment.lost-update",
    words=("save",),
    title="two requests at once lose an update",
    areas=(Area.INTEGRITY,),
    cwe=(362, 366),
    severity=Severity.MEDIUM,
    gain="of two requests sent together, one change is lost: a count falls short, what may be used once is used twice",
    mend='write `F("field") + 1` in `update`, or lock the row with `select_for_update()`',
)
def lost_update(code: Code) -> Iterator[Hit]:
    """Find a row read, changed by its own value, and saved, with no lock and no `F()`; a flag asked, then set."""
    if code.function is None or _locks(code):
        return
    for statement in code.statements:
        target = _changed(statement)
        if target is None or not (_is_counter(target.name) or _runs_out(code, statement, target)):
            continue
        if _is_set_before(code, statement, target):
            continue
        if _is_fetched(code, target.value) and _is_saved(code, target.value):
            if any(text(argument(call, 0)) == target.name for call in code.calls("F")):
                continue
            yield Hit(
                (code.spot(statement),),
                f"`{target.name}` is read, changed and saved with nothing to keep others out",
                Confidence.MEDIUM,
                code.symbol,
                cause=f"{code.symbol} {access_path(target)}",
            )

    yield from _spent_twice(code)


def _is_set_before(code: Code, changing: n.Stmt, target: n.Attr) -> bool:
    """Whether a body sets the column anew itself, so that what others wrote does not count anyway."""
    path = access_path(target)
    return any(
        isinstance(statement, n.Assign)
        and statement is not changing
        and any(access_path(one) == path for one in statement.targets)
        and not any(access_path(part) == path for part in inside(statement.value))
        for statement in code.statements
    )


# `with immediate_atomic():`
_KEEPS_OUT = re.compile(r"(^|_)(lock|locked|locking|immediate|exclusive|mutex|semaphore)(_|$)")


def _locks(code: Code) -> bool:
    """Whether code keeps others out: it locks the row, or runs within a lock."""
    if code.words & {"select_for_update", "lock", "advisory_lock"}:
        return True
    return any(map(_KEEPS_OUT.search, _around(code)))


def _around(code: Code) -> Iterator[str]:
    """Yield the names of what a function, or a block in it, runs within."""
    if code.function is not None:
        yield from (tail(func_of(one)) for one in code.function.node.decorators)
    for statement in code.statements:
        if isinstance(statement, n.With):
            yield from (tail(func_of(item.context)) for item in statement.items)


def _spent_twice(code: Code) -> Iterator[Hit]:
    """Find a flag that is asked by `if` or by the query, something given out, `card.redeemed = True`, and a save."""
    tests = {
        access_path(node)
        for statement in code.statements
        if isinstance(statement, n.If)
        for node in inside(statement.test)
        if isinstance(node, n.Attr) and node.name in _SPENT
    }
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if not isinstance(target, n.Attr) or target.name not in _SPENT:
            continue
        if access_path(target) not in tests and target.name not in _chosen_by(code, target.value):
            continue
        if not is_true(getattr(statement, "value", None)) or not _gives(code):
            continue
        if _is_fetched(code, target.value) and _is_saved(code, target.value):
            yield Hit(
                (code.spot(statement),),
                f"`{target.name}` is asked, and set, with nothing to keep a second request out in between",
                Confidence.MEDIUM,
                code.symbol,
                mend=f"ask and set in one step, `filter(…, {target.name}=False).update({target.name}=True)`, and go on"
                " where it changed one row; or lock the row with `select_for_update()`",
            )


def _gives(code: Code) -> bool:
    """Whether something is given out that counts: a row is made, a number grows."""
    if not _GIVES.isdisjoint(code.words):
        return True
    return any(isinstance(statement, n.Augment) for statement in code.statements)


def _chosen_by(code: Code, row: n.Expr) -> set[str]:
    """Return the columns that a row is chosen by: `left` of `Coupon.objects.get(left__gt=0)`."""
    values = code.assigned(row.id) if isinstance(row, n.Name) else []
    calls = (part for value in values for part in inside(value) if isinstance(part, n.Call))
    return {word.name.partition("__")[0] for call in calls for word in call.keywords if word.name}


def _runs_out(code: Code, statement: n.Stmt, target: n.Attr) -> bool:
    """Whether something is taken away after a look at whether it is enough: `if row.hours < wanted: refuse`."""
    made = statement.value if isinstance(statement, n.Assign) else None
    takes = isinstance(statement, n.Augment) and statement.op == "-"
    if not takes and not (isinstance(made, n.Binary) and made.op == "-"):
        return False
    path = access_path(target)
    return target.name in _chosen_by(code, target.value) or any(
        access_path(node) == path
        for asked in code.statements
        if isinstance(asked, n.If)
        for compared in inside(asked.test)
        if isinstance(compared, n.Compare)
        and not set(compared.ops) & {"in", "not in", "is", "is not"}
        for node in inside(compared)
        if isinstance(node, n.Attr)
    )


def _changed(statement: n.Stmt) -> n.Attr | None:
    """Return the attribute of `row.stock -= 1` or `row.stock = row.stock - 1`."""
    if isinstance(statement, n.Augment) and statement.op in ("+", "-"):
        target: n.Expr = statement.target
    elif isinstance(statement, n.Assign) and isinstance(statement.value, n.Binary):
        target = statement.targets[0]
        if not any(_same(part, target) for part in inside(statement.value)):
            return None
    else:
        return None
    return target if isinstance(target, n.Attr) else None


def _same(left: n.Expr, right: n.Expr) -> bool:
    return (
        isinstance(left, n.Attr)
        and isinstance(right, n.Attr)
        and left.name == right.name
        and tail(left.value) == tail(right.value)
    )


_FETCHES = ("get", "get_object_or_404", "get_object", "first", "last")


def _is_fetched(code: Code, receiver: n.Expr, depth: int = 0) -> bool:
    """Whether a row was read from the database here: by a query, or by its relation to another, `line.product`."""
    if isinstance(receiver, n.Name) and receiver.id == "self":
        return _is_row_of_caller(code)
    values = code.assigned(receiver.id) if isinstance(receiver, n.Name) else [receiver]
    one = code.project.site.models.relations.one
    if any(_fetches(v) or (isinstance(v, n.Attr) and v.name in one) for v in values):
        return True
    if not isinstance(receiver, n.Name):
        return False
    return _is_got_or_made(code, receiver.id) or _is_handed_in(code, receiver.id, depth)


def _is_handed_in(code: Code, name: str, depth: int) -> bool:
    """Whether a caller hands in a row that it has read with no lock: `count(page)` of a view."""
    if depth >= _DEEPEST_CALLER or code.assigned(name):
        return False
    return any(
        _is_fetched(there, value, depth + 1) and not _locks(there)
        for there, _call, value in code.handed_by(name, _CALLER_LIMIT)
    )


_DEEPEST_CALLER = 2
_CALLER_LIMIT = 12


def _is_row_of_caller(code: Code) -> bool:
    """Whether a method changes the row that its caller has read: `def take(self, number): self.stock -= number`."""
    if code.owner is None or code.function is None or code.function.node.name in _OF_ITSELF:
        return False
    return "model" in code.project.site.classes.kinds(code.owner)


_OF_ITSELF = frozenset({"save", "asave", "clean", "full_clean", "__init__"})


def _fetches(value: n.Expr) -> bool:
    if not isinstance(value, n.Call) or tail(value.func) not in _FETCHES:
        return False
    return tail(value.func) != "get" or "objects" in {tail(part) for part in inside(value)}


def _is_got_or_made(code: Code, name: str) -> bool:
    """Whether a name stands for the row of `card, is_new = Card.objects.get_or_create(…)`."""
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(target, n.Sequence) and target.items and tail(target.items[0]) == name:
            made = statement.value if isinstance(statement, n.Assign) else None
            return isinstance(made, n.Call) and tail(made.func) == "get_or_create"
    return False


def _is_saved(code: Code, receiver: n.Expr) -> bool:
    return any(
        isinstance(call.func, n.Attr) and tail(call.func.value) == tail(receiver)
        for call in code.calls("save")
    )


_BOUNDS = frozenset({"abs", "max", "isdigit", "isdecimal", "isnumeric", "min_value", "MinValueValidator", "clamp",
                     "full_clean", "is_valid", "validate_amount"})  # fmt: skip
_CHECKS = re.compile(r"valid(?!_until)|positive|negative|check_|ensure|assert_")
_NUMBERS = frozenset({"int", "float", "Decimal"})


@code_rule(
    "deployment.amount-below-zero",
    words=(*_COUNTERS, "cleaned_data", "validated_data"),
    title="an amount is taken away that may be less than nothing",
    areas=(Area.INTEGRITY,),
    cwe=(20, 839),
    severity=Severity.HIGH,
    gain="`amount=-1000` adds to the sender's account, and takes from whoever it was to go to",
    mend="refuse what is not above zero, `if amount <= 0`, or take it from a form field with `min_value=1`",
)
def amount_below_zero(code: Code) -> Iterator[Hit]:
    """Find `account.balance -= int(request.POST["amount"])` where nothing compares the amount with zero."""
    if code.function is None:
        return
    for spot, made in multiplied(code):
        yield Hit(
            (spot, code.spot(made, "goes into the row")),
            "the form takes a number below zero, by which a price is multiplied",
            Confidence.MEDIUM,
            code.symbol,
            gain="a line of minus ten makes the whole basket cheaper",
        )
        return
    if code.words & _BOUNDS or any(map(_CHECKS.search, code.words)):
        return
    for node, amount in _taken_away(code):
        field = below_zero(code, amount) if not _is_above_zero(code, amount) else None
        if field is not None:
            yield Hit(
                (field, code.spot(node, "is taken away")),
                "the form takes an amount below zero, and nothing else refuses it",
                Confidence.MEDIUM,
                code.symbol,
            )
            return
        sent = _sent_number(code, amount) if code.sees_browser else None
        if sent is not None and not _is_above_zero(code, amount):
            origin = code.origin(sent)
            yield Hit(
                (code.spot(node),),
                "the browser says how much is taken away, and nothing refuses less than zero",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, amount, "is taken away"),
            )
            return


def _taken_away(code: Code) -> Iterator[tuple[n.Expr | n.Stmt, n.Expr]]:
    """Yield `row.balance -= x`, `row.balance = row.balance - x` and `F("balance") - x`, with the amount."""
    for statement in code.statements:
        if isinstance(statement, n.Augment) and statement.op == "-":
            if _is_counter(tail(statement.target)) and isinstance(statement.target, n.Attr):
                yield statement, statement.value
    for node in code.every(n.Binary):
        left = node.left
        if node.op != "-":
            continue
        of_f = isinstance(left, n.Call) and tail(left.func) == "F" and left.args
        name = text(left.args[0]) or "" if of_f and isinstance(left, n.Call) else ""
        if isinstance(left, n.Attr) and _is_set_to(code, left, node):
            name = left.name
        if _is_counter(name):
            yield node, node.right


def _is_set_to(code: Code, target: n.Attr, value: n.Expr) -> bool:
    return any(
        isinstance(s, n.Assign) and s.value is value and _same(s.targets[0], target)
        for s in code.statements
    )


def _is_counter(name: str) -> bool:
    return any(name == word or name.endswith("_" + word) for word in _COUNTERS)


def _sent_number(code: Code, amount: n.Expr) -> n.Expr | None:
    """Return what the browser sent of `int(request.POST["amount"])`, also through a name, or None."""
    values = code.assigned(amount.id) if isinstance(amount, n.Name) else [amount]
    for value in values:
        if isinstance(value, n.Call) and tail(value.func) in _NUMBERS and value.args:
            if code.origin(value.args[0]).is_browser:
                return value.args[0]
    return None


def _is_above_zero(code: Code, amount: n.Expr) -> bool:
    """Whether the amount is compared with a number that stands in the code."""
    path = access_path(amount)
    for node in code.every(n.Compare):
        sides = (node.left, *node.rights)
        if any(access_path(side) == path for side in sides) and path:
            if any(isinstance(s, n.Const) and isinstance(s.value, int | float) for s in sides):
                return True
            if any(isinstance(s, n.Call) and tail(s.func) in _NUMBERS for s in sides):
                return True
    return False
