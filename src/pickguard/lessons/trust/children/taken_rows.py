"""Rows that a function takes by what the address or the request says, and what it asks about them."""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.kit import Code
from pickguard.kit.code import is_asker, tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import REFUSALS, ends_refusing
from pickguard.lessons.trust.children.handed_rows import is_handed_anything, is_of_address
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.ownership import reverse_names
from pickguard.lessons.trust.row_keys import choosing
from pickguard.lessons.trust.siblings.model_siblings import says_who_may
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

SHORTCUTS = ("get_object_or_404", "aget_object_or_404", "get_list_or_404", "aget_list_or_404")
FETCHERS = (*SHORTCUTS, "get", "aget")
# Rows that are chosen by what was sent, to be changed or deleted all at once
_CHOOSES = "filter"
_ACTS = frozenset({"delete", "update", "adelete", "aupdate", "first"})
_SEVERAL = frozenset({"pk__in", "id__in"})
KEYS = frozenset({"pk", "id", "uuid"}) | _SEVERAL


class Taken(Struct, frozen=True):
    """A row that a call takes: where, what of, by which keywords, and the names that it gets."""

    code: Code
    call: n.Call
    model: Model
    keys: frozenset[str]
    names: frozenset[str]


def taken_rows(code: Code) -> Iterator[Taken]:
    """Yield the rows that a body of code takes by what the address or the request says."""
    calls = [call for call in code.calls(*FETCHERS) if call.keywords]
    is_acting = not _ACTS.isdisjoint(code.words)
    calls += [
        call
        for call in code.calls(_CHOOSES)
        if call.keywords and (is_acting or any(k.name in _SEVERAL for k in call.keywords))
    ]
    named = names_of_calls(code.statements) if calls else {}
    for call in calls:
        model = model_of(code, call)
        keys = frozenset(keyword.name for keyword in choosing(call) if keyword.name)
        if model is None or not keys or not any(_is_named(code, k.value) for k in call.keywords):
            continue
        yield Taken(code, call, model, keys, frozenset(named.get(call.span, ())))


def model_of(code: Code, call: n.Call) -> Model | None:
    """Return the model of whose rows a call takes some, or None."""
    models = code.project.site.models
    if tail(call.func) in SHORTCUTS:
        if not call.args:
            return None
        chosen = _chosen_from(call.args[0])
        return models.of(code.resolve(chosen)) or _of_asker(code, chosen)
    manager = receiver_of(call)
    if isinstance(manager, n.Attr) and manager.name in MANAGERS:
        return models.of(code.resolve(manager.value))
    return None


def _of_asker(code: Code, rows: n.Expr) -> Model | None:
    """Return of what model the rows of whoever asks are: `Team` of `request.user.teams`."""
    if not isinstance(rows, n.Attr) or not is_asker(rows.value):
        return None
    found = code.project.once(reverse_names).get(rows.name, ())
    return code.project.site.models.named(found[0][0]) if len(found) == 1 else None


def _chosen_from(value: n.Expr) -> n.Expr:
    """Return `Note` of `Note` and of `Note.objects.visible_to(user)`."""
    node = value
    while isinstance(node, n.Call | n.Attr):
        is_manager = isinstance(node, n.Attr) and node.name in MANAGERS
        node = node.func if isinstance(node, n.Call) else node.value
        if is_manager:
            return node
    return value


def _is_named(code: Code, value: n.Expr) -> bool:
    """Whether the address or the request says which row, in a plain way."""
    value = _plain(value)
    if isinstance(value, n.Name):
        if value.id in code.from_url or code.is_said_by_browser(value):
            return True
        return _is_handed(code, value) or any(map(_is_of_kwargs, code.made(value)))
    return _is_of_kwargs(value) or code.is_said_by_browser(value)


def _plain(value: n.Expr) -> n.Expr:
    """Return `key` of `int(key)`."""
    is_made = isinstance(value, n.Call) and tail(value.func) in ("int", "str", "UUID")
    return value.args[0] if is_made and isinstance(value, n.Call) and value.args else value


def _is_of_kwargs(value: n.Expr) -> bool:
    return any(tail(part) == "kwargs" for part in inside(value))


def _is_handed(code: Code, value: n.Name) -> bool:
    """Whether a caller hands a part of the address on, whatever type that has."""
    if code.function is None or not is_handed_anything(code):
        return False
    return is_of_address(code.project, code.function, value.id)


def is_of_asker(row: Taken) -> bool:
    """Whether a row is taken among those of whoever asks: `notes.writable_by(request.user)`."""
    return any(tail(part) == "user" for part in inside(row.call))


def is_asked_for(parent: Taken) -> bool:
    """Whether the parent is that of whoever asks, or the code asks whether they may."""
    if is_of_asker(parent) or _is_key_asked(parent):
        return True
    for node in parent.code.expressions:
        if isinstance(node, n.Call | n.Compare):
            parts = {tail(part) for part in inside(node)}
            if not parts & parent.names or only_shows(node):
                continue
            if "user" in parts or may_refuse(parent.code, node, parts):
                return True
    return False


def _is_key_asked(parent: Taken) -> bool:
    """Whether who may not have the row is turned away by its key: `forms_of(request.user).filter(pk=number)`."""
    keys = {path for keyword in choosing(parent.call) if (path := access_path(keyword.value))}
    return any(
        _asks_by(part, keys)
        for statement in parent.code.statements
        if isinstance(statement, n.If) and keys
        if ends_refusing(statement.body) or ends_refusing(statement.other)
        for part in inside(statement.test)
    )


def _asks_by(node: n.Expr, keys: set[str]) -> bool:
    """Whether a call chooses by one of some keys among what is whoever asks' own."""
    if not isinstance(node, n.Call) or not any(access_path(k.value) in keys for k in node.keywords):
        return False
    return any(tail(part) == "user" for part in inside(node))


def may_refuse(code: Code, node: n.Call | n.Compare, parts: set[str]) -> bool:
    """Whether a function of the site gets the request, looks who sends it, and may say no: `check(request, talk)`."""
    if "request" not in parts or not isinstance(node, n.Call):
        return False
    called = code.called_with(node, REFUSALS)
    return called is not None and "user" in called.node.words


def may_ask(code: Code, node: n.Call | n.Compare) -> bool:
    """Whether something that gets the child and the user may say no; a function of the site is read."""
    called = code.resolve(node.func) if isinstance(node, n.Call) else None
    if not isinstance(called, FunctionSymbol):
        return True
    return says_who_may(called) or not REFUSALS.isdisjoint(called.node.words)


_SHOWS = PAGES | {"Response", "JsonResponse", "info"}


def only_shows(node: n.Expr) -> bool:
    """Whether an expression hands what it is given on to be shown, and asks nothing about it."""
    return isinstance(node, n.Call) and tail(node.func) in _SHOWS
