"""The one admin class that shows the rows of every clinic, where those beside it show people their own clinic's.

class ClinicAdmin(ModelAdmin):
    def get_queryset(self, request):
        return super().get_queryset(request).filter(clinic__in=request.user.clinics.all())
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.ownership import TO_ONE
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_FEWEST = 2
_PER_ODD_ONE = 3
_ROWS = "get_queryset"
# What an admin class says of who may see it at all
_MAY = ("has_view_permission", "has_module_permission", "has_change_permission")


class _Shown(Struct, frozen=True):
    """An admin class, its model, and the method by which it narrows the rows, if it does."""

    admin: ClassSymbol
    model: Model
    narrowing: FunctionSymbol | None


def of_admin_scopes(project: Project) -> Iterator[Hit]:
    """Yield the admin classes that show all rows of a kind which the others narrow to whoever asks."""
    shown = list(_shown(project))
    narrowed: dict[str, list[_Shown]] = defaultdict(list)
    for one in shown:
        for field in _narrowed_by(one):
            narrowed[field].append(one)
    for field, beside in sorted(narrowed.items()):
        target = _target(beside[0].model, field)
        odd = [
            one for one in shown if _target(one.model, field) == target and _shows_all(project, one)
        ]
        if len(beside) >= _FEWEST and len(odd) <= max(1, len(beside) // _PER_ODD_ONE):
            yield from (_hit(one, field, beside) for one in odd)


def _shown(project: Project) -> Iterator[_Shown]:
    for registered in project.site.admins.registered:
        admin, model = registered.admin, registered.model
        if admin is not None and model is not None and project.kind_of(admin.module) is None:
            yield _Shown(admin, model, project.site.classes.method(admin, _ROWS))


def _narrowed_by(one: _Shown) -> set[str]:
    """Return the relations by which an admin class takes the rows of whoever asks: `filter(clinic__in=…)`."""
    nodes = expressions(body(one.narrowing.node)) if one.narrowing is not None else ()
    return {
        field
        for node in nodes
        if isinstance(node, n.Call) and tail(node.func) == "filter"
        for keyword in node.keywords
        if any(map(is_asker, inside(keyword.value)))
        if _target(one.model, field := (keyword.name or "").partition("__")[0])
    }


def _target(model: Model, field: str) -> str | None:
    """Return what a relation of a model leads to."""
    found = model.field(field)
    return found.target if found is not None and found.kind.endswith(TO_ONE) else None


def _shows_all(project: Project, one: _Shown) -> bool:
    """Whether an admin class leaves no rows out, and says nothing of who may see it."""
    own = (project.site.classes.method(one.admin, name) for name in _MAY)
    return one.narrowing is None and not any(own)


def _hit(one: _Shown, field: str, beside: list[_Shown]) -> Hit:
    first = beside[0].narrowing
    spots = [Spot(one.admin.module.path, one.admin.node.span)]
    if first is not None:
        spots.append(Spot(first.module.path, first.node.span, "leaves people their own"))
    return Hit(
        tuple(spots),
        f"`{one.admin.node.name}` shows the rows of every `{field}`; {len(beside)} other admin classes show"
        " people those of their own",
        Confidence.MEDIUM,
        one.admin.name,
        gain=f"an editor of one `{field}` reads and changes what belongs to another",
        mend=f"inherit `get_queryset` as the others do, and narrow the choices of `{field}` as well",
    )
