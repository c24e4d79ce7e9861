"""A settings module read from top to bottom, never run.

It is followed through its star imports and overrides. Where a branch cannot be decided, a name that
both ways set differently becomes `UNKNOWN`: a rule then stays silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pickguard.site.settings.environment import Setting
from pickguard.site.settings.objects import settings_field
from pickguard.site.settings.pieces import pieces
from pickguard.site.settings.stages import of_production
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Names
from pickguard.site.symbols.own_functions import arguments, returned
from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import MISSING, UNKNOWN, FromEnvironment, default_of
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

_IMPORT_LIMIT = 30
_CALL_LIMIT = 5
_NOT_THERE = frozenset({"ImportError", "ModuleNotFoundError"})


class _Here(Struct, frozen=True):
    """Where the reading stands.

    Attributes:
        module: the file.
        scope: the names that are set so far; it is changed as statements are read.
        seen: paths of the modules that led here, this one last.
        in_branch: whether the statements run only under a condition.
        in_class: whether they are the body of a class that holds settings.
    """

    module: Module
    scope: dict[str, Setting]
    seen: tuple[str, ...]
    in_branch: bool = False
    in_class: bool = False


class SettingsReader:
    """Reads one environment: the names of the settings module and of those it imports from.

    Attributes:
        complete: whether all modules that it takes everything from could be read.
        pieces: the paths of the files that modules put their settings together of.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.complete = True
        self.pieces: set[str] = set()
        self._following: list[FunctionSymbol] = []
        self._read: dict[str, dict[str, Setting]] = {}

    def read(self, module: Module, seen: tuple[str, ...] = ()) -> dict[str, Setting]:
        """Return the names that a module ends up with; `seen` are the modules that led here."""
        if module.path in seen or len(seen) > _IMPORT_LIMIT:
            return {}
        if module.path not in self._read:
            scope: dict[str, Setting] = {}
            self._block(_Here(module, scope, (*seen, module.path)), module.record.body)
            self._read[module.path] = scope
        return self._read[module.path]

    def read_class(self, symbol: ClassSymbol, seen: tuple[str, ...] = ()) -> dict[str, Setting]:
        """Return the settings that a class holds, with what it inherits (django-configurations)."""
        scope: dict[str, Setting] = {}
        if symbol.name in seen or len(seen) > _IMPORT_LIMIT:
            return scope
        for base in reversed(symbol.node.bases):
            found = self.names.resolve(symbol.module, base)
            if isinstance(found, ClassSymbol):
                scope.update(self.read_class(found, (*seen, symbol.name)))
        self._block(
            _Here(symbol.module, scope, (*seen, symbol.name), in_class=True), symbol.node.body
        )
        return scope

    def _block(self, here: _Here, statements: Iterable[n.Stmt]) -> None:
        for statement in statements:
            if isinstance(statement, n.If):
                self._if(here, statement)
            elif isinstance(statement, n.Try):
                inner = self._where_installed(here, statement.body, _caught(statement))
                for part in (statement.body, statement.other):
                    self._block(inner, part)
                self._block(here, statement.final)
            elif isinstance(statement, n.With):
                caught = [arg for item in statement.items for arg in _suppressed(item.context)]
                self._block(self._where_installed(here, statement.body, caught), statement.body)
            elif isinstance(statement, n.Match):
                self._match(here, statement)
            elif isinstance(statement, n.For | n.While):
                self._block(replace(here, in_branch=True), statement.body)
            else:
                self._statement(here, statement)

    def _where_installed(
        self, here: _Here, block: Iterable[n.Stmt], caught: Iterable[n.Expr]
    ) -> _Here:
        """Return where a block stands that runs only where a package that it imports is there."""
        is_caught = any(tail(kind) in _NOT_THERE for kind in caught)
        if is_caught and any(isinstance(s, n.Import) and s.name != "*" for s in block):
            return replace(here, in_branch=True)
        return here

    def _match(self, here: _Here, statement: n.Match) -> None:
        tests: list[n.Expr] = []
        for case in statement.cases:
            test = _condition(statement.subject, case)
            if test is None:
                break
            tests.append(test)
        bodies = [case.body for case in statement.cases]
        other = bodies[len(tests)] if len(tests) < len(bodies) else ()
        self._ways(here, tests, bodies, other)

    def _if(self, here: _Here, statement: n.If) -> None:
        chain = [statement]
        while len(chain[-1].other) == 1 and isinstance(chain[-1].other[0], n.If):
            chain.append(chain[-1].other[0])
        tests, bodies = [one.test for one in chain], [one.body for one in chain]
        self._ways(here, tests, bodies, chain[-1].other)

    def _ways(
        self,
        here: _Here,
        tests: Sequence[n.Expr],
        bodies: Sequence[tuple[n.Stmt, ...]],
        other: tuple[n.Stmt, ...],
    ) -> None:
        """Read what runs of a chain of conditions, or join what holds after each way that may be taken."""
        ends: list[dict[str, Setting]] = []
        stages = of_production(tests, lambda node: self._value(here, node))
        for test, block, stage in zip(tests, bodies, stages, strict=False):
            holds = default_of(self._value(here, test)) if stage is None else stage
            if holds is not UNKNOWN and not holds:
                continue
            if holds is not UNKNOWN:
                other = block
                break
            ends.append(dict(here.scope))
            self._block(replace(here, scope=ends[-1], in_branch=True), block)
        if not ends:
            self._block(here, other)
            return
        last = dict(here.scope)
        self._block(replace(here, scope=last, in_branch=True), other)
        _join(here.scope, ends, last)

    def _statement(self, here: _Here, statement: n.Stmt) -> None:
        if isinstance(statement, n.Import):
            self._import(here, statement)
        elif isinstance(statement, n.Assign):
            value = self._value(here, statement.value)
            for target in statement.targets:
                self._assign(here, target, value, statement.span)
        elif isinstance(statement, n.Annotate) and statement.value is not None:
            value = self._value(here, statement.value)
            self._assign(here, statement.target, value, statement.span)
        elif isinstance(statement, n.Augment):
            self._augment(here, statement)
        elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            self._called(here, statement.value)
        elif isinstance(statement, n.Function) and here.in_class:
            # a property: which value it returns is told when it is asked
            setting = Setting(statement.name, UNKNOWN, here.module, statement.span)
            here.scope[statement.name] = setting
        elif isinstance(statement, n.Delete):
            for target in statement.targets:
                if isinstance(target, n.Name):
                    here.scope.pop(target.id, None)

    def _import(self, here: _Here, statement: n.Import) -> None:
        source = self.names.import_name(here.module, statement)
        target = self.names.modules.find(source, here.module)
        if statement.name == "*":
            if target is None:
                self.complete = False
                return
            here.scope.update(self.read(target, here.seen))
        elif statement.attribute is None or target is None or target.path in here.seen:
            return
        elif found := self.read(target, here.seen).get(statement.attribute):
            here.scope[statement.name] = found
        else:
            here.scope.pop(statement.name, None)

    def _assign(self, here: _Here, target: n.Expr, value: Any, span: int) -> None:
        if isinstance(target, n.Name):
            here.scope[target.id] = Setting(target.id, value, here.module, span, here.in_branch)
        elif isinstance(target, n.Sequence):
            known = isinstance(value, list | tuple) and len(value) == len(target.items)
            for position, part in enumerate(target.items):
                self._assign(here, part, value[position] if known else UNKNOWN, span)
        elif isinstance(target, n.Index):
            self._assign_item(here, target, value, span)

    def _assign_item(self, here: _Here, target: n.Index, value: Any, span: int) -> None:
        keys: list[Any] = []
        holder: n.Expr = target
        while isinstance(holder, n.Index):
            keys.append(self._value(here, holder.index))
            holder = holder.value
        if _is_namespace(holder):
            is_named = len(keys) == 1 and isinstance(keys[0], str)
            self._assign_in_namespace(here, {keys[0]: value} if is_named else None, span)
            return
        if not isinstance(holder, n.Name) or holder.id not in here.scope:
            return
        old = here.scope[holder.id]
        changed = _with_item(old.value, list(reversed(keys)), value)
        here.scope[holder.id] = Setting(holder.id, changed, here.module, span, old.in_branch)

    def _update_namespace(self, here: _Here, call: n.Call) -> None:
        """Apply `globals().update(SECURE)`."""
        for value in (self._value(here, item) for item in call.args):
            self._assign_in_namespace(here, value, call.span)
        for word in call.keywords:
            value = self._value(here, word.value)
            named = value if word.name is None else {word.name: value}
            self._assign_in_namespace(here, named, call.span)

    def _assign_in_namespace(self, here: _Here, values: Any, span: int) -> None:
        """Assign to names that a dictionary says; where it cannot be read, more may be set than is seen."""
        known = default_of(values)
        if not isinstance(known, dict) or not all(isinstance(name, str) for name in known):
            self.complete = False
            return
        for name, value in known.items():
            here.scope[name] = Setting(name, value, here.module, span, here.in_branch)

    def _augment(self, here: _Here, statement: n.Augment) -> None:
        if isinstance(statement.target, n.Name):
            whole = n.Binary(statement.span, statement.op, statement.target, statement.value)
            self._assign(here, statement.target, self._value(here, whole), statement.span)

    def _called(self, here: _Here, call: n.Call) -> None:
        found = pieces(self.names, here.module, call, lambda node: self._value(here, node))
        if found is None:
            self._mutate(here, call)
            return
        self.complete = self.complete and found.complete
        for module in found.modules:
            self.pieces.add(module.path)
            if module.path not in here.seen and len(here.seen) <= _IMPORT_LIMIT:
                inner = replace(here, module=module, seen=(*here.seen, module.path))
                self._block(inner, module.record.body)

    def _mutate(self, here: _Here, call: n.Call) -> None:
        """Apply `NAME.append(x)` and its kin."""
        if not isinstance(call.func, n.Attr):
            return
        if call.func.name == "update" and _is_namespace(call.func.value):
            self._update_namespace(here, call)
        if not isinstance(call.func.value, n.Name):
            return
        name = call.func.value.id
        old = here.scope.get(name)
        if old is None:
            return
        arguments = [self._value(here, argument) for argument in call.args]
        value = _mutated(default_of(old.value), call.func.name, arguments)
        if value is not MISSING:
            in_branch = old.in_branch or here.in_branch
            is_list = old.module.path == here.module.path and call.func.name != "remove"
            span = old.span if is_list else call.span  # what adds to a list says less than the list
            here.scope[name] = Setting(name, value, here.module, span, in_branch)

    def _value(self, here: _Here, expression: n.Expr) -> Any:
        def lookup(node: n.Expr) -> Any:
            if isinstance(node, n.Call):
                return self._returned(here, node)
            if isinstance(node, n.Name) and node.id in here.scope:
                return here.scope[node.id].value
            if isinstance(node, n.Name) and node.id == "__file__":
                return TreePath(here.module.path)
            if isinstance(node, n.Attr):
                owner = self.names.resolve(here.module, node.value)
                read = settings_field(self.names, owner, node.name)
                if read is not None:
                    scope = _Here(read.owner.module, {}, here.seen)
                    default = self._value(scope, read.default) if read.default else MISSING
                    return FromEnvironment(read.variable, default_of(default))
                if here.in_class and isinstance(owner, ClassSymbol) and owner.name not in here.seen:
                    setting = self.read_class(owner, here.seen).get(node.name)
                    return setting.value if setting else UNKNOWN
            found = self.names.resolve(here.module, node)
            value = getattr(found, "value", None)
            return value.value if isinstance(value, n.Const) else UNKNOWN

        return evaluate(expression, lookup)

    def _returned(self, here: _Here, call: n.Call) -> Any:
        """Return what a call of a function of the site is worth: `trailing_slash(BASE_PATH)`."""
        function = self.names.resolve(here.module, call.func)
        if not isinstance(function, FunctionSymbol) or len(self._following) > _CALL_LIMIT:
            return UNKNOWN
        within = _Here(function.module, {}, here.seen)
        self._following.append(function)
        try:
            given = arguments(
                function,
                call,
                lambda node: self._value(here, node),
                lambda node: self._value(within, node),
            )
            if given is None:
                return UNKNOWN
            return returned(function, given, lambda node: self._value(within, node))
        finally:
            self._following.pop()


