"""What a text begins with: only that can choose the scheme of an address."""

from __future__ import annotations

from pickguard.kit.template_values import Given
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_OWN_PATHS = frozenset({"path", "path_info", "get_full_path"})


def begins_with_browser(given: Given) -> bool:
    """Tell whether what the browser sent can be the beginning of a value."""
    origin = given.code.scheme(given.value)
    if not origin.is_browser or origin.source is None:
        return False
    parts = (p for p in inside(origin.source) if isinstance(p, n.Attr))
    return not any(part.name in _OWN_PATHS for part in parts)
