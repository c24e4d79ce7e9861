"""Rows of whichever user the request names, where the site takes such rows elsewhere by who asks.

def orders(request, user_id):
    return render(request, "orders.html", {"orders": Order.objects.filter(customer_id=user_id)})
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import is_asker, tail
from pickguard.kit.templates.pages import given_to_pages
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.openness import PUBLIC, SHOWN, SOCIAL
from pickguard.lessons.trust.owners.defaulted_owners import defaulted
from pickguard.lessons.trust.owners.owner_functions import asks_for_more, is_named
from pickguard.lessons.trust.ownership import (
    MADE,
    owner_field,
    reverse_names,
    rows_of,
)
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_CHOOSES = frozenset(
    {"filter", "get", "aget", "get_object_or_404", "aget_object_or_404", "get_list_or_404"}
)
_TAKES = frozenset({"get_object_or_404", "aget_object_or_404", "get", "aget", "first"})
_WAYS = ("get_queryset", "get_object", "get_context_data")
_BEFORE = (
    "dispatch",
    "setup",
    "initial",
    "test_func",
    "check_permissions",
    "get_permissions",
    "has_permission",
)
# What may tell one person from another, or compares by itself
_KNOWS_WHO = frozenset({"session", "auth", "current_user", "request_user", "get_user", "auser", "for_user",
                        "check_object_permissions", "check_token", "loads", "unsign"})  # fmt: skip
_PAGES = re.compile(
    r"profile|author|people|portfolio|wall|timeline|by_user|user_page", re.IGNORECASE
)


def of_named_owners(project: Project, view: View, told: set[str]) -> Iterator[Hit]:
    """Yield the first place in each function of a view that takes the rows of a user whom the request names."""
    symbol = view.symbol
    owner = symbol if isinstance(symbol, ClassSymbol) else None
    if PUBLIC.search(view.name.rpartition(".")[2]) or _PAGES.search(view.name):
        return
    if owner is not None and (
        project.site.classes.has_unknown_gate(owner) or _is_gated(project, owner)
    ):
        return
    for function in dict.fromkeys(_functions(project, view, owner)):
        if function.name in told or _PAGES.search(function.node.name):
            continue
        found = next(defaulted(project, function), None)
        if found is None and _asks(function):
            continue
        told.add(function.name)
        found = found or next(_taken(project, view, function), None)
        if found is not None:
            node, model, field = found
            yield Hit(
                (Spot(function.module.path, node.span),),
                f"the request says whose `{model.name}` is taken: any `{field}` will do",
                Confidence.MEDIUM,
                function.name,
            )


def _functions(project: Project, view: View, owner: ClassSymbol | None) -> Iterator[FunctionSymbol]:
    yield from (function for _method, function in view.handlers)
    for name in _WAYS if owner is not None else ():
        yield from project.site.classes.methods(owner, name) if owner is not None else ()


def _is_gated(project: Project, owner: ClassSymbol) -> bool:
    """Whether something that runs before the others asks who it is."""
    return any(
        _asks(method) for name in _BEFORE for method in project.site.classes.methods(owner, name)
    )


def _asks(function: FunctionSymbol) -> bool:
    """Whether a function knows who asks in any way."""
    words = set(function.node.words)
    if not words.isdisjoint(_KNOWS_WHO) or asks_who_may(words) or asks_for_more(function):
        return True
    nodes = list(expressions(body(function.node)))
    shown = given_to_pages(nodes)
    return any(is_asker(node) and id(node) not in shown for node in nodes)


def _taken(
    project: Project, view: View, function: FunctionSymbol
) -> Iterator[tuple[n.Expr, Model, str]]:
    """Yield where rows of somebody's are taken by a user whom the request names, with what leads to the user."""
    people = _people(project, view, function)
    for node in expressions(body(function.node)):
        for model, field in _led_to(project, view, function, node, people):
            if model is not None and _is_own(project, model, field):
                yield node, model, field


def _led_to(
    project: Project, view: View, function: FunctionSymbol, node: n.Expr, people: frozenset[str]
) -> Iterator[tuple[Model | None, str]]:
    """Yield of which model an expression takes the rows of a named user, and by which relation."""
    if isinstance(node, n.Call) and tail(node.func) in _CHOOSES:
        model = rows_of(project, function, taken_from(node))
        for keyword in node.keywords if model is not None else ():
            if _is_of_person(project, function, keyword.value, people):
                yield model, (keyword.name or "").partition("__")[0].removesuffix("_id")
    elif isinstance(node, n.Attr) and (
        tail(node.value) in people or _is_named_person(project, view, function, node.value)
    ):
        for label, field in project.once(reverse_names).get(node.name, ()):
            yield project.site.models.named(label), field


def _people(project: Project, view: View, function: FunctionSymbol) -> frozenset[str]:
    """Return the names that hold a user whom the request names: `user = get_object_or_404(User, pk=pk)`."""
    return frozenset(
        name
        for name, values in assigned_in(function).items()
        if any(_is_named_person(project, view, function, value) for value in values)
    )


def _is_named_person(project: Project, view: View, function: FunctionSymbol, value: n.Expr) -> bool:
    if not isinstance(value, n.Call):
        return False
    if tail(value.func) == "get_object" and tail(receiver_of(value)) == "self":
        return view.model is not None and view.model.is_user
    if tail(value.func) not in _TAKES:
        return False
    model = rows_of(project, function, taken_from(value))
    is_person = model is not None and model.is_user
    return is_person and any(_is_said(project, function, one.value) for one in value.keywords)


def _is_said(project: Project, function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether the address or the request says a value."""
    return is_named(function, value, project.url_origins(function))


def _is_of_person(
    project: Project, function: FunctionSymbol, value: n.Expr, people: frozenset[str]
) -> bool:
    """Whether a value is a user whom the request names, or what it names them by."""
    if isinstance(value, n.Attr) and value.name in ("pk", "id"):
        value = value.value
    return tail(value) in people or _is_said(project, function, value)


def _is_own(project: Project, model: Model, field: str) -> bool:
    """Whether rows are nobody's business but of the user that they lead to, as the site treats them."""
    if model.is_user or SOCIAL.search(model.name) or MADE.search(field):
        return False
    if owner_field(project, model, 0) != field or any(
        SHOWN.search(one.name) for one in model.fields
    ):
        return False
    return (model.label.lower(), field) in project.once(_own_rows)


def _own_rows(project: Project) -> frozenset[tuple[str, str]]:
    """Return by which fields of which models the site takes the rows of whoever asks."""
    found: set[tuple[str, str]] = set()
    names = project.once(reverse_names)
    for function in project.flow.callers.holding("user"):
        for node in (
            expressions(body(function.node)) if project.kind_of(function.module) is None else ()
        ):
            if isinstance(node, n.Attr) and node.name in names and is_asker(node.value):
                found.update(names[node.name])
            elif isinstance(node, n.Call) and tail(node.func) in _CHOOSES:
                given = [k.name for k in node.keywords if k.name and _is_asker(k.value)]
                model = rows_of(project, function, taken_from(node)) if given else None
                if model is not None:
                    found.update((model.label.lower(), name.removesuffix("_id")) for name in given)
    return frozenset(found)


def _is_asker(value: n.Expr) -> bool:
    return is_asker(
        value.value if isinstance(value, n.Attr) and value.name in ("pk", "id") else value
    )
