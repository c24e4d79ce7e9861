"""Rows that the site keeps for those whose they are: it takes them by who asks, and lists all of them nowhere."""

import re

from pickguard.kit import Project
from pickguard.lessons.trust.openness import SHOWN
from pickguard.lessons.trust.ownership import narrowing_owner, rows_of_class
from pickguard.lessons.trust.whole_rows import all_rows
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, methods_of
from pickguard.site.views.view import View

_LISTS = (".ListView", ".ListModelMixin", ".ListAPIView")

# What people write for others, who answer it, like it and report it
_FOR_OTHERS = re.compile(
    r"post|article|comment|review|rating|photo|picture|image|video|tweet|blog|recipe|topic|thread|stor(y|ies)"
    r"|question|answer|reply|replies|listing|product|song|playlist",
    re.IGNORECASE,
)


def private_owner(project: Project, model: Model) -> str | None:
    """Return the field of a model that says whose its rows are, where nothing of the site shows them to others."""
    owner = narrowing_owner(project, model) if not _FOR_OTHERS.search(model.name) else None
    if owner is None or any(SHOWN.search(field.name) for field in model.fields):
        return None
    return owner if model.label not in project.once(_listed) else None


def _listed(project: Project) -> frozenset[str]:
    """Return the labels of the models of which some view takes all the rows."""
    return frozenset(
        label for _route, view in project.views() for label in _listed_by(project, view)
    )


def _listed_by(project: Project, view: View) -> set[str]:
    functions = [function for _method, function in view.handlers]
    found: set[str] = set()
    if isinstance(view.symbol, ClassSymbol):
        functions += methods_of(view.symbol)
        found.update(_listed_by_class(project, view.symbol))
    for function in functions:
        found.update(model.label for _call, model in all_rows(project, function, None))
    return found


def _listed_by_class(project: Project, symbol: ClassSymbol) -> set[str]:
    """Return the model of a list of a library's, which takes all rows where nothing narrows them."""
    if project.site.classes.method(symbol, "get_queryset") is not None:
        return set()
    rows = rows_of_class(project, symbol)
    is_list = rows is not None and project.site.classes.inherits(symbol, *_LISTS)
    return {rows[0].label} if rows is not None and is_list else set()
