"""What code of a site says to another server in the clear, with a password among it."""

import re
from collections.abc import Iterator

from pickguard.kit import Code, Project
from pickguard.kit.code import argument, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to

LOCAL = re.compile(
    r"^(localhost|127\.|0\.0\.0\.0|::1|\[::1\]|[\w-]*$|.*\.(local|internal|svc|lan)$)"
)
"""Hosts that no foreign network lies before: this machine, a container's neighbour."""

_STARTS_TLS = frozenset({"starttls", "start_tls", "start_tls_s", "prot_p", "auth_tls"})
_LOGINS = ("login", "simple_bind_s", "simple_bind", "bind_s", "bind")
# what makes a client that speaks in the clear, and from which package
_CLIENTS = {"SMTP": "smtplib", "FTP": "ftplib", "initialize": "ldap"}
_DIRECTORY = re.compile(r"^ldap://([^/:]*)")
_SSL_MODE = re.compile(r"(?:^|[\s?&])sslmode=(disable|allow)\b")


def plain_logins(project: Project) -> Iterator[tuple[Code, n.Call, str]]:
    """Yield where a password goes to another server in the clear: the code, the call, the server's kind."""
    for word, package in _CLIENTS.items():
        for function in project.flow.callers.holding(word):
            code = project.code_of(function)
            if code.words & _STARTS_TLS:
                continue
            made = [c for c in code.calls(word) if code.is_from(c.func, package)]
            if any(_is_remote(code, call) for call in made) and (shown := _login(code)) is not None:
                yield code, shown, word


def unencrypted_databases(project: Project) -> Iterator[tuple[Code, n.Call, str]]:
    """Yield the connections that are told to go without TLS: the code, the call, the `sslmode`."""
    for function in project.flow.callers.holding("connect"):
        code = project.code_of(function)
        for call in code.calls("connect"):
            if not code.is_from(call.func, "psycopg", "psycopg2"):
                continue
            mode = text(argument(call, -1, "sslmode"))
            said = _SSL_MODE.search(text(argument(call, 0, "conninfo", "dsn")) or "")
            if mode in ("disable", "allow") or said:
                yield code, call, mode or (said[1] if said else "")


def _is_remote(code: Code, call: n.Call) -> bool:
    """Whether a client is made for another machine that stands in the code, and not told to speak TLS."""
    given = argument(call, 0, "host", "uri")
    host = code.body.said(given) if given is not None else None
    directory = _DIRECTORY.match(host or "")
    if directory is not None:
        return not LOCAL.match(directory[1])
    return host is not None and "://" not in host and not LOCAL.match(host)


def _login(code: Code) -> n.Call | None:
    """Return the call that hands over a password."""
    return next((c for c in code.calls(*_LOGINS) if len(given_to(c)) >= 2), None)
