"""Python that the running interpreter does not parse, written so that it does.

A project may be written for a later Python than the one that reads it, or for Python 2. Lines stay
where they are; within a line that is written anew, columns may move a little.
"""

from collections.abc import Iterator

from pickguard.source.python.dialects.later import as_now
from pickguard.source.python.dialects.python2 import as_python3
from pickguard.source.python.dialects.tokens import scan, written


def rewritten(source: str) -> Iterator[str]:
    """Yield the ways in which a module can be written anew, the likeliest first.

    Args:
        source: a module with a syntax error.

    Raises:
        RecursionError: it is nested too deeply.
    """
    # as the parser ends lines: what is put behind the last word must not stand behind the end of its line
    tokens = scan(source.replace("\r\n", "\n").replace("\r", "\n"))
    later = as_now(tokens)
    yield written(later)
    yield written(as_python3(later))


__all__ = ["rewritten"]
