"""Session rules about the key of a session: where it goes, and where it comes from."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.templates.pages import PAGES
from pickguard.kit.values.told_entries import told_entries
from pickguard.lessons.sessions.page_keys import is_key
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, ways
from pickguard.source.python.walk import inside

_MAKES_KEY = "_get_new_session_key"
_OUTPUTS = frozenset(
    {"HttpResponse", "JsonResponse", "Response", "redirect", "HttpResponseRedirect"}
    | PAGES
    | {"debug", "info", "warning", "error", "exception", "critical", "print", "send_mail"}
)


@code_rule(
    "sessions.key-in-output",
    words=("session_key", *sorted(_OUTPUTS - PAGES)),
    title="the session key leaves the server",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(532, 200),
    severity=Severity.HIGH,
    gain="whoever sees the page, the address or the log is the user as long as the session lives",
    mend="use a value of its own where something must name the session, such as a random id in it",
)
def key_in_output(code: Code) -> Iterator[Hit]:
    """Find `request.session.session_key` in responses, their headers, redirects, mails, logs and names of accounts."""
    yield from _as_name(code)
    yield from _as_header(code)
    yield from _in_dictionary(code)
    for call in code.calls(*_OUTPUTS):
        nodes = list(inside(call))
        cut = {id(node.value) for node in nodes if isinstance(node, n.Index) and _is_cut(node)}
        cut |= {id(asked) for node in nodes for asked in _asked(node)}
        for part in nodes:
            if not isinstance(part, n.Attr | n.Name | n.Call) or id(part) in cut:
                continue
            if any(is_key(way) for made in _made(code, part) for way in ways(made)):
                yield Hit(
                    (code.spot(part),),
                    f"the session key goes into `{tail(call.func)}(…)`",
                    Confidence.HIGH,
                    code.symbol,
                )
                break


def _in_dictionary(code: Code) -> Iterator[Hit]:
    """Yield outputs of what a function of the site puts together: `log.info("seen", extra=describe(request))`."""
    for call in code.calls(*_OUTPUTS - PAGES):
        entries = (found for one in given_to(call) for found in told_entries(code, one, _KEY))
        made = ((there, one) for there, one in entries if there is not code)
        for there, entry in made:
            if any(is_key(way) for one in _made(there, entry) for way in ways(one)):
                yield Hit(
                    (code.spot(call), there.spot(entry, "the key")),
                    f"the session key goes into `{tail(call.func)}(…)`",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


_KEY = frozenset({"session_key"})


def _as_name(code: Code) -> Iterator[Hit]:
    """Yield accounts that are called by a key: `create_user(request.session.session_key[:30])`."""
    for call in code.calls("create_user", "create", "get_or_create"):
        name = argument(call, 0 if tail(call.func) == "create_user" else -1, "username")
        for made in code.made(name):
            whole = made.value if isinstance(made, n.Index) and _is_cut(made) else made
            if is_key(whole):
                yield Hit(
                    (code.spot(call),),
                    "the session key becomes the name of an account, which pages and the admin show",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _as_header(code: Code) -> Iterator[Hit]:
    """Yield `response["X-Session"] = request.session.session_key`: scripts read headers, whatever `HttpOnly` says."""
    for statement in code.statements:
        if not isinstance(statement, n.Assign) or not _is_header(statement.targets[0]):
            continue
        made = _made(code, statement.value)
        if any(is_key(way) for one in made for way in ways(one)):
            yield Hit(
                (code.spot(statement),),
                "the session key goes into a header of the answer",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_header(target: n.Expr) -> bool:
    """Whether it is a header of an answer: `response["X-Name"]`, `response.headers["X-Name"]`."""
    if not isinstance(target, n.Index):
        return False
    holder = target.value
    if isinstance(holder, n.Attr) and holder.name == "headers":
        holder = holder.value
    return bool(_ANSWER.search(tail(holder)))


_ANSWER = re.compile(r"(^|_)resp(onse)?$")


def _asked(node: n.Expr) -> tuple[n.Expr, ...]:
    """Return what is only asked whether it is there: `bool(key)`, `x if key else y`, `key is None`."""
    if isinstance(node, n.Call):
        return node.args if tail(node.func) in ("bool", "len") else ()
    if isinstance(node, n.Compare):
        return (node.left, *node.rights)
    return (node.test,) if isinstance(node, n.Choice) else ()


def _made(code: Code, part: n.Expr) -> Iterable[n.Expr]:
    return code.made(part) if isinstance(part, n.Name) else (part,)


def _is_cut(node: n.Index) -> bool:
    """Whether only the beginning or the end of a text is taken: `key[:5]`."""
    return isinstance(node.index, n.Slice)


@code_rule(
    "sessions.key-from-request",
    words=("SessionStore", "session_key"),
    title="the session is chosen by a parameter",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(384, 598),
    severity=Severity.HIGH,
    gain="keys in addresses end up in logs and referrers, and a crafted link plants a known session",
    mend="let the cookie alone name the session",
)
def key_from_request(code: Code) -> Iterator[Hit]:
    """Find `SessionStore(request.GET[…])`."""
    for call in code.calls("SessionStore"):
        key = argument(call, 0, "session_key")
        origin = code.origin(key)
        if origin.is_browser and origin.source is not None and not _reads_cookie(origin.source):
            yield Hit(
                (code.spot(call),),
                "the session key is taken from the request",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "names the session"),
            )


def _reads_cookie(source: n.Expr) -> bool:
    return any(isinstance(part, n.Attr) and part.name == "COOKIES" for part in inside(source))


@code_rule(
    "sessions.guessable-key",
    words=(_MAKES_KEY,),
    title="the keys of sessions can be guessed",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(340, 331),
    severity=Severity.HIGH,
    gain="whoever guesses the key of a session is its user, without a password",
    mend="leave the key to Django, or make it with `secrets.token_urlsafe()`",
)
def guessable_key(code: Code) -> Iterator[Hit]:
    """Find session stores whose `_get_new_session_key` makes keys of anything but chance."""
    function = code.function
    if function is None or function.owner is None or function.node.name != _MAKES_KEY:
        return
    if any(not _BY_CHANCE.isdisjoint(made.words) for made in code.reached(_STEPS)):
        return
    yield Hit(
        (code.spot(function.node),),
        f"`{function.owner.node.name}` makes keys that are no matter of chance",
        Confidence.HIGH,
        code.symbol,
    )


_STEPS = 2  # calls away
_BY_CHANCE = frozenset({
    "get_random_string", "token_hex", "token_urlsafe", "token_bytes", "uuid4", "urandom", "SystemRandom", "secrets",
    "super", "Fernet", "encrypt", "signing", "dumps", "cookies",
})  # fmt: skip
