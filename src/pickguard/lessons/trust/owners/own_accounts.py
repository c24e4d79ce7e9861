"""Accounts of a site's own, which its login notes in the session, and pages that take one by a number alone.

def login(request):
    account = Account.objects.get(name=request.POST["name"])
    if check_password(request.POST["password"], account.password):
        request.session["account_id"] = account.pk

def transfer(request, account_id):
    account = Account.objects.get(pk=account_id)
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.calls.own_logins import PASSWORD, is_account, noted_account
from pickguard.kit.code import is_asker, tail, text
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.openness import PUBLIC
from pickguard.lessons.trust.owners.owner_functions import is_named
from pickguard.lessons.trust.ownership import rows_of
from pickguard.lessons.trust.row_keys import choosing, taken_from
from pickguard.site.access.answers import LOGIN_WORDS
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_KEY = re.compile(
    r"^(logged_?in_?)?(user|member|account|customer|client|person|student|username)(_?(id|pk|name))?$|^uid$",
    re.IGNORECASE,
)
_PROVES = frozenset({"check_password", "checkpw", "verify_password"})
_ASKING = LOGIN_WORDS | PERMISSION_WORDS
_GETTERS = frozenset({"get", "get_object_or_404"})
_NUMBERS = frozenset({"pk", "id"})
_NAMES = frozenset({"username", "user_name", "email", "login", "login_name"})
# Columns, and kinds of rows, that are nobody else's business
_PRIVATE = re.compile(
    r"^(balance|saldo|iban|salary|ssn|card_number|credit_card|phone|phone_number|address|birth_?date|secret\w*)$"
)
_LETTERS = re.compile(
    r"message|inbox|mail|order|invoice|payment|transaction|transfer", re.IGNORECASE
)


class OwnLogin(Struct, frozen=True):
    """How a site knows who is logged in: the keys of the session, where they are set, and whose they are."""

    keys: frozenset[str]
    spot: Spot
    accounts: frozenset[str]


def of_own_accounts(project: Project) -> Iterator[Hit]:
    """Yield what takes any account by a number, and never looks at the one that is logged in."""
    login = project.once(own_login)
    seen: set[FunctionSymbol] = set()
    for view, function in answering(project) if login is not None else ():
        if login is None or function in seen or _is_entry(function.node.name):
            continue
        seen.add(function)
        if _looks(project, view, function, login) or _only_shows(project, function, login):
            continue
        call = next(_taken(project, function, login), None)
        if call is not None:
            key = choosing(call)[0].name
            yield Hit(
                (Spot(function.module.path, call.span), login.spot),
                f"`{function.node.name}` takes any account by its {'number' if key in _NUMBERS else f'`{key}`'}, "
                "whoever is logged in",
                Confidence.MEDIUM,
                function.name,
            )


def _is_entry(name: str) -> bool:
    """Whether a page is there for those who are not logged in, by its name; one's own page is called `home` too."""
    return bool(PUBLIC.search(_OWN_PAGE.sub("", name)) or _FORGOTTEN.search(name))


_OWN_PAGE = re.compile(r"home|index", re.IGNORECASE)
_FORGOTTEN = re.compile(r"forgot|recover|lost|available|taken|exists", re.IGNORECASE)


def named_rows(
    project: Project, function: FunctionSymbol, keys: frozenset[str] = _NUMBERS
) -> Iterator[tuple[n.Call, Model]]:
    """Yield the calls that take one row by what the browser names, its number as a rule, with its model."""
    named = frozenset(project.url_origins(function))
    for node in expressions(body(function.node)):
        taking = _taking(node)
        chosen = choosing(taking) if taking is not None else ()
        if taking is None or len(chosen) != 1 or chosen[0].name not in keys:
            continue
        model = rows_of(project, function, taken_from(taking))
        if model is not None and is_named(function, chosen[0].value, named):
            yield taking, model


def _taking(node: n.Expr) -> n.Call | None:
    """Return the call that says which row is taken: the `filter` of `Note.objects.filter(pk=pk).first()`."""
    if not isinstance(node, n.Call):
        return None
    if tail(node.func) == "first":
        of = receiver_of(node)
        return of if isinstance(of, n.Call) and tail(of.func) == "filter" else None
    return node if tail(node.func) in _GETTERS else None


def answering(project: Project) -> Iterator[tuple[View, FunctionSymbol]]:
    """Yield the functions that answer requests, with their views."""
    for _route, view in project.views():
        yield from ((view, function) for _method, function in view.handlers)


def own_login(project: Project) -> OwnLogin | None:
    """Return how the site's own login notes who somebody is, where its accounts have passwords of their own."""
    accounts = [model for model in project.site.models.all if is_account(model)]
    names = {model.name for model in accounts}
    keys: dict[str, Spot] = {}
    for _view, function in answering(project) if accounts else ():
        words = set(function.node.words)
        if "session" not in words or not _proves(words):
            continue
        if words.isdisjoint(names) and "execute" not in words:
            continue
        for key, spot in _noted(project, function):
            keys.setdefault(key, spot)
    if not keys:
        return None
    labels = frozenset(model.label for model in accounts)
    return OwnLogin(frozenset(keys), next(iter(keys.values())), labels)


