"""Which files are modules of tests: no page of a site comes from them, and none needs them.

The name alone does not tell (`tasks/test.py`, `test_settings.py` may be served, or configure): such a
file must also hold tests.
"""

import re

_NAMES = re.compile(r"(^|/)(tests?|test_[^/]*|[^/]*_tests?|conftest)\.py$")
_MARKS = re.compile(rb"unittest|pytest|TestCase|django\.test|rest_framework\.test|\bdef test_")


def holds_tests(path: str, data: bytes) -> bool:
    """Whether a Python file is a module of tests, by its path below the root and what is in it."""
    return _NAMES.search(path) is not None and _MARKS.search(data) is not None
