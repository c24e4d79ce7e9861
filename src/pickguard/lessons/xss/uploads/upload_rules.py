"""XSS rules about uploads: a file that somebody sent goes out again as a page of the site."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.uploads.named_files import shown_by_name
from pickguard.lessons.xss.uploads.shown_files import shown_as_page
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_RESPONSES = ("FileResponse", "HttpResponse", "StreamingHttpResponse", "RangedFileResponse")
_HEADER = "Content-Type"
# what makes the browser save the file, or keeps its scripts from the site
_DEFUSED = frozenset({"as_attachment", "nosniff", "sandbox", "SANDBOX", "csp", "xframe_csp"})


@code_rule(
    "xss.upload-shown",
    words=("guess_type", "content_type", "read", "FileResponse", "RangedFileResponse", _HEADER),
    title="an upload is shown as what its name, or its sender, says",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 434),
    severity=Severity.HIGH,
    gain="a file called `x.html` or `x.svg` runs its scripts as a page of the site, in the reader's session",
    mend="send it with `as_attachment=True`, or from another domain, or with a `sandbox` policy",
)
def upload_shown(code: Code) -> Iterator[Hit]:
    """Find responses whose content type is guessed from the name of a stored file, or what somebody wrote."""
    yield from shown_as_page(code)
    if code.words & _DEFUSED or _is_attachment(code) or _is_defused_by_decorator(code):
        return
    if any(map(_asks_ending, code.every(n.Compare))):
        return
    yield from shown_by_name(code)
    guessed = _guessed(code)
    for call, kind in _typed(code):
        file = _named_after(code, kind, guessed)
        if file is not None and (_is_upload(code, file) or _is_stored_by_anybody(code, file)):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` shows an upload as what its name says, HTML too",
                Confidence.MEDIUM,
                code.symbol,
            )
            continue
        origin = code.beginning(kind)
        if _is_somebodys(origin) and not _is_constant(code, call):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` shows its content as what somebody says it is, HTML too",
                sure(origin),
                code.symbol,
                flow=code.flow(origin, kind, "is the type that the page is shown as"),
            )


def _typed(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the responses with the type that they are told, at once or later: `response["Content-Type"] = kind`."""
    calls = [c for c in code.calls(*_RESPONSES) if not is_true(argument(c, -1, "as_attachment"))]
    for call in calls:
        kind = argument(call, -1, "content_type")
        if kind is not None:
            yield call, kind
    for statement in code.statements if _HEADER in code.words else ():
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                made = _response_of(code, target)
                yield from ((call, statement.value) for call in calls if call in made)


def _response_of(code: Code, target: n.Expr) -> list[n.Expr]:
    """Return what made the response whose type is set: `response.headers["Content-Type"]`."""
    if not isinstance(target, n.Index) or text(target.index) != _HEADER:
        return []
    holder = target.value
    if isinstance(holder, n.Attr) and holder.name == "headers":
        holder = holder.value
    return code.made(holder)


def _asks_ending(compared: n.Compare) -> bool:
    """Whether the ending of a name is looked for among those that are known: `suffix not in IMAGES`."""
    is_member = any(op in ("in", "not in") for op in compared.ops)
    return is_member and any(_ENDING.search(tail(part)) for part in inside(compared.left))


_ENDING = re.compile(r"(^|_)(suffix|ext|extension|ending)(es|s)?$", re.IGNORECASE)


def _is_somebodys(origin: Origin) -> bool:
    """Whether a content type is the browser's, or was when it was stored."""
    return origin.is_browser or bool(origin.is_stored and origin.writer)


def _is_stored_by_anybody(code: Code, name: n.Expr) -> bool:
    """Whether the name of a file is what somebody sent when it was stored: `kept.name` of a row."""
    origin = code.origin(name)
    return not origin.is_browser and origin.is_stored and bool(origin.writer)


def _is_constant(code: Code, call: n.Call) -> bool:
    """Whether nothing is shown but what the site itself says."""
    shown = argument(call, 0, "content", "streaming_content")
    return shown is None or code.origin(shown).is_constant


def _named_after(code: Code, kind: n.Expr, guessed: dict[str, n.Expr]) -> n.Expr | None:
    """Return the name of the file that a type was guessed by, at once or before."""
    for part in inside(kind):
        if isinstance(part, n.Name) and part.id in guessed:
            return guessed[part.id]
        if isinstance(part, n.Call) and part.args and _guesses(code, part):
            return part.args[0]
    return None


def _guessed(code: Code) -> dict[str, n.Expr]:
    """Return the names that hold a guessed type, with the expression of the file's name."""
    found: dict[str, n.Expr] = {}
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        calls = (part for part in inside(statement.value) if isinstance(part, n.Call))
        named = next((call.args[0] for call in calls if call.args and _guesses(code, call)), None)
        for target in statement.targets if named is not None else ():
            items = target.items[:1] if isinstance(target, n.Sequence) else (target,)
            found.update({tail(item): named for item in items if named is not None})
    return found


def _guesses(code: Code, call: n.Call) -> bool:
    """Whether a call guesses a type by a name, itself or in a function of the site."""
    return tail(call.func) == "guess_type" or code.called_with(call, _GUESSING) is not None


_GUESSING = frozenset({"guess_type"})


def _is_upload(code: Code, name: n.Expr) -> bool:
    """Whether a name is that of a stored file: `upload.file.name`, `attachment.path`."""
    made = code.assigned(name.id) if isinstance(name, n.Name) else []
    parts = [part for value in (name, *made) for part in inside(value)]
    words = {tail(part).lower() for part in parts}
    return any(
        word in named
        for named in words
        for word in ("upload", "attachment", "file", "document", "media", "image", "avatar")
    ) and any(isinstance(part, n.Attr) for part in parts)


def _is_attachment(code: Code) -> bool:
    for part in code.expressions:
        said = text(part)
        if said and ("attachment" in said or "sandbox" in said):
            return True
    texts = {text(part) or "" for part in code.expressions}
    return "Content-Disposition" in texts and not any(one.startswith("inline") for one in texts)


def _is_defused_by_decorator(code: Code) -> bool:
    decorators = code.function.node.decorators if code.function else ()
    return any("csp" in tail(p).lower() for d in decorators for p in inside(d))
