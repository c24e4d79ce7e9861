"""Parents into which the site's gates let their members alone: what hangs on them is the members' wherever it is taken.

class InTeam(BasePermission):
    def has_permission(self, request, view):
        return Membership.objects.filter(user=request.user, team=view.kwargs["team"]).exists()
"""

import re
from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import MAY, NOT_THERE, REFUSALS
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions

# Rows that say who belongs to what; who follows, likes or visits it is let in nowhere by that
_SAYS_WHO = re.compile(r"member|collaborat|employ|staff|colleague", re.IGNORECASE)
_LOOKS = frozenset({"filter", "get", "aget", "get_object_or_404", "aget_object_or_404"})
_GATES = frozenset({"has_permission", "has_object_permission", "test_func", "dispatch", "initial"})
_TO_ONE = ("ForeignKey", "OneToOneField", "ParentalKey")


def ways_to_members(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the ways from rows to the members of what they hang on.

    Returns:
        Pairs of a model's label in lower case and a way from it: `("app.task", "team__membership__user")`.
    """
    parents: dict[str, set[str]] = {}
    for member, parent, person in _gated(project):
        back = _back(member, parent)
        parents.setdefault(parent.target or "", set()).add(f"{back}__{person.name}")
    members = {member.label for member, _parent, _person in _gated(project)}
    for model in project.site.models.by_label.values() if parents else ():
        for field in model.fields if model.label not in members else ():
            if field.kind in _TO_ONE:
                for way in sorted(parents.get(field.target or "", ())):
                    yield model.label.lower(), f"{field.name}__{way}"


def _back(member: Model, parent: Field) -> str:
    """Return what leads from a parent to those who belong to it, in a query."""
    named = parent.options.get("related_query_name") or parent.options.get("related_name")
    return named if isinstance(named, str) else member.name.lower()


def _gated(project: Project) -> Iterator[tuple[Model, Field, Field]]:
    """Yield the models that gates look for whoever asks in, with the fields of the parent and of the person."""
    members = {
        model.label: model
        for model in project.site.models.by_label.values()
        if _SAYS_WHO.search(model.name)
    }
    for function in project.flow.callers.holding("user") if members else ():
        if project.kind_of(function.module) is None and _is_gate(function):
            yield from _looked_for(project, function, members)


def _is_gate(function: FunctionSymbol) -> bool:
    words = function.node.words
    is_named = function.node.name in _GATES or bool(MAY.search(function.node.name))
    return not _LOOKS.isdisjoint(words) and (
        is_named or not (REFUSALS | NOT_THERE).isdisjoint(words)
    )


def _looked_for(
    project: Project, function: FunctionSymbol, members: dict[str, Model]
) -> Iterator[tuple[Model, Field, Field]]:
    for call in expressions(body(function.node)):
        if not isinstance(call, n.Call) or tail(call.func) not in _LOOKS or not call.keywords:
            continue
        model = project.site.models.of(
            project.site.names.resolve(function.module, _rows(call) or call.func)
        )
        if model is None or model.label not in members:
            continue
        fields = [model.field((k.name or "").removesuffix("_id")) for k in call.keywords]
        found = [f for f in fields if f is not None and f.kind in _TO_ONE and f.target]
        people = [f for f in found if (f.target or "").lower() in project.user_models]
        others = [f for f in found if f not in people]
        if len(people) == 1 and others and _names_asker(call, people[0]):
            yield model, others[0], people[0]


def _rows(call: n.Call) -> n.Expr | None:
    """Return the model of whose rows a call takes some: `Membership` of `Membership.objects.filter(…)`."""
    if tail(call.func).endswith("get_object_or_404"):
        return call.args[0] if call.args else None
    manager = receiver_of(call)
    return manager.value if isinstance(manager, n.Attr) and manager.name in MANAGERS else None


def _names_asker(call: n.Call, person: Field) -> bool:
    return any(
        (k.name or "").removesuffix("_id") == person.name and tail(k.value) in ("user", "id", "pk")
        for k in call.keywords
    )
