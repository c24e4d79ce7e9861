"""Functions of the site that are true, or false, of harmless values alone, or raise for all others.

`def is_known(name): return name.lstrip("-") in NAMES`, or a check that is written step by step. What
holds of its parameters where it answers so, holds of what a condition hands it. What holds wherever
`validate_order(request)` comes to its end, holds behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pickguard.flow.guards.checked import check
from pickguard.flow.guards.guards import Conditions, facts, is_scheme
from pickguard.flow.guards.raised_checks import RAISING_CHECK, checked_by
from pickguard.flow.values.definitions import Checked, Definition, Env, Local, Merged
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, root, tail
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_LONGEST = 8
"""Statements at the top of a function: a longer one does more than to tell."""
_DEEPEST = 3
_NOTHING: frozenset[str] = frozenset()
_READING_SCHEMES = frozenset({"urlparse", "urlsplit", "lower", "strip", "bool", "str"})


class Predicates:
    """Asks functions what their answers prove; each is asked once."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._known: dict[tuple[FunctionSymbol, bool | None], frozenset[str]] = {}
        self._let_through: dict[tuple[FunctionSymbol, frozenset[str]], bool] = {}
        self._open: list[FunctionSymbol] = []

    def proved(
        self,
        body: Body,
        call: n.Call,
        truth: bool,  # noqa: FBT001
        env: Env | None,
    ) -> frozenset[str]:
        """Return the access paths of the arguments that are harmless where a call answers so.

        Args:
            body: where the call stands; what its names stand for need not be known yet.
            call: a condition, or part of one.
            truth: whether the answer is true.
            env: what is bound where the call stands.
        """
        function, is_bound = self._called(body, call.func, env)
        if function is None:
            return _NOTHING
        names = self._of(function, truth)
        if not names:
            return _NOTHING
        handed = _handed(function, call, is_bound=is_bound)
        kept = frozenset(name for name in names if "." in name)  # `self.url`, of the same object
        return kept | (frozenset(access_path(v) for name, v in handed if name in names) - {""})

    def overlooks_host(self, body: Body, env: Env | None, call: n.Call) -> bool:
        """Whether a call is one of a function of the site's that asks an address for its scheme and nothing else."""
        function, _is_bound = self._called(body, call.func, env)
        if function is None or "scheme" not in function.node.words:
            return False
        there = self._flow.body(function)
        called = {tail(one.func) for one in there.every(n.Call)}
        compared = [one.left for one in there.every(n.Compare)]
        return called <= _READING_SCHEMES and bool(compared) and all(map(is_scheme, compared))

    def completed(self, body: Body, call: n.Call, env: Env | None) -> frozenset[str]:
        """Return the access paths that are harmless behind a call of what raises where they are not.

        `self.validate()` speaks of `self.order`, `validate_order(self.request)` of
        `self.request.GET["order"]`.
        """
        if not RAISING_CHECK.match(tail(call.func)):
            return _NOTHING
        function, is_bound = self._called(body, call.func, env)
        names = self._of(function, None) if function is not None else _NOTHING
        if function is None or not names:
            return _NOTHING
        handed = {
            name: access_path(value)
            for name, value in _handed(function, call, is_bound=is_bound)
            if name is not None
        }
        here = {**handed, "self": "self"} if is_bound else handed
        found = set()
        for name in names:
            param = _ROOT.match(name)
            begun = here.get(param[0], "") if param else ""
            found |= {begun + name[len(param[0]) :]} if param and begun else set()
        return frozenset(found)

    def lets_through(self, validator: FunctionSymbol, clears: frozenset[str]) -> bool:
        """Whether a validator of a field raises wherever what it is handed could do harm.

        Args:
            validator: a function that is handed the value alone, or a method that is.
            clears: what the value is asked for.
        """
        key = (validator, clears)
        known = self._let_through.get(key)
        if known is None:
            self._let_through[key] = False  # for one that asks itself
            known = self._let_through[key] = _lets_through(self._flow.body(validator), clears)
        return known

    def _called(
        self, body: Body, func: n.Expr, env: Env | None
    ) -> tuple[FunctionSymbol | None, bool]:
        """Return the function that a name, or a method of `self` or of a class, stands for.

        Beside it: whether its first parameter is the object, or the class.
        """
        if isinstance(func, n.Attr):
            return self._method(body, func, env)
        bound = env.get(func.id) if env is not None and isinstance(func, n.Name) else None
        if isinstance(bound, Local) and body.function is not None:
            inner = (one.function for one in self._flow.nested(body.function))
            written = (f for f in inner if f is not None and f.node.span == bound.node.span)
            return next(written, None), False
        found = self._flow.site.names.resolve(body.module, func) if bound is None else None
        return (found if isinstance(found, FunctionSymbol) else None), False

    def _method(
        self, body: Body, func: n.Attr, env: Env | None
    ) -> tuple[FunctionSymbol | None, bool]:
        classes, names = self._flow.site.classes, self._flow.site.names
        if isinstance(func.value, n.Name) and func.value.id in ("self", "cls"):
            return classes.method(body.owner, func.name) if body.owner else None, True
        if env is not None and env.get(root(func)) is not None and root(func) != "self":
            return None, False
        kept = body.named(func.value)
        found = names.resolve(kept.module, kept.value) if kept is not None else None
        holder = found or names.resolve(body.module, func.value)
        if not isinstance(holder, ClassSymbol):
            function = names.resolve(body.module, func)
            return (function if isinstance(function, FunctionSymbol) else None), False
        method = classes.method(holder, func.name)
        marks = {tail(mark) for mark in method.node.decorators} if method is not None else set()
        return method, "classmethod" in marks

    def _of(self, function: FunctionSymbol, truth: bool | None) -> frozenset[str]:  # noqa: FBT001
        """Return what a function proves by its answer; None: by raising nothing."""
        key = (function, truth)
        known = self._known.get(key)
        if known is not None:
            return known
        if function in self._open or len(self._open) >= _DEEPEST:
            return _NOTHING
        self._open.append(function)
        try:
            there = self._flow.body(function)
            found = _outlasting(there) if truth is None else _proves(there, truth)
        finally:
            self._open.pop()
        if not self._open:  # what was asked in the midst of another question may lack its answer
            self._known[key] = found
        return found


