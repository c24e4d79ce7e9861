"""Lists of patterns, followed through the statements of a module or function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.pattern_expressions import Expressions, standing_at
from pickguard.site.urls.pattern_loops import inside, turns
from pickguard.site.urls.patterns import Entry
from pickguard.site.urls.registries import ADDING, entry_of
from pickguard.site.urls.urlconf_scope import DEPTH_LIMIT
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail
from pickguard.source.python.bodies import body

if TYPE_CHECKING:
    from pickguard.site.urls.urlconf import Urlconf

_ITEM_LIMIT = 200
_COPY_LIMIT = 200


class Lists(Expressions):
    """The statements of one module or function.

    Attributes:
        results: what the function returns as expressions, each with the scope that it is meant in.
        locals: the functions that are defined on the way.
        copies: how many names were bound to an expression on the way.
    """

    def __init__(
        self, urlconf: Urlconf, module: Module, bound: dict[str, tuple[n.Expr, Self]], depth: int
    ) -> None:
        super().__init__(urlconf, module, bound, depth)
        self.results: list[tuple[n.Expr, Lists]] = []
        self.locals: dict[str, n.Function] = {}
        self.copies = 0
        self._is_turning = False

    def run(self, statements: Iterable[n.Stmt]) -> bool:
        """Follow statements from top to bottom; return whether the last surely returns."""
        for statement in statements:
            if self.depth and self.urlconf.is_spent():
                return True
            if isinstance(statement, n.Return):
                self._return(statement.value)
                return True
            if isinstance(statement, n.If):
                if self._if(statement):
                    return True
            elif isinstance(statement, n.Try):
                self.run([*statement.body, *statement.other, *statement.final])
            elif isinstance(statement, n.With):
                self.run(statement.body)
            elif isinstance(statement, n.For):
                self._for(statement)
            else:
                self._simple(statement)
        return False

    def _simple(self, statement: n.Stmt) -> None:
        if isinstance(statement, n.Assign):
            self._assign(statement.targets, statement.value)
        elif isinstance(statement, n.Annotate) and statement.value is not None:
            self._assign((statement.target,), statement.value)
        elif isinstance(statement, n.Augment) and isinstance(statement.target, n.Name):
            found = self.evaluate(statement.value)
            if found:
                self.lists.setdefault(statement.target.id, []).extend(found)
        elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            self._mutate(statement.value)
        elif isinstance(statement, n.Function):
            self.locals[statement.name] = statement
        elif isinstance(statement, n.Import) and self.depth:
            self.imports[statement.name] = statement

    def _return(self, value: n.Expr | None) -> None:
        if value is not None:
            self.returned.extend(self.evaluate(value) or ())
            self.results.append((value, self.copy()))

    def _if(self, statement: n.If) -> bool:
        """Run the branches of a chain of conditions, each from what there was before; keep what any makes."""
        made: list[dict[str, list[Entry]]] = []
        current: n.If | None = statement
        last = statement.other
        while current is not None:
            decided = self.constant(current.test)
            if _is_debug(current.test):
                self._in_debug(current.body)
            elif decided is UNKNOWN:
                before = {name: list(entries) for name, entries in self.lists.items()}
                self.run(current.body)
                made.append(self.lists)
                self.lists = before
            elif decided:
                last = current.body
                break
            last = current.other
            current = last[0] if len(last) == 1 and isinstance(last[0], n.If) else None
        is_left = self.run(last)
        for entries in reversed(made):
            self._keep(entries)
        return is_left and not made

    def _in_debug(self, block: tuple[n.Stmt, ...]) -> None:
        before, self.debug_only = self.debug_only, True
        self.run(block)
        self.debug_only = before

    def _keep(self, first: dict[str, list[Entry]]) -> None:
        """Put what one branch has made in front of what the others have."""
        for name, entries in first.items():
            known = {id(entry) for entry in entries}
            others = [entry for entry in self.lists.get(name, ()) if id(entry) not in known]
            self.lists[name] = [*entries, *others]

    def _for(self, statement: n.For) -> None:
        """Run the body once for each item of a display, or once with an unknown item."""
        found = turns(self.copy(), statement.target, statement.source)
        if found is None:
            self.run(statement.body)
            return
        before, self._is_turning = self._is_turning, True
        for turn in found[:_ITEM_LIMIT]:
            for name, value, owner in turn:
                self.bind(name, value, owner)
            self.run(statement.body)
        self._is_turning = before
        for name in {name for turn in found for name, _value, _owner in turn}:
            self.bound.pop(name, None)

    def _assign(self, targets: tuple[n.Expr, ...], value: n.Expr) -> None:
        for target in targets:
            if isinstance(target, n.Index):
                self._register(target, value)
            elif isinstance(target, n.Attr) and target.name == "callback":
                self.wraps = True
            elif isinstance(target, n.Name):
                value = self._popped(value)
                found = self.evaluate(value)
                if found is not None:
                    self.lists[target.id] = found
                else:
                    self._remember(target.id, value)

    def _popped(self, value: n.Expr) -> n.Expr:
        """Return what `views.pop("post", None)` takes out of a mapping that is bound here."""
        if not isinstance(value, n.Call) or tail(value.func) != "pop" or not value.args:
            return value
        holder = receiver_of(value)
        mapping, owner = self.follow(holder) if isinstance(holder, n.Name) else (None, self)
        key = self.constant(value.args[0])
        if not isinstance(holder, n.Name) or not isinstance(mapping, n.Mapping):
            return value
        pairs = list(zip(mapping.keys, mapping.values, strict=True))
        taken = [one for name, one in pairs if isinstance(name, n.Const) and name.value == key]
        left = [pair for pair in pairs if pair[1] not in taken]
        rest = n.Mapping(
            mapping.span, tuple(name for name, _ in left), tuple(one for _, one in left)
        )
        self.bind(holder.id, rest, owner)
        return taken[-1] if taken else (value.args[1] if value.args[1:] else value)

    def _remember(self, name: str, value: n.Expr) -> None:
        """Keep a text that is put together on the way; in a function or loop, whatever it is."""
        made = self.constant(value)
        if isinstance(made, str | int):
            self.bind(name, n.Const(value.span, made), self)
        elif (self.depth or self._is_turning) and self.copies < _COPY_LIMIT:
            self.copies += 1
            self.bind(name, value, self.copy())
        else:
            self.bound.pop(name, None)

    def _mutate(self, call: n.Call) -> None:
        if self._fills(call):
            return
        if not isinstance(call.func, n.Attr) or not call.args:
            return
        owner = call.func.value
        holder = self.lists.get(owner.id) if isinstance(owner, n.Name) else None
        if holder is None:
            if call.func.name in ADDING:
                self._register(call.func.value, call.args[-1], is_list=True)
        elif call.func.name in ("append", "insert"):
            holder.extend(self.item(call.args[-1]))
        elif call.func.name == "extend":
            holder.extend(self.evaluate(call.args[0]) or ())

    def _fills(self, call: n.Call) -> bool:
        """Follow `register(x)`, and `register(x)(view)`, where that fills a registry."""
        made = call.func if isinstance(call.func, n.Call) else call
        function = self.resolve(made.func)
        if not isinstance(function, FunctionSymbol) or not self.urlconf.registries.fills(function):
            return False
        inner = self.called(function, made)
        if made is not call:
            self.applied(inner, call.args)
        return True

    def applied(self, made: Lists, arguments: Iterable[n.Expr]) -> None:
        """Follow the function that a function has made and returned, given arguments."""
        for returned, inner in made.results:
            local = made.locals.get(tail(returned))
            if local is not None:
                for param, given in zip(local.params, arguments, strict=False):
                    inner.bind(param.name, given, self)
                inner.run(body(local))

    def _register(self, entry: n.Expr, value: n.Expr, *, is_list: bool = False) -> None:
        """Keep what is put into a registry: `holder[key].append(value)`, `holder[key] = value`."""
        found = entry_of(self, entry)
        if found is not None:
            registries = self.urlconf.registries
            (registries.append if is_list else registries.assign)(*found, (value, self.copy()))

    def copy(self) -> Self:
        """Return a reader of the same scope, as names are bound now."""
        made = super().copy()
        made.locals = self.locals
        made.copies = self.copies
        return made

    def comprehension(self, node: n.Comprehension) -> list[Entry] | None:
        """Return the entries that a comprehension makes, or None where it makes none."""
        loop = node.loops[0]
        found = self.evaluate(loop.source) if _may_be_patterns(loop.source) else None
        if found and isinstance(node.value, n.Name):
            return found
        entries: list[Entry] = []
        for turn in turns(self.copy(), loop.target, loop.source) or ():
            inner = inside(self, loop, turn)
            if inner is not None:
                entries.extend(inner.item(node.value))
        return entries or None

    def text(self, expression: n.Expr) -> Any:
        """Return the value of an expression, also where a function of the site makes it."""
        known = self.constant(expression)
        return (
            self.of_call(expression)
            if isinstance(expression, n.Call) and known is UNKNOWN
            else known
        )

    def of_call(self, call: n.Call) -> Any:
        """Return the value that a function of the site returns, where it returns one alone."""
        function, owner = self.function(call.func)
        if function is None or self.depth > DEPTH_LIMIT:
            return UNKNOWN
        results = self.called(function, call, owner).results
        return results[0][1].constant(results[0][0]) if len(results) == 1 else UNKNOWN

    def made(self, function: FunctionSymbol, call: n.Call) -> Iterator[Entry]:
        """Yield what a project's own function returns in the place of a pattern."""
        for returned, scope in self.called(function, call).results:
            yield from scope.item(returned)

    def made_here(self, call: n.Call) -> Iterator[Entry]:
        """Yield what a function that is defined on the way returns in the place of a pattern."""
        local = self.locals.get(call.func.id) if isinstance(call.func, n.Name) else None
        if local is None or self.depth > DEPTH_LIMIT:
            return
        inner = self.copy()
        for param, given in zip(local.params, call.args, strict=False):
            inner.bind(param.name, given, self)
        inner.locals = {name: one for name, one in self.locals.items() if one is not local}
        inner.run(body(local))
        for returned, scope in inner.results:
            yield from standing_at(call, scope.item(returned))

    def called(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None = None
    ) -> Self:
        """Return a reader that has followed a function's body, given a call's arguments."""
        inner = self.entered(function, call, owner)
        followed, key = self.urlconf.followed, (function, call.span)
        if inner.depth <= DEPTH_LIMIT and key not in followed:
            followed.add(key)
            inner.run(body(function.node))
            followed.remove(key)
        return inner


def _may_be_patterns(source: n.Expr) -> bool:
    return isinstance(source, n.Name | n.Attr | n.Call)


def _is_debug(test: n.Expr) -> bool:
    if isinstance(test, n.Logic) and test.op == "and":
        return any(_is_debug(value) for value in test.values)
    return isinstance(test, n.Attr | n.Name) and tail(test) == "DEBUG"
