"""Which templates make pages that a browser reads as HTML."""

from __future__ import annotations

import re

# the subject of a mail is a line of text, whatever its file is called
_SUBJECT = re.compile(r"(^|[/_-])subject([._-][^/]*)?$")
_PAGES = (".html", ".htm", ".xhtml", ".djhtml", ".svg")
_LANGUAGES = (".j2", ".jinja", ".jinja2")


def is_page(path: str) -> bool:
    """Tell whether a template makes markup, and no mail text, script or configuration."""
    name = path.lower()
    for ending in _LANGUAGES:
        name = name.removesuffix(ending)
    return name.endswith(_PAGES) and not _SUBJECT.search(name)
