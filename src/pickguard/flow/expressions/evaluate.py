"""The origin of an expression, from the origins of its parts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pickguard.flow.callees.called import inherited_name
from pickguard.flow.catalog import Passage, SinkKind
from pickguard.flow.expressions.calls import call_origin, is_cleared
from pickguard.flow.expressions.entries import entry_origin
from pickguard.flow.expressions.keys import keys_origin, mapping_of_items, mapping_of_keys
from pickguard.flow.expressions.matches import group_origin
from pickguard.flow.expressions.requested import (
    browser,
    captured_origin,
    header_origin,
    is_own_address,
    parameter_origin,
    part_origin,
)
from pickguard.flow.expressions.said import said_before
from pickguard.flow.guards.held import held
from pickguard.flow.guards.said_keys import said_key
from pickguard.flow.stored.cleaned_data import cleaned_origin
from pickguard.flow.stored.kept import kept_origin
from pickguard.flow.stored.shared import shared_origin
from pickguard.flow.stored.staff_settings import setting_of
from pickguard.flow.stored.stored import attribute_origin, holds_items, text_of
from pickguard.flow.values.beginning import BEGINNING, first_part, followers, may_be_empty
from pickguard.flow.values.cut_out import is_initial, is_last_part, is_number, is_tail
from pickguard.flow.values.definitions import (
    PLAIN,
    Checked,
    Definition,
    Env,
    Extended,
    Imported,
    Local,
    Merged,
    Parameter,
    Plain,
    Poured,
    Value,
)
from pickguard.flow.values.gone_over import picked, taken
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import (
    CONSTANT,
    NOTHING,
    TYPED,
    UNKNOWN,
    Origin,
    Step,
    joined,
)
from pickguard.flow.values.vocabulary import BUILTINS
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    ValueSymbol,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    argument,
    is_false,
    items_of,
    tail,
    text,
)
from pickguard.source.python.formats import is_formatted_number
from pickguard.source.python.held_values import written_at

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body


def evaluate(body: Body, node: n.Expr | None, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of an expression in an environment of its body.

    Parameters of the function stay parameters; `Flow.origin` follows them to the callers.
    """
    if node is None or isinstance(node, n.Const | n.Bytes):
        return CONSTANT
    flow = body.flow
    if not flow.enter():
        return UNKNOWN
    try:
        return _evaluate(body, node, env, clears)
    finally:
        flow.leave()


