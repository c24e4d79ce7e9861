"""Stored files whose content goes out as HTML: `HttpResponse(upload.file.read())`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.site.models.models import Field, Model
from pickguard.source.python import nodes as n

_RESPONSES = ("HttpResponse", "StreamingHttpResponse", "FileResponse")
_CSP = re.compile(r"csp|sandbox", re.IGNORECASE)
_PAGES = re.compile(r"html|svg")
_FILES = re.compile(r"FileField$")
# what leaves a content as it is
_READING = frozenset({"read", "open", "decode"})
_WRAPPING = frozenset({"str", "force_str", "smart_str", "bytes", "force_bytes"})
_DEEPEST = 4


def shown_as_page(code: Code) -> Iterator[Hit]:
    """Yield the responses that send what stands in a stored file as HTML."""
    if "read" not in code.words or _is_defused(code):
        return
    for call in code.calls(*_RESPONSES):
        content = argument(call, 0, "content", "streaming_content")
        if content is None or not _is_page(code, call) or not _is_of_file(code, content):
            continue
        if not is_true(argument(call, -1, "as_attachment")):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` shows what stands in a stored file as HTML",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_defused(code: Code) -> bool:
    """Whether the browser is told to save the answer, or to keep its scripts from the site."""
    if "as_attachment" in code.words or any(map(_CSP.search, code.words)):
        return True
    said = {(text(part) or "").lower() for part in code.expressions}
    if "content-security-policy" in said or any("sandbox" in each for each in said):
        return True
    is_shown = any(each.startswith("inline") for each in said)
    is_saved = any(each.startswith("attachment") for each in said)
    return is_saved or ("content-disposition" in said and not is_shown)


def _is_page(code: Code, call: n.Call) -> bool:
    """Whether an answer goes out as HTML: it says so, or says nothing."""
    if not code.is_from(call.func, "django.http"):
        return False
    kind = argument(call, 1, "content_type", "mimetype")
    if kind is None:
        says_later = {"Content-Type", "content_type", "headers"} & code.words
        return not says_later and tail(call.func) != "FileResponse"
    return bool(_PAGES.search(text(kind) or ""))


def _is_of_file(code: Code, node: n.Expr, depth: int = _DEEPEST) -> bool:
    """Whether a value is the content of a row's file, read here and not changed."""
    if depth == 0:
        return False
    if isinstance(node, n.Name):
        return any(_is_of_file(code, value, depth - 1) for value in code.assigned(node.id))
    if not isinstance(node, n.Call):
        return False
    if tail(node.func) in _WRAPPING and node.args:
        return _is_of_file(code, node.args[0], depth - 1)
    if not isinstance(node.func, n.Attr) or node.func.name not in _READING:
        return False
    return _is_file(code, node.func.value) or _is_of_file(code, node.func.value, depth - 1)


def _is_file(code: Code, node: n.Expr) -> bool:
    return isinstance(node, n.Attr) and file_field(code, node) is not None


def file_field(code: Code, node: n.Attr) -> tuple[Model, Field] | None:
    """Return the field whose file an expression is, with its model: `upload.file`; a picture's is none."""
    holder = code.type_of(node.value, node)
    if holder is None or holder.model is None:
        return None
    field = holder.model.field(node.name)
    is_file = field is not None and bool(_FILES.search(field.kind))
    return (holder.model, field) if field is not None and is_file else None
