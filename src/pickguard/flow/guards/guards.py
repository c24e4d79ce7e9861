"""What a condition tells about the values in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from pickguard.flow.guards.checked import KEPT, SAME_VALUE, base_of, peeled
from pickguard.flow.guards.raised_checks import listed, never
from pickguard.flow.values.character_sets import CHARACTER_TESTS
from pickguard.flow.values.definitions import BOUND, Checked, Definition, Env, Merged, Value
from pickguard.flow.values.spoken_of import arguments, paths
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    items_of,
    root,
    tail,
    text,
)
from pickguard.source.python.walk import inside

# Django's `url_has_allowed_host_and_scheme`, `is_safe_url`, and a project's `safe_for_redirect`
ADDRESS_CHECK = re.compile(
    r"(safe|valid|allow|trust|permit|registered).*(redirect|url|host|next|path|name|domain|uri)"
    r"|(redirect|url|host|next|path|name|domain|uri).*(safe|valid|allow|trust|permit|registered)"
)
_TYPED = frozenset({"int", "float", "bool", "Decimal", "UUID", "date", "datetime"})
_MATCHES = frozenset({"match", "fullmatch", "search"})
# a pattern that begins with whatever you like
_ANYTHING = re.compile(r"^(\^|\\A)?\(?(\?:)?\.[*+]")
_NOTHING: frozenset[str] = frozenset()
Proves = Callable[[n.Call, bool, Env | None], frozenset[str]]
Completes = Callable[[n.Call, Env | None], frozenset[str]]
Overlooks = Callable[[Env | None, n.Call], bool]


def _nothing(_call: n.Call, _truth: bool, _env: Env | None) -> frozenset[str]:  # noqa: FBT001
    return _NOTHING


def _completes_nothing(_call: n.Call, _env: Env | None) -> frozenset[str]:
    return _NOTHING


def _is_believed(_env: Env | None, _call: n.Call) -> bool:
    return False


def _as_it_is(node: n.Expr) -> n.Expr:
    return node


class Conditions(Struct, frozen=True):
    """What conditions are judged by.

    Attributes:
        reads_request: whether an expression is the browser's: being found there says nothing.
        guards: names of the project's own functions that are true of harmless values alone.
        pattern: the regular expression that an expression stands for, or None.
        proves: the access paths that are harmless where a call is true, or false.
        beginnings: whether any of them may speak of how an address begins.
        is_table: whether a name is that of a dictionary of the module, whose keys the code spells out.
        completes: the access paths that are harmless after a call that has raised nothing.
        overlooks: whether a function that is called does not look at the host of the address that it is handed.
        stated: returns what the module, or the class, states under a name; any other expression as it is.
        keyed_by_text: whether rows are known to have a text for their primary key.
    """

    reads_request: Callable[[n.Expr], bool]
    guards: frozenset[str] = frozenset()
    pattern: Callable[[n.Expr], str | None] = text
    proves: Proves = _nothing
    beginnings: bool = True
    is_table: Callable[[n.Expr], bool] = never
    completes: Completes = _completes_nothing
    overlooks: Overlooks = _is_believed
    stated: Callable[[n.Expr], n.Expr] = _as_it_is
    keyed_by_text: Callable[[n.Expr], bool] = never


def facts(
    test: n.Expr,
    truth: bool,  # noqa: FBT001
    conditions: Conditions,
    env: Env | None = None,
) -> frozenset[str]:
    """Return the access paths of the values that are known to be harmless.

    Args:
        test: a condition.
        truth: whether it holds.
        conditions: what they are judged by.
        env: what names stand for: `is_safe = check(url)` speaks of `url` where `is_safe` is tested.
    """
    definition = (
        _unchecked(env.get(test.id)) if env is not None and isinstance(test, n.Name) else None
    )
    if isinstance(definition, Value) and definition.how == "assigned" and not definition.part:
        inner = facts(definition.expr, truth, conditions)
        is_empty = not truth and not _is_host(test, env)
        return inner | (paths(test) if is_empty else _NOTHING)
    if isinstance(definition, Merged) and truth:
        return _of_all(definition, conditions, env)
    if isinstance(test, n.Unary) and test.op == "not":
        return facts(test.operand, not truth, conditions, env)
    if isinstance(test, n.Logic):
        asked = [value for value in test.values if not _is_switch(value, env)]
        parts = [facts(value, truth, conditions, env) for value in asked]
        if (test.op == "and") == truth:
            begins, refused = slashes(test.values, truth)
            return frozenset().union(*parts) | (begins & refused)
        return frozenset.intersection(*parts) if parts else _NOTHING
    if isinstance(test, n.Compare):
        return _compared(test, truth, conditions, env)
    if isinstance(test, n.Call):
        if tail(test.func) in ("all", "any") and _is_spelled(test.args):
            joined = n.Logic(test.span, _JOINS[tail(test.func)], items_of(test.args[0]))
            return facts(joined, truth, conditions, env)
        each = each_item(test, truth, env or Env(), conditions.stated)
        if each is not None:
            value, envs = each
            found = [facts(value, truth, conditions, one) for one in envs]
            return frozenset.intersection(*found) if found else _NOTHING
        if tail(test.func) == "bool" and len(test.args) == 1:
            return facts(test.args[0], truth, conditions, env)
        said = (
            _called(test, conditions, env) | _picked(test, conditions, env) if truth else _NOTHING
        )
        return said | conditions.proves(test, truth, env)
    if isinstance(test, n.Walrus):
        is_empty = not truth and not _is_host(test.value, env)
        said = facts(test.value, truth, conditions, env)
        return said | (paths(test.target) if is_empty else _NOTHING)
    if isinstance(test, n.Attr) and KEPT.match(access_path(test)):  # a property tells as well
        proved = conditions.proves(n.Call(test.span, test, (), ()), truth, env)
        return proved | (paths(test) if not truth else _NOTHING)
    if not truth and isinstance(test, n.Name | n.Attr) and not _is_host(test, env):
        return paths(test)  # what is false is empty
    return _NOTHING


_JOINS = {"all": "and", "any": "or"}


def _is_spelled(args: tuple[n.Expr, ...]) -> bool:
    """Whether a call is given one list that is written out: `all([url, is_safe(url)])`."""
    return len(args) == 1 and isinstance(args[0], n.Sequence) and bool(args[0].items)


def each_item(
    test: n.Call,
    truth: bool,  # noqa: FBT001
    env: Env,
    stated: Callable[[n.Expr], n.Expr] = _as_it_is,
) -> tuple[n.Expr, list[Env]] | None:
    """Return what `any(test for item in items)` asks, and an environment for each item; None of other calls.

    Where `any` is true, one of the items has told; where `all` is false, one of them has.
    """
    asked = test.args[0] if len(test.args) == 1 and tail(test.func) in ("any", "all") else None
    if not isinstance(asked, n.Comprehension) or len(asked.loops) != 1:
        return None
    loop = asked.loops[0]
    if (tail(test.func) == "any") != truth or loop.tests or not isinstance(loop.target, n.Name):
        return asked.value, []
    items = items_of(stated(bound(loop.source, env)))[:_ITEM_LIMIT]
    envs = [env.bind(loop.target.id, Value(item, env, item.span)) for item in items]
    return asked.value, envs or [env.bind(loop.target.id, BOUND)]


_ITEM_LIMIT = 20


def by_parts(
    test: n.Expr,
    truth: bool,  # noqa: FBT001 - as of the condition itself
    tell: Callable[[n.Expr, bool], frozenset[str]],
) -> frozenset[str] | None:
    """Return what is known where `not a`, `a and b` or `a or b` holds, or does not; None of other conditions.

    Args:
        test: a condition.
        truth: whether it holds.
        tell: returns what is known where a part of it holds, or does not.
    """
    if isinstance(test, n.Unary) and test.op == "not":
        return tell(test.operand, not truth)
    if not isinstance(test, n.Logic):
        return None
    parts = [tell(value, truth) for value in test.values]
    is_sure = (test.op == "and") == truth
    return frozenset().union(*parts) if is_sure else frozenset.intersection(*parts)


def slashes(values: tuple[n.Expr, ...], truth: bool) -> tuple[frozenset[str], frozenset[str]]:  # noqa: FBT001
    """Return what begins with a slash, and what does not with two: both is an address of the site itself."""
    begins: set[str] = set()
    refused: set[str] = set()
    for value in values:
        holds = truth
        while isinstance(value, n.Unary) and value.op == "not":
            value, holds = value.operand, not holds  # noqa: PLW2901 - what is denied
        if isinstance(value, n.Call) and isinstance(value.func, n.Attr) and value.args:
            said = {text(one) for one in items_of(value.args[0])}
            path = access_path(value.func.value) if value.func.name == "startswith" else ""
            begins |= {path} if holds and said == {"/"} else set()
            refused |= {path} if not holds and "//" in said else set()
    return frozenset(begins) - {""}, frozenset(refused) - {""}


def _is_switch(test: n.Expr, env: Env | None) -> bool:
    """Whether a condition is a setting alone: whoever runs the site may switch a check off."""
    if isinstance(test, n.Unary) and test.op == "not":
        return _is_switch(test.operand, env)
    if isinstance(test, n.Compare) and test.ops[0] in ("==", "!=", "is", "is not"):
        constants = (n.Const, n.Sequence)
        return isinstance(test.rights[0], constants) and _is_switch(test.left, env)
    test = bound(test, env)
    if isinstance(test, n.Call) and tail(test.func) == "getattr" and test.args:
        return tail(test.args[0]) == "settings"
    return isinstance(test, n.Attr) and root(test) == "settings"


def _of_all(definition: Merged, conditions: Conditions, env: Env | None) -> frozenset[str]:
    """Return what is known where a name is true that each way has given another check's answer.

    A way that has given it nothing was not taken; on the others, what was known there is known:
    `for row in rows: if row.name == name: found = row`.
    """
    found = [
        facts(option.expr, True, conditions) | _known_there(option, env)
        if isinstance(option, Value) and option.how == "assigned" and not option.part
        else _NOTHING
        for option in _ways(definition)
        if not _is_nothing(option)
    ]
    return frozenset.intersection(*found) if found else _NOTHING


def _ways(definition: Merged) -> list[Definition | None]:
    """Return what a name stands for on each way; ways of a loop may lead back to where they begin."""
    found: list[Definition | None] = []
    seen: set[int] = set()
    ahead: list[Definition | None] = [definition]
    while ahead and len(seen) < _ITEM_LIMIT:
        one = _unchecked(ahead.pop())
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Merged):
            ahead.extend(one.options)
        else:
            found.append(one)
    return [*found, *ahead]


def _is_nothing(definition: Definition | None) -> bool:
    """Whether a name was given `None`, `False` or the like, which is never true."""
    made = definition.expr if isinstance(definition, Value) and not definition.part else None
    return isinstance(made, n.Const) and not made.value


def _known_there(made: Value, env: Env | None) -> frozenset[str]:
    """Return the access paths that were known to be harmless where a name was set, and that stand for the same yet."""
    if env is None:
        return _NOTHING
    return frozenset(
        path
        for layer in made.env.layers()
        for path, known in layer.own.items()
        if isinstance(known, Checked)
        and not known.only
        and made.env.get(path) is known
        and base_of(known) is base_of(env.get(path))
    )


def _picked(test: n.Call, conditions: Conditions, env: Env | None) -> frozenset[str]:
    """Return what is known where one was found: `next((row for row in rows if row.name == name), None)`."""
    gone_over = test.args[0] if test.args and tail(test.func) == "next" else None
    if not isinstance(gone_over, n.Comprehension) or len(gone_over.loops) != 1:
        return _NOTHING
    loop = gone_over.loops[0]
    if not isinstance(loop.target, n.Name) or not _limits(loop.source, conditions):
        return _NOTHING
    if any(not isinstance(default, n.Const) or default.value for default in test.args[1:]):
        return _NOTHING
    around = env or Env()
    item = around.bind(loop.target.id, Value(loop.source, around, loop.source.span, "iterated"))
    return frozenset().union(*(facts(one, True, conditions, item) for one in loop.tests))


def _unchecked(definition: Definition | None) -> Definition | None:
    """Return what a name stands for, whatever was asked of it since then."""
    while isinstance(definition, Checked):
        definition = definition.base
    return definition


def _is_host(test: n.Expr, env: Env | None) -> bool:
    """Whether a condition asks for the host of an address: `https:///x` has none, and leads there."""
    definition = env.get(test.id) if env is not None and isinstance(test, n.Name) else None
    if isinstance(definition, Value) and definition.how == "assigned":
        test = definition.expr
    if isinstance(test, n.Index) and isinstance(test.index, n.Slice):
        test = test.value  # `host.split(".")[-2:]`
    if isinstance(test, n.Call) and isinstance(test.func, n.Attr) and test.func.name in SAME_VALUE:
        test = test.func.value
    return isinstance(test, n.Attr) and test.name in ("netloc", "hostname")


def is_scheme(test: n.Expr) -> bool:
    """Whether it is the scheme of an address, which says nothing of where the address leads; see `known_beginnings`."""
    while isinstance(test, n.Call) and isinstance(test.func, n.Attr):
        if test.func.name not in SAME_VALUE:
            return False
        test = test.func.value
    return isinstance(test, n.Attr | n.Name) and tail(test) in ("scheme", "protocol")


def _compared(
    test: n.Compare,
    truth: bool,  # noqa: FBT001
    conditions: Conditions,
    env: Env | None,
) -> frozenset[str]:
    if len(test.ops) != 1:
        return _NOTHING
    op, left, right = test.ops[0], test.left, test.rights[0]
    if isinstance(right, n.Const) and right.value is None:
        is_something = (op in _UNLIKE) == truth
        known = _unchecked(env.get(left.id)) if env and isinstance(left, n.Name) else None
        if is_something and isinstance(known, Merged):
            return _of_all(known, conditions, env)
        return _given_back(bound(left, env), is_something, conditions, env)
    if is_scheme(left):
        return _NOTHING
    if _is_host(left, env):
        holds = op in ("in", "==") if truth else op in ("not in", "!=")
        return _address_of(left) if holds and _is_known_host(right, conditions) else _NOTHING
    if op in ("in", "not in") and (op == "in") == truth:
        return paths(left) | _whole(left, env) if _limits(right, conditions) else _NOTHING
    if op in ("==", "!=") and (op == "==") == truth:
        if isinstance(bound(right, env), n.Const):
            return paths(left) | _whole(left, env)
        if isinstance(bound(left, env), n.Const):
            return paths(right)
        return _same_as_kept(left, right, conditions, env) | _same_as_kept(
            right, left, conditions, env
        )
    return _NOTHING


def _given_back(
    made: n.Expr,
    is_something: bool,  # noqa: FBT001
    conditions: Conditions,
    env: Env | None,
) -> frozenset[str]:
    """Return what is known where a call has given something back, or None: no match, or nothing to complain of."""
    if not isinstance(made, n.Call):
        return listed(made, conditions.is_table) if is_something else _NOTHING
    if not is_something:
        return conditions.proves(made, False, env)
    if picked := _picked(made, conditions, env):
        return picked
    is_match = tail(made.func) in _MATCHES
    return _called(made, conditions, env) if is_match else listed(made, conditions.is_table)


def _whole(node: n.Expr, env: Env | None) -> frozenset[str]:
    """Return the access path of what a name is all of, but for a sign: `field = order[1:] if … else order`."""
    known = _unchecked(env.get(node.id)) if env is not None and isinstance(node, n.Name) else None
    made: list[n.Expr] = []
    for option in known.options if isinstance(known, Merged) else (known,):
        option = _unchecked(option)  # noqa: PLW2901 - what was asked of it does not matter
        if not isinstance(option, Value) or option.how != "assigned" or option.part:
            return _NOTHING
        expr = option.expr
        made += (expr.then, expr.other) if isinstance(expr, n.Choice) else (expr,)
    return frozenset.intersection(*map(paths, made)) if made else _NOTHING


def bound(node: n.Expr, env: Env | None) -> n.Expr:
    """Return what a name was set to; any other expression as it is."""
    known = env.get(node.id) if env is not None and isinstance(node, n.Name) else None
    if isinstance(known, Value) and known.how == "assigned" and not known.part:
        return known.expr
    return node


def _same_as_kept(
    kept: n.Expr, sent: n.Expr, conditions: Conditions, env: Env | None
) -> frozenset[str]:
    """Return the access path of a value that is the same as what a row or a setting holds: `page.slug`."""
    if not isinstance(sent, n.Name):
        return _NOTHING
    if isinstance(kept, n.Index) and _is_of_item(kept, conditions, env):
        return paths(sent)
    if not isinstance(kept, n.Attr):
        return _NOTHING
    is_own = root(kept) not in ("", "self", "cls", "request", "form", "view")
    return paths(sent) if is_own and _limits(kept, conditions) else _NOTHING


def _is_of_item(entry: n.Index, conditions: Conditions, env: Env | None) -> bool:
    """Whether it is an entry of one of many that the site has: `file["name"]` of `for file in files()`."""
    holder = entry.value
    known = env.get(holder.id) if env is not None and isinstance(holder, n.Name) else None
    return (
        isinstance(known, Value)
        and known.how == "iterated"
        and not known.part
        and text(entry.index) is not None
        and _limits(bound(known.expr, known.env), conditions)
    )


def _address_of(host: n.Expr) -> frozenset[str]:
    """Return the access path of a host, and of the address it is taken of: `urlparse(x).netloc`."""
    if isinstance(host, n.Index):
        host = host.value
    while isinstance(host, n.Call) and isinstance(host.func, n.Attr):
        host = host.func.value
    whole = paths(host.value) if isinstance(host, n.Attr) else _NOTHING
    name = peeled(host) if isinstance(host, n.Attr) and not whole else ""
    return paths(host) | whole | frozenset({name} - {""})


def _is_known_host(node: n.Expr, conditions: Conditions) -> bool:
    """Whether a host is compared with the site's own, or with those of a list; without, it leads anywhere."""
    items = node.items if isinstance(node, n.Sequence) else (node,)
    if any(isinstance(item, n.Const) and not item.value for item in items):
        return False
    own = [item for item in items if tail(getattr(item, "func", None)) == "get_host"]
    return all(
        item in own or isinstance(item, n.Const) or _limits(item, conditions) for item in items
    )


