"""Rows of users that a view open to strangers hands out or changes by their number alone.

Much is open on purpose: what people publish. So the site itself has to treat the rows as somebody's, by
taking them out of those of whoever asks elsewhere, and nothing may say that they are shown.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.lessons.trust.owners.asking_functions import is_asked_elsewhere
from pickguard.lessons.trust.owners.owner_classes import NARROWING, takes_one
from pickguard.lessons.trust.owners.owner_functions import (
    SENT,
    chosen_rows,
    gets_out,
    names_of,
    taken,
)
from pickguard.lessons.trust.ownership import (
    MADE,
    is_chosen_by_owner,
    is_filled_by_owner,
    owner_field,
)
from pickguard.lessons.trust.unguarded.open_rules import edits_openly
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.graphql import GraphqlField
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n

# Fields of rows that are shown, or given to whoever knows their address
_SHOWN = re.compile(
    r"public|publish|visib|share|slug|draft|approv|privacy|featur|uuid|token|key|hash|secret|code"
)
_LOOKING = PERMISSION_WORDS | {
    "user",
    "auth",
    "session",
    "signing",
    "Signer",
    "COOKIES",
    "headers",
    "META",
}
_CHANGING = (".UpdateView", ".DeleteView", ".BaseUpdateView", ".BaseDeleteView")


def of_strangers(project: Project, route: Route, view: View, seen: set[object]) -> Iterator[Hit]:
    """Yield what a view that asks for nothing takes out of the rows of everybody."""
    if is_meant_or_told(project, route, view) or _is_looked_at_before(project, view):
        return
    if isinstance(view.symbol, ClassSymbol) and view.symbol not in seen:
        seen.add(view.symbol)
        yield from _in_class(project, route, view, view.symbol)
    for _method, function in view.handlers:
        if function not in seen:
            seen.add(function)
            yield from _in_function(project, function)


def _is_looked_at_before(project: Project, view: View) -> bool:
    """Whether what a class runs before its handlers looks at who is asking: `dispatch`, in its own way."""
    if not isinstance(view.symbol, ClassSymbol):
        return False
    methods = (m for name in _BEFORE for m in project.site.classes.methods(view.symbol, name))
    return any(not _LOOKING.isdisjoint(method.node.words) for method in methods)


_BEFORE = ("setup", "dispatch", "initial")


def is_meant_or_told(project: Project, route: Route, view: View) -> bool:
    """Whether a view that asks for no login is open on purpose, or is told as an open one."""
    if route.is_admin or view.stopped or view.permissions:
        return True
    if view.kind in ("api", "viewset") and not any(one.guard.operation for one in view.guards):
        return True
    if edits_openly(project, route, view) or proves_itself(view):
        return True
    return bool(PUBLIC.search(view.name.rpartition(".")[2])) or any(
        guard.guard.open or guard.guard.permission or guard.guard.login for guard in view.guards
    )


def _in_class(project: Project, route: Route, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    classes = project.site.classes
    if not takes_one(classes, symbol) or not re.search(
        r"<\w*:?(pk|id)>|\(\?P<(pk|id)>", route.known
    ):
        return
    if any(classes.member(symbol, name) is not None for name in (*NARROWING, "get", "post")):
        return
    if classes.has_unknown_gate(symbol):
        return
    owner = owner_field(project, view.model, 0)
    changes = classes.inherits(symbol, *_CHANGING)
    if (
        view.model is not None
        and owner is not None
        and _is_private(project, view.model, owner, changes=changes)
    ):
        yield Hit(
            (Spot(symbol.module.path, symbol.node.span),),
            _message(symbol.node.name, view.model, owner, changes=changes),
            Confidence.MEDIUM,
            symbol.name,
        )


def of_open_field(project: Project, one: GraphqlField) -> Iterator[Hit]:
    """Yield what a field of GraphQL that asks nobody anything takes out of the rows of everybody."""
    if not PUBLIC.search(one.function.qualname):
        yield from _in_function(project, one.function, frozenset(p.name for p in one.sent))


def _in_function(
    project: Project, function: FunctionSymbol, sent: frozenset[str] = frozenset()
) -> Iterator[Hit]:
    named = sent | project.url_origins(function).keys() | SENT
    looks = not _LOOKING.isdisjoint(function.node.words)
    changes: bool | None = None
    for node, model, owner in taken(project, function):
        if looks and not gets_out(project, function, node, model, owner):
            return
        keys = {keyword.name for keyword in node.keywords}
        if "." in owner or not keys <= {"pk", "id"} or not _is_named(node, named):
            continue
        if changes is None:
            effects = project.effects.of(function, owner=function.owner)
            changes = any(effect.changes_rows for effect in effects)
        if is_asked_elsewhere(project, function, names_of(function, node)):
            continue
        if _is_private(project, model, owner, changes=changes):
            yield Hit(
                (Spot(function.module.path, node.span),),
                _message(function.node.name, model, owner, changes=changes),
                Confidence.MEDIUM,
                function.name,
            )
            return
    if not looks:
        yield from _of_person(project, function, named)


def _of_person(project: Project, function: FunctionSymbol, named: frozenset[str]) -> Iterator[Hit]:
    """Yield a row with the papers of a person, which the address names by its number."""
    if any(map(_PROVES.search, function.node.words)):
        return
    for node, model in chosen_rows(project, function):
        if not {keyword.name for keyword in node.keywords} <= {"pk", "id"} or model.is_user:
            continue
        told = _tells(model)
        if told and _is_named(node, named):
            yield Hit(
                (Spot(function.module.path, node.span),),
                f"`{function.node.name}` asks for no login and takes any `{model.name}`, with its `{told}`",
                Confidence.MEDIUM,
                function.name,
            )
            return


def _tells(model: Model) -> str:
    """Return the column that is nobody else's business, of a row that says whose it is; or an empty text."""
    names = [field.name for field in model.fields]
    if not any(map(_OF_PERSON.search, names)):
        return ""
    return next(filter(_PRIVATE.search, names), "")


