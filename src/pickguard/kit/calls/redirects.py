"""What sends the browser to another page."""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

REDIRECT_CLASSES = ("HttpResponseRedirect", "HttpResponsePermanentRedirect")
REDIRECTS = ("redirect", *REDIRECT_CLASSES)
"""Django's shortcut, and its two classes."""


def is_redirect(node: n.Expr | None) -> bool:
    """Whether an expression is a call that makes such an answer."""
    return isinstance(node, n.Call) and tail(node.func) in REDIRECTS
