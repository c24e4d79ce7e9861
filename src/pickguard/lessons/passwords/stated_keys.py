"""Keys that stand in the code: a constant, or what takes the place of one that nobody has set."""

from pickguard.kit import Code
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

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
    return next(filter(None, map(_default, code.made(_bare(key)))), "")


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
