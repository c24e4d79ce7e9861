"""What a condition tells of how an address begins: `link.startswith(("http://", "https://"))`.

That decides on its scheme; `link.startswith("https://example.com/")` decides on its host as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from pickguard.flow.guards.checked import peeled
from pickguard.flow.guards.guards import Conditions, bound, by_parts, each_item, pattern_of
from pickguard.flow.values.beginning import leaves_host_open
from pickguard.flow.values.definitions import Env
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, items_of, tail, text

WORDS = frozenset({"startswith", "match", "fullmatch", "search", "scheme", "protocol"})
"""A body that holds none of them says nothing of beginnings."""
_RUNNING = ("javascript:", "vbscript:", "data:")
# a pattern that what it matches begins with a scheme that does not run, or with no scheme at all
_HARMLESS_PATTERN = re.compile(
    r"(\(\?\w+\))?(\^|\\A)?(\((\?:)?)?(https?|http\[s\]\??|http\(s\)\??|ftps?|mailto|tel|\\?/|\\?#)"
)
# a pattern of addresses that spells out how their host ends, with nothing before that which could end it
_ONE_HOST = re.compile(
    r"^(?:\^|\\A)?\(?(?:\?:)?https?\??:(?:\\?/){2}"
    r"(?:[\w-]|\\[.wd-]|\[(?!\^)(?:[\w.-]|\\[.wd-])+\]|[+*?]|\((?:\?:)?|\)|\{\d+(?:,\d*)?\})*"
    r"[\w-]+\\\.[\w-]+\)?(?::\d+)?\\?/"
)
_LONGEST = 200
"""Letters of a pattern that are looked at: more have no bearing on how a text begins."""
_NOTHING: frozenset[str] = frozenset()


class Wanted(Struct, frozen=True):
    """What is asked of the beginning of a text.

    Attributes:
        beginning: whether a text that begins so is content.
        pattern: what a regular expression begins with that lets nothing else through.
        of_parts: whether the scheme alone, as a part of the address, tells.
        opens: whether a pattern that cannot be read is taken to tell.
    """

    beginning: Callable[[str], bool]
    pattern: re.Pattern[str]
    of_parts: bool = False
    opens: bool = False


def begun(
    test: n.Expr,
    truth: bool,  # noqa: FBT001
    conditions: Conditions,
    env: Env,
    wanted: Wanted,
) -> frozenset[str]:
    """Return the access paths of the texts that are known to begin as is wanted.

    Args:
        test: a condition.
        truth: whether it holds.
        conditions: what they are judged by.
        env: what names stand for.
        wanted: what a text is to begin with.
    """
    parts = by_parts(test, truth, lambda one, held: begun(one, held, conditions, env, wanted))
    if parts is not None:
        return parts
    match test:
        case n.Walrus():
            return begun(test.value, truth, conditions, env, wanted)
        case n.Compare():
            return _compared(test, truth) if wanted.of_parts else _NOTHING
        case n.Name():
            inner = bound(test, env)
            is_test = isinstance(inner, n.Call | n.Compare)
            return begun(inner, truth, conditions, env, wanted) if is_test else _NOTHING
        case n.Call():
            each = each_item(test, truth, env, conditions.stated)
            if each is not None:
                value, envs = each
                found = [begun(value, truth, conditions, one, wanted) for one in envs]
                return frozenset.intersection(*found) if found else _NOTHING
            return _called(test, conditions, env, wanted) if truth else _NOTHING
    return _NOTHING


def asserted(call: n.Call, env: Env) -> frozenset[str]:
    """Return the access path of what a validator lets through only as an address, or a host: `URLValidator()(url)`."""
    validator = bound(call.func, env)
    is_known = isinstance(validator, n.Call) and _VALIDATOR.match(tail(validator.func))
    return _path(call.args[0]) if is_known and call.args else _NOTHING


_VALIDATOR = re.compile(r"(URL|\w*(Domain|Host|IP)\w*)Validator$")


def _called(test: n.Call, conditions: Conditions, env: Env, wanted: Wanted) -> frozenset[str]:
    name = tail(test.func)
    if name == "startswith" and isinstance(test.func, n.Attr) and test.args:
        options = _options(test, conditions, env)
        is_known = all(wanted.beginning(_said(one, conditions, env)) for one in options)
        return _path(test.func.value) if is_known else _NOTHING
    if name in ("match", "fullmatch", "search") and test.args:
        pattern = pattern_of(test, conditions, env)
        return _path(test.args[-1]) if _decides(name, pattern, wanted) else _NOTHING
    return _NOTHING


def _decides(how: str, pattern: str | None, wanted: Wanted) -> bool:
    """Whether a match tells how a text begins; one that cannot be read may be taken to do so, if it begins there."""
    if pattern is None:
        return how != "search" and wanted.opens
    begins = how != "search" or pattern.startswith(("^", r"\A"))
    return begins and bool(wanted.pattern.match(pattern[:_LONGEST]))


def _options(test: n.Call, conditions: Conditions, env: Env) -> tuple[n.Expr, ...]:
    """Return the beginnings that `startswith` is given; the argument itself where it is one."""
    given = conditions.stated(bound(test.args[0], env))
    if isinstance(given, n.Call) and tail(given.func) == "tuple" and len(given.args) == 1:
        given = conditions.stated(given.args[0])
    return tuple(items_of(given)) or (given,)


def _said(node: n.Expr, conditions: Conditions, env: Env) -> str:
    known = bound(node, env)
    return text(known) or conditions.pattern(known) or ""


def _compared(test: n.Compare, truth: bool) -> frozenset[str]:  # noqa: FBT001
    if len(test.ops) != 1:
        return _NOTHING
    op, left, right = test.ops[0], test.left, test.rights[0]
    if op not in (("in", "==") if truth else ("not in", "!=")):
        return _NOTHING
    said = [text(one) or "" for one in items_of(right)] or [text(right) or ""]
    is_scheme = isinstance(left, n.Attr) and left.name in ("scheme", "protocol")
    if is_scheme and all(word and _is_harmless(f"{word}:") for word in said):
        return frozenset({peeled(left)}) - {""}
    return _NOTHING


def _is_harmless(beginning: str) -> bool:
    """Whether what begins so is no script: neither could it be one, nor does it leave the scheme open."""
    low = beginning.lower()
    return bool(low) and not any(low.startswith(s) or s.startswith(low) for s in _RUNNING)


def _leads_to_one_host(beginning: str) -> bool:
    """Whether an address that begins so cannot lead to another host: `https://example.com/`, `/account/`, `tool_`."""
    if _RELATIVE.match(beginning):
        return True
    is_address = beginning.startswith(("http://", "https://", "/"))
    return is_address and not leaves_host_open(beginning)


# no scheme has an underscore, and none comes after a slash
_RELATIVE = re.compile(r"\w[\w.+-]*_|\w[\w.+-]*[/?#]|_|[?#]")
HARMLESS = Wanted(_is_harmless, _HARMLESS_PATTERN, of_parts=True, opens=True)
"""What decides on the scheme of an address: it is none that runs."""
HOST = Wanted(_leads_to_one_host, _ONE_HOST)
"""What decides on the host of an address."""


def _path(node: n.Expr) -> frozenset[str]:
    """Return the access path of a text, also where its case is left aside: `link.lower()`."""
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        if node.func.name not in ("lower", "casefold", "upper"):
            break
        node = node.func.value
    return frozenset({access_path(node)}) - {""}
