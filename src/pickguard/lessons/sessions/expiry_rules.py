"""Session rules about keys and links that are good no longer: whoever takes one has to ask for it."""

import re
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import inside

_ENDS = re.compile(
    r"^(is_)?(revoked|expired|used|consumed|redeemed|withdrawn|cancell?ed|deactivated|disabled)(_at|_on|_date|_time)?$"
    r"|^(accepted|redeemed|used|consumed|claimed)(_at|_on|_by)$|^(expires?|expiry|expiration|valid_until|expir\w+_date)(_at|_on|_date|_time)?$"
)
_SECRET = re.compile(r"(^|_)(token|secret|digest|api_?key|key_hash|hashed_key|token_hash|hash)$")
# What lets somebody in, by the name of its model: elsewhere a hash may be that of a file
_LETS_IN = re.compile(
    r"invit|token|(api|access|service|personal)_?key|credential|(log_?in|magic|share|reset)_?(link|code)"
    r"|voucher|coupon|gift_?(card|code)|promo(tion)?_?code",
    re.IGNORECASE,
)
_ASKED_WITH = frozenset({"filter", "exclude", "get", "aget", "Q", "get_object_or_404", "exists"})
_LOOKUPS = ("get", "aget", "filter", "get_object_or_404", "aget_object_or_404")
# Who ends a key, shows it or sends it once more takes any
_MANAGES = re.compile(
    r"revok|delet|destroy|cancel|declin|reject|resend|list|status|expir|admin|clean|purge|log_?out|sign_?out|rotat"
    r"|regenerat|disabl|deactivat|unsubscribe|save|create|generat|make|new|unique|exist|detail|preview|info",
    re.IGNORECASE,
)


class _Kind(Struct, frozen=True):
    """A model of keys or links: what says that one has ended, and what asks for it."""

    model: Model
    secrets: frozenset[str]
    ends: frozenset[str]
    askers: frozenset[str]
    finders: frozenset[str]


@rule(
    "sessions.ended-key-accepted",
    title="a key or link is taken with no look at whether it is still good",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613, 672),
    severity=Severity.HIGH,
    gain="who holds a key that was taken back, or a link that has run out, still comes in with it",
    mend="take it from the rows that are still good, as the rest of the site does: `objects.pending()`",
)
def ended_key_accepted(project: Project) -> Iterator[Hit]:
    """Find rows of keys looked up by the secret alone, where the model knows which are still good."""
    for kind in _kinds(project):
        for function in _fetching(project, kind):
            code = project.code_of(function)
            call = _lookup(code, kind)
            # whether there is one at all is asked of all of them
            if call is None or "exists" in code.words or _is_asked(project, code, kind):
                continue
            asker = min(kind.askers)
            for there, spot in _unasked(project, code, call, kind):
                yield Hit(
                    (there.spot(spot),),
                    f"any `{kind.model.name}` is taken, also one that has ended; `{asker}` is not asked",
                    Confidence.MEDIUM,
                    there.symbol,
                )


def _unasked(
    project: Project, code: Code, lookup: n.Call, kind: _Kind
) -> Iterator[tuple[Code, n.Call]]:
    """Yield where a row is taken that nobody asks about: the lookup, or those of its callers that do not ask."""
    calls = [
        (project.code_of(caller.function), call)
        for caller, call, _bound in _callers(project, code)
        if caller.function is not None
    ]
    silent = [(there, call) for there, call in calls if not _asks_on_the_way(project, there, kind)]
    if calls and len(silent) < len(calls):
        yield from ((t, call) for t, call in silent if not _MANAGES.search(_name(t)))
    elif not _MANAGES.search(_name(code)):
        yield code, lookup


def _name(code: Code) -> str:
    return code.function.qualname if code.function is not None else ""


def _callers(project: Project, code: Code) -> list[tuple[Body, n.Call, bool]]:
    return (
        project.flow.callers.of(code.function)[:_MOST_CALLERS] if code.function is not None else []
    )


def _asks_on_the_way(project: Project, code: Code, kind: _Kind, depth: int = 1) -> bool:
    """Whether code, or whoever calls it, asks whether a row is still good."""
    if _is_asked(project, code, kind):
        return True
    above = (caller.function for caller, _call, _bound in _callers(project, code))
    found = [project.code_of(function) for function in above if function is not None]
    return depth > 0 and any(_asks_on_the_way(project, one, kind, depth - 1) for one in found)


