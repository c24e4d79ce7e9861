"""Code that runs when its module is imported, before any visitor has said a word."""

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside


def is_made_on_import(code: Code, call: n.Call, origin: Origin) -> bool:
    """Whether a call runs when the module is imported, and what it is given is of no row and no request."""
    if (
        code.function is not None
        or origin.is_stored
        or origin.is_browser
        or "objects" in code.words
    ):
        return False
    return not any(call in inside(one) for one in code.every(n.Lambda))
