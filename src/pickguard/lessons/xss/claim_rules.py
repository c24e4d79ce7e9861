"""XSS rules about uploads: what the browser says of a file is not what the file is."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

# what looks at the file or at its name as well
_LOOKS = frozenset(
    {"magic", "from_buffer", "imghdr", "what", "splitext", "suffix", "guess_type", "endswith"}
    | {"FileExtensionValidator", "filetype", "guess", "name", "verify", "extension", "ext"}
)
_KINDS = ("image", "jpeg", "png", "gif", "pdf", "svg", "csv", "video", "audio", "text/", "zip")


@code_rule(
    "xss.upload-type-claimed",
    words=("content_type",),
    title="an upload is judged by what the browser says it is",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(434, 345),
    severity=Severity.MEDIUM,
    gain="a page of HTML sent as `image/png` is stored under its own name and later shown as a page",
    mend="check the name's ending against a list, and what the file holds (`Image.open(f).verify()`)",
)
def upload_type_claimed(code: Code) -> Iterator[Hit]:
    """Find checks of `upload.content_type` in code that looks at nothing else of the file."""
    if code.words & _LOOKS or not code.words & {"ValidationError", "HttpResponseBadRequest"}:
        return
    for node in code.expressions:
        if isinstance(node, n.Attr) and node.name == "content_type" and _is_file(node.value):
            if _is_judged(code):
                yield Hit(
                    (code.spot(node),),
                    "the browser says what kind of file it sends, and nothing else is looked at",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _is_file(node: n.Expr) -> bool:
    """Whether an expression is an uploaded file by its name, not a request or a row."""
    name = tail(node).lower()
    return any(word in name for word in ("file", "upload", "avatar", "image", "photo", "document",
                                         "attachment", "picture", "logo", "cover", "content"))  # fmt: skip


def _is_judged(code: Code) -> bool:
    """Whether the code compares with the names of kinds of files."""
    return any(
        isinstance(node, n.Compare)
        and any((said := text(p)) and any(k in said.lower() for k in _KINDS) for p in inside(node))
        for node in code.expressions
    ) or any("ALLOWED" in word or "TYPES" in word for word in code.words)
