"""What a function does beyond returning: rows written, people logged in, mail sent, files written.

Calls are followed through the site's own functions and methods, so that a view's effect is found
where a service function three calls away has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from pickguard.flow.callees.arguments import given
from pickguard.flow.callees.dispatch import dispatched
from pickguard.flow.callees.handed_over import handed_over
from pickguard.flow.stored.held_rows import HeldRows, TypeOf, flat, is_manager, reads_row
from pickguard.flow.stored.written_sql import EXECUTING, effect_of_statement, table_of_statement
from pickguard.flow.values.origin import Passed
from pickguard.site.models.models import Relations
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Names
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, argument, given_to, is_false, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import heads, inside, within

_Path: TypeAlias = tuple[tuple[FunctionSymbol, int], ...]
_DEPTH_LIMIT = 4
_CALL_LIMIT = 400
_RUNNING = frozenset({"on_commit"})
"""What runs the functions that are written where it is called."""

MANAGER_WRITES = frozenset(
    {
        "create",
        "create_user",
        "create_superuser",
        "bulk_create",
        "bulk_update",
        "update_or_create",
        "update",
        "delete",
    }
)
_ROW_WRITES = frozenset({"save", "delete"})
_SET_WRITES = frozenset({"update", "delete"})
# of django-mptt
_TREE_WRITES = frozenset({"move_to", "insert_at"})
_RELATES = frozenset({"add", "remove", "clear", "set"})
# What a form makes of what was sent; on a GET most forms are empty, and save nothing
_SAVES_FORM = "saves a form"
# `aupdate` does what `update` does
_SYNC = {f"a{name}": name for name in MANAGER_WRITES | _ROW_WRITES | _RELATES}
_LIBRARY = {
    "django.contrib.auth.login": "logs a user in",
    "django.contrib.auth.logout": "logs the user out",
    "django.contrib.auth.alogin": "logs a user in",
    "django.contrib.auth.alogout": "logs the user out",
    "django.core.mail.send_mail": "sends mail",
    "django.core.mail.send_mass_mail": "sends mail",
    "django.core.mail.mail_admins": "sends mail",
    "django.core.mail.mail_managers": "sends mail",
    "django.core.management.call_command": "runs a management command",
}


Reached: TypeAlias = Callable[[tuple[n.Stmt, ...]], Iterable[n.Stmt]]


class Effect(Struct, frozen=True):
    """One effect and the way to it.

    Attributes:
        what: a short phrase, such as "deletes rows".
        function: where it happens.
        span: of the call, packed.
        path: the calls that lead there from where the search began: (function, span).
        receiver: the text of names in the call, for telling what is written.
        by_type: whether only the type of an object told where some call on the way leads.
    """

    what: str
    function: FunctionSymbol
    span: int
    path: _Path = ()
    receiver: str = ""
    by_type: bool = False

    @property
    def row(self) -> str:
        """The path of the row that is saved; behind it in `receiver` stand the names that `save` is given."""
        return self.receiver.partition(" ")[0]

    @property
    def changes_rows(self) -> bool:
        """Whether rows are written or deleted, and not a mail sent or somebody logged in."""
        return self.what.endswith((" row", " rows")) or self.what == _SAVES_FORM


class Effects:
    """Finds effects of the functions of one site.

    Args:
        names: what names stand for.
        classes: of the site.
        relations: the names by which rows lead to others.
        type_of: tells for sure what an expression in a function is, where the calls here do not.
    """

    def __init__(
        self,
        names: Names,
        classes: Classes,
        relations: Relations = Relations(),  # noqa: B008 - it is frozen
        type_of: TypeOf | None = None,
    ) -> None:
        self.names = names
        self.classes = classes
        self.rows = HeldRows(names, classes, relations, type_of)
        self._calls: dict[tuple[FunctionSymbol, Reached], list[n.Call]] = {}

    def of(
        self,
        function: FunctionSymbol,
        reached: Reached = iter,
        owner: ClassSymbol | None = None,
        start: tuple[n.Stmt, ...] = (),
    ) -> Iterator[Effect]:
        """Yield the effects of a function, nearest first.

        Args:
            function: where to begin.
            reached: returns the statements of a body that matter; all, where it is left out. A
                function of a module: what it leaves of a body is kept.
            owner: the class whose `self` the function runs with.
            start: the statements of the function to begin with, instead of those that are reached.
        """
        seen = {function}
        waiting: deque[tuple[FunctionSymbol, list[n.Call], _Path, frozenset[str], bool]]
        calls = _calls(start) if start else self._reached(function, reached)
        waiting = deque([(function, calls, (), frozenset(), False)])
        count = 0
        while waiting:
            current, calls, path, rows, by_type = waiting.popleft()
            for call in calls:
                what = self.effect(current, call, rows)
                if what:
                    written = self._written(current, call)
                    yield Effect(what, current, call.span, path, written, by_type)
                count += 1
                if len(path) + 1 == _DEPTH_LIMIT or count >= _CALL_LIMIT:
                    continue
                targets = list(self._targets(current, call, owner))
                typed = None if targets else self._method_of_typed(current, call.func)
                for target in targets or filter(None, (typed,)):
                    if target in seen:
                        continue
                    seen.add(target)
                    step = (*path, (current, call.span))
                    given_rows = frozenset(self._given_rows(current, call, target, rows))
                    is_typed = by_type or typed is not None
                    inner = self._reached(target, reached)
                    waiting.append((target, inner, step, given_rows, is_typed))

    def _reached(self, function: FunctionSymbol, reached: Reached) -> list[n.Call]:
        """Return the calls in what is reached of a function."""
        key = (function, reached)
        known = self._calls.get(key)
        if known is None:
            known = self._calls[key] = _calls(reached(body(function.node)))
        return known

    def change(self, function: FunctionSymbol) -> Effect | None:
        """Return the nearest effect of a function, or of a method of its class, that changes rows."""
        found = self.of(function, owner=function.owner)
        return next((effect for effect in found if effect.changes_rows), None)

    def _given_rows(
        self, caller: FunctionSymbol, call: n.Call, target: FunctionSymbol, rows: frozenset[str]
    ) -> Iterator[str]:
        """Yield the parameters of a function that a call gives rows to."""
        values = given_to(call)
        held = [value for value in values if self.rows.is_row(caller, value, rows)]
        for param in target.node.params if held else ():
            passed = Passed(param.name)
            for value in given(target, call, passed, is_bound=target.owner is not None):
                if value in held:
                    yield param.name

    def effect(
        self, function: FunctionSymbol, call: n.Call, rows: frozenset[str] = frozenset()
    ) -> str:
        """Return what one call does by itself, or an empty text.

        Args:
            function: where the call stands.
            call: of anything.
            rows: the parameters of the function that are known to hold rows.
        """
        name = _SYNC.get(tail(call.func), tail(call.func))
        if isinstance(call.func, n.Attr):
            receiver = call.func.value
            if name in MANAGER_WRITES and is_manager(receiver) and not reads_row(receiver):
                if name == "delete" and _is_expired(receiver):
                    return ""
                return "deletes rows" if name == "delete" else "writes rows"
            if name in _SET_WRITES and self.rows.is_set(function, receiver):
                return "deletes rows" if name == "delete" else "writes rows"
            if name in _ROW_WRITES and (
                self.rows.is_row(function, receiver, rows)
                or self.rows.is_handed_back(function, receiver)
            ):
                return "deletes a row" if name == "delete" else "saves a row"
            if name in _TREE_WRITES and self.rows.is_row(function, receiver, rows):
                return "saves a row"
            if name == "save" and not _is_put_off(call) and self.rows.is_form(function, receiver):
                return _SAVES_FORM
            if name in _RELATES and self.rows.is_relation(function, receiver, rows):
                return "writes rows"
            if name in EXECUTING and call.args:
                return next(filter(None, map(effect_of_statement, self._said(function, call))), "")
        found = self.names.resolve(function.module, call.func, self.rows.locals(function))
        if isinstance(found, External):
            return _LIBRARY.get(found.name, "")
        return ""

    def _said(self, function: FunctionSymbol, call: n.Call) -> list[n.Expr]:
        """Return what a call is given first: itself, or what its name is assigned."""
        if not isinstance(call.args[0], n.Name):
            return [call.args[0]]
        assigned = self.rows.assigned_in(function).get(call.args[0].id, ())
        return [value for value, is_loop in assigned if not is_loop]

    def _written(self, function: FunctionSymbol, call: n.Call) -> str:
        """Return the names that tell what a call writes."""
        if tail(call.func) in EXECUTING and call.args:
            return " ".join(map(table_of_statement, self._said(function, call)))
        return _names_in(call)

    def _targets(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None
    ) -> Iterator[FunctionSymbol]:
        """Yield the functions of the site that a call may run: one, or several methods named by their beginning."""
        target = self.target(function, call, owner)
        if target is not None:
            yield target
        elif "getattr" in function.node.words:
            name = call.func.id if isinstance(call.func, n.Name) else ""
            made = [value for value, _is_loop in self.rows.assigned_in(function).get(name, ())]
            yield from dispatched(call, made, self._own(function, owner), self.classes)

    def target(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None = None
    ) -> FunctionSymbol | None:
        """Return the site's function that a call runs, or None."""
        func = call.func
        if isinstance(func, n.Attr) and isinstance(func.value, n.Name):
            if func.value.id in ("self", "cls"):
                holder = self._own(function, owner)
                return self.classes.method(holder, func.name) if holder else None
            if func.value.id in {p.name for p in function.node.params}:
                return None
        if isinstance(func, n.Attr):
            holder = self.rows.class_here(function, func.value)
            if holder is not None:
                return self.classes.method(holder, func.name)
        found = self.names.resolve(function.module, func, self.rows.locals(function))
        if isinstance(found, FunctionSymbol):
            return found
        return None

    def _method_of_typed(self, function: FunctionSymbol, func: n.Expr) -> FunctionSymbol | None:
        """Return the method of an object whose class only its type tells: `form.cleaned_data["note"]`."""
        if not isinstance(func, n.Attr):
            return None
        if func.name not in self._method_names:
            return None
        if not isinstance(func.value, n.Call) and not access_path(func.value):
            return None
        holder = self.rows.instance_of(function, func.value)
        return self.classes.method(holder, func.name) if holder is not None else None

    @cached_property
    def _method_names(self) -> frozenset[str]:
        """The names of the methods of the site's models."""
        models = (one for one in self.classes.all if "model" in self.classes.kinds(one))
        return frozenset(m.name for one in models for m in self.classes.own_methods(one))

    def _own(self, function: FunctionSymbol, owner: ClassSymbol | None) -> ClassSymbol | None:
        """Return the class of a method's `self`: that of the view, where the method is one of its."""
        is_of_view = owner is not None and function.owner in self.classes.own_line(owner)
        return owner if is_of_view or function.owner is None else function.owner


