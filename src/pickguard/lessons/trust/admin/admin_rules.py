"""Trust rules about pages that a site adds to Django's admin: the admin asks for staff there at most."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.tenancy import narrows_by_name
from pickguard.site.access.answers import LOGIN_WORDS
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, receiver_of
from pickguard.source.python.bodies import only_returned
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_KINDS = frozenset({"admin", "admin_site"})
_ROUTES = ("path", "re_path", "url")
# What asks, or looks at who is there
_ASKS = PERMISSION_WORDS | LOGIN_WORDS | {"user", "admin_view", "is_staff"}
# Methods of the admin that choose the rows by who asks
_CHOOSES = frozenset({"get_queryset", "get_object"})
_RIGHT = re.compile(
    r"_?(has|check|can|may|ensure|require|verify|assert)_\w*(perm|access|allowed|right)"
)
_KEYS = frozenset({"pk", "id", "uuid"})

_DRESSING = frozenset({"csrf_exempt", "csrf_protect", "never_cache", "require_POST", "require_GET", "atomic",
                       "commit_on_success", "xframe_options_exempt", "xframe_options_sameorigin"})  # fmt: skip
_FOR_STRANGERS = re.compile(r"(^|_)(mfa|otp|two_?factor)(_|$)|log_?(in|out)|password|i18n|public")


# Pages of the admin, each of which asks for a right
_PAGES = (
    "history_view",
    "change_view",
    "changeform_view",
    "changelist_view",
    "delete_view",
    "add_view",
)


@code_rule(
    "trust.unwrapped-admin-page",
    words=("get_urls",),
    packages=("django",),
    title="a page of the admin that lets everybody in",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger without an account opens the address, and is where only staff was meant to be",
    mend="wrap it: `path('refund/', self.admin_site.admin_view(self.refund))`, and ask for the right in it",
)
def unwrapped_admin_page(code: Code) -> Iterator[Hit]:
    """Find methods that an admin class routes to with no `admin_view` around them."""
    function, owner = code.function, code.owner
    if function is None or owner is None or function.node.name != "get_urls":
        return
    yield from _by_name(code, owner)
    if not _KINDS & code.project.site.classes.kinds(owner):
        return
    for call in code.calls(*_ROUTES):
        view = argument(call, 1, "view")
        method = _method(code, view) or _function(code, view)
        if method is None or _is_guarded(method) or _is_the_same_for_all(code.project, method):
            continue
        if code.project.once(_routed_for_all).get(method, set()) - {code.module.path}:
            continue
        yield Hit(
            (code.spot(call), Spot(method.module.path, method.node.span, "asks nobody")),
            f"`{method.node.name}` is reached without a login: nothing wraps it in `admin_view`",
            Confidence.HIGH,
            code.symbol,
        )


def _routed_for_all(project: Project) -> dict[FunctionSymbol, set[str]]:
    """Return the functions that routes lead to past any login, with the files that these routes stand in."""
    found: dict[FunctionSymbol, set[str]] = defaultdict(set)
    for route, view in (*project.views(), *project.site.waiting):
        if isinstance(view.symbol, FunctionSymbol) and not route.is_admin and view.login is False:
            found[view.symbol].add(route.module.path)
    return found


def _is_the_same_for_all(project: Project, method: FunctionSymbol) -> bool:
    """Whether a page holds constants alone: a manifest, a service worker, which browsers fetch without a cookie."""
    calls = list(project.code_of(method).every(n.Call))
    return (
        bool(calls)
        and all(
            tail(call.func) in ("JsonResponse", "HttpResponse")
            or (tail(call.func) in PAGES and len(call.args) == _WITHOUT_CONTEXT)
            for call in calls
        )
        and _TELLING.isdisjoint(method.node.words)
    )


_WITHOUT_CONTEXT = 2
_TELLING = frozenset({"context", "user", "GET", "POST", "session", "objects", "self"})


def _by_name(code: Code, owner: ClassSymbol) -> Iterator[Hit]:
    """Yield the route to a method that is chosen by its name, `getattr(self, name)`, with nothing around it."""
    if not _is_of_admins(code, owner):
        return
    called = (code.called(call) for call in code.every(n.Call) if tail(receiver_of(call)) == "self")
    for there in (
        code,
        *(code.project.code_of(f) for f in called if f is not None and f.owner is not None),
    ):
        if "admin_view" in there.words or "getattr" not in there.words:
            continue
        for call in there.calls(*_ROUTES):
            view = argument(call, 1, "view")
            if any(_is_own_by_name(made) for made in there.made(view)):
                yield Hit(
                    (there.spot(call),),
                    "methods are reached without a login: nothing wraps them in `admin_view`",
                    Confidence.MEDIUM,
                    there.symbol,
                )
                return


def _is_own_by_name(node: n.Expr) -> bool:
    is_asked = isinstance(node, n.Call) and tail(node.func) == "getattr" and len(node.args) > 1
    return is_asked and isinstance(node, n.Call) and tail(node.args[0]) == "self"


def _is_of_admins(code: Code, owner: ClassSymbol) -> bool:
    """Whether a class is one of the admin, or is mixed into such classes alone."""
    classes = code.project.site.classes
    kinds = classes.kinds(owner)
    heirs = [classes.kinds(heir) for heir in classes.subclasses.get(owner, ())]
    return bool(_KINDS & kinds) or (not kinds and bool(heirs) and all(_KINDS & k for k in heirs))


def _function(code: Code, view: n.Expr | None) -> FunctionSymbol | None:
    """Return the function of the site that a route leads to as it is, where it takes rows."""
    found = code.resolve(view) if isinstance(view, n.Name) else None
    if not isinstance(found, FunctionSymbol) or found.owner is not None:
        return None
    return found if _TAKES & set(found.node.words) else None


_TAKES = MANAGERS | {"get_object_or_404", "get_list_or_404"}


def _method(code: Code, view: n.Expr | None) -> FunctionSymbol | None:
    """Return the own method that a route leads to as it is: `self.refund`."""
    if not isinstance(view, n.Attr) or tail(view.value) != "self" or code.owner is None:
        return None
    return code.project.site.classes.method(code.owner, view.name)


@code_rule(
    "trust.unasked-admin-page",
    words=("get_urls", *_PAGES),
    packages=("django",),
    title="a page of the admin that asks nobody about the row it takes",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 639),
    severity=Severity.MEDIUM,
    gain="whoever may enter the admin for one small thing reaches every row of this page by its number",
    mend="ask as the admin's own pages do: `if not self.has_change_permission(request, note): raise PermissionDenied`",
)
def unasked_admin_page(code: Code) -> Iterator[Hit]:
    """Find methods behind `admin_view`, which asks for staff alone, that take any row by its number.

    And pages of the admin's own, written anew without its question: `history_view`.
    """
    function, owner = code.function, code.owner
    if function is None or owner is None:
        return
    if "admin" not in code.project.site.classes.kinds(owner):
        return
    if function.node.name in _PAGES and _shows_unasked(code, function):
        yield Hit(
            (Spot(function.module.path, function.node.span),),
            f"`{function.node.name}` takes the place of the admin's own, which asks for a right, and asks for none",
            Confidence.MEDIUM,
            function.name,
        )
    if function.node.name != "get_urls":
        return
    for view in _behind_admin_view(code):
        method = _method(code, view)
        if method is None or _leaves_asking(code, method):
            continue
        found = _taken(code.project, owner, method) or _written(code.project, method)
        if found is not None:
            yield Hit(
                (
                    Spot(method.module.path, found.span),
                    Spot(method.module.path, method.node.span, "the page"),
                ),
                f"`{method.node.name}` {found.what}",
                Confidence.MEDIUM,
                method.name,
                gain=found.gain,
                mend=found.mend,
            )


def _behind_admin_view(code: Code) -> Iterator[n.Expr]:
    """Yield the wrapped views of routes, also those of `def page(route, view)` inside."""
    for call in code.calls(*_ROUTES):
        view = argument(call, 1, "view")
        if isinstance(view, n.Call) and view.args:
            yield view.args[0]
    if "admin_view" not in code.words:
        return
    making = {
        one.name for one in code.statements if isinstance(one, n.Function) and _routes_to_admin(one)
    }
    for call in code.every(n.Call) if making else ():
        if isinstance(call.func, n.Name) and call.func.id in making:
            yield from call.args


def _routes_to_admin(made: n.Function) -> bool:
    returned = only_returned(made)
    parts = inside(returned) if returned is not None else ()
    called = {tail(part.func) for part in parts if isinstance(part, n.Call)}
    return "admin_view" in called and not called.isdisjoint(_ROUTES)


def _shows_unasked(code: Code, function: FunctionSymbol) -> bool:
    """Whether a page shows something, and neither asks for a right nor leaves it to the page that it replaces."""
    words = set(function.node.words)
    if not words & PAGES or "super" in words or function.node.decorators:
        return False
    if any(tail(call.func).endswith("_view") for call in code.every(n.Call)):
        return False  # `return self.changelist_view(request)`
    classes, owner = code.project.site.classes, code.owner
    helpers = (classes.method(owner, word) for word in words) if owner is not None else ()
    asked = [words, *(set(helper.node.words) for helper in helpers if helper is not None)]
    return not any(one & _ASKS or any(map(_RIGHT.match, one)) for one in asked)


class _Unasked(NamedTuple):
    """What a page does with no right asked for: where, and what is said of it where the rule's words do not fit."""

    span: int
    what: str
    gain: str = ""
    mend: str = ""


