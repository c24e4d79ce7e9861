"""Trust rules about rows that belong to users: a number in the address must not be enough to reach one."""

from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Severity
from pickguard.kit import Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.login_alone import asks_login_alone, leaves_it_to_site
from pickguard.lessons.trust.owners.account_rows import of_accounts, of_any_model
from pickguard.lessons.trust.owners.invitations import of_invitations
from pickguard.lessons.trust.owners.listed_own import of_listed_own
from pickguard.lessons.trust.owners.loading_decorators import of_decorators
from pickguard.lessons.trust.owners.named_owners import of_named_owners
from pickguard.lessons.trust.owners.own_account_rows import of_own_rows
from pickguard.lessons.trust.owners.own_accounts import of_own_accounts
from pickguard.lessons.trust.owners.own_methods import of_own_methods
from pickguard.lessons.trust.owners.owner_classes import of_actions, of_class
from pickguard.lessons.trust.owners.owner_functions import of_function, taken
from pickguard.lessons.trust.owners.owner_strangers import (
    is_meant_or_told,
    of_open_field,
    of_strangers,
)
from pickguard.lessons.trust.owners.parent_choices import of_parent_choices
from pickguard.lessons.trust.owners.parent_lists import of_parent_lists
from pickguard.lessons.trust.owners.posted_addresses import (
    of_decorated_methods,
    of_posted_addresses,
)
from pickguard.lessons.trust.owners.session_rows import of_sessions
from pickguard.lessons.trust.owners.shared_getters import of_shared_getters
from pickguard.lessons.trust.owners.socket_rows import of_sockets
from pickguard.lessons.trust.owners.taken_over import of_taken_over
from pickguard.lessons.trust.owners.written_by_name import written_by_name
from pickguard.lessons.trust.ownership import is_chosen_by_owner
from pickguard.lessons.trust.unguarded.graphql_rules import asks, is_guarded_as_a_whole
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.graphql import GraphqlField
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n


@rule(
    "trust.object-without-owner",
    title="any logged-in user reaches any user's object",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 862),
    severity=Severity.HIGH,
    gain="a user changes the number in the address and reads or changes somebody else's data",
    mend="choose it among the user's own: `get_object_or_404(Note, pk=pk, owner=request.user)`",
)
def object_without_owner(project: Project) -> Iterator[Hit]:
    """Find objects of a user chosen by an id alone, in views that ask for no more than a login."""
    seen: set[object] = set()
    told: set[str] = set()
    for route, view in project.views():
        if view.kind in ("library", "unknown"):
            continue
        if view.login is False:
            yield from _noted(told, of_strangers(project, route, view, seen))
            if not is_meant_or_told(project, route, view):
                yield from of_named_owners(project, view, told)
                yield from _not_yet(seen, written_by_name(project, view))
            yield from _not_yet(seen, of_decorated_methods(project, view))
        if not _asks_at_most_for_login(project, view):
            yield from _not_yet(seen, of_actions(project, view))
            continue
        yield from _noted(told, _of_view(project, route, view, seen))
        yield from of_named_owners(project, view, told)
        yield from _not_yet(seen, written_by_name(project, view))
    yield from of_sessions(project)
    yield from of_own_accounts(project)
    yield from of_own_rows(project)
    yield from of_sockets(project)
    yield from of_taken_over(project)
    yield from _of_fields(project, seen)


def _of_fields(project: Project, seen: set[object]) -> Iterator[Hit]:
    """Yield what fields of GraphQL take by its number that ask for a login, or nobody for anything."""
    for one in project.site.graphql:
        if one.function in seen or project.kind_of(one.function.module) is not None:
            continue
        if _asks_for_login_alone(project, one):
            seen.add(one.function)
            yield from of_function(project, one.function)
        elif not asks(project, one) and not is_guarded_as_a_whole(project):
            seen.add(one.function)
            yield from of_open_field(project, one)


