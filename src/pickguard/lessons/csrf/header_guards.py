"""Doors that open to a header which no page of another site can send unasked: `X-Requested-With`.

A form cannot carry it, and for a script of another origin the browser asks the site first:
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import re
from collections.abc import Iterable

from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, is_empty, tail, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import forks

_IS, _IS_NOT = ("==", "in", "is"), ("!=", "not in", "is not")


def header_asked(test: n.Expr) -> bool | None:
    """Whether a condition holds where the header is there, or where it is not; None where it asks for none.

    That is `request.is_ajax()`, `request.htmx`, `request.headers["X-Requested-With"] == "XMLHttpRequest"`,
    or `request.headers.get("Authorization") == key`.
    """
    if isinstance(test, n.Unary) and test.op == "not":
        asked = header_asked(test.operand)
        return None if asked is None else not asked
    if isinstance(test, n.Logic):
        # one header that is missing is enough for `or`, and all must be there for `and`
        wanted = test.op == "and"
        return wanted if any(header_asked(value) is wanted for value in test.values) else None
    if isinstance(test, n.Compare):
        sides = (test.left, test.rights[0])
        is_told = text(sides[1]) == "XMLHttpRequest" or any(map(_reads_own_header, sides))
        is_told = is_told or (_is_own_header(sides[0]) and tail(sides[1]) in _HEADERS)
        is_header = is_told and test.ops[0] in _IS + _IS_NOT and not any(map(is_empty, sides))
        return test.ops[0] in _IS if is_header else None
    if isinstance(test, n.Call):
        return True if tail(test.func) == "is_ajax" else None
    is_htmx = isinstance(test, n.Attr) and test.name == "htmx" and tail(test.value) == "request"
    return True if is_htmx else None


def _reads_own_header(node: n.Expr) -> bool:
    """Whether an expression reads a header that only a program sends: `request.META["HTTP_X_TOKEN"]`."""
    entry = entry_of(node)
    return entry is not None and tail(entry[0]) in _HEADERS and _is_own_header(entry[1])


def _is_own_header(name: n.Expr) -> bool:
    """Whether it is the name of a header that no browser sends by itself."""
    said = text(name) or ""
    is_of_meta = said.startswith("HTTP_") and not _OF_BROWSERS.match(said)
    return is_of_meta or bool(_OF_PROGRAMS.match(said))


_HEADERS = ("headers", "META")
_OF_PROGRAMS = re.compile(r"(HTTP_)?(AUTHORIZATION$|X[-_])", re.IGNORECASE)
_OF_BROWSERS = re.compile(
    r"HTTP_(ACCEPT|HOST|COOKIE|USER_AGENT|REFERER|ORIGIN|CONNECTION|CACHE_CONTROL|PRAGMA|SEC_|DNT|IF_|RANGE|VIA|TE$"
    r"|CONTENT_|UPGRADE|FORWARDED|EXPECT|FROM|KEEP_ALIVE|CF_|TRUE_CLIENT|CLIENT_IP|PRIORITY|SAVE_DATA)"
)


def demands_header(functions: Iterable[FunctionSymbol]) -> bool:
    """Whether one of the functions that a request goes through refuses it without the header, first of all."""
    return any(map(_refuses_without, functions))


def _refuses_without(function: FunctionSymbol) -> bool:
    block = body(function.node)
    first = next((one for one in block if not isinstance(one, n.Assign)), None)
    for statement, held, failed in forks(block):
        asked = header_asked(statement.test) if statement is first else None
        if asked is not None:
            return all(isinstance(one, n.Return | n.Raise) for one in (failed if asked else held))
    return False