def _noted(project: Project, function: FunctionSymbol) -> Iterator[tuple[str, Spot]]:
    """Yield the keys under which a login notes who somebody is: by their names, or by what is kept there."""
    code = project.code_of(function)
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        for target in statement.targets:
            if not isinstance(target, n.Index) or tail(target.value) != "session":
                continue
            key = text(target.index) or ""
            if _KEY.match(key) or (key and noted_account(code, statement.value) is not None):
                yield key, Spot(function.module.path, statement.span, "notes who is logged in")


def _proves(words: set[str]) -> bool:
    """Whether a login looks at a password: by a function, or by the column that it holds against what was sent."""
    return not words.isdisjoint(_PROVES) or any(map(PASSWORD.match, words))


def _looks(project: Project, view: View, function: FunctionSymbol, login: OwnLogin) -> bool:
    """Whether a view looks at who is logged in, itself or in what it calls."""
    if view.permissions or not _ASKING.isdisjoint(function.node.words):
        return True
    if view.login and not calls_one_that_asks(
        project, function, decorators(project, function), login
    ):
        return True
    nodes = list(expressions(body(function.node)))
    if any(map(is_asker, nodes)) or names_key(function, login.keys):
        return True
    return calls_one_that_asks(project, function, nodes, login)


def _only_shows(project: Project, function: FunctionSymbol, login: OwnLogin) -> bool:
    """Whether a page asks for a login by a decorator, and changes nothing: others may be shown."""
    if not calls_one_that_asks(project, function, decorators(project, function), login):
        return False
    return not any(effect.changes_rows for effect in project.effects.of(function))


def calls_one_that_asks(
    project: Project, function: FunctionSymbol, nodes: Iterable[n.Expr], login: OwnLogin
) -> bool:
    """Whether one of some calls or decorators is a function of the site that looks at who is logged in."""
    return any(True for _one in asking_functions(project, function, nodes, login))


def asking_functions(
    project: Project, function: FunctionSymbol, nodes: Iterable[n.Expr], login: OwnLogin
) -> Iterator[FunctionSymbol]:
    """Yield the functions of the site among some calls or decorators that look at who is logged in."""
    for called in _called(project, function, nodes):
        inner = expressions(body(called.node), into_functions=True)
        if names_key(called, login.keys) or any(
            names_key(one, login.keys) for one in _called(project, called, inner)
        ):
            yield called


def _called(
    project: Project, function: FunctionSymbol, nodes: Iterable[n.Expr]
) -> Iterator[FunctionSymbol]:
    """Yield the functions of the site that calls, or decorators, in a function name."""
    for node in nodes:
        found = project.site.names.resolve(function.module, func_of(node))
        if isinstance(found, FunctionSymbol):
            yield found


def names_key(function: FunctionSymbol, keys: frozenset[str]) -> bool:
    """Whether a function reads a key of the session by which the site knows people."""
    return "session" in function.node.words and any(
        isinstance(node, n.Const) and node.value in keys
        for node in expressions(body(function.node), into_functions=True)
    )


def _taken(project: Project, function: FunctionSymbol, login: OwnLogin) -> Iterator[n.Call]:
    """Yield the calls that take the account whose number the browser names, or its name where it is not only shown."""
    for node, model in named_rows(project, function, _NUMBERS | _NAMES):
        if model.label in login.accounts:
            by_number = choosing(node)[0].name in _NUMBERS
            if by_number or _is_nobody_elses(project, function, node, model, login):
                yield node


def _is_nobody_elses(
    project: Project, function: FunctionSymbol, row: n.Call, account: Model, login: OwnLogin
) -> bool:
    """Whether what a function does with an account is for its owner alone: others' pages are there to be read."""
    if any(effect.changes_rows for effect in project.effects.of(function)):
        return True
    if any(_PRIVATE.match(field.name) for field in account.fields) and _is_shown(function, row):
        return True
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and tail(node.func) == "filter":
            model = rows_of(project, function, taken_from(node))
            if model is not None and _LETTERS.search(model.name):
                return any(leads_to(model, keyword.name or "", login) for keyword in node.keywords)
    return False


def _is_shown(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether a row, or a column of it, is handed to a page or an answer."""
    names = names_of_calls(statements(body(function.node))).get(row.span, ())
    return any(
        isinstance(part, n.Name) and part.id in names
        for node in expressions(body(function.node))
        if isinstance(node, n.Call) and tail(node.func) in _ANSWERS
        for given in given_to(node)
        for part in inside(given)
    )


_ANSWERS = PAGES | {"HttpResponse", "JsonResponse", "Response"}


def leads_to(model: Model, name: str, login: OwnLogin) -> bool:
    """Whether a column says which account a row belongs to."""
    field = model.field(name.removesuffix("_id"))
    accounts = {label.lower() for label in login.accounts}
    return field is not None and (field.target or "").lower() in accounts
