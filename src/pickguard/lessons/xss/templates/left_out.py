"""Which templates an environment of Jinja2 leaves unescaped: all, or those that `select_autoescape` leaves out."""

from __future__ import annotations

from msgspec import Struct

from pickguard.kit import Code
from pickguard.kit.code import argument, is_false, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true

_SELECTS = "select_autoescape"
_PAGES = (".html", ".htm", ".xhtml")
_COMPILED = (".j2", ".jinja", ".jinja2")
_ENDINGS = (*_PAGES, *(page + kind for page in _PAGES for kind in _COMPILED))
_ENABLED = ("html", "htm", "xml")


class LeftOut(Struct, frozen=True):
    """Templates that nothing escapes in.

    Attributes:
        endings: those of their names.
        is_all: nothing is escaped, whatever a template is called.
    """

    endings: tuple[str, ...]
    is_all: bool


def left_out(code: Code, told: n.Expr | None) -> LeftOut | None:
    """Return the pages that an environment escapes nothing in, by its `autoescape`; None where there are none.

    https://jinja.palletsprojects.com/en/stable/api/#jinja2.select_autoescape
    """
    if told is None or is_false(told):
        return LeftOut(_PAGES, is_all=True)
    for made in code.made(told):
        if isinstance(made, n.Call) and tail(made.func) == _SELECTS:
            return _by_name(code, made)
    return None


def _by_name(code: Code, call: n.Call) -> LeftOut | None:
    enabled = _extensions(code, argument(call, 0, "enabled_extensions"), _ENABLED)
    disabled = _extensions(code, argument(call, 1, "disabled_extensions"), ())
    default = argument(call, 3, "default")
    if enabled is None or disabled is None or not (default is None or _is_switch(default)):
        return None
    rest = [ending for ending in _ENDINGS if not ending.endswith(enabled)]
    if is_true(default):
        rest = [ending for ending in rest if ending.endswith(disabled)]
    return LeftOut(tuple(rest), is_all=False) if rest else None


def _is_switch(node: n.Expr) -> bool:
    return is_true(node) or is_false(node)


def _extensions(
    code: Code, given: n.Expr | None, otherwise: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the endings that are listed, as Jinja2 compares them; None where they are not to be seen."""
    if given is None:
        said: tuple[str | None, ...] = otherwise
    else:
        lists = [made for made in code.made(given) if isinstance(made, n.Sequence)]
        if len(lists) != 1:
            return None
        said = tuple(text(item) for item in lists[0].items)
    return None if None in said else tuple(f".{(one or '').lstrip('.').lower()}" for one in said)
