"""Keys that stand in the code: a constant, or what takes the place of one that nobody has set."""

from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, func_of, receiver_of

_ASKS = frozenset({"getenv", "get", "getattr", "config", "env", "str"})


def stated_key(code: Code, key: n.Expr) -> str:
    """Return the key that everybody can read in the code; empty where there is none.

    Everybody may read a key that only verifies: `-----BEGIN PUBLIC KEY-----`.
    """
    bare = _bare(key)
    said = next(filter(None, map(_said, (bare, *code.made(bare)))), "") or code.body.said(bare)
    return "" if not said or "PUBLIC KEY" in said else said


def fallback_key(code: Code, key: n.Expr) -> str:
    """Return the key that is taken where the environment, or the settings, have none; empty where there is none."""
    bare = _bare(key)
    return next(filter(None, (*map(_default, code.made(bare)), *_of_getters(code, bare))), "")


def _of_getters(code: Code, key: n.Expr) -> Iterator[str]:
    """Yield what functions of the site's own fall back to: `KEY = get("KEY")`, `DEFAULTS = {"KEY": "changeme"}`."""
    kept = code.body.named(key) if isinstance(key, n.Name | n.Attr) else None
    module = kept.module if kept is not None else code.module
    for made in code.made(key):
        getter = code.project.site.names.resolve(module, func_of(made))
        if isinstance(made, n.Call) and isinstance(getter, FunctionSymbol):
            yield from _fallbacks(code.project.code_of(getter), _given(getter, made))


def _given(getter: FunctionSymbol, call: n.Call) -> dict[str, str]:
    """Return the constant texts that a call gives to the parameters of a function, by their names."""
    names = [param.name for param in getter.node.params]
    given = {
        **dict(zip(names, call.args, strict=False)),
        **{one.name: one.value for one in call.keywords if one.name},
    }
    return {name: said for name, value in given.items() if (said := text(value))}


def _fallbacks(getter: Code, given: dict[str, str]) -> Iterator[str]:
    """Yield the constant texts that a function returns where nobody has set another."""
    for part in (part for value in getter.returned for part in getter.parts(value)):
        yield _default(part)
        table, key = entry_of(part) or (None, None)
        name = given.get(tail(key)) if isinstance(key, n.Name) else text(key)
        for made in getter.made(table) if name is not None else ():
            yield from _entries(made, name)


def _entries(table: n.Expr, name: str | None) -> Iterator[str]:
    """Yield the constant text that a dictionary holds under a name."""
    if isinstance(table, n.Mapping):
        for key, value in zip(table.keys, table.values, strict=True):
            if text(key) == name:
                yield text(value) or ""


def _bare(key: n.Expr) -> n.Expr:
    """Return `KEY` of `KEY.encode()`."""
    if isinstance(key, n.Call) and tail(key.func) == "encode":
        return receiver_of(key) or key
    return key


def _said(value: n.Expr) -> str:
    value = _bare(value)
    if isinstance(value, n.Bytes):
        return value.value.decode("utf-8", "replace")
    return text(value) or ""


def _default(value: n.Expr) -> str:
    """Return the constant that a setting falls back to: `os.environ.get("KEY", "changeme")`."""
    if not isinstance(value, n.Call) or tail(value.func) not in _ASKS:
        return ""
    asked = value.args[1] if tail(value.func) == "getattr" and len(value.args) > 1 else None
    name = text(asked or argument(value, 0, "name", "key")) or ""
    default = argument(value, 2 if asked is not None else 1, "default")
    return (text(default) or "") if name.isupper() else ""
