"""Functions that take one row by the number which the browser names, and never look at whose it is."""

from collections.abc import Container, Iterator
from functools import lru_cache

from pickguard.base.scales import Confidence
from pickguard.flow.callees.later import task_of
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.trust.asked_ways import unasked_ways
from pickguard.lessons.trust.named_calls import assigned_in
from pickguard.lessons.trust.owners.asking_functions import is_asked_elsewhere
from pickguard.lessons.trust.owners.own_others import own_of_others
from pickguard.lessons.trust.owners.stated_rows import stated_rows
from pickguard.lessons.trust.owners.told_who import is_told_for_nothing
from pickguard.lessons.trust.ownership import (
    WHOLE,
    is_chosen_by_owner,
    is_of_asker,
    is_user,
    owner_field,
    rows_of,
)
from pickguard.lessons.trust.row_keys import choosing, is_shortcut
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.access.strangers import words_behind_login
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to, receiver_of, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_SCOPES = frozenset({"user", "owner", "for_user", "team", "tenant", "organization", "organisation",
                     "account", "request_user", "current_user", "members", "created_by", "author"})  # fmt: skip
_GETTERS = frozenset(
    {"get", "aget", "get_or_404", "get_or_none", "get_or_create", "update_or_create"}
)
# `Note.objects.filter(pk=pk).first()` takes one row as `get` does
_OF_FILTERED = frozenset({"first", "last", "delete", "update", "adelete", "aupdate", "afirst"})
_NUMBERS = frozenset({"pk", "id", "uuid"})
_IDS = _NUMBERS | {"slug"}
# What people call a row, as far as the browser says it: code takes `name="Welcome"` for itself
_CALLED = frozenset({"title", "name"})
_MANY = frozenset({"pk__in", "id__in"})
_FILTERS = frozenset({"filter", "in_bulk"})
SENT = frozenset(
    {"GET", "POST", "body", "data", "query_params", "validated_data", "cleaned_data", "kwargs"}
)
_KEPT = frozenset({"session"})
_NOT_SENT = frozenset({"self", "cls", "request", "info", "user"})
_DEEPEST = 3
_HOPS = 2  # an item of a meal of a plan is whose the plan is