def _handed(
    function: FunctionSymbol, call: n.Call, *, is_bound: bool
) -> list[tuple[str | None, n.Expr]]:
    """Return the parameters of a function with what a call gives them."""
    params = function.node.params[1 if is_bound else 0 :]
    placed = [p.name for p in params if p.kind == "positional"]
    rest = next((p.name for p in params if p.kind == "*"), None)
    return [
        *zip(placed, call.args, strict=False),
        *((rest, value) for value in call.args[len(placed) :]),
        *((keyword.name, keyword.value) for keyword in call.keywords),
    ]


_ROOT = re.compile(r"\w+")


def _outlasting(body: Body) -> frozenset[str]:
    """Return the access paths of what is handed in that are harmless at each end of a function.

    They are those of parts: a check by its name has looked at what it is given whole.
    """
    found = [
        {name for layer in env.layers() for name in layer.own if _is_known_at(env, name, body)}
        for env in _ends(body)
    ]
    return frozenset(set.intersection(*found)) if found else _NOTHING


def _ends(body: Body) -> tuple[Env, ...]:
    """Return what is bound at each end of a function; nothing where that is not kept."""
    leaves = (s for s in body.statements if isinstance(s, n.Return))
    is_generator = any(w.kind.startswith("yield") for w in body.every(n.Wrapped))
    return () if is_generator or any(s.value is None for s in leaves) else tuple(body.scope.ends)


def _lets_through(body: Body, clears: frozenset[str]) -> bool:
    value = next((name for name in body.params if name not in ("self", "cls")), "")
    ends = _ends(body)
    return bool(ends) and all(_is_checked_for(end.get(value), clears) for end in ends)


def _is_checked_for(definition: Definition | None, clears: frozenset[str], depth: int = 0) -> bool:
    """Whether something was looked at for what it is asked for, on each of the ways that come together."""
    if isinstance(definition, Merged) and depth < _LONGEST:
        options = definition.options
        return bool(options) and all(_is_checked_for(o, clears, depth + 1) for o in options)
    return isinstance(definition, Checked) and definition.holds(clears)