def _limits(node: n.Expr, conditions: Conditions) -> bool:
    """Whether being found in something says what a value may be: it is a part of a constant text, or an item."""
    if isinstance(node, n.Const):
        return isinstance(node.value, str)
    if isinstance(node, n.Joined):
        return False
    return not any(
        isinstance(p, n.Attr | n.Call | n.Name) and conditions.reads_request(p)
        for p in inside(node)
    )


def _called(test: n.Call, conditions: Conditions, env: Env | None) -> frozenset[str]:
    name = tail(test.func)
    if name in CHARACTER_TESTS and isinstance(test.func, n.Attr):
        return paths(test.func.value)
    if name == "isinstance" and len(test.args) == 2:
        kinds = test.args[1].items if isinstance(test.args[1], n.Sequence) else (test.args[1],)
        return paths(test.args[0]) if all(tail(kind) in _TYPED for kind in kinds) else _NOTHING
    if name in _MATCHES:
        return arguments(test) if is_narrow(test, name, conditions, env) else _NOTHING
    if name in conditions.guards:
        return arguments(test)
    if ADDRESS_CHECK.search(name):
        return _NOTHING if conditions.overlooks(env, test) else arguments(test)
    return listed(test, conditions.is_table)


_UNLIKE = ("!=", "is not")


