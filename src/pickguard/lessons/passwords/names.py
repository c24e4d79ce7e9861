"""What passwords are called."""

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

PASSWORD = re.compile(r"^(raw_|plain_|new_|old_|user_)?(password|passwd|pwd|passphrase)[12]?$")


def is_password(node: n.Expr) -> bool:
    """Whether a name, an attribute or a constant key says that it is a password."""
    if isinstance(node, n.Name | n.Attr):
        return bool(PASSWORD.match(tail(node)))
    return isinstance(node, n.Index) and bool(PASSWORD.match(text(node.index) or ""))
