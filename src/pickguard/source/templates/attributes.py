"""What the value of an attribute means to a browser: text, an address, a script, a style, a page.

Sources: the attribute index of the HTML standard, SVG 2, and htmx and Alpine for attributes that
libraries run as script.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """How a browser reads a value."""

    TEXT = "text"
    URL = "url"  # an address that the page goes to or runs: `javascript:` works there
    RESOURCE = "resource"  # an address of an image or the like, which never runs
    SCRIPT = "script"
    STYLE = "style"
    PAGE = "page"  # a whole document: `srcdoc`
    VALUES = "values"  # JSON for htmx, which is a script where it begins with `js:`
    UNKNOWN = "unknown"


_URLS = frozenset({"href", "action", "formaction", "xlink:href"})
_RESOURCES = frozenset(
    (
        "src",
        "srcset",
        "poster",
        "background",
        "cite",
        "data",
        "manifest",
        "longdesc",
        "imagesrcset",
        "ping",
    )
)
_KINDS = {
    **dict.fromkeys(_RESOURCES, Kind.RESOURCE),
    **dict.fromkeys(_URLS, Kind.URL),
    "style": Kind.STYLE,
    "srcdoc": Kind.PAGE,
    **dict.fromkeys(("hx-vals", "hx-headers", "hx-request"), Kind.VALUES),
    "hx-vars": Kind.SCRIPT,
}
# a frame runs `javascript:`, and so do embedded documents; a script runs what it is fetched from
_RUNS_SOURCE = frozenset(
    {("iframe", "src"), ("frame", "src"), ("embed", "src"), ("object", "data"), ("script", "src")}
)
_RESOURCE_ELEMENTS = frozenset({"link", "image", "use"})
_SCRIPT_PREFIXES = ("x-", "v-", "ng-", "hx-on", "@", ":")
# names, selectors, masks and classes, among attributes that are scripts otherwise
_NO_SCRIPTS = frozenset(
    {"x-ref", "x-cloak", "x-ignore", "x-teleport", "x-mask", "v-cloak", "v-pre"}
)
_TEXT_PREFIXES = ("data-", "aria-", "x-transition")
_EVENT_HANDLER = re.compile(r"on[a-z]{3,}")


@lru_cache(maxsize=4096)
def attribute_kind(tag: str, attribute: str) -> Kind:
    """Return what an attribute's value is, by the lower-case names of element and attribute."""
    if attribute.startswith("data-hx-"):
        attribute = attribute.removeprefix("data-")
    if attribute in _NO_SCRIPTS or attribute.startswith(_TEXT_PREFIXES):
        return Kind.TEXT
    if attribute.startswith(_SCRIPT_PREFIXES) or _EVENT_HANDLER.match(attribute):
        return Kind.SCRIPT
    if attribute.endswith("*"):
        return Kind.UNKNOWN
    if (tag, attribute) in _RUNS_SOURCE:
        return Kind.URL
    if attribute in _URLS and tag in _RESOURCE_ELEMENTS:
        return Kind.RESOURCE
    return _KINDS.get(attribute, Kind.TEXT)
