"""Which of the values that are put into a text are numbers there: `f"{x:,}"`, and what is said so."""

from __future__ import annotations

import re

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text

PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")
"""A place of a `%` format: the key, and the kind."""
BRACES = re.compile(r"\{(\w*)(?:[.\[][^}:!]*)?(?:!\w)?(?::([^}]*))?\}")
"""A place of a `format` text: the key or position, and the specification."""
_NUMERIC = re.compile(r"[+\- ]?[\d,._]*[dfFeEgGnxXob%]$|[+\- ]?\d*[,_](\.\d+)?$")


def is_number(spec: str) -> bool:
    """Whether a specification of `format` takes numbers alone; anything else is an error."""
    return bool(_NUMERIC.match(spec))


def is_formatted_number(part: n.Formatted) -> bool:
    """Whether one `{value:spec}` of an f-string takes numbers alone."""
    spec = part.spec.parts if isinstance(part.spec, n.Joined) else ()
    return any(is_number(text(one) or "") for one in spec)
