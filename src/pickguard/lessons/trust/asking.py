"""Names by which code asks who may, and says no to others."""

import re
from collections.abc import Collection

from pickguard.site.guards import PERMISSION_WORDS

REFUSALS = frozenset({"PermissionDenied", "HttpResponseForbidden", "handle_no_permission"})
"""What says no, whatever it was that was asked."""
ASKS = re.compile(
    r"(^|_)(permissions?|perms?|can|may|is_allowed|check_access|has_access|authori[sz]ed?|has_role|policy)(_|$)"
)
"""Functions of a site's own that ask who may, by their names."""


def asks_who_may(words: Collection[str]) -> bool:
    """Whether a right, a refusal, or a function that asks is among the names in a piece of code."""
    return not PERMISSION_WORDS.isdisjoint(words) or any(map(ASKS.search, words))
