"""Rows that a class takes by their number alone, where it takes such rows among those of its parent elsewhere.

class Members(View):
    def get_queryset(self):
        return Member.objects.filter(team=self.team)

    def delete(self, request, **kwargs):
        Member.objects.get(pk=request.POST["member"]).delete()
"""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.values.instance import Sort
from pickguard.kit import Code
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.asked_ways import is_put_on_request
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.children.bound_elsewhere import Bound
from pickguard.lessons.trust.ownership import TO_ONE
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import heads, inside

_CHOOSE = frozenset({"filter", "get", "aget", "get_object_or_404", "get_list_or_404", "exclude"})
_NO_PARENTS = frozenset({"request", "kwargs", "args", "object", "user", "queryset", "model"})
_PERSON = "user"
# Methods by which a class says which rows are for whoever asks; others may look for a membership
_SHOW = frozenset({"get_queryset", "get_object", "list", "get"})


def bound_in_class(
    code: Code, call: n.Call, model: Model, names: frozenset[str]
) -> Iterator[Bound]:
    """Yield how other methods of a class bind rows to what the class holds, and this one does not.

    Args:
        code: a method that takes a row.
        call: what takes it, by its number alone.
        model: what it is a row of.
        names: what the row is called there.
    """
    owner = code.owner
    fields = [field for field in model.fields if _leads_away(model, field)]
    if owner is None or not fields or model.is_user:
        return
    methods = list(code.project.site.classes.own_functions(owner))
    for method in methods:
        if method == code.function:
            continue
        for one in _bindings(code.project.code_of(method), method, model, fields):
            is_own = one.parent == _PERSON and method.node.name in _SHOW
            is_asked_for = is_own or _is_asked_for(code, one, methods)
            if is_asked_for and not _is_tied(code, call, names, one):
                yield one


def _leads_away(model: Model, field: Field) -> bool:
    is_own = (field.target or "").lower() == model.label.lower()
    return field.kind.endswith(TO_ONE) and not is_own


def _is_asked_for(code: Code, one: Bound, methods: list[FunctionSymbol]) -> bool:
    """Whether what a class holds is that of whoever asks: `self.team = request.user.teams.get(…)`."""
    for method in methods:
        inner = code.project.code_of(method)
        values = [*inner.returned] if method.node.name == one.parent else [*_set(inner, one.parent)]
        words = set(method.node.words) if values else set()
        for call in (part for value in values for part in inside(value)):
            called = inner.called(call) if isinstance(call, n.Call) else None
            words.update(called.node.words if called is not None else ())
        if "user" in words or asks_who_may(words) or any(map(is_put_on_request, values)):
            return True
    return False


def _set(code: Code, parent: str) -> Iterator[n.Expr]:
    """Yield what a method gives to `self.team`."""
    for statement in code.statements if parent in code.words else ():
        if isinstance(statement, n.Assign) and any(_held(t) == parent for t in statement.targets):
            yield statement.value


def _bindings(
    code: Code, method: FunctionSymbol, model: Model, fields: list[Field]
) -> Iterator[Bound]:
    if "self" not in code.words:
        return
    for node in code.expressions:
        if isinstance(node, n.Call) and tail(node.func) in _CHOOSE:
            yield from _by_keyword(code, method, node, model, fields)
        elif isinstance(node, n.Attr) and (parent := _held(node.value)):
            yield from _by_relation(code, method, node, model, fields, parent)


def _by_keyword(
    code: Code, method: FunctionSymbol, call: n.Call, model: Model, fields: list[Field]
) -> Iterator[Bound]:
    """Yield `Member.objects.filter(team=self.team)`, and `….filter(user=self.request.user)`."""
    for keyword in call.keywords:
        parent = _PERSON if is_asker(keyword.value) else _held(keyword.value)
        relation = (keyword.name or "").removesuffix("_id")
        if parent and any(field.name == relation for field in fields):
            found = code.type_of(call)
            if found is not None and found.model == model:
                yield Bound(method, call, relation, parent)


def _by_relation(
    code: Code, method: FunctionSymbol, node: n.Attr, model: Model, fields: list[Field], parent: str
) -> Iterator[Bound]:
    """Yield `self.team.members`."""
    found = code.type_of(node)
    if found is None or found.model != model or found.sort is Sort.INSTANCE:
        return
    held = code.type_of(node.value)
    for field in fields:
        target = (field.target or "").lower()
        if held is not None and held.model is not None and held.model.label.lower() == target:
            yield Bound(method, node, field.name, parent)


def _held(node: n.Expr) -> str:
    """Return the name of what a class holds: `team` of `self.team`."""
    if not isinstance(node, n.Attr) or not isinstance(node.value, n.Name):
        return ""
    return node.name if node.value.id == "self" and node.name not in _NO_PARENTS else ""


def _is_tied(code: Code, call: n.Call, names: frozenset[str], one: Bound) -> bool:
    """Whether the row is chosen by the parent, held against it, or goes to what may look."""
    asked = {one.relation, f"{one.relation}_id", one.parent, "user"}
    if any(tail(part) in asked for part in inside(call)):
        return True
    for statement in code.statements:
        tests = [*heads(statement)] if isinstance(statement, n.If | n.While | n.Assert) else []
        calls = [x for head in heads(statement) for x in inside(head) if isinstance(x, n.Call)]
        given = [value for x in calls for value in given_to(x)]
        together = [n.Sequence(x.span, "list", x.args) for x in calls]
        for value in (*tests, *given, *together):
            parts = {tail(part) for part in inside(value)}
            if parts & names and parts & (asked | {"request"}):
                return True
    return False