def _is_namespace(node: n.Expr) -> bool:
    """Whether an expression is `globals()`, what a module binds by its names."""
    is_named = isinstance(node, n.Call) and tail(node.func) in ("globals", "vars", "locals")
    return is_named and isinstance(node, n.Call) and not node.args


def _condition(subject: n.Expr, case: n.Case) -> n.Expr | None:
    """Return what a case of a `match` asks, as a condition; None where it takes anything."""
    same: list[n.Expr] = [n.Compare(one.span, subject, ("==",), (one,)) for one in case.values]
    tests: list[n.Expr] = [n.Logic(subject.span, "or", tuple(same))] if same else []
    if case.guard is not None:
        tests.append(case.guard)
    return n.Logic(subject.span, "and", tuple(tests)) if tests else None


def _caught(statement: n.Try) -> list[n.Expr]:
    """Return the exceptions that a `try` catches."""
    kinds = [handler.type for handler in statement.handlers if handler.type is not None]
    return [
        one for kind in kinds for one in (kind.items if isinstance(kind, n.Sequence) else [kind])
    ]


def _suppressed(context: n.Expr) -> tuple[n.Expr, ...]:
    """Return the exceptions that `with suppress(ImportError):` passes over."""
    is_suppress = isinstance(context, n.Call) and tail(context.func) == "suppress"
    return context.args if isinstance(context, n.Call) and is_suppress else ()


