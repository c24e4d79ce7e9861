"""The one handler that changes a row which it takes unasked, where others refuse whoever has no part in it.

def delete(request, pk):                             def reorder(request):
    task = get_object_or_404(Task, pk=pk)                for pk in request.POST.getlist("tasks"):
    if task.group not in request.user.groups.all():          task = Task.objects.get(pk=pk)
        raise PermissionDenied                               task.save()

What they compare need not be the same: that the row and the user meet in a question that ends with a
refusal says that not everybody may have every row.
"""

from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ends_refusing
from pickguard.lessons.trust.siblings.rows_by_number import (
    FETCHERS,
    Taken,
    looks_at_nobody,
    of_views,
    rights_beyond,
    rows_by_number,
)
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import forks, inside

_FEWEST = 3


def of_refused(project: Project) -> Iterator[Hit]:
    """Yield the handlers that change a row unasked which at least three others refuse to some."""
    groups: dict[str, list[Taken]] = defaultdict(list)
    for one in _all_taken(project):
        groups[one.model.label].append(one)
    for _label, taken in sorted(groups.items()):
        refusing = [one for one in taken if _refuses(one)]
        if len({one.function for one in refusing}) < _FEWEST:
            continue
        rights = {right for one in refusing if one.view for right in one.view.permissions}
        odd = [
            one
            for one in taken
            if one not in refusing
            and not rights_beyond(one, rights)
            and looks_at_nobody(project, one)
            and _changes(project, one)
        ]
        if len(odd) <= max(1, len(refusing) // _FEWEST):
            yield from (_hit(one, refusing) for one in odd)


def _all_taken(project: Project) -> Iterator[Taken]:
    seen: set[FunctionSymbol] = set()
    for view, function in of_views(project):
        if function in seen or FETCHERS.isdisjoint(function.node.words):
            continue
        seen.add(function)
        for model, call in rows_by_number(project, function):
            if not model.is_user:
                yield Taken(view, function, call, model)


def _refuses(one: Taken) -> bool:
    """Whether a question about the row and the user ends with a refusal."""
    if "user" not in one.function.node.words:
        return False
    names = one.names
    return any(
        (ends_refusing(then) or ends_refusing(other))
        and {"user"} <= (parts := {tail(part) for part in inside(statement.test)})
        and not names.isdisjoint(parts)
        for statement, then, other in forks(body(one.function.node))
    )


def _changes(project: Project, one: Taken) -> bool:
    """Whether a handler saves or deletes the row that it takes."""
    names = one.names
    return any(
        effect.changes_rows and effect.row in names for effect in project.effects.of(one.function)
    )


def _hit(one: Taken, refusing: list[Taken]) -> Hit:
    asked = refusing[0].function
    return Hit(
        (
            Spot(one.function.module.path, one.call.span),
            Spot(asked.module.path, asked.node.span, "one that refuses"),
        ),
        f"any `{one.model.name}` is taken by its number and changed; {len(refusing)} others refuse"
        " whoever has no part in it",
        Confidence.MEDIUM,
        one.function.name,
    )
