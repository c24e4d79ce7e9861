"""Trust rules about uploads that nobody has to log in for."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.calls.storages import is_of_storage
from pickguard.kit.code import argument, tail, text
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC, proves_itself
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
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
            code = project.code_of(function)
            stored = _stored(code) or _kept_in_row(code)
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
    tells = any(_is_of_storage(call) for one in around for call in one.calls("url"))
    if not tells and "MEDIA_URL" not in words:
        return None
    saves = ((one, call) for one in around for call in _keeping(one))
    return next((one.spot(call, "is stored") for one, call in saves), None)


def _keeping(code: Code) -> Iterator[n.Call]:
    """Yield the calls that store an upload: `storage.save(…)`, or `open(path, "wb")` to write its chunks."""
    yield from (call for call in code.calls("save") if _is_of_storage(call))
    if "chunks" in code.words:
        for call in code.calls("open"):
            mode = text(argument(call, 0 if isinstance(call.func, n.Attr) else 1, "mode"))
            if mode is not None and {"w", "b"} <= set(mode):
                yield call


def _is_of_storage(call: n.Call) -> bool:
    return is_of_storage(call) or tail(receiver_of(call)) == "fs"


def _kept_in_row(code: Code) -> Spot | None:
    """Return where an upload becomes the file of a row, `photo.image = request.FILES["image"]`, which is answered."""
    if "FILES" not in code.words or not code.words.isdisjoint(_LIMITS):
        return None
    for row, field, value in _filled(code):
        made = code.type_of(row)
        model = made.model if made is not None else None
        kept = model.field(field) if model is not None else None
        if kept is None or not kept.holds_file or not code.origin(value).is_browser:
            continue
        if _tells_address(code, field) or _is_answered(code, row):
            return code.spot(value, "is stored")
    return None


_ANSWERS = (*sorted(PAGES), "JsonResponse", "HttpResponse")


def _filled(code: Code) -> Iterator[tuple[n.Expr, str, n.Expr]]:
    """Yield what a body fills, the name of a part, and what it puts there."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Attr) and isinstance(target.value, n.Name):
                    yield target.value, target.name, statement.value
    for call in code.every(n.Call):
        if tail(call.func)[:1].isupper() or tail(call.func) == "create":
            yield from ((call, word.name, word.value) for word in call.keywords if word.name)


def _tells_address(code: Code, field: str) -> bool:
    """Whether code names the address of a row's file: `photo.image.url`."""
    return any(node.name == "url" and tail(node.value) == field for node in code.every(n.Attr))


def _is_answered(code: Code, row: n.Expr) -> bool:
    """Whether a row, or the list that it is put into, is a part of the answer."""
    if not isinstance(row, n.Name):
        return False
    named = {row.id}
    for call in code.calls("append"):
        if any(tail(given) == row.id for given in call.args):
            named.add(tail(receiver_of(call)))
    answers = code.calls(*_ANSWERS)
    return any(isinstance(part, n.Name) and part.id in named for a in answers for part in inside(a))
