"""A settings module read from top to bottom, never run.

It is followed through its star imports and overrides. Where a branch cannot be decided, a name that
both ways set differently becomes `UNKNOWN`: a rule then stays silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pickguard.site.modules import Module
from pickguard.site.names import Names
from pickguard.site.settings import Setting
from pickguard.site.values import MISSING, UNKNOWN, FromEnvironment, default_of, evaluate
from pickguard.source.python import nodes as n

_IMPORT_LIMIT = 30


class SettingsReader:
    """Reads one environment: the names of the settings module and of those it imports from.

    Attributes:
        complete: whether all modules that it takes everything from could be read.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.complete = True

    def read(self, module: Module, seen: tuple[str, ...] = ()) -> dict[str, Setting]:
        """Return the names that a module ends up with; `seen` are the modules that led here."""
        scope: dict[str, Setting] = {}
        if module.path in seen or len(seen) > _IMPORT_LIMIT:
            return scope
        self._block(module, module.record.body, scope, (*seen, module.path), in_branch=False)
        return scope

    def _block(
        self,
        module: Module,
        statements: Iterable[n.Stmt],
        scope: dict[str, Setting],
        seen: tuple[str, ...],
        *,
        in_branch: bool,
    ) -> None:
        for statement in statements:
            if isinstance(statement, n.If):
                self._if(module, statement, scope, seen, in_branch=in_branch)
            elif isinstance(statement, n.Try):
                for part in (statement.body, statement.other, statement.final):
                    self._block(module, part, scope, seen, in_branch=in_branch)
            elif isinstance(statement, n.With):
                self._block(module, statement.body, scope, seen, in_branch=in_branch)
            elif isinstance(statement, n.For | n.While):
                self._block(module, statement.body, scope, seen, in_branch=True)
            else:
                self._statement(module, statement, scope, seen, in_branch=in_branch)

    def _if(
        self,
        module: Module,
        statement: n.If,
        scope: dict[str, Setting],
        seen: tuple[str, ...],
        *,
        in_branch: bool,
    ) -> None:
        test = self._value(module, statement.test, scope)
        decided = default_of(test)
        if decided is not UNKNOWN:
            branch = statement.body if decided else statement.other
            self._block(module, branch, scope, seen, in_branch=in_branch)
            return
        then, other = dict(scope), dict(scope)
        self._block(module, statement.body, then, seen, in_branch=True)
        self._block(module, statement.other, other, seen, in_branch=True)
        for name in {**then, **other}:
            scope[name] = _joined(scope.get(name), then.get(name), other.get(name))

    def _statement(
        self,
        module: Module,
        statement: n.Stmt,
        scope: dict[str, Setting],
        seen: tuple[str, ...],
        *,
        in_branch: bool,
    ) -> None:
        if isinstance(statement, n.Import):
            self._import(module, statement, scope, seen)
        elif isinstance(statement, n.Assign):
            value = self._value(module, statement.value, scope)
            for target in statement.targets:
                self._assign(module, target, value, statement.span, scope, in_branch=in_branch)
        elif isinstance(statement, n.Annotate) and statement.value is not None:
            value = self._value(module, statement.value, scope)
            self._assign(
                module, statement.target, value, statement.span, scope, in_branch=in_branch
            )
        elif isinstance(statement, n.Augment):
            self._augment(module, statement, scope, in_branch=in_branch)
        elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            self._mutate(module, statement.value, scope)
        elif isinstance(statement, n.Delete):
            for target in statement.targets:
                if isinstance(target, n.Name):
                    scope.pop(target.id, None)

    def _import(
        self,
        module: Module,
        statement: n.Import,
        scope: dict[str, Setting],
        seen: tuple[str, ...],
    ) -> None:
        source = self.names.import_name(module, statement)
        target = self.names.modules.find(source, module)
        if statement.name == "*":
            if target is None:
                self.complete = False
                return
            scope.update(self.read(target, seen))
        elif statement.attribute is not None and target is not None and target.path not in seen:
            found = self.read(target, seen).get(statement.attribute)
            if found is not None:
                scope[statement.name] = found
            else:
                scope.pop(statement.name, None)

    def _assign(
        self,
        module: Module,
        target: n.Expr,
        value: Any,
        span: int,
        scope: dict[str, Setting],
        *,
        in_branch: bool,
    ) -> None:
        if isinstance(target, n.Name):
            scope[target.id] = Setting(target.id, value, module, span, in_branch)
        elif isinstance(target, n.Sequence):
            for position, part in enumerate(target.items):
                known = isinstance(value, list | tuple) and len(value) == len(target.items)
                item = value[position] if known else UNKNOWN
                self._assign(module, part, item, span, scope, in_branch=in_branch)
        elif isinstance(target, n.Index):
            self._assign_item(module, target, value, span, scope)

    def _assign_item(
        self, module: Module, target: n.Index, value: Any, span: int, scope: dict[str, Setting]
    ) -> None:
        keys: list[Any] = []
        holder: n.Expr = target
        while isinstance(holder, n.Index):
            keys.append(self._value(module, holder.index, scope))
            holder = holder.value
        if not isinstance(holder, n.Name) or holder.id not in scope:
            return
        old = scope[holder.id]
        changed = _with_item(old.value, list(reversed(keys)), value)
        scope[holder.id] = Setting(holder.id, changed, module, span, old.in_branch)

    def _augment(
        self, module: Module, statement: n.Augment, scope: dict[str, Setting], *, in_branch: bool
    ) -> None:
        if not isinstance(statement.target, n.Name):
            return
        name = statement.target.id
        whole = n.Binary(statement.span, statement.op, statement.target, statement.value)
        value = self._value(module, whole, scope)
        scope[name] = Setting(name, value, module, statement.span, in_branch)

    def _mutate(self, module: Module, call: n.Call, scope: dict[str, Setting]) -> None:
        """Apply `NAME.append(x)` and its kin."""
        if not isinstance(call.func, n.Attr) or not isinstance(call.func.value, n.Name):
            return
        name = call.func.value.id
        old = scope.get(name)
        if old is None:
            return
        arguments = [self._value(module, argument, scope) for argument in call.args]
        value = _mutated(default_of(old.value), call.func.name, arguments)
        if value is not MISSING:
            scope[name] = Setting(name, value, module, old.span, old.in_branch)

    def _value(self, module: Module, expression: n.Expr, scope: Mapping[str, Setting]) -> Any:
        def lookup(node: n.Expr) -> Any:
            if isinstance(node, n.Name) and node.id in scope:
                return scope[node.id].value
            found = self.names.resolve(module, node)
            value = getattr(found, "value", None)
            return value.value if isinstance(value, n.Const) else UNKNOWN

        return evaluate(expression, lookup)


