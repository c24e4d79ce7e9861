"""The definitions of one body of code, statement by statement.

Statements are gone through in their order: branches come together again, loops see what their own
bodies bind, a branch that returns takes no part in what follows, and a condition that checks a
value makes it harmless where it holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from pickguard.base.spans import COLUMN_SHIFT
from pickguard.flow.callees.poured import handed_in, is_open, poured_by_library
from pickguard.flow.guards.checked import check
from pickguard.flow.guards.guards import Conditions
from pickguard.flow.guards.held import held
from pickguard.flow.guards.known_beginnings import asserted
from pickguard.flow.guards.raised_checks import (
    PARENTS,
    checked_by,
    climbing,
    looked_up,
    not_found,
    refused,
)
from pickguard.flow.scopes.bound import (
    ADDING,
    ADDING_ENTRY,
    ADDING_ITEM,
    augmented,
    bound_in_loop,
    given,
)
from pickguard.flow.scopes.loops import checked_items
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.definitions import (
    BOUND,
    PLAIN,
    Definition,
    Env,
    Extended,
    Imported,
    Local,
    Merged,
    Parameter,
    Poured,
    Raised,
    Value,
    merge,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import heads, inside

STATEMENT_LIMIT = 20_000
"""Statements. A longer body is taken as a whole: every name may be anything."""


class Scope:
    """What names stand for in a body.

    Args:
        params: of the function, none for a class or a module.
        block: its statements.
        conditions: what its conditions are judged by.
        has_walrus: whether any expression of it binds a name.

    Attributes:
        bindings: everything that a name is bound to anywhere in the body.
        returns: what is returned or yielded, with the environment there.
        yields: whether what is returned is yielded, one after the other.
        falls_through: whether the end of the block is reached without a return.
        gave_up: whether the body is too long to be followed.
    """

    def __init__(
        self,
        params: Iterable[n.Param],
        block: tuple[n.Stmt, ...],
        conditions: Conditions,
        *,
        has_walrus: bool = True,
    ) -> None:
        self.bindings: dict[str, list[Definition]] = {}
        self.returns: list[tuple[n.Expr, Env, int]] = []
        self.yields = False
        self.gave_up = False
        self._conditions = conditions
        self._has_walrus = has_walrus
        self._starts: list[int] = []
        self._envs: list[Env] = []
        self._jumps: list[list[Env]] = []
        env = Env({param.name: Parameter(param) for param in params})
        for name, definition in env.own.items():
            self.bindings[name] = [definition]
        self.start = env
        try:
            end = self._run(block, env)
        except RecursionError:
            self.gave_up, end = True, None
        self.falls_through = end is not None
        self.end = end or (self._envs[-1] if self._envs else env)

    @property
    def ends(self) -> list[Env]:
        """The environments in which the body is left without an exception."""
        left = [env for _value, env, _span in self.returns]
        return [*left, self.end] if self.falls_through else left

    def at(self, span: int) -> Env:
        """Return the environment in which an expression at a span is evaluated."""
        position = bisect_right(self._starts, span | _SAME_START) - 1
        return self._envs[position] if position >= 0 else self.start

    # Statements

    def _run(self, block: Iterable[n.Stmt], env: Env) -> Env | None:
        current: Env | None = env
        for statement in block:
            if current is None:
                current = env  # NOTE: what stands behind a return is still asked about
                self._run_one(statement, current)
                current = None
                continue
            current = self._run_one(statement, current)
        return current

    def _run_one(self, s: n.Stmt, env: Env) -> Env | None:
        if len(self._starts) > STATEMENT_LIMIT:
            self.gave_up = True
            return env
        if self._has_walrus:
            env = self._walruses(s, env)
        self._record(s, env)
        if isinstance(s, n.Return | n.Raise | n.Jump):
            self._leave(s, env)
            return None
        branching = _BRANCHING.get(type(s))
        if branching is not None:
            found: Env | None = branching(self, s, env)
            return found
        return self._simple(s, env)

    def _simple(self, s: n.Stmt, env: Env) -> Env:
        match s:
            case n.Assign():
                env = check(env, checked_by(s.value, is_used=True))
                env = check(env, looked_up(s.value, self._conditions.keyed_by_text))
                env = self._pour(s.value, env, s.span)
                for target in s.targets:
                    env = self._bind(target, s.value, env, s.span)
            case n.Annotate() if s.value is not None:
                env = self._bind(s.target, s.value, env, s.span)
            case n.Augment():
                env = self._bind(s.target, augmented(s), env, s.span)
            case n.Do():
                return self._do(s, env)
            case n.Assert():
                return held(env, s.test, True, self._conditions)
            case n.Import():
                return self._name(s.name, Imported(s), env)
            case n.Function() | n.Class():
                return self._name(s.name, Local(s, env), env)
        return env

    def _leave(self, s: n.Return | n.Raise | n.Jump, env: Env) -> None:
        if isinstance(s, n.Return) and s.value is not None:
            self.returns.append((s.value, env, s.span))
        elif isinstance(s, n.Jump) and self._jumps:
            self._jumps[-1].append(env)

    def _with(self, s: n.With, env: Env) -> Env | None:
        for item in s.items:
            if item.target is not None:
                env = self._bind(item.target, item.context, env, s.span, "entered")
        return self._run(s.body, env)

    def _record(self, s: n.Stmt, env: Env) -> None:
        if self._starts and s.span < self._starts[-1]:
            return  # a decorator's line, or code that a macro has moved
        self._starts.append(s.span)
        self._envs.append(env)

    def _do(self, s: n.Do, env: Env) -> Env:
        value = s.value
        if isinstance(value, n.Wrapped):
            if value.kind in ("yield", "yield from") and value.value is not None:
                self.returns.append((value.value, env, s.span))
                self.yields |= value.kind == "yield"
            value = value.value or value
        if not isinstance(value, n.Call):
            return env
        env = check(env, checked_by(value, is_used=False))
        env = check(env, self._conditions.completes(value, env))
        env = check(env, asserted(value, env), SCHEME)
        if isinstance(value.func, n.Attr) and value.func.name in ADDING:
            path, inner = _container(value.func.value)
            is_item = value.func.name in ADDING_ITEM and inner is None
            for item, name in _added(value) if path else ():
                index = n.Const(item.span, name) if name else inner
                grown = Extended(env.get(path), item, env, s.span, index, is_item=is_item)
                env = self._name(path, grown, env)
            return env
        if isinstance(value.func, n.Attr) and value.func.name == ADDING_ENTRY and value.args[1:]:
            path = access_path(value.func.value)
            kept = Extended(env.get(path), value.args[1], env, s.span, value.args[0])
            return self._name(path, kept, env) if path else env
        return self._pour(value, env, s.span)

    def _pour(self, value: n.Expr, env: Env, span: int) -> Env:
        """Bind anew what a call is handed to put something into: `fill(request, buffer)`."""
        if isinstance(value, n.Wrapped) and value.kind == "await" and value.value is not None:
            value = value.value
        if not isinstance(value, n.Call):
            return env
        known = poured_by_library(value)
        if known is not None:
            path = access_path(known.target)
            grown = Extended(env.get(path), known.source, env, span)
            return self._name(path, grown, env) if path else env
        for name in handed_in(value):
            before = env.get(name)
            if is_open(before):
                env = self._name(name, Poured(before, value, name, env, span), env)
        return env

    def _if(self, s: n.If, env: Env) -> Env | None:
        ends: list[Env] = []
        current: n.Stmt | None = s
        env = check(env, looked_up(s.test, self._conditions.keyed_by_text))
        negated = env
        while isinstance(current, n.If):  # a chain of `elif`, without recursion
            if current is not s:
                self._record(current, negated)
            inside_env = held(negated, current.test, True, self._conditions)
            end = self._run(current.body, inside_env)
            if end is not None:
                ends.append(end)
            negated = held(negated, current.test, False, self._conditions)
            if end is None:
                overlooks = partial(self._conditions.overlooks, negated)
                negated = check(negated, refused(current.test, overlooks))
                negated = check(negated, climbing(current.test), PARENTS)
            other = current.other
            current = other[0] if len(other) == 1 and isinstance(other[0], n.If) else None
            if current is None:
                last = self._run(other, negated)
                if last is not None:
                    ends.append(last)
        return merge(ends)

    def _loop(self, s: n.For | n.While, env: Env) -> Env | None:
        head, open_ends = env, {}
        for name in bound_in_loop(s.body):
            before = env.get(name)
            open_ends[name] = Merged([before] if before is not None else [])
            head = head.bind(name, open_ends[name])
        inner = (
            self._bind(s.target, s.source, head, s.span, "iterated")
            if isinstance(s, n.For)
            else held(head, s.test, True, self._conditions)
        )
        self._jumps.append([])
        end = self._run(s.body, inner)
        ends = [*self._jumps.pop(), *([end] if end is not None else [])]
        for name, merged in open_ends.items():
            for other in ends:
                found = other.get(name)
                if found is not None and found is not merged and found not in merged.options:
                    merged.options.append(found)
        left = held(head, s.test, False, self._conditions) if isinstance(s, n.While) else head
        jumped = [e for e in ends if e is not end]
        after = merge([left, *([end] if end is not None and isinstance(s, n.For) else []), *jumped])
        after = checked_items(s, ends, after or head)
        return self._run(s.other, after) if s.other else after

    def _try(self, s: n.Try, env: Env) -> Env | None:
        end = self._run(s.body, env)
        begin = merge([e for e in (env, end) if e is not None]) or env
        ends = []
        for handler in s.handlers:
            inner = check(begin, not_found(s, handler, self._conditions.keyed_by_text))
            if handler.name:
                caught = Raised(handler.type, begin) if handler.type is not None else BOUND
                inner = self._name(handler.name, caught, inner)
            ends.append(self._run(handler.body, inner))
        if end is not None and s.other:
            end = self._run(s.other, end)
        after = merge([e for e in (end, *ends) if e is not None])
        if s.final:
            last = self._run(s.final, after or begin)
            return None if after is None else last
        return after

    def _match(self, s: n.Match, env: Env) -> Env | None:
        ends: list[Env] = [env]
        for case in s.cases:
            inner = env
            for name in case.names:
                inner = self._name(name, Value(s.subject, env, s.span, "iterated"), inner)
            end = self._run(case.body, inner)
            if end is not None:
                ends.append(end)
        return merge(ends)

    # Bindings

    def _bind(
        self, target: n.Expr, value: n.Expr, env: Env, span: int, how: str = "assigned"
    ) -> Env:
        before = env
        for one in given(target, value, how):
            definition: Definition = (
                Value(one.expr, before, span, how, one.part)
                if one.index is None
                else Extended(env.get(one.path), one.expr, before, span, one.index)
            )
            env = self._name(one.path, definition, env)
        return env

    def _name(self, name: str, definition: Definition, env: Env) -> Env:
        self.bindings.setdefault(name, []).append(definition)
        parts = (name + ".", name + "[")
        if not isinstance(definition, Extended) and any(k.startswith(parts) for k in env.own):
            env = _without_parts(env, parts)
        return env.bind(name, definition)

    def _walruses(self, s: n.Stmt, env: Env) -> Env:
        for head in heads(s):
            for node in _found_walruses(head):
                env = self._bind(node.target, node.value, env, node.span)
        return env


_BRANCHING: dict[type, Callable[[Scope, Any, Env], Env | None]] = {
    n.If: Scope._if,  # noqa: SLF001 - its own table
    n.For: Scope._loop,  # noqa: SLF001
    n.While: Scope._loop,  # noqa: SLF001
    n.With: Scope._with,  # noqa: SLF001
    n.Try: Scope._try,  # noqa: SLF001
    n.Match: Scope._match,  # noqa: SLF001
}
_SAME_START = (1 << COLUMN_SHIFT) - 1


def _container(node: n.Expr) -> tuple[str, n.Expr | None]:
    """Return the path of what something is added to; of `rows` in `rows[key].append(row)`, with its key."""
    path = access_path(node)
    if path or not isinstance(node, n.Index):
        return path, None
    return access_path(node.value), node.index


def _added(call: n.Call) -> Iterator[tuple[n.Expr, str | None]]:
    """Yield what a call adds to a container, with the key that it gives as a keyword."""
    yield from ((item, None) for item in call.args)
    yield from ((keyword.value, keyword.name) for keyword in call.keywords)


def _without_parts(env: Env, parts: tuple[str, ...]) -> Env:
    """Forget what is known of the parts of a name that is bound anew."""
    own = {key: PLAIN if key.startswith(parts) else known for key, known in env.own.items()}
    return Env(own, env.parent)


def _found_walruses(node: n.Expr) -> Iterator[n.Walrus]:
    if isinstance(node, n.Name | n.Const | n.Attr):
        return
    for part in inside(node):
        if isinstance(part, n.Walrus):
            yield part
