"""Names of classes as names of functions are written."""

import re

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def spelled(name: str) -> str:
    """Return a name in words: `contact_View` of `contactView`."""
    return _HUMP.sub("_", name)
