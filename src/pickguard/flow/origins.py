"""Where a value comes from, as far as one function shows it.

Every assignment to a name counts, in any order; a name that is checked against constants, or turned
into a number, no longer carries the browser's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pickguard.flow.origin import CONSTANT, NOTHING, PARAMETER, TYPED, UNKNOWN, Kind, Origin, joined
from pickguard.flow.vocabulary import (
    BUILTINS,
    CARRIERS,
    CLEANED,
    CONSTANT_CALLS,
    DECODERS,
    LOOKUPS,
    REQUEST_CALLS,
    REQUEST_NAMES,
    REQUEST_PARTS,
    TYPES,
)
from pickguard.site.modules import Module
from pickguard.site.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    Names,
    ValueSymbol,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail
from pickguard.source.python.walk import heads, inside, statements

# Django's `url_has_allowed_host_and_scheme`, `is_safe_url`, and a project's `safe_for_redirect`
_ADDRESS_CHECK = re.compile(
    r"(safe|valid|allowed|trusted).*(redirect|url|host|next|path)"
    r"|(redirect|url|host|next|path).*(safe|valid|allowed|trusted)"
)
_DEPTH_LIMIT = 60
_ROUND_LIMIT = 8


class Origins:
    """Answers where values of one function come from.

    Args:
        names, module: for names that the function does not bind itself.
        params: of the function.
        block: its statements.
        url: kinds of parameters that a route binds, by name.
        enclosing: the origins of the function around it, or None.
    """

    def __init__(
        self,
        names: Names,
        module: Module,
        params: Iterable[n.Param],
        block: Iterable[n.Stmt],
        *,
        url: Mapping[str, Origin] | None = None,
        enclosing: Origins | None = None,
    ) -> None:
        self.names = names
        self.module = module
        self.params = {param.name: param for param in params}
        self.url = url or {}
        self.enclosing = enclosing
        self.imports: dict[str, n.Import] = {}
        self.assigned: dict[str, list[tuple[n.Expr, int]]] = {}
        self.bound: set[str] = set()
        self.guarded: set[str] = set()
        self.overwritten: set[str] = set()
        self._known: dict[frozenset[str], dict[str, Origin]] = {}
        self._collect(block)

    # What the function binds

    def _collect(self, block: Iterable[n.Stmt]) -> None:
        for statement in statements(block):
            if isinstance(statement, n.Import):
                self.imports[statement.name] = statement
            elif isinstance(statement, n.Assign):
                for target in statement.targets:
                    self._bind(target, statement.value, statement.span)
            elif isinstance(statement, n.Annotate | n.Augment) and statement.value is not None:
                self._bind(statement.target, statement.value, statement.span)
            elif isinstance(statement, n.For):
                self._bind(statement.target, statement.source, statement.span)
            elif isinstance(statement, n.With):
                for item in statement.items:
                    if item.target is not None:
                        self._bind(item.target, item.context, statement.span)
            elif isinstance(statement, n.Try):
                self.bound |= {h.name for h in statement.handlers if h.name}
            elif isinstance(statement, n.Function | n.Class):
                self.bound.add(statement.name)
            elif isinstance(statement, n.Match):
                self.bound |= {name for case in statement.cases for name in case.names}
            self._collect_heads(statement)

    def _collect_heads(self, statement: n.Stmt) -> None:
        for head in heads(statement):
            for node in inside(head):
                if isinstance(node, n.Comprehension):
                    for loop in node.loops:
                        self._bind(loop.target, loop.source, node.span)
                elif isinstance(node, n.Walrus):
                    self._bind(node.target, node.value, node.span)
                elif isinstance(node, n.Lambda):
                    self.bound |= {param.name for param in node.params}
                elif isinstance(node, n.Compare):
                    self._guard(node)
                elif isinstance(node, n.Call):
                    self._guard_call(node)

    def _bind(self, target: n.Expr, value: n.Expr, span: int) -> None:
        if isinstance(target, n.Name):
            self.assigned.setdefault(target.id, []).append((value, span))
        elif isinstance(target, n.Sequence):
            for position, item in enumerate(target.items):
                self._bind(item, _part(value, position, len(target.items)), span)
        elif isinstance(target, n.Wrapped) and target.value is not None:
            self._bind(target.value, value, span)
        elif isinstance(target, n.Attr) and target.name in REQUEST_PARTS:
            self.overwritten.add(target.name)
        elif isinstance(target, n.Attr):
            self.assigned.setdefault(access_path(target), []).append((value, span))
        elif isinstance(target, n.Index):
            self.assigned.setdefault(access_path(target.value), []).append((value, span))

    def _guard(self, node: n.Compare) -> None:
        """`x in ("a", "b")` and `x == "a"` tell what a name may hold."""
        name = access_path(node.left)
        if name and node.ops[0] in ("in", "not in") and self._limits(node.rights[0]):
            self.guarded.add(name)

    def _guard_call(self, node: n.Call) -> None:
        called = tail(node.func)
        if called in ("isdigit", "isnumeric", "isalnum", "isdecimal", "isidentifier"):
            if isinstance(node.func, n.Attr):
                self.guarded.add(access_path(node.func.value))
        elif called == "fullmatch" or _ADDRESS_CHECK.search(called):
            for argument in (*node.args, *(k.value for k in node.keywords)):
                self.guarded.add(access_path(argument))
        self.guarded.discard("")

    def _limits(self, node: n.Expr) -> bool:
        """Whether being found in a collection says something: not in a text, nor in the request."""
        if isinstance(node, n.Const | n.Joined):
            return False
        return not any(
            isinstance(part, n.Attr | n.Call) and self.reads_request(part) for part in inside(node)
        )

    # What an expression is

    def of(
        self, node: n.Expr | None, clears: frozenset[str] = frozenset(), depth: int = 0
    ) -> Origin:
        """Return where a value comes from.

        Args:
            node: any expression of the function.
            clears: names of functions whose result is harmless here, whatever goes in.
            depth: how many names were followed so far.
        """
        if node is None or isinstance(node, n.Const | n.Bytes):
            return CONSTANT
        if depth > _DEPTH_LIMIT:
            return UNKNOWN
        if access_path(node) in self.guarded:
            return TYPED
        if isinstance(node, n.Call) and tail(node.func) in clears:
            return CONSTANT
        if self.reads_request(node):
            return Origin(frozenset({Kind.BROWSER}), node)
        if isinstance(node, n.Name):
            return self._name(node, clears, depth + 1)
        if isinstance(node, n.Attr):
            return self._attribute(node, clears, depth + 1)
        if isinstance(node, n.Call):
            return self._call(node, clears, depth + 1)
        if isinstance(node, n.Compare | n.Unary):
            return TYPED
        parts = _carried(node)
        return UNKNOWN if parts is None else self.union(parts, clears, depth + 1)

    def union(self, parts: Iterable[n.Expr], clears: frozenset[str], depth: int) -> Origin:
        """Return the origin of a value that several values flow into."""
        return joined([self.of(part, clears, depth) for part in parts])

    def reads_request(self, node: n.Expr) -> bool:
        """Whether an expression reads a part of the request that the browser writes."""
        if isinstance(node, n.Attr):
            if node.name in REQUEST_PARTS and node.name not in self.overwritten:
                return self.is_request(node.value)
            if node.name in CLEANED:
                return True
            is_captured = node.name == "kwargs" and tail(node.value) == "self"
            return is_captured and isinstance(node.value, n.Name) and "request" in self.params
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
            return node.func.name in REQUEST_CALLS and self.is_request(node.func.value)
        return False

    def is_request(self, node: n.Expr) -> bool:
        """Whether an expression is the request itself."""
        if isinstance(node, n.Name):
            return node.id in REQUEST_NAMES
        return isinstance(node, n.Attr) and node.name in ("request", "_request")

    def _name(self, node: n.Name, clears: frozenset[str], depth: int) -> Origin:
        found: list[Origin] = []
        if node.id in self.assigned:
            found.append(self._solved(clears)[node.id])
        if node.id in self.params:
            found.append(self._param(node))
        if found:
            return joined(found)
        if node.id in self.bound:
            return UNKNOWN
        if self.enclosing is not None and node.id not in self.imports:
            return self.enclosing.of(node, clears, depth)
        return self._global(node)

    def _solved(self, clears: frozenset[str]) -> dict[str, Origin]:
        """Return the origins of all assigned names: a fixed point, reached in a few rounds."""
        known = self._known.get(clears)
        if known is not None:
            return known
        known = self._known[clears] = dict.fromkeys(self.assigned, NOTHING)
        for _round in range(_ROUND_LIMIT):
            changed = False
            for name, values in self.assigned.items():
                found = joined(
                    [known[name], *(self._assigned(value, span, clears) for value, span in values)]
                )
                if found.kinds != known[name].kinds:
                    known[name], changed = found, True
            if not changed:
                break
        return known

    def _assigned(self, value: n.Expr, span: int, clears: frozenset[str]) -> Origin:
        origin = self.of(value, clears)
        if origin.source is None or span in origin.steps:
            return origin
        return Origin(origin.kinds, origin.source, (*origin.steps, span))

    def _param(self, node: n.Name) -> Origin:
        known = self.url.get(node.id)
        if known is not None:
            return Origin(known.kinds, node) if known.is_browser else known
        if node.id in ("self", "cls"):
            return UNKNOWN
        return PARAMETER

    def _global(self, node: n.Expr) -> Origin:
        local: dict[str, n.Import | None] = dict(self.imports)
        found = self.names.resolve(self.module, node, local)
        if isinstance(found, ClassSymbol | FunctionSymbol | ModuleSymbol | External):
            return CONSTANT
        if isinstance(found, ValueSymbol):
            return CONSTANT if isinstance(node, n.Name) else UNKNOWN
        return CONSTANT if isinstance(node, n.Name) and node.id in BUILTINS else UNKNOWN

    def _attribute(self, node: n.Attr, clears: frozenset[str], depth: int) -> Origin:
        if node.name in ("pk", "id", "_meta", "__name__", "__class__", "db_table", "column"):
            return TYPED
        path = access_path(node)
        if path in self.assigned:
            return self._solved(clears)[path]
        base = node.value
        if isinstance(base, n.Name) and not self._binds(base.id):
            found = self.names.resolve(self.module, base, dict(self.imports))
            name = getattr(found, "name", "")
            if name.endswith("settings") or isinstance(
                found, ModuleSymbol | ClassSymbol | External
            ):
                return CONSTANT
        origin = self.of(base, clears, depth)
        return origin if origin.is_browser else UNKNOWN

    def _binds(self, name: str) -> bool:
        return name in self.assigned or name in self.params or name in self.bound

    def _call(self, node: n.Call, clears: frozenset[str], depth: int) -> Origin:
        called = tail(node.func)
        if called in clears:
            return CONSTANT
        if called in TYPES:
            return TYPED
        arguments = [*node.args, *(k.value for k in node.keywords)]
        if called in CARRIERS:
            parts = [node.func.value] if isinstance(node.func, n.Attr) else []
            if called in LOOKUPS:
                arguments = arguments[1:]
            if called in DECODERS:
                parts = []
            return self.union([*parts, *arguments], clears, depth)
        if called in CONSTANT_CALLS:
            return CONSTANT
        return UNKNOWN


def _carried(node: n.Expr) -> list[n.Expr] | None:
    """Return the parts of an expression whose text its value carries."""
    if isinstance(node, n.Joined):
        return list(node.parts)
    if isinstance(node, n.Formatted | n.Index):
        return [node.value]
    if isinstance(node, n.Binary):
        return [node.left, node.right]
    if isinstance(node, n.Logic):
        return list(node.values)
    if isinstance(node, n.Sequence):
        return list(node.items)
    if isinstance(node, n.Mapping):
        return list(node.values)
    if isinstance(node, n.Choice):
        return [node.then, node.other]
    if isinstance(node, n.Comprehension):
        return [node.value]
    if isinstance(node, n.Wrapped | n.Walrus):
        return [node.value] if node.value is not None else []
    return None


def _part(value: n.Expr, position: int, count: int) -> n.Expr:
    if isinstance(value, n.Sequence) and len(value.items) == count:
        return value.items[position]
    return value
