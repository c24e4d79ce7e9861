"""What is written out as a whole, entry by entry or by a function that answers with all that it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pickguard.flow.callees.arguments import given
from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.traces.passing import HIDES
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, items_of, receiver_of
from pickguard.source.python.bodies import only_returned
from pickguard.source.python.walk import inside, parts

_UNFOLDS = frozenset(
    {"dict", "str", "repr", "dumps", "list", "items", "decode", "copy", "urlencode", "pformat"}
)


def shown(code: Code, value: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
    """Yield what goes into a log as a whole, of what is written there: one entry of it is another matter."""
    if isinstance(value, n.Name) and depth < 2:
        yield value
        for assigned in (*code.assigned(value.id), *_put_in(code, value.id)):
            yield from shown(code, assigned, depth + 1)
    elif isinstance(value, n.Call):
        if tail(value.func) == "format" and text(receiver_of(value)) is not None:
            for part in given_to(value):
                yield from shown(code, part, depth)
        elif tail(value.func) in _UNFOLDS:
            whole = (*value.args, *([value.func.value] if isinstance(value.func, n.Attr) else []))
            for part in whole:
                yield from shown(code, part, depth)
        else:
            yield value
    elif isinstance(value, n.Comprehension):
        for loop in value.loops:
            if _holds_values(code, value, loop):
                yield from shown(code, loop.source, depth)
    elif isinstance(value, n.Attr):
        yield value
        for kept in _kept(code, value) if depth < 2 else ():
            yield from shown(code, kept, depth + 1)
    elif isinstance(value, n.Joined | n.Formatted | n.Binary | n.Sequence | n.Mapping):
        yield value
        for part in parts(value):
            yield from shown(code, part, depth)


def _kept(code: Code, node: n.Attr) -> Iterator[n.Expr]:
    """Yield what the methods of a class keep under `self.name`, as far as they stand in the same file."""
    if tail(node.value) != "self" or code.owner is None:
        return
    for body, known in code.project.flow.attributes.assigned(code.owner, node.name):
        if body.module.path == code.module.path and isinstance(known, Value):
            yield known.expr


def _put_in(code: Code, name: str) -> Iterator[n.Expr]:
    """Yield what is put into a mapping entry by entry: `told["form"] = …`."""
    assigns = (statement for statement in code.statements if isinstance(statement, n.Assign))
    for target, value in ((target, one.value) for one in assigns for target in one.targets):
        if isinstance(target, n.Index) and isinstance(target.value, n.Name):
            if target.value.id == name:
                yield value


def _holds_values(code: Code, node: n.Comprehension, loop: n.Loop) -> bool:
    """Whether all that was sent is in a comprehension over it, not the names of the fields alone."""
    target = loop.target
    items = target.items if isinstance(target, n.Sequence) else (target,)
    if node.loops != (loop,) or _may_hide(node.value, tail(items[0])):
        return False
    if not all(_leaves_out_others(code, test, tail(items[0])) for test in loop.tests):
        return False
    named = items[-1]
    if isinstance(target, n.Sequence):
        return any(tail(part) == tail(named) for part in inside(node.value))
    source = tail(loop.source)
    entries = (part for part in inside(node.value) if isinstance(part, n.Index))
    return any(tail(e.value) == source and tail(e.index) == tail(target) for e in entries)


def _may_hide(value: n.Expr, key: str) -> bool:
    """Whether some values are hidden, by a choice, or by a function that may tell by the name of the field."""
    calls = [part for part in inside(value) if isinstance(part, n.Call)]
    asks = any(tail(given) == key for call in calls for given in given_to(call))
    return isinstance(value, n.Choice) or asks or any(HIDES.search(tail(c.func)) for c in calls)


def _leaves_out_others(code: Code, test: n.Expr, key: str) -> bool:
    """Whether a condition leaves out fields by their names, and none of them is a secret: `name != "next"`."""
    if not isinstance(test, n.Compare) or tail(test.left) != key or len(test.rights) != 1:
        return False
    if test.ops[0] not in ("!=", "not in"):
        return False
    listed = [item for made in code.made(test.rights[0]) for item in items_of(made)]
    names = [text(item) for item in listed]
    return bool(names) and not any(name is None or _SECRET.search(name) for name in names)


_SECRET = re.compile(r"pass|pwd|secret|token(?<!middlewaretoken)", re.IGNORECASE)


def handed_back(code: Code, call: n.Call) -> Iterator[n.Expr]:
    """Yield what a call gives to a function of the site that answers with all of it: `tidy(request.POST)`."""
    function, is_bound = callee(code.body, call, code.body.scope.at(call.span))
    if function is None or any(map(HIDES.search, function.node.words)):
        return
    answered = only_returned(function.node)
    params = {param.name for param in function.node.params}
    for node in shown(code.project.code_of(function), answered) if answered is not None else ():
        if isinstance(node, n.Name) and node.id in params:
            yield from given(function, call, Passed(node.id), is_bound=is_bound)