def of_function(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the first row of a user that a handler takes by its number, itself or in what it calls."""
    if asks_for_more(function):
        return
    asks = not PERMISSION_WORDS.isdisjoint(words_behind_login(function.node))
    for node, model, owner in taken(project, function):
        idle = own_of_others(project, function, model, node)
        may_be_asked = asks or checks_owner(function, node, idle)
        if may_be_asked and not gets_out(project, function, node, model, owner):
            return
        if _is_asked_before(project, function, model):
            return
        if is_asked_elsewhere(project, function, names_of(function, node)):
            return
        is_handed_on = _is_handed_on(function, node)
        if is_handed_on and "." in owner:
            continue
        yield Hit(
            (Spot(function.module.path, node.span),),
            f"any `{model.name}` is taken by its {_key(node)}"
            + ("" if model.is_user else f", whoever its `{owner}` is"),
            Confidence.LOW if is_handed_on else Confidence.MEDIUM,
            function.name,
        )
        return
    if not asks and not checks_owner(function, idle=_told_for_nothing(project, function)):
        yield from _incalled_function(project, function)


def _told_for_nothing(project: Project, function: FunctionSymbol) -> frozenset[int]:
    """Return where a function tells others of the site's who asks, and they hold it against nothing."""
    calls = [node for node in expressions(body(function.node)) if isinstance(node, n.Call)]
    told = ((call, called_function(project, function, call)) for call in filter(_tells_who, calls))
    return frozenset(
        call.span for call, called in told if called and is_told_for_nothing(call, called)
    )


def gets_out(
    project: Project, function: FunctionSymbol, row: n.Call, model: Model, owner: str
) -> bool:
    """Whether a row gets out on a way that asks nobody: is written, or shown where each sees their own."""
    who = _SCOPES | _askers(function) | _own_keys(function)
    ways = unasked_ways(project.code_of(function), row, who)
    if any(way.write is not None for way in ways):
        return True
    return bool(ways) and is_chosen_by_owner(project, model, owner.replace(".", "__"))


def _key(row: n.Call) -> str:
    """Return what a row is taken by, in words."""
    called = [f"`{keyword.name}`" for keyword in choosing(row) if keyword.name in _CALLED]
    return called[0] if called else "id"


def taken(project: Project, function: FunctionSymbol) -> Iterator[tuple[n.Call, Model, str]]:
    """Yield the calls that take one row of a user by its id, with the model and its owner."""
    for node, model in (*chosen_rows(project, function), *stated_rows(project, function)):
        owner = owner_field(project, model, _HOPS)
        if owner is None or _is_signed(function, node) or _is_proved(function, node):
            continue
        if _is_taken_again(function, node):
            continue
        if not model.is_user or not _shows_picture(function, node):
            yield node, model, owner


def _is_taken_again(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether the number is of the row that `self.get_object()` took, whose choice is looked at by itself."""
    if "get_object" not in function.node.words:
        return False
    before = {
        name
        for name, made in assigned_in(function).items()
        if any(tail(func_of(value)) == "get_object" for value in made)
    }
    keys = [keyword.value for keyword in choosing(row) if keyword.name in _NUMBERS]
    return bool(keys) and all(
        isinstance(key, n.Attr) and key.name in _NUMBERS and tail(key.value) in before
        for key in keys
    )


def _shows_picture(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether nothing is taken of an account but its picture, which others see wherever its owner writes."""
    names = names_of(function, row)
    read = {
        node.name
        for node in expressions(body(function.node))
        if isinstance(node, n.Attr) and isinstance(node.value, n.Name) and node.value.id in names
    }
    return bool(read) and read <= _PICTURES


_PICTURES = frozenset({"avatar", "photo", "picture", "image", "profile_picture", "thumbnail"})


def _is_signed(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether the number stands in what the site has signed: `data = signing.loads(token)`, `pk=data["note"]`."""
    if _UNSIGNS.isdisjoint(function.node.words):
        return False
    signed = {
        tail(target)
        for statement in statements(body(function.node))
        if isinstance(statement, n.Assign) and _unsigns(statement.value)
        for target in statement.targets
    }
    parts = (part for keyword in choosing(row) for part in inside(keyword.value))
    return any(isinstance(part, n.Name) and part.id in signed for part in parts)


def _is_proved(function: FunctionSymbol, row: n.Call) -> bool:
    """Whether a row, or a part of it, is held against what only those know who may have it: a token, a password."""
    if _PROVING.isdisjoint(function.node.words):
        return False
    names = names_of(function, row)
    held = (
        holder
        for call in expressions(body(function.node))
        if isinstance(call, n.Call) and tail(call.func) in _PROVING
        for holder in (*call.args, receiver_of(call))
        if holder is not None
    )
    return any(root(holder) in names for holder in held)


_PROVING = frozenset({"check_token", "check_password", "compare_digest", "constant_time_compare"})


def _unsigns(node: n.Expr) -> bool:
    return any(
        isinstance(part, n.Call)
        and tail(part.func) in _UNSIGNS
        and (tail(part.func) != "loads" or "sign" in tail(receiver_of(part)).lower())
        for part in inside(node)
    )


_UNSIGNS = frozenset({"loads", "unsign", "unsign_object"})


def _is_asked_before(project: Project, function: FunctionSymbol, model: Model) -> bool:
    """Whether a decorator takes the same row and holds it against the one who asks."""
    for decorator in map(func_of, decorators(project, function)):
        found = project.site.names.resolve(function.module, decorator)
        if isinstance(found, FunctionSymbol) and {"user", model.name} <= set(found.node.words):
            inner = (s for s in body(found.node) if isinstance(s, n.Function))
            nodes = (node for one in inner for node in expressions(body(one)))
            if any(isinstance(node, n.Compare) or _is_for_asker(node) for node in nodes):
                return True
        if isinstance(found, FunctionSymbol) and _asks_about_address(found):
            return True
    return False


def _is_for_asker(node: n.Expr) -> bool:
    """Whether it chooses rows by who asks: `filter(pk=pk, author=request.user)`."""
    return isinstance(node, n.Call) and any(
        word.name is not None and is_user(word.value) for word in node.keywords
    )


def _asks_about_address(decorator: FunctionSymbol) -> bool:
    """Whether a decorator lets through who may have what the address names: `if may_see(request, kwargs)`."""
    inner = (s for s in body(decorator.node) if isinstance(s, n.Function))
    tests = (s.test for one in inner for s in statements(body(one)) if isinstance(s, n.If))
    asked = (part for test in tests for part in inside(test) if isinstance(part, n.Call))
    return any({"request", "kwargs"} <= {tail(given) for given in call.args} for call in asked)


def asks_for_more(function: FunctionSymbol) -> bool:
    """Whether an action names permissions of its own: `@action(permission_classes=[IsAdminUser])`."""
    for decorator in function.node.decorators:
        for keyword in decorator.keywords if isinstance(decorator, n.Call) else ():
            if keyword.name == "permission_classes":
                items = (
                    keyword.value.items
                    if isinstance(keyword.value, n.Sequence)
                    else (keyword.value,)
                )
                if any(tail(item) not in LOGIN_PERMISSIONS for item in items):
                    return True
    return False


def checks_owner(
    function: FunctionSymbol, row: n.Call | None = None, idle: Container[int] = ()
) -> bool:
    """Whether the code compares or filters with the user anywhere; a copy of the row for the user is no check.

    Args:
        function: where to look.
        row: the call that takes a row, where one is meant.
        idle: where calls stand that say nothing of whoever asks.
    """
    askers = _askers(function)
    rows = names_of(function, row) if row is not None else set()
    for node in expressions(body(function.node)):
        if (
            isinstance(node, n.Call)
            and root(node.func) in rows
            and "request" in map(tail, node.args)
        ):
            return True  # the row is asked itself: `note.is_visible(request)`
        if isinstance(node, n.Compare) and any(tail(p) in _SCOPES | askers for p in inside(node)):
            return True
        if isinstance(node, n.Compare) and _is_among_own(function, node):
            return True
        if isinstance(node, n.Call) and node.span not in idle and not _copies(function, node, row):
            names = {k.name.partition("__")[0] for k in node.keywords if k.name}
            if names & _SCOPES or tail(node.func) in (
                "for_user",
                "visible_to",
                "check_object_permissions",
            ):
                return True
            if any(k.name and _says_who(k.value, askers) for k in node.keywords):
                return True
            if any(tail(a) in askers for a in node.args) and tail(node.func) not in (
                "print",
                "info",
            ):
                return True
    return False


def _is_among_own(function: FunctionSymbol, node: n.Compare) -> bool:
    """Whether a key is looked for among those of whoever asks: `pk in allowed`."""
    return any(tail(right) in _own_keys(function) for right in node.rights)


@lru_cache(maxsize=64)
def _own_keys(function: FunctionSymbol) -> frozenset[str]:
    """Return the names of keys of whoever asks' rows: `allowed = set(user.notes.values_list("pk", flat=True))`."""
    return frozenset(
        name
        for name, given in assigned_in(function).items()
        if given and all(_lists_own(one) for one in given)
    ) - {""}


def _lists_own(value: n.Expr) -> bool:
    parts = list(inside(value))
    return any(tail(part) in _LISTS for part in parts) and any(map(is_user, parts))


_LISTS = frozenset({"values_list", "values", "in_bulk"})


def _says_who(value: n.Expr, askers: frozenset[str]) -> bool:
    """Whether a value is who asks, or something that they belong to."""
    return is_user(value) or is_of_asker(value) or tail(value) in askers


@lru_cache(maxsize=64)
def _askers(function: FunctionSymbol) -> frozenset[str]:
    """Return the names of who asks, and of whom they belong to: `me = request.user`, `org = me.company`."""
    named = (
        name
        for name, given in assigned_in(function).items()
        if all(is_user(one) or is_of_asker(one) for one in given)
    )
    return frozenset(("user", *named)) - {""}


def _copies(function: FunctionSymbol, call: n.Call, row: n.Call | None) -> bool:
    """Whether a call makes a row out of the one taken: `Note.objects.create(owner=user, text=note.text)`."""
    if row is None or (
        tail(call.func) not in ("create", "acreate") and not tail(call.func)[:1].isupper()
    ):
        return False
    names = names_of(function, row)
    return any(
        isinstance(keyword.value, n.Attr)
        and keyword.value.name not in _IDS
        and tail(keyword.value.value) in names
        for keyword in call.keywords
    )


def names_of(function: FunctionSymbol, row: n.Call) -> set[str]:
    """Return the names that hold what a call returns."""
    return {
        tail(target)
        for statement in statements(body(function.node))
        if isinstance(statement, n.Assign) and statement.value == row
        for target in statement.targets
    }


def _is_handed_on(function: FunctionSymbol, chosen: n.Call) -> bool:
    """Whether the object goes, with the request, to another method that may check it."""
    names = names_of(function, chosen)
    return any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and tail(node.func.value) == "self"
        and {"request"} <= (given := {tail(argument) for argument in node.args})
        and given & names
        for node in expressions(body(function.node))
    )


def chosen_rows(project: Project, function: FunctionSymbol) -> Iterator[tuple[n.Call, Model]]:
    """Yield the calls that take one row by its id, of whatever model."""
    for node in _choosing(project, function):
        model = _model_of(project, function, node)
        if model is not None:
            yield node, model


def _choosing(project: Project, function: FunctionSymbol) -> Iterator[n.Call]:
    """Yield the calls that take one row by its id, or those that the browser lists."""
    calls = [node for node in expressions(body(function.node)) if isinstance(node, n.Call)]
    given = {param.name for param in function.node.params} - _NOT_SENT
    filtered = {
        _rows_before(call.func.value).span
        for call in calls
        if isinstance(call.func, n.Attr) and call.func.name in _OF_FILTERED
    }
    filtered |= {call.args[0].span for call in calls if is_shortcut(call)}
    for call in calls:
        name = tail(call.func)
        if name not in _GETTERS and name not in _FILTERS and not is_shortcut(call):
            continue
        chosen = choosing(_with_its_dict(function, call))
        keys = {keyword.name for keyword in chosen}
        called = [keyword.value for keyword in chosen if keyword.name in _CALLED]
        if name.endswith("_or_create") and not keys <= _NUMBERS:
            continue  # by a name it is made where it is not there
        if keys and keys <= _IDS | _CALLED:
            if not all(is_named(function, value, given) for value in called):
                continue
            if name == "filter" and call.span not in filtered:
                continue
            if not any(_reads(function, keyword.value, _KEPT) for keyword in chosen):
                yield call
        elif keys and keys <= _MANY and name in _FILTERS:
            values = [keyword.value for keyword in chosen]
            if all(
                is_named(function, v, given) or _is_read_there(project, function, v) for v in values
            ):
                yield call


def _rows_before(rows: n.Expr) -> n.Expr:
    """Return the rows that an expression leaves as they are: `filter(pk=pk)` of `….select_related("owner")`."""
    while isinstance(rows, n.Call) and tail(rows.func) in WHOLE:
        before = receiver_of(rows)
        if before is None:
            break
        rows = before
    return rows


def _with_its_dict(function: FunctionSymbol, call: n.Call) -> n.Call:
    """Return a call with the dict that a name stands for, if there is but one: `keys = {"pk": pk}`."""
    given = assigned_in(function).get(tail(call.args[1]), ()) if len(call.args) == 2 else ()
    if len(given) != 1:
        return call
    return n.Call(call.span, call.func, (call.args[0], given[0]), call.keywords)


def _is_read_there(project: Project, function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether a function of the site reads a value from the request that it is given: `chosen_ids(request)`."""
    if not isinstance(value, n.Call) or "request" not in map(tail, value.args):
        return False
    found = project.site.names.resolve(function.module, value.func)
    if not isinstance(found, FunctionSymbol) or "user" in found.node.words:
        return False
    return not SENT.isdisjoint(found.node.words)


def is_sent(function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether a value is read from what the browser sends, by the words of it and of what it is set to."""
    return _reads(function, value, SENT)


def is_named(function: FunctionSymbol, value: n.Expr, named: Container[str]) -> bool:
    """Whether the browser says a value: by a parameter that it fills, or in what it sends."""
    return any(
        tail(part) in named for part in inside(value) if isinstance(part, n.Name)
    ) or is_sent(function, value)


def _reads(function: FunctionSymbol, value: n.Expr, names: frozenset[str], depth: int = 2) -> bool:
    for part in inside(value):
        if isinstance(part, n.Attr | n.Name) and tail(part) in names:
            return True
        if isinstance(part, n.Name) and depth:
            for assigned in assigned_in(function).get(part.id, ()):
                if _reads(function, assigned, names, depth - 1):
                    return True
    return False


def _model_of(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    if is_shortcut(call):
        return rows_of(project, function, call.args[0])
    manager = receiver_of(call)
    return rows_of(project, function, manager) if isinstance(manager, n.Attr | n.Call) else None


def _incalled_function(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the call that hands the number on to where the row is taken: `contract_update(pk)`."""
    named = frozenset(project.url_origins(function))
    for call in (
        expressions(body(function.node))
        if named or not SENT.isdisjoint(function.node.words)
        else ()
    ):
        if isinstance(call, n.Call):
            found = _through(project, function, call, named, _DEEPEST)
            if found is not None:
                place, node, model, owner = found
                yield Hit(
                    (
                        Spot(function.module.path, call.span),
                        Spot(place.module.path, node.span, "takes the row"),
                    ),
                    f"any `{model.name}` is taken by its {_key(node)}, whoever its `{owner}` is",
                    Confidence.MEDIUM,
                    function.name,
                )
                return


def _through(
    project: Project, function: FunctionSymbol, call: n.Call, named: frozenset[str], depth: int
) -> tuple[FunctionSymbol, n.Call, Model, str] | None:
    """Return where a call of the site's own, which is not told who asks, takes a row by a given number."""
    callee = called_function(project, function, call)
    if callee is None or callee == function or _looks(callee):
        return None
    if _tells_who(call) and not is_told_for_nothing(call, callee):
        return None
    given = frozenset(handed_on(function, call, callee, named))
    if not given:
        return None
    for node, model, owner in taken(project, callee):
        if not model.is_user and any(tail(keyword.value) in given for keyword in node.keywords):
            return callee, node, model, owner
    for inner in expressions(body(callee.node)) if depth > 1 else ():
        if isinstance(inner, n.Call):
            found = _through(project, callee, inner, given, depth - 1)
            if found is not None:
                return found
    return None


def called_function(
    project: Project, function: FunctionSymbol, call: n.Call
) -> FunctionSymbol | None:
    """Return the function of a module that a call of the site's runs, at once or later."""
    func = call.func
    if not call.args and not call.keywords:
        return None
    task = task_of(func)
    found = _of_a_module(project, function, func)
    if found is None and task is not None:
        found = _of_a_module(project, function, task)
    return found if found is not None and project.kind_of(found.module) is None else None


def _of_a_module(project: Project, function: FunctionSymbol, func: n.Expr) -> FunctionSymbol | None:
    """Return the function that `close` or `tasks.close` names in a function."""
    if not isinstance(func, n.Name) and not (
        isinstance(func, n.Attr) and isinstance(func.value, n.Name) and func.value.id != "self"
    ):
        return None
    found = project.site.names.resolve(function.module, func)
    return found if isinstance(found, FunctionSymbol) and found.owner is None else None


def _tells_who(call: n.Call) -> bool:
    """Whether a call hands on who asks, so that what is called may look; an address for mail is none."""
    for value in given_to(call):
        if isinstance(value, n.Attr) and value.name == "email":
            continue
        if any(
            tail(part) in ("user", "request", "self", "session", "auth") for part in _given(value)
        ):
            return True
    return False


def _given(value: n.Expr) -> Iterator[n.Expr]:
    """Yield what an argument hands on: of `request.POST["id"]` the number alone."""
    if any(isinstance(part, n.Attr) and part.name in SENT for part in inside(value)):
        return
    yield from inside(value)


def _looks(callee: FunctionSymbol) -> bool:
    words = callee.node.words
    return not PERMISSION_WORDS.isdisjoint(words) or "request" in words or checks_owner(callee)


def handed_on(
    function: FunctionSymbol, call: n.Call, callee: FunctionSymbol, named: frozenset[str]
) -> Iterator[str]:
    """Yield the parameters of what is called that hold a number of the browser's."""
    params = [param.name for param in callee.node.params]
    bind = bool(params) and params[0] == "self" and isinstance(call.func, n.Attr)
    for name, value in zip(params[bind:], call.args, strict=False):
        if is_named(function, value, named):
            yield name
    for keyword in call.keywords:
        if keyword.name in params and (is_named(function, keyword.value, named)):
            yield keyword.name or ""
