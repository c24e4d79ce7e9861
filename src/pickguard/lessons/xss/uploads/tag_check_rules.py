"""XSS rules about uploads that are searched for tags: whoever sends one knows a tag that is not on the list."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.vocabulary import READERS
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import expressions, inside

# `<script` as a text or as bytes, and the `<` that a name is put behind
_TAG = re.compile(r"^\s*<(/?(script|svg|iframe|object|embed|html|body|on\w+)\b.*)?$", re.IGNORECASE)
_SEARCHES = frozenset({"find", "index", "count", "search", "match", "findall", "rfind"})
_REFUSES = frozenset({"add_error", "ValidationError", "HttpResponseBadRequest", "error"})
# what takes the file apart, or makes it harmless
_CLEANS = re.compile(r"^clean$|sanit|bleach|nh3|purif|defused|etree|parse", re.IGNORECASE)


@code_rule(
    "xss.upload-searched-for-tags",
    words=READERS,
    title="an upload is searched for tags, and passes with one that is not on the list",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(434, 79, 184),
    severity=Severity.MEDIUM,
    gain="`<SCRIPT>`, `<img onerror=…>` or a tag cut in two by a chunk passes, and runs in the session of who opens it",
    mend="let only such kinds of files through as run nothing, and serve the rest with"
    " `Content-Disposition: attachment` or from another host",
)
def upload_searched_for_tags(code: Code) -> Iterator[Hit]:
    """Find `if chunk.find(b"<script") > -1: raise ValidationError(…)`."""
    if any(map(_CLEANS.search, code.words)):
        return
    read = _read(code)
    for statement in code.statements:
        if not isinstance(statement, n.If) or not _refuses(statement):
            continue
        searched = next((s for s in _searched(statement.test) if _is_read(code, s[0], read)), None)
        if searched is not None:
            yield Hit(
                (code.spot(searched[1]),),
                "what is uploaded is kept out by the tags that somebody thought of",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _refuses(statement: n.If) -> bool:
    return any(isinstance(one, n.Raise) for one in statement.body) or any(
        tail(node) in _REFUSES for node in expressions(statement.body)
    )


def _searched(test: n.Expr) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield what a condition searches for a tag, and the search itself."""
    for node in inside(test):
        if isinstance(node, n.Compare) and node.ops[0] in ("in", "not in") and _is_tag(node.left):
            yield node.rights[0], node
        elif isinstance(node, n.Call) and tail(node.func) in _SEARCHES:
            receiver = receiver_of(node)
            for place, given in enumerate(node.args):
                if _is_tag(given):
                    # `data.find(tag)`, and `re.search(tag, data)`
                    around = node.args[place + 1] if place + 1 < len(node.args) else receiver
                    if around is not None:
                        yield around, node


def _is_tag(node: n.Expr) -> bool:
    while isinstance(node, n.Binary):
        node = node.left
    said = node.value if isinstance(node, n.Const | n.Bytes) else None
    known = said.decode("latin-1") if isinstance(said, bytes) else said
    return isinstance(known, str) and bool(_TAG.match(known))


def _read(code: Code) -> set[str]:
    """Return the names for what is read of a file, as a whole or piece by piece."""
    return {
        tail(target)
        for statement in code.statements
        for target, value in _given(statement)
        if any(isinstance(p, n.Call) and tail(p.func) in READERS for p in inside(value))
    } - {""}


def _given(statement: n.Stmt) -> Iterator[tuple[n.Expr, n.Expr]]:
    if isinstance(statement, n.For):
        yield statement.target, statement.source
    elif isinstance(statement, n.Assign):
        yield from ((target, statement.value) for target in statement.targets)


def _is_read(code: Code, node: n.Expr, read: set[str]) -> bool:
    """Whether a value is made of what was read of a file: `chunk.lower()`."""
    parts = [p for p in inside(node) if isinstance(p, n.Name | n.Call)]
    if any(isinstance(p, n.Call) and tail(p.func) in READERS for p in parts):
        return True
    names = {p.id for p in parts if isinstance(p, n.Name)}
    made = {
        p.id
        for name in names
        for value in code.assigned(name)
        for p in inside(value)
        if isinstance(p, n.Name)
    }
    return bool((names | made) & read)
