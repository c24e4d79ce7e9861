"""Tells templates from other files, and Django's language from Jinja2."""

from __future__ import annotations

import re

from pickguard.source.templates.record import Engine

_FOLDERS = frozenset({"templates", "template", "jinja2", "jinja"})
_NOT_BELOW = frozenset({"static", "assets", "dist", "node_modules"})
_JINJA_ENDINGS = (".j2", ".jinja", ".jinja2")
_MARKUP_ENDINGS = (".html", ".htm", ".xhtml")
_SCRIPT_ENDINGS = (".js", ".mjs")
_ENDINGS = (
    *_MARKUP_ENDINGS,
    *_JINJA_ENDINGS,
    ".txt",
    ".xml",
    ".svg",
    ".email",
    ".eml",
    ".mjml",
    ".djhtml",
    ".dtl",
    ".tpl",
    *_SCRIPT_ENDINGS,
    ".json",
    ".css",
    ".md",
)
# strings and loaded libraries are what Jinja2's tags of the same name don't have
_DJANGO_ONLY = re.compile(
    r"\{%\s*(?:load\s|csrf_token\b|comment\b|endcomment\b|verbatim\b|static\s|url\s|blocktrans"
    r"|empty\s*%|ifchanged\b|cycle\s|firstof\s|now\s|spaceless\b|trans\s+[\"'])"
)
_JINJA_ONLY = re.compile(
    r"\{%[-+]|[-+]%\}|\{\{-|-\}\}"
    r"|\{%\s*(?:set\s|macro\s|import\s|call[\s(]|do\s|raw\s*%|from\s[^%]{1,200}?\simport\s)"
)
_CALL = re.compile(r"\{\{[^{}]{0,200}?\w\([^{}]{0,200}\}\}")
_LOADS = re.compile(r"\{%\s*load\s")
# an extension of Jinja2, beside which some projects give it Django's tags; Django's own `trans` has no end
_JINJA_TEXTS = re.compile(r"\{%-?\s*endtrans\s*-?%\}")


def looks_like_template(path: str, head: bytes) -> bool:
    """Tell whether a file is a template.

    Args:
        path: below the scanned root, with forward slashes.
        head: the file's first bytes; may be empty, then the path alone decides.
    """
    *folders, name = path.lower().split("/")
    if not names_template(name):
        return False
    if _FOLDERS.intersection(folders) and "static" not in folders:
        return True
    if name.endswith(_MARKUP_ENDINGS):
        return not _NOT_BELOW.intersection(folders) and (b"{%" in head or b"{{" in head)
    return name.removesuffix(_ending(name)).endswith(_MARKUP_ENDINGS)


def _ending(name: str) -> str:
    return next((ending for ending in _JINJA_ENDINGS if name.endswith(ending)), "")


def names_template(name: str) -> bool:
    """Tell whether a text may be the name of a template, by its ending; `page.html#row` names a part of one."""
    return name.partition("#")[0].lower().endswith(_ENDINGS)


def is_script(path: str) -> bool:
    """Tell whether a template makes a script of its own: `notes/edit.js`."""
    name = path.lower()
    return name.removesuffix(_ending(name)).endswith(_SCRIPT_ENDINGS)


def engine_of_path(path: str) -> Engine | None:
    """Return the engine that the path names, None where it names none."""
    *folders, name = path.lower().split("/")
    if name.endswith(_JINJA_ENDINGS) or "jinja2" in folders:
        return Engine.JINJA2
    return None


def calls_functions(text: str) -> bool:
    """Tell whether an output calls something, `{{ note.title() }}`, as Django's language cannot.

    A template that loads libraries of tags is in that language for all that.
    """
    return _CALL.search(text) is not None and not _LOADS.search(text)


def guess_engine(path: str, text: str) -> Engine:
    """Return the language that a template is most likely written in.

    A site's `TEMPLATES` setting knows better, where there is one.
    """
    named = engine_of_path(path)
    if named is not None:
        return named
    if _JINJA_TEXTS.search(text):
        return Engine.JINJA2
    if _DJANGO_ONLY.search(text) or not _JINJA_ONLY.search(text):
        return Engine.DJANGO
    return Engine.JINJA2
