"""What else is harmless once some values are: what they were made of, and what was made with them."""

from __future__ import annotations

import re

from pickguard.flow.values.definitions import Checked, Definition, Env, Extended, Merged, Value
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, given_to, tail, text
from pickguard.source.python.walk import inside

SAME_VALUE = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "replace", "split", "removeprefix", "get"}
    | {"removesuffix", "casefold", "partition", "rsplit", "encode", "decode", "rpartition"}
)
_ENTRIES = frozenset({"get", "pop"})
_PARSERS = frozenset(
    {"urlparse", "urlsplit", "str", "force_str", "force_text", "Path", "PurePath", "basename"}
    | {
        "normpath",
        "abspath",
        "realpath",
        "join",
        "splitext",
        "gethostbyname",
        "ip_address",
        "unquote",
    }
)
# what an object keeps, and its methods look at for one another: `self.url`
KEPT = re.compile(r"self\.(?!request$|kwargs$|args$)\w+$")
_PART = re.compile(r"\{\w*\.(hostname|netloc)\}")
_MANY = 50


def check(env: Env, paths: frozenset[str], only: str = "") -> Env:
    """Return the environment in which the values at some access paths are harmless, or `only` for one use.

    So is what they were made of: where `name.strip()` is a member of a known set, `name` is too. And
    what was made with them before: `path = FOLDER / name`.
    """
    before = env
    for path in sorted(paths | frozenset().union(*(_made_of(env, path) for path in paths))):
        env = env.bind(path, Checked(env.get(path), only))
    for name, made in _made_with(before, paths):
        then = made.env
        for path in sorted(paths):
            then = then.bind(path, Checked(then.get(path), only))
        env = env.bind(name, Value(made.expr, then, made.span))
    return env


def _made_with(env: Env, paths: frozenset[str]) -> list[tuple[str, Value]]:
    """Return what was put together with some names that have stayed what they were since then."""
    return [
        (name, made)
        for name, made in (env.own.items() if paths else ())
        if isinstance(made, Value)
        and made.how == "assigned"
        and not made.part
        and name not in paths
        and any(
            isinstance(part, n.Name)
            and part.id in paths
            and made.env.get(part.id) is env.get(part.id)
            for part in inside(made.expr)
        )
    ]


def _made_of(env: Env, path: str) -> set[str]:
    found: set[str] = set()
    for _ in range(6):
        definition = base_of(env.get(re.split(r"[.\[]", path, maxsplit=1)[0]))
        if not isinstance(definition, Value) or definition.how != "assigned":
            break
        if isinstance(definition.expr, n.Mapping):  # `is_safe(**{"url": url})`
            return found | {name for item in definition.expr.values if (name := access_path(item))}
        entry = _entry(definition.expr)
        if entry is not None:  # it says nothing of the other entries
            return found | {access_path(entry)} - {""}
        path = peeled(definition.expr)
        if KEPT.match(path):
            return {*found, path}
        if not path or path.split(".")[0] in ("request", "self", "cls", "settings"):
            break
        found.add(path)
    return found


def _entry(node: n.Expr) -> n.Expr | None:
    """Return the entry of a mapping that a value is: `data["kind"]` of `data["kind"].strip()`."""
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        if node.func.name in _ENTRIES and node.args and text(node.args[0]) is not None:
            return node
        if node.func.name not in SAME_VALUE - _ENTRIES:
            return None
        node = node.func.value
    return node if isinstance(node, n.Index) and text(node.index) is not None else None


def base_of(definition: Definition | None) -> Definition | None:
    """Return what a name was set to, before it was checked or added to on some of the ways or on all."""
    while isinstance(definition, Extended | Checked):
        definition = definition.base
    if not isinstance(definition, Merged):
        return definition
    # a loop adds to what it has added before: the ways may lead back to where they begin
    found: list[Definition | None] = []
    seen: set[int] = set()
    ahead: list[Definition | None] = [definition]
    while ahead and len(seen) < _MANY:
        one = ahead.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Merged):
            ahead.extend(one.options)
        elif isinstance(one, Extended | Checked):
            ahead.append(one.base)
        else:
            found.append(one)
    is_same = len({id(one.expr) if isinstance(one, Value) else id(one) for one in found}) == 1
    return found[0] if is_same and not ahead else definition


def peeled(node: n.Expr) -> str:
    """Return the name of `x` in `urlparse(x).netloc.lower()`, an empty text where it is not plain."""
    for _ in range(20):
        name = tail(node.func) if isinstance(node, n.Call) else ""
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and name in SAME_VALUE:
            node = node.func.value
        elif isinstance(node, n.Call) and (filling := _filling(node)) is not None:
            node = filling
        elif isinstance(node, n.Call) and node.args and name in _PARSERS:
            node = node.args[0]
        elif KEPT.match(access_path(node)):
            return access_path(node)
        elif isinstance(node, n.Attr | n.Index):
            node = node.value
        else:
            break
    return node.id if isinstance(node, n.Name) else ""


def _filling(call: n.Call) -> n.Expr | None:
    """Return `x` of `"{uri.scheme}://{uri.netloc}".format(uri=x)`: nothing else stands in the text."""
    form = text(call.func.value) if isinstance(call.func, n.Attr) else None
    given = given_to(call)
    is_one = form is not None and tail(call.func) == "format" and len(given) == 1
    return given[0] if is_one and _PART.search(form or "") else None
