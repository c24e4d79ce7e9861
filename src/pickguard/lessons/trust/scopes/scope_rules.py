"""Trust rules about scopes: whose rows a view hands out must not be the browser's to say."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.owners.owner_functions import chosen_rows
from pickguard.lessons.trust.owners.socket_rows import looks_at_person
from pickguard.lessons.trust.ownership import members_field, owner_field
from pickguard.lessons.trust.scopes.own_defaults import own_by_default
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_SCOPING = re.compile(
    r"(^|_)(for|of|by)_(user|owner|account|member|author)$|^(visible|owned)_(to|by)$"
)
# Who may come in at all, not whose rows are theirs; `dispatch` is looked at by itself
_GATES = frozenset({"require_admin_access", "staff_member_required", "IsAuthenticated", "dispatch"})
_WAYS_IN = ("get_queryset", "get_object", "get", "post", "put", "patch", "delete", "dispatch")


@code_rule(
    "trust.scope-from-browser",
    words=(
        "kwargs",
        "GET",
        "POST",
        "data",
        "query_params",
        "headers",
        "META",
        "COOKIES",
        "session",
    ),
    title="the browser says whose rows it gets",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 862),
    severity=Severity.HIGH,
    gain="a user changes the number in the address and reads or changes what is somebody else's",
    mend="scope the rows by `request.user`, or compare with it first and refuse the others",
)
def scope_from_browser(code: Code) -> Iterator[Hit]:
    """Find `devices_for_user(self.kwargs["user_id"])` in views, and middleware that takes the named tenant."""
    yield from _of_middleware(code)
    yield from _kept_in_session(code)
    for call, default in own_by_default(code):
        yield Hit(
            (code.spot(call), code.spot(default, "one's own is only the default")),
            "the browser says whose it is, and nothing asks whether it may",
            Confidence.MEDIUM,
            code.symbol,
        )
    if code.owner is None or code.function is None or code.function.node.name not in _WAYS_IN:
        return
    scoping = [name for name in sorted(code.words) if _SCOPING.search(name)]
    if not scoping or _is_guarded(code):
        return
    for name in scoping:
        for call in code.calls(name):
            given = call.args[0] if call.args else None
            if (
                given is not None
                and _is_the_browsers(code, given)
                and not _is_proved(code, call, given)
            ):
                yield Hit(
                    (code.spot(call), code.spot(code.owner.node, "the view")),
                    f"`{name}(…)` is told by the address whose rows to take",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _is_proved(code: Code, call: n.Call, given: n.Expr) -> bool:
    """Whether the account is one that has just shown its password: `RefreshToken.for_user(user)` of a login.

    `form.get_user()` and `serializer.validated_data["user"]` are what a form of a login has found.
    """
    if tail(receiver_of(call)).endswith("Token"):
        return True  # a token is made of an account, no rows are taken
    made = code.assigned(given.id) if isinstance(given, n.Name) else (given,)
    return any(
        tail(part) in ("authenticate", "get_user") or _is_checked_user(part)
        for one in made
        for part in inside(one)
    )


def _is_checked_user(node: n.Expr) -> bool:
    is_checked = isinstance(node, n.Index) and tail(node.value) in (
        "validated_data",
        "cleaned_data",
    )
    return is_checked and isinstance(node, n.Index) and text(node.index) == "user"


_PASSES = frozenset({"__call__", "__acall__", "process_request", "process_view"})
_SAYS_WHICH = frozenset({"headers", "META", "GET", "POST", "COOKIES"})
# What a view does before its handlers
_FIRST = frozenset({"initial", "dispatch", "setup", "initialize_request"})
# A number of the site's own, or what every visitor of a host gets
_OF_HOST = frozenset({"get_host", "HTTP_HOST", "SERVER_NAME", "host", "domain", "subdomain"})


def _of_middleware(code: Code) -> Iterator[Hit]:
    """Yield the tenant that a middleware takes by a header, where it never asks whether the user is of it."""
    function, owner = code.function, code.owner
    if (
        function is None
        or owner is None
        or code.words.isdisjoint(_SAYS_WHICH)
        or code.words & _OF_HOST
    ):
        return
    methods = list(code.project.site.classes.own_functions(owner))
    names = {method.node.name for method in methods}
    is_of_views = "view" in code.project.site.classes.kinds(owner) and function.node.name in _FIRST
    if (_PASSES.isdisjoint(names) and not is_of_views) or any(map(looks_at_person, methods)):
        return
    for call, model in chosen_rows(code.project, function):
        belongs = members_field(code.project, model) or owner_field(code.project, model, 0)
        if belongs is None or model.is_user or not _is_put_on_request(code, methods):
            continue
        if any(_is_the_browsers(code, keyword.value) for keyword in call.keywords):
            yield Hit(
                (code.spot(call),),
                f"the request says which `{model.name}` it is for, whoever its `{belongs}` are",
                Confidence.MEDIUM,
                code.symbol,
                mend="take it among the user's own: `request.user.tenants.filter(slug=slug).first()`",
            )
            return


def _kept_in_session(code: Code) -> Iterator[Hit]:
    """Yield what is kept in the session as where somebody is at work, taken by its number, whoever asks."""
    function = code.function
    if function is None or "session" not in code.words or looks_at_person(function):
        return
    for call, model in chosen_rows(code.project, function):
        belongs = members_field(code.project, model)
        names = {
            name
            for name, values in code.body.assigned.items()
            if any(v.span == call.span for v, _span in values)
        }
        if belongs is None or not names or not _is_kept(code, names):
            continue
        callers = [caller for caller, _call, _bound in code.project.flow.callers.of(function)]
        if any(
            caller.function is not None and looks_at_person(caller.function) for caller in callers
        ):
            continue
        yield Hit(
            (code.spot(call),),
            f"the session is put into any `{model.name}`, whoever its `{belongs}` are",
            Confidence.MEDIUM,
            code.symbol,
        )
        return


def _is_kept(code: Code, names: set[str]) -> bool:
    """Whether the number of a row goes into the session: `request.session["account"] = account.pk`."""
    return any(
        isinstance(target, n.Index)
        and tail(target.value) == "session"
        and any(isinstance(part, n.Name) and part.id in names for part in inside(statement.value))
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )


def _is_put_on_request(code: Code, methods: list[FunctionSymbol]) -> bool:
    """Whether the class hands on what it found: `request.tenant = …`."""
    return any(
        isinstance(target, n.Attr) and tail(target.value) in ("request", "self")
        for method in methods
        for statement in code.project.code_of(method).statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )


def _is_guarded(code: Code) -> bool:
    """Whether the class checks a permission, or looks at the user of the request, on the way."""
    if code.words & PERMISSION_WORDS or _asks_for_permission(code):
        return True
    classes = code.project.site.classes
    for name in ("dispatch", "test_func", "has_permission", "get_permissions", "initial"):
        method = classes.method(code.owner, name) if code.owner else None
        if method is not None and set(method.node.words) & PERMISSION_WORDS:
            return method.owner == code.owner or name != "dispatch" or _compares_user(method.node)
    return any(
        isinstance(node, n.Compare)
        and any(isinstance(p, n.Attr) and p.name == "user" for p in inside(node))
        for node in code.expressions
    )


def _compares_user(function: n.Function) -> bool:
    return bool({"has_perm", "is_staff", "is_superuser"} & set(function.words))


def _asks_for_permission(code: Code) -> bool:
    """Whether every route to the class asks for more than to be let in."""
    views: list[View] = [v for _route, v in code.project.views() if v.symbol == code.owner]
    return bool(views) and all(set(view.permissions) - _GATES for view in views)


def _is_the_browsers(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a value is chosen by the address or the request, whatever its type."""
    for part in inside(node):
        if isinstance(part, n.Attr) and part.name == "kwargs" and tail(part.value) == "self":
            return True
        if isinstance(part, n.Attr | n.Call) and code.body.reads_request(part):
            return True
        if isinstance(part, n.Name) and depth < 4:
            if part.id in code.from_url:
                return True
            values = code.assigned(part.id)
            if any(_is_the_browsers(code, value, depth + 1) for value in values):
                return True
    return False
