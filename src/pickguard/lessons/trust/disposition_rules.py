"""Trust rules about downloads: the name of a file in the header that names it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Severity
from pickguard.flow.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.sure import sure
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_HEADER = "content-disposition"
_QUOTES = (
    "quote", "quote_plus", "urlquote", "escape_uri_path", "iri_to_uri", "filepath_to_uri", "slugify",
    "get_valid_filename", "secure_filename", "content_disposition_header", "urlencode", "dumps",
    "encode_rfc2231", "sanitize_filename", "safe_filename", "clean_filename",
)  # fmt: skip
_CHOSEN = re.compile(
    r"(^|(?<!user)(?<!app)_)(name|title|label|subject|caption|description|filename)$"
)
_ESCAPED = re.compile(r'["\\\r\n]')


@code_rule(
    "trust.file-name-in-header",
    words=("HttpResponse", "response", "StreamingHttpResponse", "FileResponse",
           "Response", "headers", "resp", "res"),
    title="the name of a download can end the text that it stands in",
    areas=(Area.INTEGRITY,),
    cwe=(116, 113),
    severity=Severity.LOW,
    gain='a name with `"; filename=setup.bat` in it makes the visitor save, and open, a file of another kind',
    mend="use `FileResponse(file, as_attachment=True, filename=name)`, or `content_disposition_header`",
)  # fmt: skip
def file_name_in_header(code: Code) -> Iterator[Hit]:
    """Find names of the browser's, or stored ones, between quotes in `Content-Disposition`."""
    for value in _dispositions(code):
        for name in _named(code, value):
            origin = code.origin(name, *_QUOTES)
            if _is_free(origin) and not _is_escaped(code, name):
                yield Hit(
                    (code.spot(value),),
                    f"{_shown(name)} stands in `Content-Disposition` as it is",
                    sure(origin),
                    code.symbol,
                    flow=code.flow(origin, value, "names the download"),
                )
                break


def _shown(name: n.Expr) -> str:
    return f"`{tail(name)}`" if tail(name) else "a text"


def _is_free(origin: Origin) -> bool:
    """Whether somebody chose a text: a title, not the code or the slug that a row is found by."""
    if origin.is_stored:
        return bool(_CHOSEN.search(tail(origin.source)))
    return origin.is_browser


def _dispositions(code: Code) -> Iterator[n.Expr]:
    """Yield what a header `Content-Disposition` is set to."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and _is_header(target.index):
                    yield statement.value
    for mapping in code.every(n.Mapping):
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            if key is not None and _is_header(key):
                yield value
    for call in code.calls("setdefault", "__setitem__"):
        given = argument(call, 1)
        if given is not None and _is_header(argument(call, 0)):
            yield given


def _is_header(node: n.Expr | None) -> bool:
    return (text(node) or "").lower() == _HEADER


def _named(code: Code, node: n.Expr) -> Iterator[n.Expr]:
    """Yield the values that are formatted into a header."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    for value in values:
        match value:
            case n.Joined():
                yield from (p.value for p in value.parts if isinstance(p, n.Formatted))
            case n.Binary(op="%"):
                right = value.right
                yield from right.items if isinstance(right, n.Sequence) else (right,)
            case n.Binary(op="+"):
                yield from (part for part in _added(value) if text(part) is None)
            case n.Call(func=n.Attr(name="format")):
                yield from (*value.args, *(keyword.value for keyword in value.keywords))


def _added(node: n.Expr) -> Iterator[n.Expr]:
    if isinstance(node, n.Binary) and node.op == "+":
        yield from _added(node.left)
        yield from _added(node.right)
    else:
        yield node


def _is_escaped(code: Code, node: n.Expr) -> bool:
    """Whether a quote is replaced in a name: `name.replace('"', "")`, `re.sub(r"[^a-z]", "", name)`."""
    values = (node, *code.assigned(node.id)) if isinstance(node, n.Name) else (node,)
    for part in (part for value in values for part in inside(value)):
        if isinstance(part, n.Call) and tail(part.func) in ("sub", "translate"):
            return True
        if isinstance(part, n.Call) and tail(part.func) == "replace" and part.args:
            if _ESCAPED.search(text(part.args[0]) or ""):
                return True
    return False