# What an address has to hold besides the number, or what is asked in another way
_PROVES = re.compile(
    r"guid|uuid|token|hash|secret|sign(ed|er|ature)|verif|check|allow|password|_code$|^code$|_key$|^key$"
)
_OF_PERSON = re.compile(
    r"^(e_?mail|phone|mobile|telephone|last_name|surname|full_name|street|address)"
)
_PRIVATE = re.compile(
    r"^(card_(type|number|last|brand)|credit_card|iban|account_number|bank_account|birth_?(date|day)|date_of_birth|dob"
    r"|secret_\w+|private_\w+|ssn|social_security|passport|national_id|tax_(number|id)|salary|diagnosis|blood_type)"
)


def _is_named(call: n.Call, named: frozenset[str]) -> bool:
    """Whether the address or the request says which row."""
    return any(tail(part) in named for keyword in call.keywords for part in _parts(keyword.value))


def _parts(value: n.Expr) -> Iterator[n.Expr]:
    yield value
    while isinstance(value, n.Index | n.Call | n.Attr):
        value = value.func if isinstance(value, n.Call) else value.value
        yield value


def _is_private(project: Project, model: Model, owner: str, *, changes: bool) -> bool:
    """Whether the site treats rows as somebody's own: what is read has to be taken so elsewhere."""
    field = model.field(owner)
    if model.is_user or field is None:
        return False
    if any(one.options.get("primary_key") for one in model.fields if one.kind == "UUIDField"):
        return False
    is_chosen = is_chosen_by_owner(project, model, owner)
    if changes:
        return is_chosen or is_filled_by_owner(project, model, owner)
    if field.kind == "OneToOneField" or MADE.search(owner):
        return False
    return is_chosen and not any(_SHOWN.search(one.name) for one in model.fields)


def _message(name: str, model: Model, owner: str, *, changes: bool) -> str:
    what = "lets strangers change" if changes else "shows strangers"
    return f"`{name}` asks for no login and {what} any `{model.name}`, whoever its `{owner}` is"
