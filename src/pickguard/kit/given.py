"""A value that code gives to a template under a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pickguard.flow.origin import Origin
from pickguard.kit.code import Code, text
from pickguard.source.python import nodes as n

# whatever goes in, what comes out holds no markup of its own
CLEANERS = ("escape", "conditional_escape", "format_html", "clean", "quote", "urlencode", "nh3")


@dataclass(frozen=True)
class Given:
    """A value that code gives to a template under a name."""

    code: Code
    name: str
    value: n.Expr

    @cached_property
    def origin(self) -> Origin:
        """Where the value comes from; found out when it is asked for."""
        return self.code.origin(self.value, *CLEANERS)


def narrowed(given: Given, path: tuple[str, ...]) -> Iterator[Given]:
    """Follow the keys of a dictionary that is written out, or of a part of the request."""
    value = given.value
    if not path or given.code.body.reads_request(value):
        yield given
    elif isinstance(value, n.Mapping):
        for key, item in zip(value.keys, value.values, strict=True):
            if text(key) == path[0]:
                yield from narrowed(Given(given.code, given.name, item), path[1:])
