"""What is known of tags and filters, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec


class TagFacts(msgspec.Struct, frozen=True):
    """A custom tag.

    Attributes:
        templates: the names of the templates that it renders, for an inclusion tag.
        safe: whether what it prints goes out unescaped: True where the tag marks it as safe.
        renders: it renders something by code, so that it may print anything, a form among it.
    """

    templates: tuple[str, ...] = ()
    safe: bool | None = None
    renders: bool = False


class FilterFacts(msgspec.Struct, frozen=True):
    """A custom filter, as it is registered and as far as its code tells.

    Attributes:
        is_safe: registered with `is_safe=True`.
        needs_autoescape: registered with `needs_autoescape=True`.
        returns_safe: its result is marked as safe.
    """

    is_safe: bool = False
    needs_autoescape: bool = False
    returns_safe: bool | None = None


class Registered(msgspec.Struct, frozen=True):
    """Under which name a function is a filter or a tag.

    Attributes:
        kind: `filter`, `simple_tag` and so on, as it is registered.
        name: what templates write.
        takes_context: a tag whose first parameter is the context.
    """

    kind: str
    name: str
    takes_context: bool = False


class Library(msgspec.Struct, frozen=True):
    """The tags and filters of a site.

    Attributes:
        tags: by name.
        filters: by name.
        functions: by the path of the module and the name of the function there.
    """

    tags: Mapping[str, TagFacts] = MappingProxyType({})
    filters: Mapping[str, FilterFacts] = MappingProxyType({})
    functions: Mapping[tuple[str, str], Registered] = MappingProxyType({})
