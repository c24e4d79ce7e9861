"""Rows of somebody that a page changes for whoever writes that person's name into the address.

def profile(request, username):
    details = Details.objects.get(username=username)
    if request.method == "POST":
        details.phone = request.POST["phone"]
        details.save()
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.ownership import MADE, is_user, owner_field, rows_of
from pickguard.lessons.trust.row_keys import is_shortcut
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, given_to, is_false, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_SAFE = frozenset({"get", "head", "options"})
_NAMES = frozenset({"username", "user_name"})
_PERSON = frozenset({"user", "owner", "account", "person", "member"})


def written_by_name(project: Project, view: View) -> Iterator[Hit]:
    """Yield the row that a function changes, and takes by the name of whose it is, which the address says."""
    for method, function in view.handlers:
        words = set(function.node.words)
        if method in _SAFE or asks_who_may(words) or words & REFUSALS or proves_itself(view):
            continue
        for name, call, owner in _taken(project, function):
            if _is_changed(function, name) and not _asks_whose(function):
                yield Hit(
                    (Spot(function.module.path, call.span),),
                    f"`{function.node.name}` changes the row of whose name stands in the address, whoever its"
                    f" `{owner}` is",
                    Confidence.MEDIUM,
                    function.name,
                )
                break


def _taken(project: Project, function: FunctionSymbol) -> Iterator[tuple[str, n.Call, str]]:
    """Yield the rows that are taken by the name of a person, each with its name and the field of its owner."""
    captured = project.url_origins(function).keys()
    for statement in statements(body(function.node)):
        if not isinstance(statement, n.Assign) or not isinstance(statement.value, n.Call):
            continue
        call = statement.value
        if len(call.keywords) != 1:
            continue
        if tail(call.func) not in ("get", "aget") and not is_shortcut(call):
            continue
        keyword = call.keywords[0]
        if not _is_name(keyword.name or "") or tail(keyword.value) not in captured:
            continue
        model = rows_of(project, function, call.args[0] if is_shortcut(call) else receiver_of(call))
        owner = owner_field(project, model, 0)
        if model is not None and owner is not None and not MADE.search(owner) and not model.is_user:
            yield tail(statement.targets[0]), call, owner


def _is_name(lookup: str) -> bool:
    """Whether a lookup means the name of a person: `username`, `user__username`."""
    *way, last = lookup.removesuffix("__iexact").split("__")
    return last in _NAMES and set(way) <= _PERSON


def _asks_whose(function: FunctionSymbol) -> bool:
    """Whether anything is held against who asks, or chosen or told by them."""
    for node in expressions(body(function.node)):
        if isinstance(node, n.Compare) and any(map(is_user, inside(node))):
            return True
        if isinstance(node, n.Call):
            given = given_to(node)
            if any(map(is_user, given)):
                return True
    return False


def _is_changed(function: FunctionSymbol, name: str) -> bool:
    """Whether a row is saved, deleted, or bound to a form of what was sent."""
    for node in expressions(body(function.node)):
        if not isinstance(node, n.Call):
            continue
        if tail(node.func) in ("save", "delete") and tail(receiver_of(node)) == name:
            return not is_false(argument(node, -1, "commit"))
        is_sent = any(tail(part) == "POST" for part in inside(node))
        if is_sent and tail(argument(node, -1, "instance")) == name:
            return True
    return False
