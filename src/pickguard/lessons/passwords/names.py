"""What passwords are called."""

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

PASSWORD = re.compile(r"^(raw_|plain_|new_|old_|user_)?(password|passwd|pwd|passphrase)[12]?$")

HASHERS = frozenset(
    {"make_password", "hash", "hash_password", "encrypt", "encode", "hashpw", "get_hash"}
)
"""What makes of a password something that may be stored."""

# `settings.ARCHIVER_KEY`: a setting so called is a secret, unless its name says that it names something
SETTING = re.compile(r"(^|_)(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE)$")
_NAMES_A_KEY = re.compile(
    r"(CACHE|SESSION|PUBLIC|SITE|PUBLISHABLE|FOREIGN|PRIMARY|SORT|HEADER|COOKIE|USERNAME|FIELD)(_\w*)?_KEY$"
)


def is_secret_setting(node: n.Expr) -> bool:
    """Whether it is a setting whose name says that it is a secret: `settings.ARCHIVER_KEY`."""
    if not isinstance(node, n.Attr) or tail(node.value) != "settings":
        return False
    return bool(SETTING.search(node.name)) and not _NAMES_A_KEY.search(node.name)


def is_password(node: n.Expr) -> bool:
    """Whether a name, an attribute or a constant key says that it is a password."""
    if isinstance(node, n.Name | n.Attr):
        return bool(PASSWORD.match(tail(node)))
    if isinstance(node, n.Call) and tail(node.func) == "get" and node.args:
        return bool(PASSWORD.match(text(node.args[0]) or ""))
    return isinstance(node, n.Index) and bool(PASSWORD.match(text(node.index) or ""))
