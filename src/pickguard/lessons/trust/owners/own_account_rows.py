"""Rows of whomever, on pages that ask a site's own login for nothing but that somebody is there.

def view_note(request, pk):
    if not request.session.get("account_id"):
        return redirect("login")
    note = Note.objects.get(pk=pk)
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import is_asker, tail, text
from pickguard.kit.templates.pages import given_to_pages
from pickguard.lessons.trust.owners.account_rows import changed_row
from pickguard.lessons.trust.owners.own_accounts import (
    OwnLogin,
    answering,
    asking_functions,
    calls_one_that_asks,
    leads_to,
    named_rows,
    names_key,
    own_login,
)
from pickguard.lessons.trust.ownership import rows_of
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements


def of_own_rows(project: Project) -> Iterator[Hit]:
    """Yield the pages that ask whether somebody is logged in, and take a row of whomever by its number.

    What all members are shown, only its owner may change.
    """
    login = project.once(own_login)
    private = project.once(_private) if login is not None else {}
    seen: set[FunctionSymbol] = set()
    for _view, function in answering(project) if login is not None else ():
        if login is None or function in seen or not _is_for_members(project, function, login):
            continue
        seen.add(function)
        for call, model in named_rows(project, function):
            is_own = model.label in login.accounts or any(
                leads_to(model, field.name, login) for field in model.fields
            )
            if model.label in private or (is_own and changed_row(function, call)):
                listed = private.get(model.label)
                yield Hit(
                    (Spot(function.module.path, call.span), *((listed,) if listed else ())),
                    f"any `{model.name}` is taken by its id, by whoever is logged in",
                    Confidence.MEDIUM,
                    function.name,
                )
                break


def _is_for_members(project: Project, function: FunctionSymbol, login: OwnLogin) -> bool:
    """Whether a page asks for a login, itself or by a decorator, and for nothing more of who it is."""
    if "session" in function.node.words:
        return _only_knocks(function, login.keys)
    nodes = list(expressions(body(function.node)))
    shown = given_to_pages(nodes)
    nodes = [node for node in nodes if id(node) not in shown]
    if any(map(is_asker, nodes)):
        return False
    asking = list(asking_functions(project, function, nodes, login))
    if asking:
        return all(_only_knocks(one, login.keys) for one in asking)
    return calls_one_that_asks(project, function, decorators(project, function), login)


def _private(project: Project) -> dict[str, Spot]:
    """Return the models whose rows a page lists by their account, and no page lists all of, with where."""
    login = project.once(own_login)
    listed: dict[str, Spot] = {}
    shown: set[str] = set()
    for _view, function in answering(project) if login is not None else ():
        for node in expressions(body(function.node)):
            if not isinstance(node, n.Call) or tail(node.func) not in ("filter", "all"):
                continue
            model = rows_of(project, function, receiver_of(node))
            if model is None:
                continue
            if tail(node.func) == "all":
                shown.add(model.label)
            elif login is not None and any(
                leads_to(model, keyword.name or "", login) for keyword in node.keywords
            ):
                spot = Spot(function.module.path, node.span, "lists those of one account")
                listed.setdefault(model.label, spot)
    return {label: spot for label, spot in listed.items() if label not in shown}


def _only_knocks(function: FunctionSymbol, keys: frozenset[str]) -> bool:
    """Whether a page looks at who is logged in for nothing but that there is somebody."""
    if not names_key(function, keys):
        return False
    block = list(statements(body(function.node)))
    held = _held(block, keys)
    asked = sum(
        _knocks(test, keys, held)
        for s in block
        if (test := s.test if isinstance(s, n.If) else s.value if isinstance(s, n.Return) else None)
    )
    kept = [s for s in block if isinstance(s, n.Assign) and _is_kept(s.value, keys)]
    targets = {target.span for statement in kept for target in statement.targets}
    said = [
        node
        for node in expressions(body(function.node), into_functions=True)
        if (isinstance(node, n.Const) and node.value in keys)
        or (isinstance(node, n.Name) and node.id in held and node.span not in targets)
    ]
    return asked > 0 and len(said) == asked + len(kept)


def _held(block: list[n.Stmt], keys: frozenset[str]) -> set[str]:
    """Return the names that hold what the session says: `user_id = request.session.get("user_id")`."""
    return {
        target.id
        for statement in block
        if isinstance(statement, n.Assign) and _is_kept(statement.value, keys)
        for target in statement.targets
        if isinstance(target, n.Name)
    }


def _is_kept(value: n.Expr, keys: frozenset[str]) -> bool:
    """Whether a value is that of the session: `request.session["user_id"]`, `request.session.get("user_id")`."""
    if isinstance(value, n.Index):
        return tail(value.value) == "session" and (text(value.index) or "") in keys
    if not isinstance(value, n.Call) or tail(value.func) != "get" or len(value.args) != 1:
        return False
    return tail(receiver_of(value)) == "session" and (text(value.args[0]) or "") in keys


def _knocks(test: n.Expr, keys: frozenset[str], held: set[str]) -> bool:
    if isinstance(test, n.Unary) and test.op == "not":
        return _knocks(test.operand, keys, held)
    if isinstance(test, n.Compare):
        is_there = test.ops[0] in ("in", "not in") and tail(test.rights[0]) == "session"
        is_none = test.ops[0] in ("is", "is not")
        return (is_there and (text(test.left) or "") in keys) or (
            is_none and _knocks(test.left, keys, held)
        )
    return _is_kept(test, keys) or (isinstance(test, n.Name) and test.id in held)