def _taken(project: Project, owner: ClassSymbol, method: FunctionSymbol) -> _Unasked | None:
    """Return where a page takes a row by its address, and what is to be said of it."""
    if _is_guarded(method):
        return None
    page = project.code_of(method)
    taken = _taken_by_address(page)
    if taken is None and _narrows(project, owner):
        taken = _handed_to_model(page)
    if taken is None:
        return None
    return _Unasked(taken.span, "takes the row that its address names, and asks for no right to it")


def _written(project: Project, method: FunctionSymbol) -> _Unasked | None:
    """Return where a page itself writes rows, such as those of an uploaded file, and what is to be said of it.

    Who is noted as their author is not asked for anything: `item.author = request.user`. A page that goes on
    only with what another one has left in the session leaves it to that one.
    """
    conditions = [
        s.test for s in project.code_of(method).statements if isinstance(s, n.If | n.While)
    ]
    asked = {tail(part) for test in conditions for part in inside(test)}
    if _is_guarded(method, unless=frozenset({"user"})) or asked & {"user", "session"}:
        return None
    effects = project.effects.of(method, owner=method.owner)
    span = next((e.span for e in effects if e.changes_rows and not e.path), None)
    if span is None:
        return None
    return _Unasked(
        span,
        "writes rows, and asks for no right to them",
        "whoever may enter the admin for one small thing makes and changes rows that are none of their business",
        "ask as the admin's own pages do: `if not self.has_add_permission(request): raise PermissionDenied`",
    )


