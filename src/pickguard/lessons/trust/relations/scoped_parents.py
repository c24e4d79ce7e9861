"""Rows that a view hangs on whatever the browser names, where the site takes such parents by who may see them.

Project.objects.visible_to(request.user)              on the pages of projects

Subscription.objects.create(                          and here, of any project
    project_id=request.POST["project"], user=request.user)
"""

from collections.abc import Iterator
from typing import NamedTuple

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.calls.made_rows import MAKING, made_rows
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.ownership import TO_ONE, is_user
from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of


class _Scope(NamedTuple):
    """A method that leaves the rows which a user may see, and a place where it is asked."""

    name: str
    where: Spot


def of_scoped_parents(project: Project) -> Iterator[Hit]:
    """Yield the rows made for whoever asks that hang on a parent which the browser names by its number."""
    for _view, function in functions_of_views(project):
        words = set(function.node.words)
        if MAKING.isdisjoint(words) or asks_who_may(words):
            continue
        code = project.code_of(function)
        for call in made_rows(code):
            model = _asked(code, call)
            if model is not None and any(is_user(keyword.value) for keyword in call.keywords):
                yield from _named_parents(project, code, call, model)


def _named_parents(project: Project, code: Code, call: n.Call, model: Model) -> Iterator[Hit]:
    for keyword in call.keywords:
        name = keyword.name or ""
        field = model.field(name.removesuffix("_id"))
        if field is None or not field.kind.endswith(TO_ONE) or not name.endswith("_id"):
            continue
        parent = project.site.models.named(field.target)
        if parent is None or parent.is_user or not code.is_said_by_browser(keyword.value):
            continue
        scope = project.once(_scopes).get(parent.label)
        if scope is not None and scope.name not in code.words:
            yield Hit(
                (code.spot(keyword.value), scope.where),
                f"the browser names any `{parent.name}` for a new `{model.name}`;"
                f" elsewhere `{scope.name}` leaves those that the user may see",
                Confidence.MEDIUM,
                code.symbol,
            )


def _asked(code: Code, call: n.Call) -> Model | None:
    """Return the model whose manager a call is a method of: `Subscription.objects.create(…)`."""
    manager = receiver_of(call)
    if not isinstance(manager, n.Attr) or manager.name != "objects":
        return None
    return code.project.site.models.of(code.resolve(manager.value))


def _scopes(project: Project) -> dict[str, _Scope]:
    """Return by what method the site takes the rows of each model that its user may see."""
    found: dict[str, _Scope] = {}
    for function in project.flow.callers.holding("objects", "user"):
        code = project.code_of(function)
        for call in code.every(n.Call):
            model = _narrowed(code, call)
            if model is not None:
                where = Spot(function.module.path, call.span, "taken by who may see it")
                found.setdefault(model.label, _Scope(tail(call.func), where))
    return found


def _narrowed(code: Code, call: n.Call) -> Model | None:
    """Return the model of `Project.objects.visible_to(user)`, a method of the site's own."""
    if [tail(value) for value in call.args] != ["user"] or call.keywords:
        return None
    if not code.project.flow.callers.defined(tail(call.func)):
        return None
    return _asked(code, call)
