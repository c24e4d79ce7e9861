"""Relations that a view itself fills with whatever row the browser names, where it takes rows by whom they lead to.

`File.objects.get(pk=pk, folder__owner=request.user)`, and then `file.folder = Folder.objects.get(pk=…)`: the
view says that folders are people's own, and puts the file into anybody's.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.model_siblings import ASKS, REFUSALS
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.owner_functions import is_named
from pickguard.lessons.trust.ownership import is_user, rows_of
from pickguard.lessons.trust.row_keys import choosing
from pickguard.lessons.trust.row_scopes import functions_of_views
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions, inside, statements

_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_GETTERS = _SHORTCUTS | {"get", "aget"}
_CHOOSE = _GETTERS | {"filter"}
_IDS = frozenset({"pk", "id", "uuid"})
_WRITES = frozenset({"save", "create", "update", "acreate", "asave", "aupdate"})
_SCOPE = re.compile(r"^(\w+?)__\w+$")


def of_written(project: Project) -> Iterator[Hit]:
    """Yield where a view fills a relation with any row, by which it takes its own rows from whoever asks."""
    for view, function in functions_of_views(project):
        words = set(function.node.words)
        if _WRITES.isdisjoint(words) or words & (PERMISSION_WORDS | REFUSALS):
            continue
        if any(map(ASKS.search, words)):
            continue
        relations = frozenset(_scoping(project, view, function))
        if relations:
            yield from _filled(project, function, relations)


def _scoping(project: Project, view: View, function: FunctionSymbol) -> Iterator[str]:
    """Yield the relations by which a handler, or the `get_queryset` of its class, leads rows to the user."""
    yield from _led_by(function)
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol):
        method = project.site.classes.method(symbol, "get_queryset")
        if method is not None and method != function and "Q" not in method.node.words:
            yield from _led_by(method)


def _led_by(function: FunctionSymbol) -> Iterator[str]:
    if "user" not in function.node.words:
        return
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) in _CHOOSE:
            for keyword in node.keywords:
                found = _SCOPE.match(keyword.name or "")
                if found is not None and is_user(keyword.value):
                    yield found[1]


def _filled(
    project: Project, function: FunctionSymbol, relations: frozenset[str]
) -> Iterator[Hit]:
    """Yield the relations that a function fills with a row taken by its number, or with the number."""
    block = body(function.node)
    named = frozenset(project.url_origins(function))
    rows = _taken(project, function, named)
    for name, value in _written(block):
        relation = name.removesuffix("_id")
        if relation not in relations:
            continue
        call = rows.get(tail(value)) if isinstance(value, n.Name) else _row(project, function, value, named)
        is_number = name.endswith("_id") and is_named(function, value, named)
        if call is None and not is_number:
            continue
        if _looks_at(function, value):
            continue
        yield Hit(
            (Spot(function.module.path, (call or value).span),),
            f"any row becomes the `{relation}`, through which this view tells whose rows are",
            Confidence.MEDIUM,
            function.name,
        )
        return
