"""Scripts that a site serves beside its pages: `notes/static/notes/list.js`."""

from __future__ import annotations

import re

import msgspec

_ENDINGS = (".js", ".mjs")
# others' scripts, and what tools make: nobody mends a line of them
_OTHERS = re.compile(
    r"[.-](?:min|bundle|pack|prod|umd|iife)\.m?js$|\.[0-9a-f]{8,}\.m?js$"
    r"|^jquery|^bootstrap|^(?:d3|vue|react|angular|lodash|moment|htmx|alpine)\b"
    r"|(?:[._-](?:spec|test)|config)\.m?js$"
)
# fmt: off
_OTHERS_FOLDERS = frozenset({
    "vendor", "vendors", "vendored", "lib", "libs", "third_party", "thirdparty", "3rdparty",
    "external", "dist", "build", "bundles", "node_modules", "bower_components", "tests", "test",
    "rest_framework", "tinymce", "ckeditor", "codemirror", "select2",
})
# fmt: on
_MOST_BYTES = 300_000
_LONGEST_LINE = 2_000
"""Letters. What has longer ones was not written by hand."""


class ScriptRecord(msgspec.Struct, frozen=True, array_like=True):
    """The text of a script, empty where it was made by a tool; and how many lines it has."""

    text: str
    lines: int


def is_static_script(path: str) -> bool:
    """Tell whether a file is a script of the site's own that browsers are served.

    Args:
        path: below the scanned root, with forward slashes.
    """
    if not path.endswith(_ENDINGS):
        return False
    *folders, name = path.lower().split("/")
    if "static" not in folders or _OTHERS.search(name):
        return False
    return _OTHERS_FOLDERS.isdisjoint(folders)


def read_script(data: bytes) -> ScriptRecord:
    """Return what a script says; what is no UTF-8 in it is replaced."""
    lines = data.count(b"\n") + 1
    if len(data) > _MOST_BYTES:
        return ScriptRecord("", lines)
    text = data.decode("utf-8", "replace")
    is_made = any(len(line) > _LONGEST_LINE for line in text.split("\n"))
    return ScriptRecord("" if is_made else text, lines)
