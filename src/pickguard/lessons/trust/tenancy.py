"""What tells that rows belong to one of several who share a site: by the names of fields and of mixins."""

import re

from pickguard.kit import Project
from pickguard.site.models import Model
from pickguard.site.names import ClassSymbol

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


def narrows_by_name(project: Project, symbol: ClassSymbol) -> bool:
    """Whether what a class is built on is named for leaving people the rows of their own."""
    line = project.site.classes.line(symbol)
    return any(_NARROWS.search(base.name.rpartition(".")[2]) for base in line)


def has_tenants(project: Project) -> bool:
    """Whether any class of the project is built on what leaves people the rows of their own."""
    return any(narrows_by_name(project, symbol) for symbol in project.site.classes.all)
