"""What tells that rows belong to one of several who share a site: by the names of fields and of mixins."""

import re

from pickguard.kit import Project
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

_FIELD = re.compile(r"^(organi[sz]ation|org|tenant|team|workspace|company|owner)$")
_SHARED = re.compile(r"(Org(ani[sz]ation)?|Tenant|Owner|Owned|Team|Workspace|Company)\w*Mixin$")
_NARROWS = re.compile(
    r"Multi_?tenan|Tenant(Aware|Scoped|Filter)|(Filter|Scop|Restrict)\w*(By|To)_?(Org|Owner|Tenant|User|Team)"
    r"|(Org(ani[sz]ation)?|Tenant|Owner)(Filter|Scop|Restrict)\w*|Owner(Only|Mixin)",
)


def belongs_to_tenant(project: Project, model: Model) -> bool:
    """Whether the rows of a model belong to one of several, by a field or by what the model is built on."""
    if any(_FIELD.match(field.name) for field in model.fields):
        return True
    line = project.site.classes.line(model.symbol)
    return any(_SHARED.search(base.name.rpartition(".")[2]) for base in line)


def is_narrowed(project: Project, model: Model) -> bool:
    """Whether a model's own manager hands out the rows of whoever the site is working for at the moment."""
    return model.label in project.once(_narrowed)


def _narrowed(project: Project) -> frozenset[str]:
    return frozenset(
        model.label for model in project.site.models.all if _has_narrow_manager(project, model)
    )


def _has_narrow_manager(project: Project, model: Model) -> bool:
    kept = project.site.classes.value(model.symbol, "objects")
    made = kept.value if kept is not None else None
    if kept is None or not isinstance(made, n.Call):
        return False
    manager = project.site.names.resolve(kept.module, made.func)
    if not isinstance(manager, ClassSymbol):
        return False
    method = project.site.classes.method(manager, "get_queryset")
    return method is not None and any(map(_AMBIENT.search, method.node.words))


# what a thread, or a context, remembers of the request that it serves
_AMBIENT = re.compile(
    r"(^|_)(current|active)_(\w+_)?(user|tenant|org|organi[sz]ation|account|team|workspace|company|customer|shop)(_id)?$"
    r"|thread_?local|context_?var",
    re.IGNORECASE,
)


def narrows_by_name(project: Project, symbol: ClassSymbol) -> bool:
    """Whether what a class is built on is named for leaving people the rows of their own."""
    line = project.site.classes.line(symbol)
    return any(_NARROWS.search(base.name.rpartition(".")[2]) for base in line)


def has_tenants(project: Project) -> bool:
    """Whether any class of the project is built on what leaves people the rows of their own."""
    return any(narrows_by_name(project, symbol) for symbol in project.site.classes.all)
