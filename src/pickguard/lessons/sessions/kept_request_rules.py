"""Session rules about handlers of which there is one for all visitors, and that remember one of them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, func_of, is_own, receiver_of, root
from pickguard.source.python.walk import inside

_GROWS = ("append", "extend", "update", "add", "insert", "setdefault")
_ASGI = ("scope", "receive", "send")
_HOOKS = frozenset({"__call__", "__acall__", "process_request", "process_view"})
# what a request says of the visitor
_VISITORS = frozenset({"request", "user", "session", "COOKIES", "scope", "send", "META", "headers"})
# what is there to be called by tests serves one visitor at a time
_TESTS = re.compile(r"(^|[/_])test(s|ing)?([/_.]|$)")
# one is made for each request by these
_MAKES_EACH = ("as_asgi", "as_view")


@code_rule(
    "sessions.visitor-kept-for-all",
    words=("scope", "request", *_GROWS),
    title="a handler that serves everybody remembers one visitor",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(488, 362),
    severity=Severity.HIGH,
    gain="two requests at once: the later one overwrites the first one's, and its page or session goes to the other",
    mend="hand it on as an argument, or keep it on the request; an object made per request may keep it as well",
)
def visitor_kept_for_all(code: Code) -> Iterator[Hit]:
    """Find `self.scope = scope` and `self.request = request` in applications, middleware and admins that exist once."""
    yield from _grown_settings(code)
    given = _given(code)
    if code.owner is None or not given or not _exists_once(code, code.owner, given):
        return
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        for target in statement.targets:
            if isinstance(target, n.Attr) and is_own(target, target.name):
                if _tells_visitor(statement.value, given) and _is_read(code, code.owner, target):
                    yield Hit(
                        (code.spot(statement),),
                        f"`self.{target.name}` is one visitor's, and `{code.owner.node.name}` serves all at once",
                        Confidence.MEDIUM,
                        code.symbol,
                    )


_SETTING = re.compile(r"(^|_)(settings?|conf|config)$")


def _grown_settings(code: Code) -> Iterator[Hit]:
    """Yield `scope = settings.SCOPE` with `scope.extend(request.GET["scope"].split())`: the list is that of all."""
    for call in code.calls(*_GROWS):
        held = receiver_of(call)
        if not isinstance(held, n.Name) or not call.args:
            continue
        if any(_is_setting(value) for value in code.assigned(held.id)) and any(
            map(code.is_said_by_browser, call.args)
        ):
            yield Hit(
                (code.spot(call),),
                f"`{held.id}` is a value of the settings: what one visitor adds holds for all, from then on",
                Confidence.MEDIUM,
                code.symbol,
                mend=f"add to a copy: `{held.id} = list(…)`, or `dict(…)`",
            )


def _is_setting(value: n.Expr) -> bool:
    """Whether a value is one of the settings itself, and no copy: `settings.SCOPE`, `conf.get("SCOPE")`."""
    entry = entry_of(value)
    if entry is not None:
        holder, key = entry
        return bool(_SETTING.search(tail(func_of(holder)))) and (text(key) or "").isupper()
    return isinstance(value, n.Attr) and tail(value.value) == "settings" and value.name.isupper()


def _given(code: Code) -> frozenset[str]:
    """Return the names under which a hook is given the request of one visitor; none of other functions."""
    if code.function is None or code.owner is None:
        return frozenset()
    names = tuple(param.name for param in code.function.node.params[1:])
    if _is_admin(code, code.owner):
        return frozenset(names[:1]) & {"request"}
    if code.function.node.name not in _HOOKS:
        return frozenset()
    if names[:3] == _ASGI:
        return frozenset(_ASGI)
    return frozenset(names[:1]) & {"request"}


def _is_admin(code: Code, owner: ClassSymbol) -> bool:
    """Whether a class is an admin's: one is made when the site starts; an inline is made for each request."""
    kinds = code.project.site.classes.kinds(owner)
    return "admin" in kinds and "inline" not in kinds


def _exists_once(code: Code, owner: ClassSymbol, given: frozenset[str]) -> bool:
    """Whether all requests go through one instance: an ASGI application, a middleware, an admin."""
    classes = code.project.site.classes
    line = classes.own_line(owner)
    if any(classes.method(owner, name) for name in _MAKES_EACH) or "view" in classes.kinds(owner):
        return False
    if any("Consumer" in one.node.name for one in line) or _TESTS.search(code.module.path):
        return False
    if given == frozenset(_ASGI) or _is_admin(code, owner):
        return True
    made = classes.method(owner, "__init__")
    takes_next = made is not None and any(p.name == "get_response" for p in made.node.params)
    return takes_next or classes.inherits(owner, "MiddlewareMixin")


def _tells_visitor(value: n.Expr, given: frozenset[str]) -> bool:
    """Whether a value is the request, who sent it, or what answers it."""
    if isinstance(value, n.Call):
        return any(_tells_visitor(part, given) for part in value.args) and len(value.args) == 1
    if isinstance(value, n.Name):
        return value.id in given
    if not isinstance(value, n.Attr | n.Index) or root(value) not in given:
        return False
    return any(tail(part) in _VISITORS - given for part in inside(value))


def _is_read(code: Code, owner: ClassSymbol, target: n.Attr) -> bool:
    """Whether another method of the class reads it: then it has to be still the same visitor's."""
    for one in code.project.site.classes.own_line(owner):
        for statement in one.node.body:
            if isinstance(statement, n.Function) and target.name in statement.words:
                if code.function is None or statement.name != code.function.node.name:
                    return True
    return False
