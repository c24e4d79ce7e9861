"""Trust rules about uploads that nobody has to log in for."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.kit.storages import is_of_storage
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC, proves_itself
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_SENT = frozenset({"FILES", "files"})
_DEEPEST = 2
# Its own limits stand before it
_LIMITS = frozenset(
    {"captcha", "recaptcha", "ReCaptchaField", "CaptchaField", "hcaptcha", "ratelimit"}
)


@rule(
    "trust.open-upload",
    title="whoever comes by stores files, and learns where they are",
    areas=(Area.AVAILABILITY, Area.INTEGRITY),
    cwe=(306, 434),
    severity=Severity.MEDIUM,
    gain="a stranger fills the disk, and hands out what they like from the site's own address",
    mend="ask for a login: `@login_required`, `LoginRequiredMixin`",
)
def open_upload(project: Project) -> Iterator[Hit]:
    """Find views without a login that store an upload and answer with its address."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        if not _is_open(view):
            continue
        for function in _answering(project, view):
            if function in seen or _looks_who(project.code_of(function)):
                continue
            seen.add(function)
            stored = _stored(project.code_of(function))
            if stored is not None:
                yield Hit(
                    (Spot(function.module.path, function.node.span), stored),
                    f"`{_last(view.name)}` stores files for whoever asks, and tells their address",
                    Confidence.MEDIUM,
                    function.name,
                )


def _is_open(view: View) -> bool:
    if view.kind not in ("function", "class") or view.login is not False or view.permissions:
        return False
    return not proves_itself(view) and not view.throttled and not PUBLIC.search(_last(view.name))


def _looks_who(code: Code) -> bool:
    """Whether code asks who it is, or keeps a row for them, which fails for a stranger.

    What only names the folder keeps nobody out: `name_for(upload, request.user)`.
    """
    named = code.words & KNOWS_WHO
    if not named or named - {"user"}:
        return bool(named)
    looks = [s.test for s in code.statements if isinstance(s, n.If | n.While | n.Assert)]
    looks += [choice.test for choice in code.every(n.Choice)]
    looks += [keyword.value for call in code.every(n.Call) for keyword in call.keywords]
    return any(tail(part) == "user" for look in looks for part in inside(look))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _answering(project: Project, view: View) -> Iterator[FunctionSymbol]:
    yield from (function for _method, function in view.handlers)
    if isinstance(view.symbol, ClassSymbol) and view.kind == "class":
        method = project.site.classes.method(view.symbol, "form_valid")
        if method is not None:
            yield method


def _stored(code: Code) -> Spot | None:
    """Return where an upload is stored, in a function or in what it calls, that tells the address as well."""
    around = list(code.reached(_DEEPEST))
    words = frozenset().union(*(one.words for one in around))
    if words.isdisjoint(_SENT) or not words.isdisjoint(_LIMITS):
        return None
    if not any(_is_of_storage(call) for one in around for call in one.calls("url")):
        return None
    saves = ((one, call) for one in around for call in one.calls("save") if _is_of_storage(call))
    return next((one.spot(call, "is stored") for one, call in saves), None)


def _is_of_storage(call: n.Call) -> bool:
    return is_of_storage(call) or tail(receiver_of(call)) == "fs"