def pattern_of(test: n.Call, conditions: Conditions, env: Env | None) -> str | None:
    """Return the regular expression of `re.match("^[a-z]+$", x)` and `NAME.fullmatch(x)`."""
    pattern = _pattern(test.args[0], conditions, env) if len(test.args) > 1 else None
    if pattern is None and isinstance(test.func, n.Attr):
        pattern = _pattern(test.func.value, conditions, env)
    return pattern


def is_narrow(test: n.Call, how: str, conditions: Conditions, env: Env | None) -> bool:
    """Whether a match tells of the whole value."""
    pattern = pattern_of(test, conditions, env)
    if pattern is None:
        return how == "fullmatch"
    begins = pattern.startswith(("^", r"\A"))
    if _ANYTHING.match(pattern) or (how == "search" and not begins):
        return False
    return how == "fullmatch" or pattern.endswith(("$", r"\Z"))


def _pattern(node: n.Expr, conditions: Conditions, env: Env | None) -> str | None:
    """Return the regular expression that an expression, or what a name was set to, stands for."""
    definition = env.get(node.id) if env is not None and isinstance(node, n.Name) else None
    if isinstance(definition, Value) and definition.how == "assigned" and not definition.part:
        return conditions.pattern(definition.expr)
    return conditions.pattern(node) if definition is None else None
