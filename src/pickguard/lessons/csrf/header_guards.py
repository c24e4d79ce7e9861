"""Doors that open to a header which no page of another site can send unasked: `X-Requested-With`.

A form cannot carry it, and for a script of another origin the browser asks the site first:
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import re
from collections.abc import Iterable

from pickguard.site.names import FunctionSymbol
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
    if isinstance(test, n.Compare):
        sides = (test.left, test.rights[0])
        is_told = text(sides[1]) == "XMLHttpRequest" or any(map(_reads_own_header, sides))
        is_header = is_told and test.ops[0] in _IS + _IS_NOT and not any(map(is_empty, sides))
        return test.ops[0] in _IS if is_header else None
    if isinstance(test, n.Call):
        return True if tail(test.func) == "is_ajax" else None
    is_htmx = isinstance(test, n.Attr) and test.name == "htmx" and tail(test.value) == "request"
    return True if is_htmx else None


def _reads_own_header(node: n.Expr) -> bool:
    """Whether an expression reads a header that only a program sends: `request.META["HTTP_X_TOKEN"]`."""
    entry = entry_of(node)
    if entry is None or tail(entry[0]) not in ("headers", "META"):
        return False
    return bool(_OF_PROGRAMS.match(text(entry[1]) or ""))


_OF_PROGRAMS = re.compile(r"(HTTP_)?(AUTHORIZATION$|X[-_])", re.IGNORECASE)


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
