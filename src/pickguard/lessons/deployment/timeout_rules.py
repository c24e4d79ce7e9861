"""Deployment rules about waiting: what a slow partner holds up."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.vocabulary import REQUEST_NAMES
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, argument, is_none, receiver_of

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
# What waits for ever unless it is told how long: the position of the timeout, -1 for its keyword
_WAITING = {
    "urllib.request.urlopen": 2,
    "urllib.urlopen": 2,
    "urllib2.urlopen": 2,
    "smtplib.SMTP": 3,
    "smtplib.SMTP_SSL": -1,
    "ftplib.FTP": 4,
    "ftplib.FTP_TLS": -1,
    "imaplib.IMAP4": 2,
    "imaplib.IMAP4_SSL": -1,
    "poplib.POP3": 2,
    "poplib.POP3_SSL": -1,
    "http.client.HTTPConnection": 2,
    "http.client.HTTPSConnection": -1,
    "socket.create_connection": 1,
}
_PACKAGES = ("requests", "urlopen", *dict.fromkeys(name.partition(".")[0] for name in _WAITING))
_NAMES = tuple(dict.fromkeys(name.rpartition(".")[2] for name in _WAITING))


@code_rule(
    "deployment.no-timeout",
    words=(*_VERBS, *_NAMES, "getattr"),
    packages=_PACKAGES,
    title="an outgoing request without a timeout",
    areas=(Area.AVAILABILITY,),
    cwe=(400, 1088),
    severity=Severity.LOW,
    gain="a slow partner, or one that an attacker slows down, keeps every worker waiting, until none is left to answer",
    mend="pass `timeout=`, in seconds",
)
def no_timeout(code: Code) -> Iterator[Hit]:
    """Find requests and connections that wait for ever; commands may wait, and what runs once, as a file is loaded."""
    if code.is_of_command or code.function is None:
        return
    for call in code.calls(*_VERBS):
        made = _request(code, call)
        if made and not _has_timeout(code, call, -1):
            yield _hit(code, call, made)
    yield from _by_verb(code)
    for call in code.calls(*_NAMES):
        position = _WAITING.get(code.name(call.func))
        waits = position is not None and not _has_timeout(code, call, position)
        if waits and not _goes_nowhere(code, call):
            yield _hit(code, call, tail(call.func))


def _by_verb(code: Code) -> Iterator[Hit]:
    """Yield the requests whose verb a value names: `getattr(requests, method)(url)`."""
    for call in code.every(n.Call) if "getattr" in code.words else ():
        named = call.func if isinstance(call.func, n.Call) else None
        if named is None or tail(named.func) != "getattr" or len(named.args) != 2:
            continue
        is_of_library = code.name(named.args[0]) == "requests"
        if is_of_library and text(named.args[1]) is None and not _has_timeout(code, call, -1):
            yield _hit(code, call, "getattr(requests, …)")


def _goes_nowhere(code: Code, call: n.Call) -> bool:
    """Whether an address holds all of what it leads to: `if url.startswith("data:")`."""
    path = access_path(call.args[0]) if call.args else ""
    return bool(path) and any(
        access_path(receiver) == path and text(argument(one, 0)) == "data:"
        for one in code.calls("startswith")
        if (receiver := receiver_of(one)) is not None
    )


def _hit(code: Code, call: n.Call, made: str) -> Hit:
    # a task holds up no visitor
    sure = Confidence.HIGH if _answers(code) else Confidence.MEDIUM
    return Hit((code.spot(call),), f"`{made}(…)` waits for ever", sure, code.symbol)


def _answers(code: Code) -> bool:
    if code.words & REQUEST_NAMES:
        return True
    function = code.function
    return function is not None and any(p.name in REQUEST_NAMES for p in function.node.params)


def _has_timeout(code: Code, call: n.Call, position: int) -> bool:
    given = argument(call, position, "timeout")
    if given is not None:
        return not all(map(is_none, code.made(given)))
    return any(keyword.name is None for keyword in call.keywords)


def _request(code: Code, call: n.Call) -> str:
    """Return `requests.get`, or `session.get` for a session of `requests`, else an empty text."""
    name = code.name(call.func)
    if name.startswith("requests.") and name.count(".") == 1:
        return name
    holder = receiver_of(call)
    if isinstance(holder, n.Name) and "mount" not in code.words:
        if any(_is_session(code, value) for value in code.made(holder)):
            return f"{holder.id}.{tail(call.func)}"
    return ""


def _is_session(code: Code, value: n.Expr) -> bool:
    return isinstance(value, n.Call) and code.name(value.func) in (
        "requests.Session",
        "requests.session",
        "requests.sessions.Session",
    )