def _narrows(project: Project, owner: ClassSymbol) -> bool:
    """Whether an admin class shows only some rows to some people: by its own code, or by a mixin's name."""
    methods = project.site.classes.methods(owner, "get_queryset")
    if any(_PEOPLE & set(method.node.words) for method in methods):
        return True
    return narrows_by_name(project, owner)


_PEOPLE = frozenset({"user", "request"})


def _handed_to_model(code: Code) -> n.Call | None:
    """Return the call that hands a part of the address to a model, which takes the row itself."""
    function = code.function
    named = {param.name for param in function.node.params[2:]} if function is not None else set()
    for call in code.every(n.Call):
        given = {value.id for value in call.args if isinstance(value, n.Name)}
        if not given & named or not isinstance(call.func, n.Attr):
            continue
        holder = func_of(call.func.value)
        if isinstance(holder, n.Name) and code.project.site.models.of(code.resolve(holder)):
            return call
    return None


def _leaves_asking(code: Code, method: FunctionSymbol) -> bool:
    """Whether another method of the class asks, or chooses the rows, for this one."""
    words = set(method.node.words)
    if words & _CHOOSES or any(_RIGHT.match(word) for word in words):
        return True
    classes, owner = code.project.site.classes, code.owner
    helpers = (classes.method(owner, word) for word in words) if owner is not None else ()
    return any(
        helper is not None
        and (set(helper.node.words) & _ASKS or any(_RIGHT.match(w) for w in helper.node.words))
        for helper in helpers
    )


def _taken_by_address(code: Code) -> n.Call | None:
    """Return the call that takes a row out of a whole table by a part of the address."""
    function = code.function
    named = {param.name for param in function.node.params[2:]} if function is not None else set()
    for call in code.calls("get_object_or_404", "get"):
        keys = {keyword.name: keyword.value for keyword in call.keywords}
        if not keys or not keys.keys() <= _KEYS or not _is_whole_table(call):
            continue
        if any(tail(part) in named for value in keys.values() for part in inside(value)):
            return call
    return None


def _is_whole_table(call: n.Call) -> bool:
    """Whether rows are taken from `Note`, `self.model`, `Note.objects`, with nothing narrowed before."""
    if tail(call.func) == "get_object_or_404":
        rows = call.args[0] if call.args else None
    else:
        rows = receiver_of(call)
        if tail(rows) not in MANAGERS:
            return False
    return isinstance(rows, n.Name | n.Attr)


def _is_guarded(method: FunctionSymbol, unless: frozenset[str] = frozenset()) -> bool:
    """Whether a method asks by itself, by a decorator, or leaves the work to one of the admin's pages."""
    words = set(method.node.words) - unless
    if words & _ASKS or _FOR_STRANGERS.search(method.node.name):
        return True
    if any(word.endswith("_view") for word in words - {method.node.name}):
        return True  # `return self.changelist_view(request)`
    return any(tail(func_of(d)) not in _DRESSING for d in method.node.decorators)