def _is_expired(rows: n.Expr) -> bool:
    """Whether rows are chosen by their age alone, which no visitor decides: `filter(made__lt=now() - DAY)`."""
    if not isinstance(rows, n.Call) or tail(rows.func) != "filter" or rows.args:
        return False
    old = [word for word in rows.keywords if word.name and word.name.endswith(_OLDER)]
    others = [word for word in rows.keywords if word not in old]
    by_age = any(tail(node) in _CLOCKS for word in old for node in inside(word.value))
    return by_age and all(isinstance(word.value, n.Const) for word in others)


_OLDER = ("__lt", "__lte")
_CLOCKS = frozenset({"now", "utcnow", "today", "localtime", "timedelta"})


def _is_put_off(call: n.Call) -> bool:
    """Whether it is `form.save(commit=False)`, which saves nothing yet."""
    return is_false(argument(call, 0, "commit"))


def _calls(statements: Iterable[n.Stmt]) -> list[n.Call]:
    """Return the calls of a block, with those by whom a function is handed over to."""
    nodes = within(head for statement in flat(statements) for head in heads(statement))
    found = [node for node in nodes if type(node) is n.Call]
    put_off = _put_off(nodes, found)
    if put_off:
        found = [call for call in found if id(call) not in put_off]
    return found + [later for later in map(handed_over, found) if later is not None]


def _put_off(nodes: list[n.Expr], calls: list[n.Call]) -> set[int]:
    """Return what stands in lambdas, by identity: it runs where they are called, if at all."""
    lambdas = [node for node in nodes if type(node) is n.Lambda]
    if not lambdas:
        return set()
    run = {id(given) for call in calls if tail(call.func) in _RUNNING for given in call.args}
    return {id(part) for one in lambdas if id(one) not in run for part in within((one.value,))}


def _names_in(call: n.Call) -> str:
    """Return the names and texts of a call: its receiver, and what `update_fields` lists."""
    words = []
    for node in inside(call):
        if isinstance(node, n.Name):
            words.append(node.id)
        elif isinstance(node, n.Const) and isinstance(node.value, str) and " " not in node.value:
            words.append(node.value)
    return " ".join(words)
