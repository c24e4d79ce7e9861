"""Settings, and variables of the environment, that are secrets by their names."""

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, tail, text

# What only the site itself may know: `GOOGLE_MAPS_KEY` is made to stand in pages, `PAYPAL_SECRET` is not
_OWN = re.compile(
    r"(^|_)(SECRET|SECRET_KEY|SECRET_ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|PASSWORD|PASSPHRASE)$"
)
_FOR_ALL = re.compile(r"(^|_)(DEMO|EXAMPLE|SAMPLE|GUEST|PUBLIC|TEST|INITIAL|DEFAULT)(_|$)")


def is_own_secret(node: n.Expr) -> bool:
    """Whether a setting has the name of a secret that only the site itself may know."""
    name = setting_name(node)
    return bool(_OWN.search(name)) and not _FOR_ALL.search(name)


def setting_name(node: n.Expr) -> str:
    """Return the name of a setting, or of a variable of the environment that is read; empty for all else."""
    if isinstance(node, n.Attr):
        return node.name if tail(node.value) == "settings" else ""
    if isinstance(node, n.Call) and tail(node.func) == "getenv" and node.args:
        return text(node.args[0]) or ""
    holder, key = entry_of(node) or (None, None)
    return (text(key) or "") if tail(holder) == "environ" else ""
