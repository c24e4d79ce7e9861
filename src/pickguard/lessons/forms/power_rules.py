"""Rules about code that gives out power as the browser says: `user.is_staff = request.POST["staff"]`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.calls.made_rows import MAKES, made_rows
from pickguard.kit.code import tail, text
from pickguard.lessons.forms.session_power import kept_in_session
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, receiver_of
from pickguard.source.python.walk import expressions, inside

_POWER = frozenset({"is_staff", "is_superuser", "is_admin", "is_administrator", "is_moderator", "role", "user_type",
                    "account_type", "access_level"})  # fmt: skip
_ACCOUNT = re.compile(r"user|account|member|profile|person|staff|employee|customer", re.IGNORECASE)
# Something asks who may, by whatever name; `is_staff` may be what is set
_ASKS = re.compile(r"(^|_)(can|may|perms?|permissions?|allowed|authori[sz]ed?|owner|policy)(_|$)")


@rule(
    "forms.power-from-browser",
    title="the browser says how much an account may do",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(269, 862),
    severity=Severity.HIGH,
    gain="any visitor makes an account, their own for one, that of an administrator",
    mend="ask first who may: `@permission_required(…)`, and take the roles that can be given from a list",
)
def power_from_browser(project: Project) -> Iterator[Hit]:
    """Find `user.is_staff = request.POST["staff"]` in views that ask for no right."""
    for _view, function in project.handlers(_asks_for_no_right, _RANKS | _RIGHTS | _KEPT):
        yield from _in_handler(project.code_of(function))


def _asks_for_no_right(view: View) -> bool:
    return not set(view.permissions) - LOGIN_PERMISSIONS and view.kind != "library"


def _in_handler(code: Code) -> Iterator[Hit]:
    asking = code.words & (PERMISSION_WORDS - _POWER - _RIGHTS)
    named = filter(_ASKS.search, code.words - _RIGHTS)
    # what was sent may be called `owner_id`, and the row that it names `owner`: that asks nothing
    if asking or not all(_is_told(code, name) for name in named) or _asks_itself(code):
        return
    yield from _made_with(code)
    yield from _made_by_method(code)
    yield from _made_mighty(code)
    yield from _granted(code)
    yield from kept_in_session(code)
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if not isinstance(target, n.Attr) or target.name not in _POWER:
            continue
        path = access_path(target.value)
        if not isinstance(statement, n.Assign) or not _is_account(code, target.value):
            continue
        sent = next((p for p in inside(statement.value) if code.origin(p).is_browser), None)
        if sent is not None or code.is_said_by_browser(statement.value):
            yield Hit(
                (code.spot(statement),),
                f"the browser says what `{path}.{target.name}` is, and nothing asks who may",
                Confidence.HIGH if target.name.startswith("is_") else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(code.origin(sent), statement.value, "decides on power"),
            )


def _is_account(code: Code, row: n.Expr) -> bool:
    """Whether a row is an account, or says what somebody may do, by its name or by its model's."""
    if _ACCOUNT.search(access_path(row) or ""):
        return True
    found = code.type_of(row)
    return found is not None and found.model is not None and bool(_SEAT.search(found.model.name))


_RIGHTS = frozenset({"groups", "user_permissions"})
_KEPT = frozenset({"session"})


def _granted(code: Code) -> Iterator[Hit]:
    """Yield the groups and rights that the browser names and an account gets: `user.groups.add(group)`."""
    for call in code.calls("add", "set"):
        holder = receiver_of(call)
        if not isinstance(holder, n.Attr) or holder.name not in _RIGHTS:
            continue
        if any(_is_named(code, given) for given in call.args):
            yield Hit(
                (code.spot(call),),
                f"the browser says which `{holder.name}` an account gets, and nothing asks who may",
                Confidence.HIGH,
                code.symbol,
            )


def _is_named(code: Code, given: n.Expr) -> bool:
    """Whether the browser says it, or by which name it is looked up."""
    made = code.assigned(given.id) if isinstance(given, n.Name) else ()
    lookups = (
        k.value
        for one in (given, *made)
        for p in inside(one)
        if isinstance(p, n.Call)
        for k in p.keywords
    )
    return code.is_said_by_browser(given) or any(map(code.is_said_by_browser, lookups))


_SEAT = re.compile(r"member|seat|staff|employee|role|team_?user", re.IGNORECASE)
# What others give, and nobody takes for themselves
_GIVEN = re.compile(
    r"^(admin|administrator|owner|staff|manager|superuser|moderator)$", re.IGNORECASE
)


