"""Clients of Python's own library for mail and files that check no certificate unless they are told to."""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

# with the name of the argument that brings the context
_CLASSES = {
    "smtplib.SMTP_SSL": "context",
    "imaplib.IMAP4_SSL": "ssl_context",
    "poplib.POP3_SSL": "context",
    "ftplib.FTP_TLS": "context",
}
_PLAIN = ("smtplib.SMTP", "imaplib.IMAP4", "poplib.POP3")
_UPGRADES = ("starttls", "stls")
_CONTEXTS = ("context", "ssl_context")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
WORDS = (*_UPGRADES, *(name.rpartition(".")[2] for name in _CLASSES))


def unchecking(code: Code) -> Iterator[n.Call]:
    """Yield the calls that open a connection with `ssl`'s context of old: it takes every certificate.

    Only `ssl.create_default_context()` checks, and it has to be handed over (Python's documentation of `smtplib`
    and `imaplib`; `ssl._create_stdlib_context`).
    """
    for call in code.calls(*WORDS):
        if any(k.name in (*_CONTEXTS, None) for k in call.keywords):
            continue
        if code.name(call.func) in _CLASSES:
            if not _is_here(call):
                yield call
        elif tail(call.func) in _UPGRADES and not call.args:
            made = _made(code, call)
            if made is not None and not _is_here(made):
                yield call


def _made(code: Code, call: n.Call) -> n.Call | None:
    """Return what made the connection that a call encrypts, where the library did."""
    receiver = receiver_of(call)
    made = code.made(receiver) if receiver is not None else ()
    return next((v for v in made if isinstance(v, n.Call) and code.name(v.func) in _PLAIN), None)


def _is_here(call: n.Call) -> bool:
    return (text(argument(call, 0, "host")) or "") in _HERE