def _join(
    scope: dict[str, Setting], ends: list[dict[str, Setting]], last: dict[str, Setting]
) -> None:
    """Put into a scope what holds whichever way was taken."""
    for end in reversed(ends):
        last = {
            name: _joined(scope.get(name), end.get(name), last.get(name))
            for name in {**end, **last}
        }
    scope.update(last)


def _joined(before: Setting | None, then: Setting | None, other: Setting | None) -> Setting:
    """Return what holds after a condition that could not be decided."""
    changed = then if then is not before else other
    chosen = changed or then or other
    if then is None or other is None:
        # NOTE: set on one way only, so that on the other Django's own default holds
        return Setting(chosen.name, UNKNOWN, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set
    if then is other or then.value == other.value:
        return then
    one, two = _listed(then.value), _listed(other.value)
    if isinstance(one, list) and isinstance(two, list):
        longer, shorter = (one, two) if len(one) >= len(two) else (two, one)
        value = [*longer, *(item for item in shorter if item not in longer)]
        return Setting(then.name, value, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set
    if isinstance(one, dict) and isinstance(two, dict):
        agreed = {
            key: value if key in two and key in one and two[key] == one[key] else UNKNOWN
            for key, value in {**two, **one}.items()
        }
        return Setting(then.name, agreed, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set
    return Setting(then.name, UNKNOWN, chosen.module, chosen.span, in_branch=True)  # type: ignore[union-attr]  # one of them is set


def _listed(value: Any) -> Any:
    """Return the list or mapping that holds where the environment gives no other; else the value itself."""
    known = default_of(value)
    if isinstance(known, tuple):
        return list(known)
    return known if isinstance(known, list | dict) else value


def _with_item(value: Any, keys: list[Any], item: Any) -> Any:
    """Return a copy of nested dicts and lists with one item set."""
    if not keys:
        return item
    key, *rest = keys
    if isinstance(value, FromEnvironment):
        value = default_of(value)
    if isinstance(value, list) and type(key) is int and -len(value) <= key < len(value):
        items = list(value)
        items[key] = _with_item(value[key], rest, item)
        return items
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
