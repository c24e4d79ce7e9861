"""Which templates make pages that a browser reads as HTML."""

from __future__ import annotations

import re

# the subject of a mail is a line of text, whatever its file is called
_SUBJECT = re.compile(r"(^|[/_-])subject([._-][^/]*)?$")
_PAGES = (".html", ".htm", ".xhtml", ".djhtml", ".svg")
_LANGUAGES = (".j2", ".jinja", ".jinja2")


def is_page(path: str) -> bool:
    """Tell whether a template makes markup, and no mail text, script or configuration.

    A name that says nothing but the language, as in `orders/edit.jinja`, is one of a page; a file that
    others build by is not (`Vagrantfile.jinja`).
    """
    name = path
    for ending in _LANGUAGES:
        name = name.removesuffix(ending)
    last = name.rpartition("/")[2]
    is_bare = name != path and "." not in last and last.islower()
    return (is_bare or name.lower().endswith(_PAGES)) and not _SUBJECT.search(name.lower())