def _kinds(project: Project) -> Iterator[_Kind]:
    """Yield the models of keys whose rows can end, and whose own methods tell those that are good."""
    for model in project.site.models.by_label.values():
        if (
            model.is_abstract
            or project.kind_of(model.symbol.module)
            or not _LETS_IN.search(model.name)
        ):
            continue
        ends = frozenset(f.name for f in model.fields if _ENDS.search(f.name))
        secrets = frozenset(f.name for f in model.fields if _is_secret(model.name, f.name, f.kind))
        if not ends or not secrets:
            continue
        methods = list(_methods(project, model))
        askers = frozenset(f.node.name for f in methods if _reads(project.code_of(f), ends, ends))
        finders = frozenset(
            f.node.name for f in methods if _looks_up(project.code_of(f), secrets) is not None
        )
        if askers and "get_queryset" not in askers:
            yield _Kind(model, secrets, ends, askers, finders - askers)


_GIVES = re.compile(r"voucher|coupon|gift|promo", re.IGNORECASE)


def _is_secret(model: str, name: str, kind: str) -> bool:
    if name == "code" and kind == "CharField" and _GIVES.search(model):
        return True
    return kind in ("CharField", "TextField", "UUIDField", "BinaryField") and bool(
        _SECRET.search(name)
    )


def _methods(project: Project, model: Model) -> Iterator[FunctionSymbol]:
    """Yield the methods of a model and of what makes its managers."""
    owners: list[ClassSymbol] = [model.symbol, *project.flow.types.managers.makers(model.symbol)]
    for owner in owners:
        yield from project.site.classes.own_functions(owner)


def _fetching(project: Project, kind: _Kind) -> Iterator[FunctionSymbol]:
    """Yield the functions outside of the model that may look a row of it up by its secret."""
    own = set(_methods(project, kind.model))
    seen: set[FunctionSymbol] = set()
    for word in sorted(kind.secrets | kind.finders):
        for function in project.flow.callers.holding(word):
            if function in seen or function in own or project.kind_of(function.module) is not None:
                continue
            seen.add(function)
            if not _LOOKS.isdisjoint(function.node.words) or word in kind.finders:
                yield function


_LOOKS = frozenset(_LOOKUPS)


def _lookup(code: Code, kind: _Kind) -> n.Call | None:
    """Return where a row is looked up by its secret, directly or by a method of its manager."""
    call = _looks_up(code, kind.secrets)
    if call is None:
        call = next(code.calls(*sorted(kind.finders)), None)
    return call if call is not None and _is_of(code, call, kind.model) else None


def _looks_up(code: Code, secrets: frozenset[str]) -> n.Call | None:
    for call in code.calls(*_LOOKUPS):
        for keyword in call.keywords:
            name, _, how = (keyword.name or "").partition("__")
            if name in secrets and how in ("", "exact") and not isinstance(keyword.value, n.Const):
                return call
    return None


def _is_of(code: Code, call: n.Call, model: Model) -> bool:
    """Whether a lookup is one of rows of a model."""
    first = argument(call, 0, "klass") if "get_object" in tail(call.func) else call.func
    holder = first.value if isinstance(first, n.Attr) and first is call.func else first
    if holder is None:
        return False
    found = code.type_of(holder, call)
    return found is not None and found.model is not None and found.model.label == model.label


def _is_asked(project: Project, code: Code, kind: _Kind) -> bool:
    """Whether a function, its class or what it calls asks whether a row is still good."""
    wanted = kind.ends | kind.askers
    around = [code, *_around(project, code)]
    if any(_reads(one, wanted, kind.ends) for one in around):
        return True
    for one in around:
        for call in one.every(n.Call):
            function = one.called_with(call, wanted)
            if function is not None and _reads(project.code_of(function), wanted, kind.ends):
                return True
    return False


def _around(project: Project, code: Code) -> Iterator[Code]:
    """Yield the other methods of a function's class."""
    if code.function is not None and code.function.owner is not None:
        yield from map(project.code_of, project.site.classes.own_functions(code.function.owner))


_MOST_CALLERS = 12


def _reads(code: Code, names: frozenset[str], fields: frozenset[str]) -> bool:
    """Whether code reads one of some attributes, calls one of some methods, or asks rows for a field."""
    if names.isdisjoint(word.partition("__")[0] for word in code.words):
        return False  # `expires__gt` asks for `expires`
    written = {
        id(part)
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
        for part in inside(target)
    }
    if any(node.name in names and id(node) not in written for node in code.every(n.Attr)):
        return True
    if any(access_path(node) in names for node in code.every(n.Name) if id(node) not in written):
        return True
    return any(
        (keyword.name or "").partition("__")[0] in fields
        for call in code.calls(*_ASKED_WITH)
        for keyword in call.keywords
    )