def _asks_at_most_for_login(project: Project, view: View) -> bool:
    """Whether a login is all that a view asks for, or all that an API asks for that leaves this to each site."""
    if view.login is None:
        return leaves_it_to_site(project, view) and _takes_private_row(project, view)
    return view.login and asks_login_alone(project, view)


def _takes_private_row(project: Project, view: View) -> bool:
    """Whether a class takes a row by its number that the site takes out of those of whoever asks elsewhere."""
    symbol = view.symbol
    methods = project.site.classes.own_functions(symbol) if isinstance(symbol, ClassSymbol) else ()
    return any(
        is_chosen_by_owner(project, model, owner.replace(".", "__"))
        for method in methods
        for _call, model, owner in taken(project, method)
    )


def _of_view(project: Project, route: Route, view: View, seen: set[object]) -> Iterator[Hit]:
    """Yield what one view hands out by its number, and each of its functions."""
    if isinstance(view.symbol, ClassSymbol) and view.symbol not in seen:
        seen.add(view.symbol)
        yield from of_class(project, route, view, view.symbol)
        yield from of_listed_own(project, view, view.symbol)
        yield from _not_yet(seen, of_own_methods(project, view, view.symbol))
        yield from _not_yet(seen, of_shared_getters(project, view, view.symbol))
    for _method, function in view.handlers:
        if function not in seen:
            seen.add(function)
            yield from _each_once(
                of_accounts(project, function),
                of_function(project, function),
                of_any_model(project, function),
                of_parent_lists(project, function),
                of_invitations(project, function),
                of_parent_choices(project, function),
                of_posted_addresses(project, function),
                _not_yet(seen, of_decorators(project, function)),
            )


def _noted(told: set[str], found: Iterator[Hit]) -> Iterator[Hit]:
    """Yield the hits, and note the names of what they are about."""
    for hit in found:
        told.add(hit.symbol)
        yield hit


def _not_yet(seen: set[object], found: Iterator[Hit]) -> Iterator[Hit]:
    """Yield the hits at places that no class before has shown: several inherit one method."""
    for hit in found:
        place = (hit.spots[0].path, hit.spots[0].span)
        if place not in seen:
            seen.add(place)
            yield hit


def _each_once(*found: Iterator[Hit]) -> Iterator[Hit]:
    """Yield the hits of several ways to look at one function, those at one place once."""
    seen: set[tuple[str, int]] = set()
    for hit in chain.from_iterable(found):
        place = (hit.spots[0].path, hit.spots[0].span)
        if place not in seen:
            seen.add(place)
            yield hit


def _asks_for_login_alone(project: Project, one: GraphqlField) -> bool:
    """Whether a field of GraphQL asks for a login, and for nothing that it names."""
    asked = _asks_for_login(one.function) or any(map(_asks_for_login, _told(project, one)))
    for decorator in one.function.node.decorators:
        if isinstance(decorator, n.Call) and decorator.keywords:
            for keyword in decorator.keywords:
                if keyword.name not in ("permission_classes", "extensions"):
                    continue
                items = keyword.value.items if isinstance(keyword.value, n.Sequence) else ()
                if not items or any(tail(item) != "IsAuthenticated" for item in items):
                    return False
                asked = True
        elif tail(decorator) == "login_required":
            asked = True
        elif tail(decorator) not in ("mutation", "field", "staticmethod", "classmethod"):
            return False
    return asked


def _asks_for_login(function: FunctionSymbol) -> bool:
    words = function.node.words
    return "is_authenticated" in words or "is_anonymous" in words


def _told(project: Project, one: GraphqlField) -> Iterator[FunctionSymbol]:
    """Yield the functions of the site that a field calls with what it knows of the request: `signed_in(info)`."""
    code = project.code_of(one.function)
    for call in code.every(n.Call):
        function = code.called(call) if [tail(given) for given in call.args] == ["info"] else None
        if function is not None and PERMISSION_WORDS.isdisjoint(function.node.words):
            yield function
