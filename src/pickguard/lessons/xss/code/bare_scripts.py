"""Values in the script of an answer, outside of its strings: what is escaped as HTML is code there all the same."""

import re
from collections.abc import Iterator

from pickguard.flow.expressions.requested import BESIDE_LINKS
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code
from pickguard.lessons.xss.code.pieces import HARMLESS
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_FOR_HTML = frozenset(
    {"escape", "conditional_escape", "force_escape", "html_escape", "xml_escape", "escape_html"}
    | {"format_html", "format_html_join", "strip_tags", "Markup", "bleach", "nh3", "clean", "sanitize"}
)  # fmt: skip
_HARMLESS = tuple(name for name in HARMLESS if name not in _FOR_HTML)
_SCRIPT = re.compile(r"<script\b[^>]*>(?!.*</script)(?P<said>.*)\Z", re.IGNORECASE | re.DOTALL)
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`""", re.DOTALL)
_OPEN = re.compile(r"""['"`/]""")
_MOST_BEFORE = 4_000  # characters that are looked at before a value


def bare_in_scripts(code: Code, value: n.Expr) -> Iterator[tuple[n.Expr, Origin]]:
    """Yield what the browser sent of a text, where it stands in a script and in none of its strings.

    Args:
        code: where the text is put together.
        value: the text.
    """
    for made in code.made(value):
        for joined in inside(made):
            if isinstance(joined, n.Joined):
                yield from _sent(code, joined)


def _sent(code: Code, joined: n.Joined) -> Iterator[tuple[n.Expr, Origin]]:
    before = ""
    for part in joined.parts:
        if not isinstance(part, n.Formatted):
            said = str(part.value) if isinstance(part, n.Const) else ""
            before = (before + said)[-_MOST_BEFORE:]
            continue
        if _is_bare(before):
            origin = code.origin(part.value, BESIDE_LINKS, *_HARMLESS)
            if origin.is_browser:
                yield part.value, origin
        before += "0"


def _is_bare(before: str) -> bool:
    """Whether what comes after a text is code of a script: no string, comment or pattern has begun."""
    found = _SCRIPT.search(before)
    return found is not None and _OPEN.search(_STRING.sub("", found["said"])) is None
