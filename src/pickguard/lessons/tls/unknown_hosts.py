"""Where a client of SSH takes whichever key the host shows."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code
from pickguard.kit.code import argument, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_none, receiver_of

WORDS = ("AutoAddPolicy", "WarningPolicy", "Transport", "hostkeys", "known_hosts")
"""The words of such clients."""

_REMEMBERING = frozenset({"load_host_keys", "load_system_host_keys"})
_LOOKS = frozenset({"get_remote_server_key", "hostkey", "host_key"})


def unknown_hosts(code: Code) -> Iterator[tuple[n.Expr | n.Stmt, Confidence]]:
    """Yield what lets a client go on with any host, and how sure that is."""
    for call in code.calls("set_missing_host_key_policy"):
        if tail(func_of(argument(call, 0, "policy"))) in ("AutoAddPolicy", "WarningPolicy"):
            # one that a file remembers is held against what the host shows the next time
            remembers = not _REMEMBERING.isdisjoint(code.words)
            yield call, Confidence.LOW if remembers else Confidence.MEDIUM
    if _LOOKS.isdisjoint(code.words):
        yield from ((call, Confidence.MEDIUM) for call in _bare_transports(code))
    for call in code.calls("connect", "create_connection"):
        if code.is_from(call.func, "asyncssh") and _says_none(argument(call, -1, "known_hosts")):
            yield call, Confidence.MEDIUM
    for statement in code.statements:
        if isinstance(statement, n.Assign) and _says_none(statement.value):
            if any(_is_list_of_hosts(code, target) for target in statement.targets):
                yield statement, Confidence.MEDIUM


def _bare_transports(code: Code) -> Iterator[n.Call]:
    """Yield `transport.connect(None, user, password)` of paramiko's: it asks for the key that it is told alone."""
    for call in code.calls("connect"):
        receiver = receiver_of(call)
        if receiver is None or not any(_is_transport(code, made) for made in code.made(receiver)):
            continue
        first = argument(call, 0)
        if (first is None or is_none(first)) and not any(k.name is None for k in call.keywords):
            yield call


def _is_transport(code: Code, made: n.Expr) -> bool:
    return (
        isinstance(made, n.Call)
        and tail(made.func) == "Transport"
        and code.is_from(made.func, "paramiko")
    )


def _is_list_of_hosts(code: Code, target: n.Expr) -> bool:
    """Whether it is what pysftp compares the host with: `options.hostkeys = None`."""
    return (
        isinstance(target, n.Attr)
        and target.name == "hostkeys"
        and any(tail(func_of(made)) == "CnOpts" for made in code.made(target.value))
    )


def _says_none(node: n.Expr | None) -> bool:
    return node is not None and is_none(node)