def _made_with(code: Code) -> Iterator[Hit]:
    """Yield the membership that is made with the role which the browser says, for whoever asks."""
    for call in made_rows(code):
        rows = call.func.value if isinstance(call.func, n.Attr) else None
        model = tail(rows.value) if isinstance(rows, n.Attr) else ""
        if not _SEAT.search(model) or not any(_is_asker(k.value) for k in call.keywords):
            continue
        for name, value in _filled(call):
            is_row = name.endswith("_id")  # any of those that there are
            if name.removesuffix("_id") in _POWER and code.is_said_by_browser(value):
                yield Hit(
                    (code.spot(call),),
                    f"the browser says the `{name}` of its own `{model}`, and nothing asks who may",
                    Confidence.MEDIUM if is_row or _may_be_given(code) else Confidence.LOW,
                    code.symbol,
                )
                return


_TAKES_IN = re.compile(
    r"^(add|invite|join|enrol|enroll|make|create)_?(user|member|membership|admin)?$"
)
_RANKS = _POWER | {"access", "level", "rights", "permission", "permissions", "is_owner"}


def _made_by_method(code: Code) -> Iterator[Hit]:
    """Yield `group.add_user(request.user, sent)`, where a method of the site makes a member of that rank."""
    for call in code.every(n.Call):
        if not _TAKES_IN.match(tail(call.func)) or not any(map(_is_asker, call.args)):
            continue
        function = code.called_with(call, _RANKS)
        params = function.node.params[function.owner is not None :] if function is not None else ()
        named = [*zip((p.name for p in params), call.args, strict=False)]
        named += [(word.name or "", word.value) for word in call.keywords]
        for name, value in named:
            if name in _RANKS and code.is_said_by_browser(value):
                yield Hit(
                    (code.spot(call),),
                    f"the browser says with which `{name}` it is taken in, and nothing asks who may",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _made_mighty(code: Code) -> Iterator[Hit]:
    """Yield the accounts that are made, or changed, with the power which the browser says."""
    for call in code.calls("create_user", "acreate_user", "update", "aupdate", *MAKES):
        for name, value in _filled(call):
            if name in _MIGHTY and code.is_said_by_browser(value):
                yield Hit(
                    (code.spot(call),),
                    f"the browser says what `{name}` is, and nothing asks who may",
                    Confidence.HIGH,
                    code.symbol,
                )


_MIGHTY = frozenset(name for name in _POWER if name.startswith("is_"))


def _filled(call: n.Call) -> Iterator[tuple[str, n.Expr]]:
    """Yield what a call fills, `defaults` included."""
    for keyword in call.keywords:
        yield keyword.name or "", keyword.value
        if keyword.name == "defaults" and isinstance(keyword.value, n.Mapping):
            pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
            yield from ((text(key) or "", value) for key, value in pairs)


def _is_asker(node: n.Expr) -> bool:
    return (
        isinstance(node, n.Attr)
        and node.name == "user"
        and tail(node.value) in ("request", "context")
    )


def _is_of_asker(node: n.Expr) -> bool:
    """Whether a value belongs to whoever asks: `request.user.profile`."""
    while isinstance(node, n.Attr):
        if _is_asker(node):
            return True
        node = node.value
    return False


def _may_be_given(code: Code) -> bool:
    """Whether the module names a role that has power over others."""
    return any(_GIVEN.match(text(node) or "") for block in _blocks(code) for node in block)


def _blocks(code: Code) -> Iterator[Iterator[n.Expr]]:
    yield expressions(code.module.record.body)
    yield from (expressions(c.node.body) for c in code.project.site.classes.of_module(code.module))


def _is_told(code: Code, name: str) -> bool:
    return _taken(code, name) or any(map(code.is_said_by_browser, code.assigned(name)))


def _taken(code: Code, name: str) -> bool:
    """Whether a name is given to a row that is looked up by what the browser says."""
    return any(
        isinstance(made, n.Call)
        and tail(made.func) in _TAKES
        and any(code.is_said_by_browser(keyword.value) for keyword in made.keywords)
        for made in code.assigned(name)
    )


_TAKES = frozenset({"get", "aget", "get_object_or_404", "first"})


def _asks_itself(code: Code) -> bool:
    """Whether a condition looks at the power of whoever asks: `if not request.user.is_staff`."""
    given = {id(receiver_of(call)) for call in code.calls("add", "set", "remove", "clear")}
    if any(
        node.name in _RIGHTS and id(node) not in given and not _taken(code, tail(node.value))
        for node in code.every(n.Attr)
    ):
        return True
    targets = {
        id(target)
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    }
    return any(
        isinstance(node, n.Attr)
        and node.name in _POWER
        and (tail(node.value) in ("user", "self") or _is_of_asker(node.value))
        and id(node) not in targets
        for node in code.expressions
    )
