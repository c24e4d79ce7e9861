"""Which templates make pages that a browser reads as HTML."""

from __future__ import annotations

_PAGES = (".html", ".htm", ".xhtml", ".djhtml", ".svg")
_LANGUAGES = (".j2", ".jinja", ".jinja2")


def is_page(path: str) -> bool:
    """Tell whether a template makes markup, and no mail text, script or configuration."""
    name = path.lower()
    for ending in _LANGUAGES:
        name = name.removesuffix(ending)
    return name.endswith(_PAGES)