def _is_known_at(env: Env, name: str, body: Body) -> bool:
    start = _ROOT.match(name)
    is_part = start is not None and start[0] != name and start[0] in body.params
    return is_part and _is_checked_by_all(env.get(name))


def _is_checked_by_all(definition: Definition | None, depth: int = 0) -> bool:
    """Whether something was checked on each of the ways that come together."""
    if isinstance(definition, Merged) and depth < _LONGEST:
        options = definition.options
        return bool(options) and all(_is_checked_by_all(one, depth + 1) for one in options)
    return _is_checked(definition)


def _proves(body: Body, truth: bool) -> frozenset[str]:  # noqa: FBT001
    """Return the parameters that are harmless wherever a function answers so."""
    if not body.params or len(body.block) > _LONGEST or not _answers(body, truth):
        return _NOTHING
    conditions = replace(body.conditions, reads_request=_reads(body))
    found = [
        _proved_at(value, env, truth, conditions, body.params)
        for value, env, _ in body.scope.returns
        if _truth_of(value) in (truth, None)
    ]
    if not truth and body.scope.falls_through:
        found.append(_proved_at(_NONE, body.scope.end, truth, conditions, body.params))
    return frozenset.intersection(*found) if found else _NOTHING


def _answers(body: Body, truth: bool) -> bool:  # noqa: FBT001
    """Whether each way through a function ends with an answer; no answer is a false one."""
    if any(w.kind.startswith(("yield", "await")) for w in body.every(n.Wrapped)):
        return False
    leaves = [s for s in body.statements if isinstance(s, n.Return)]
    return bool(leaves) and (truth or all(s.value is not None for s in leaves))


def _truth_of(value: n.Expr) -> bool | None:
    """Return whether a value is true wherever it is returned: `{"error": …}`, an answer; None where that varies."""
    if isinstance(value, n.Const):
        return bool(value.value)
    if isinstance(value, n.Mapping) and value.keys and None not in value.keys:
        return True
    if isinstance(value, n.Sequence) and any(not isinstance(i, n.Wrapped) for i in value.items):
        return True
    is_answer = isinstance(value, n.Call) and _ANSWER.search(tail(value.func))
    return True if is_answer else None


_ANSWER = re.compile(r"Response|Redirect|^redirect$|^render$")
_NONE = n.Const(0, None)


def _reads(body: Body) -> Callable[[n.Expr], bool]:
    """Being found in what is handed in as well says nothing; the object's own names do.

    So does what the site chooses by it: `code in languages_of(page)`.
    """
    handed = frozenset(body.params) - {"self", "cls"}
    choosing = {id(part) for call in body.every(n.Call) for part in _choosing(body, call)}

    def reads(node: n.Expr) -> bool:
        is_handed = access_path(node) in handed and id(node) not in choosing
        return body.reads_request(node) or is_handed

    return reads


def _choosing(body: Body, call: n.Call) -> Iterator[n.Expr]:
    """Yield what a function of the site is handed that hands back no part of it."""
    function = body.resolve(call.func)
    if not isinstance(function, FunctionSymbol) or function == body.function:
        return
    found = body.flow.returned(function, _NOTHING)
    if found.params or found.is_browser:
        return
    for item in given_to(call):
        yield from inside(item)


def _proved_at(
    value: n.Expr,
    env: Env,
    truth: bool,  # noqa: FBT001
    conditions: Conditions,
    params: Iterable[str],
) -> frozenset[str]:
    found = checked_by(value, is_used=True) if truth else _NOTHING  # it was found, or it was raised
    after = check(env, facts(value, truth, conditions, env) | found)
    kept = {name for layer in after.layers() for name in layer.own if name.startswith("self.")}
    return frozenset(name for name in (*params, *kept) if _is_checked(after.get(name)))


def _is_checked(definition: Definition | None) -> bool:
    return isinstance(definition, Checked) and definition.holds(_NOTHING)