def _joined(before: Setting | None, then: Setting | None, other: Setting | None) -> Setting:
    """Return what holds after a condition that could not be decided."""
    changed = then if then is not before else other
    chosen = changed or then or other
    if then is None or other is None:
        # NOTE: set on one way only, so that on the other Django's own default holds
        return Setting(chosen.name, UNKNOWN, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set
    if then is other or then.value == other.value:
        return then
    if isinstance(then.value, list) and isinstance(other.value, list):
        longer = then if len(then.value) >= len(other.value) else other
        extra = [x for x in [*then.value, *other.value] if x not in longer.value]
        value = [*longer.value, *extra]
        return Setting(then.name, value, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set
    return Setting(then.name, UNKNOWN, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set


def _with_item(value: Any, keys: list[Any], item: Any) -> Any:
    """Return a copy of nested dicts with one item set."""
    if not keys:
        return item
    key, *rest = keys
    if isinstance(value, FromEnvironment):
        value = default_of(value)
    if not isinstance(value, dict) or not isinstance(key, str | int):
        return value
    return {**value, key: _with_item(value.get(key, {} if rest else None), rest, item)}


def _mutated(value: Any, method: str, arguments: list[Any]) -> Any:
    """Return the changed copy of a list or dict, or `MISSING` where the call changes nothing known."""
    if isinstance(value, dict) and method == "update" and len(arguments) == 1:
        return {**value, **arguments[0]} if isinstance(arguments[0], dict) else value
    if not isinstance(value, list | tuple):
        return MISSING
    items = list(value)
    if method == "append" and len(arguments) == 1:
        return [*items, arguments[0]]
    if method == "extend" and len(arguments) == 1:
        return items + (list(arguments[0]) if isinstance(arguments[0], list | tuple) else [UNKNOWN])
    if method == "insert" and len(arguments) == 2:
        position = arguments[0] if isinstance(arguments[0], int) else 0
        return [*items[:position], arguments[1], *items[position:]]
    if method == "remove" and len(arguments) == 1:
        return [item for item in items if item != arguments[0]]
    return MISSING