def _evaluate(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    if isinstance(node, n.Name):
        return _name(body, node, env, clears)
    if isinstance(node, n.Attr | n.Index):
        return _member(body, node, env, clears)
    if isinstance(node, n.Call):
        return _call(body, node, env, clears)
    if isinstance(node, n.Compare | n.Unary):
        return TYPED
    if isinstance(node, n.Comprehension):
        return evaluate(body, node.value, inside(body, node, env), clears)
    if isinstance(node, n.Formatted):
        if is_formatted_number(node):
            return TYPED
        return text_of(body, node.value, env, clears)
    if isinstance(node, n.Choice):
        then = held(env, node.test, True, body.conditions)
        other = held(env, node.test, False, body.conditions)
        return joined(
            [evaluate(body, node.then, then, clears), evaluate(body, node.other, other, clears)]
        )
    if isinstance(node, n.Logic):
        return _logic(body, node, env, clears)
    leading = first_part(node, clears, _saying(body, env, clears))
    if leading is not None:
        return _beginning(body, node, leading, env, clears)
    if isinstance(node, n.Binary) and node.op == "%":
        return _formatted(body, node, env, clears)
    if isinstance(node, n.Binary) and node.op != "+":
        return _reckoned(body, node, env, clears)
    parts = carried(node)
    if parts is None:
        return UNKNOWN
    origin = joined([evaluate(body, part, env, clears) for part in parts])
    written = written_at(node)
    if written == node.span:
        return origin
    return origin.then(Step(body.module.path, written, "assigned"))


def _beginning(
    body: Body, node: n.Expr, leading: n.Expr, env: Env, clears: frozenset[str]
) -> Origin:
    """Return the origin of what a text begins with, and of what follows where that may be empty."""
    rest = followers(node) if may_be_empty(leading, env) else ()
    return joined([evaluate(body, part, env, clears) for part in (leading, *rest)])


def _saying(body: Body, env: Env, clears: frozenset[str]) -> Callable[[n.Expr], str | None]:
    """Return what tells the texts before others: for a host also those that are written elsewhere."""
    return partial(said_before, body, env=env) if BEGINNING in clears else body.said


def _call(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    if tail(node.func) == "unescape":
        # `&lt;` of a text that was escaped, or cleaned, is a tag again
        clears -= body.flow.catalog.clears(SinkKind.HTML)
    if is_cleared(node, clears) or _stands_for(node.func, env) & clears:
        return CONSTANT
    if "escape" in clears and _escapes(node):
        return CONSTANT
    if "basename" in clears and _leaves_one_name(node):
        return TYPED
    path = access_path(node)
    checked = env.get(path) if path else None
    if isinstance(checked, Checked) and checked.holds(clears):
        return TYPED
    if is_own_address(node, clears):
        return evaluate(body, node.args[0], env, clears) if node.args else CONSTANT
    if body.reads_request(node):
        return browser(body, node)
    if isinstance(node.func, n.Attr) and node.func.name in ("get", "pop") and node.args:
        header = header_origin(
            body, node, node.func.value, node.args[0], clears
        ) or captured_origin(body, node, node.func.value, node.args[0], clears)
        if header is None:
            header = kept_origin(body, node, clears)
        if header is not None:
            fallback = [evaluate(body, item, env, clears) for item in node.args[1:2]]
            return joined([header, *fallback])
    leading = first_part(node, clears, _saying(body, env, clears))
    if leading is not None:
        return _beginning(body, node, leading, env, clears)
    return call_origin(body, node, _before_decoding(node, env, clears), clears)


def _before_decoding(node: n.Call, env: Env, clears: frozenset[str]) -> Env:
    """Return the environment without what a check has told of an address that is decoded only now.

    `%2F%2Fevil.com` is a path of the site's own, `unquote("%2F%2Fevil.com")` is none.
    """
    if BEGINNING not in clears or tail(node.func) not in _DECODING or not node.args:
        return env
    path = access_path(node.args[0])
    known = env.get(path) if path else None
    while isinstance(known, Checked) and known.base is not None:
        known = known.base
        env = env.bind(path, known)
    return env


_DECODING = frozenset({"unquote", "unquote_plus", "unescape"})


def _escapes(node: n.Call) -> bool:
    """Whether a call is the `text.replace("<", "&lt;")` of somebody who escapes by hand, or its like for JSON.

    So is one that is told to: `linebreaks(text, autoescape=True)`.
    """
    told = (*(a for a in node.args if tail(a) == "autoescape"), argument(node, -1, "autoescape"))
    if any(value is not None and not is_false(value) for value in told):
        return True
    sought, put = [*(text(item) for item in node.args[:2]), None, None][:2]
    return tail(node.func) == "replace" and sought == "<" and (put or "").lower() in _ESCAPED


def _leaves_one_name(node: n.Call) -> bool:
    """Whether a call takes out what parts the names of a path: `key.replace("/", "_")`."""
    sought, put = [*(text(item) for item in node.args[:2]), None, None][:2]
    return tail(node.func) == "replace" and sought == "/" and "/" not in (put or "/")


_ESCAPED = ("&lt;", "\\u003c", "\\x3c")


def _stands_for(func: n.Expr, env: Env) -> set[str]:
    """Return the names that a function's local name stands for: `esc = conditional_escape`."""
    definition = env.get(func.id) if isinstance(func, n.Name) else None
    if not isinstance(definition, Value):
        return set()
    node = definition.expr
    choices = (node.then, node.other) if isinstance(node, n.Choice) else (node,)
    return {tail(choice) for choice in choices} - {""}


def _logic(body: Body, node: n.Logic, env: Env, clears: frozenset[str]) -> Origin:
    """`x in KNOWN and x`: each value is reached where those before it hold, or do not.

    What `and` returns of the values before the last is false, and so holds no text.
    """
    is_and, last = node.op == "and", node.values[-1]
    found = []
    for value in node.values:
        if not is_and or value is last:
            found.append(evaluate(body, value, env, clears))
        env = held(env, value, is_and, body.conditions)
    return found[0] if is_and else joined(found)


def _formatted(body: Body, node: n.Binary, env: Env, clears: frozenset[str]) -> Origin:
    right = node.right
    items = items_of(right)
    if isinstance(right, n.Mapping):
        items = right.values
    found = [text_of(body, item, env, clears) for item in items]
    return joined([evaluate(body, node.left, env, clears), *found])


def _reckoned(body: Body, node: n.Binary, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of a result: a number, what is left of a set, a path put together, a text repeated."""
    if node.op in _OF_NUMBERS or (
        node.op == "*" and (_is_float(node.left) or _is_float(node.right))
    ):
        return TYPED
    repeated = _repeated(node)
    if isinstance(repeated, n.Sequence) or text(repeated) is not None:
        return evaluate(body, repeated, env, clears)
    left, right = (evaluate(body, side, env, clears) for side in (node.left, node.right))
    if node.op == "-":
        is_number = _counts(node.left, left) or _counts(node.right, right)
        return TYPED if is_number else left
    if node.op == "/" and _counts(node.left, left):
        return TYPED
    return joined([left, right])


def _repeated(node: n.Expr) -> n.Expr:
    """Return what is there so many times: `"&nbsp;"` of `"&nbsp;" * 4 * depth`."""
    while isinstance(node, n.Binary) and node.op == "*":
        node = node.left
    return node


_OF_NUMBERS = frozenset({"//", "**", "<<", ">>"})


def _is_float(node: n.Expr) -> bool:
    return isinstance(node, n.Const) and isinstance(node.value, float)


def _counts(node: n.Expr, origin: Origin) -> bool:
    """Whether a side is a number for sure; a path is put together of texts."""
    is_written = isinstance(node, n.Const) and isinstance(node.value, int | float)
    return is_written or origin == TYPED


def inside(body: Body, node: n.Comprehension, env: Env) -> Env:
    """Return the environment inside a comprehension."""
    for loop in node.loops:
        before = env
        for name, source, part in taken(loop.target, loop.source):
            env = env.bind(name, Value(source, before, node.span, "iterated", part))
        for test in loop.tests:
            env = held(env, test, True, body.conditions)
    return env


# Names


def _name(body: Body, node: n.Name, env: Env, clears: frozenset[str]) -> Origin:
    definition = env.get(node.id)
    if definition is not None and definition is not PLAIN:
        return definition_origin(body, definition, node, clears)
    if node.id in body.scope.bindings and body.function is not None:
        found = [definition_origin(body, d, node, clears) for d in body.scope.bindings[node.id][:8]]
        return joined(found)
    inner = body.inner_binding(node)
    if inner is not None:
        return definition_origin(body, inner, node, clears)
    if body.enclosing is not None and node.id not in body.imports:
        outer = body.enclosing
        if node.id in outer.scope.bindings or outer.enclosing is not None:
            last = outer.scope.end
            return outer.flow.resolved(outer, _name(outer, node, last, clears), clears)
    return _global(body, node)


def definition_origin(
    body: Body, definition: Definition, node: n.Expr, clears: frozenset[str]
) -> Origin:
    """Return the origin of what a name stands for; `node` is the name."""
    return body.flow.once(
        (id(definition), clears), lambda: _definition(body, definition, node, clears), definition
    )


def _definition(body: Body, definition: Definition, node: n.Expr, clears: frozenset[str]) -> Origin:
    match definition:
        case Value():
            return _value(body, definition, clears)
        case Parameter():
            return parameter_origin(body, definition.param, node, clears)
        case Checked():
            if definition.holds(clears):
                return TYPED
            return _definition(body, definition.base or PLAIN, node, clears)
        case Extended():
            step = Step(body.module.path, definition.span, "added")
            if definition.base is not None:
                base = definition_origin(body, definition.base, node, clears)
            elif isinstance(node, n.Attr) and body.reads_request(node):
                base = part_origin(body, node, clears)
            else:
                base = NOTHING
            if isinstance(definition, Poured):
                at = definition.env
                added = body.flow.poured(body, definition.call, definition.name, at, clears)
            else:
                added = evaluate(body, definition.expr, definition.env, clears).then(step)
            return joined([base, added])
        case Merged():
            return joined(
                [
                    evaluate_plain(body, node, body.scope.start, clears)
                    if isinstance(option, Plain)
                    else definition_origin(body, option, node, clears)
                    for option in definition.options[:12]
                ]
            )
        case Imported() | Local():
            return CONSTANT
        case Plain():
            return evaluate_plain(body, node, body.scope.start, clears)
    return UNKNOWN


def _value(body: Body, definition: Value, clears: frozenset[str]) -> Origin:
    step = Step(body.module.path, definition.span, "assigned")
    expr = definition.expr
    mapping = mapping_of_items(expr)
    if mapping is not None and definition.part is not None and definition.part[0] == 0:
        return keys_origin(body, mapping, definition.env, clears).then(step)
    if definition.how == "iterated" and definition.part is None:
        mapping = mapping_of_keys(expr, definition.env)
        if mapping is not None:
            return keys_origin(body, mapping, definition.env, clears).then(step)
    if definition.part is not None and isinstance(expr, n.Call):
        if "basename" in clears and is_tail(expr, definition.part[0]):
            return TYPED
        group = group_origin(body, expr, definition.env, clears, definition.part[0])
        if group is not None:
            return group.then(step)
        gone_over = picked(expr, definition.part[0])
        if gone_over is not None:
            return evaluate(body, gone_over, definition.env, clears).then(step)
        return call_origin(body, expr, definition.env, clears, definition.part).then(step)
    for run in _RUN_BY.get(definition.how, ()) if definition.part is None else ():
        own = _by_own(body, expr, run, (), definition.env, clears)
        if own is not None:
            return own.then(step)
    return evaluate(body, expr, definition.env, clears).then(step)


def _global(body: Body, node: n.Name) -> Origin:
    found = body.resolve(node)
    if isinstance(found, ClassSymbol | FunctionSymbol | ModuleSymbol | External | ValueSymbol):
        return CONSTANT
    return CONSTANT if node.id in BUILTINS else UNKNOWN


# Members


def _member(body: Body, node: n.Attr | n.Index, env: Env, clears: frozenset[str]) -> Origin:
    path = access_path(node)
    definition = env.get(path) if path else None
    if definition is not None and definition is not PLAIN:
        return definition_origin(body, definition, node, clears)
    return evaluate_plain(body, node, env, clears)


# `urlsplit(address).port` is a number; then come what is of records of a log, and of tracebacks
_NO_TEXTS = frozenset(
    {"_meta", "__name__", "__class__", "db_table", "column", "pk", "id", "port"}
    | {"levelname", "levelno", "lineno", "funcName"}
    | {"tb_frame", "tb_next", "tb_lineno", "f_code", "co_filename", "co_name", "__traceback__"}
)

_ALSO_TEXTS = frozenset({"db_table", "column", "port"})


def evaluate_plain(body: Body, node: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of a member from what it is a member of."""
    if isinstance(node, n.Index):
        return _index(body, node, env, clears)
    if not isinstance(node, n.Attr):
        return _global(body, node) if isinstance(node, n.Name) else UNKNOWN
    if body.reads_request(node):
        return part_origin(body, node, clears)
    if _is_no_text(body, node, env):
        return TYPED
    if body.flow.catalog.passage(inherited_name(body, node)) is Passage.BROWSER:
        return browser(body, node)
    is_of_request = body.is_request(node.value)
    put = (
        body.flow.on_request.of(node.name, clears)
        if is_of_request
        else shared_origin(body, node, clears)
    )
    if put is not None:
        return put
    changed = setting_of(body, node, node.value)
    if changed is not None:
        return changed
    if isinstance(node.value, n.Name) and env.get(node.value.id) is None:
        found = body.resolve(node.value)
        name = getattr(found, "name", "")
        if name.endswith("settings") or isinstance(found, ModuleSymbol | ClassSymbol | External):
            return CONSTANT
    return attribute_origin(body, node, _before_it_was_filled(node, env), clears)


def _is_no_text(body: Body, node: n.Attr, env: Env) -> bool:
    """Whether a member is a number, or a name in the code, by what it is called."""
    if isinstance(node.value, n.Attr) and node.value.name == "_meta":
        return True
    return node.name in _NO_TEXTS and not (node.name in _ALSO_TEXTS and _is_own(body, node, env))


def _is_own(body: Body, node: n.Attr, env: Env) -> bool:
    """Whether a class of the site says itself what its member is: a column of a model, a part of a dataclass."""
    found = body.flow.types.of(body, node.value, env)
    if found is None or found.sort is not Sort.INSTANCE:
        return False
    if found.model is not None:
        return found.model.field(node.name) is not None
    return node.name in body.flow.site.classes.fields(found.symbol) or bool(
        body.flow.attributes.assigned(found.symbol, node.name)
    )


def _before_it_was_filled(node: n.Attr, env: Env) -> Env:
    """Return the environment in which a file has nothing in it yet: its name is not what it holds."""
    holder = node.value
    if node.name != "name" or not isinstance(holder, n.Name):
        return env
    definition = env.get(holder.id)
    empty = _unfilled(definition)
    return env if empty is None or empty is definition else env.bind(holder.id, empty)


def _unfilled(definition: Definition | None) -> Definition | None:
    """Return the definition without what was added since, also where that was in a loop."""
    found: list[Definition | None] = []
    seen: set[int] = set()
    waiting = [definition]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Extended) and current.base is not None:
            waiting.append(current.base)
        elif isinstance(current, Merged):
            waiting += current.options
        else:
            found.append(current)
    return found[0] if len(found) == 1 else definition


def _index(body: Body, node: n.Index, env: Env, clears: frozenset[str]) -> Origin:
    if (
        not isinstance(node.index, n.Const)
        and (kept := kept_origin(body, node, clears)) is not None
    ):
        return kept
    if (said := said_key(body, node.index, env)) is not node.index:
        node = replace(node, index=said)
    if isinstance(node.index, n.Const):
        header = header_origin(body, node, node.value, node.index, clears) or captured_origin(
            body, node, node.value, node.index, clears
        )
        if header is not None:
            return header
        kept = kept_origin(body, node, clears) or shared_origin(body, node, clears)
        if kept is not None:
            return kept
        found = cleaned_origin(body, node, env, clears) or entry_origin(
            body, node, node.index, env, clears
        )
        if found is not None:
            return found
    position = node.index.value if isinstance(node.index, n.Const) else None
    part = group_origin(body, node, env, clears)
    if part is not None:
        return part
    if "basename" in clears and (is_last_part(node) or is_tail(node.value, position)):
        return TYPED
    own = _by_own(body, node.value, _GET_ITEM, (node.index,), env, clears)
    if own is not None:
        return own
    found = evaluate(body, node.value, env, clears)
    if not found.is_stored:
        return found
    is_letter = is_initial(node) and not holds_items(body, node.value, env)
    return TYPED if is_letter or is_number(node, found) else found


def _by_own(
    body: Body, node: n.Expr, name: str, args: tuple[n.Expr, ...], env: Env, clears: frozenset[str]
) -> Origin | None:
    """Return what a method that Python runs by itself returns, of an object of the site; None of any other."""
    if not body.flow.callers.defined(name):
        return None
    found = body.flow.types.of(body, node, env)
    if found is None or found.sort is not Sort.INSTANCE or found.model is not None:
        return None
    if body.flow.site.classes.method(found.symbol, name) is None:
        return None
    return call_origin(body, n.Call(node.span, n.Attr(node.span, node, name), args), env, clears)


_GET_ITEM = "__getitem__"
_RUN_BY = {"iterated": ("__iter__", "__aiter__"), "entered": ("__enter__", "__aenter__")}


def carried(node: n.Expr) -> list[n.Expr] | None:
    """Return the parts of an expression whose text its value carries."""
    match node:
        case n.Joined():
            return list(node.parts)
        case n.Binary():
            return [node.left, node.right]
        case n.Logic():
            return list(node.values)
        case n.Sequence():
            return list(node.items)
        case n.Mapping():
            return list(node.values)
        case n.Choice():
            return [node.then, node.other]
        case n.Wrapped():
            return [node.value] if node.value is not None else []
        case n.Walrus():
            return [node.value]
    return None
