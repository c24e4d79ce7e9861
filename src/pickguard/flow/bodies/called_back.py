"""Functions that code names without calling them: `run = fetch`, then `run(url)`; `retry(fetch, url)`.

What is called then is a local name, an entry of a display, or a parameter of another function of the
site, which is asked what it gives: `def retry(work, *args): return work(*args)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pickguard.flow.callees.arguments import given
from pickguard.flow.expressions.calls import callee
from pickguard.flow.values.definitions import Definition, Merged, Value
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Passed
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, item_of, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_LOOKUPS = frozenset({"get", "pop"})
_DEEPEST = 4
_MOST_GIVEN = 20


def called_back(
    body: Body, function: FunctionSymbol, uncalled: Sequence[n.Name | n.Attr]
) -> Iterator[tuple[n.Call, bool]]:
    """Yield the calls of a function that a body makes without its name, or has made for it.

    Args:
        body: whose calls are looked at.
        function: the function or method.
        uncalled: where the body has its name, and does not call it right there.

    Yields:
        The call as the body would write it, and whether the function is given its object.
    """
    mentions = {id(node) for node in uncalled if _is(body, node, function)}
    for call in body.every(n.Call) if mentions else ():
        chosen = (one for one in _chosen(body, call, call.func) if id(one) in mentions)
        yield from ((call, _is_bound(one, function)) for one in islice(chosen, 1))
        for value in given_to(call)[:_MOST_GIVEN]:
            if id(value) in mentions:
                is_bound = _is_bound(value, function)
                yield from ((one, is_bound) for one in _by_taker(body, call, value))


def _is_bound(node: n.Expr, function: FunctionSymbol) -> bool:
    """Whether a function that is named so is given its object."""
    return isinstance(node, n.Attr) and function.owner is not None


def _is(body: Body, node: n.Name | n.Attr, function: FunctionSymbol) -> bool:
    """Whether a name, or an attribute of an object, is the function."""
    if isinstance(node, n.Attr):
        found = body.flow.types.of(body, node.value, body.scope.at(node.span))
        if found is not None and found.sort is not Sort.ROWS:
            return body.flow.site.classes.method(found.symbol, node.name) == function
    return body.resolve(node) == function


def _chosen(body: Body, call: n.Call, node: n.Expr | None, depth: int = 0) -> Iterator[n.Expr]:
    """Yield what an expression that is called may stand for: `fetch` of `(fetch if new else read)(url)`."""
    if node is None or depth > _DEEPEST:
        return
    match node:
        case n.Name():
            found = body.scope.at(call.span).get(node.id)
            if depth or found is None:
                yield node
            for value in _values(found) if found is not None else ():
                yield from _chosen(body, call, value, depth + 1)
        case n.Attr() if depth:
            yield node
        case n.Choice():
            yield from _chosen(body, call, node.then, depth + 1)
            yield from _chosen(body, call, node.other, depth + 1)
        case n.Index():
            yield from _chosen(body, call, node.value, depth + 1)
        case n.Call(func=n.Attr(name=name, value=holder)) if name in _LOOKUPS:
            yield from _chosen(body, call, holder, depth + 1)
        case n.Mapping() if depth:
            yield from node.values
        case n.Sequence() if depth:
            yield from node.items


def _values(definition: Definition) -> Iterator[n.Expr]:
    """Yield what a name may have been given."""
    if isinstance(definition, Merged):
        for option in definition.options:
            yield from _values(option)
    elif isinstance(definition, Value) and definition.how == "assigned" and not definition.part:
        yield definition.expr


def _by_taker(body: Body, call: n.Call, handed: n.Expr) -> Iterator[n.Call]:
    """Yield the calls of what is handed to a function of the site, with what that gives it."""
    taker, is_bound = callee(body, call, body.scope.at(call.span))
    if taker is None:
        return
    for param in taker.node.params:
        items = given(taker, call, Passed(param.name), is_bound=is_bound)
        if param.kind in ("positional", "keyword") and any(item is handed for item in items):
            inner = body.flow.body(taker)
            for one in (inner, *body.flow.nested(taker)):
                for made in one.every(n.Call):
                    if isinstance(made.func, n.Name) and made.func.id == param.name:
                        yield _Taken(inner, taker, call, is_bound=is_bound).as_called(made, handed)


class _Taken:
    """A call of a function of the site, by which its parameters stand for what was given."""

    def __init__(self, body: Body, taker: FunctionSymbol, call: n.Call, *, is_bound: bool) -> None:
        self._body = body
        self._taker = taker
        self._call = call
        self._is_bound = is_bound

    def as_called(self, made: n.Call, function: n.Expr) -> n.Call:
        """Return a call inside of the function as its caller would write it."""
        args = tuple(item for one in made.args for item in self._spread(one))
        named = tuple(
            n.Keyword(word.name, self._outside(word.value))
            for word in made.keywords
            if word.name is not None
        )
        return n.Call(self._call.span, function, args, (*named, *self._handed_on(made)))

    def _spread(self, item: n.Expr) -> Iterator[n.Expr]:
        """Yield what stands for an argument outside: all that was given for `*args`."""
        if isinstance(item, n.Wrapped) and item.kind == "*":
            yield from self._given(tail(item.value), "*")
        else:
            yield self._outside(item)

    def _outside(self, item: n.Expr) -> n.Expr:
        """Return what an expression inside stands for outside; what it cannot know is left open."""
        if isinstance(item, n.Name):
            found = next(iter(self._given(item.id)), None)
            if found is not None:
                return found
            for value in self._body.scope.bindings.get(item.id, ()):
                if isinstance(value, Value) and value.how == "iterated" and not value.part:
                    return item_of(self._outside(value.expr))
        return item if isinstance(item, n.Const) else n.Const(item.span, None)

    def _handed_on(self, made: n.Call) -> Iterator[n.Keyword]:
        """Yield the keywords that `**kwargs` hands on."""
        if not any(word.name is None for word in made.keywords):
            return
        own = {param.name for param in self._taker.node.params}
        yield from (word for word in self._call.keywords if word.name not in own)

    def _given(self, name: str, kind: str = "") -> list[n.Expr]:
        params = self._taker.node.params
        if not any(param.name == name and (not kind or param.kind == kind) for param in params):
            return []
        return list(given(self._taker, self._call, Passed(name), is_bound=self._is_bound))
