"""Deployment rules about uploads: files of any size, read at once."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.definitions import Value
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside

_SIZES = frozenset({"size", "file_size", "content_length", "CONTENT_LENGTH", "len", "_size"})


@code_rule(
    "deployment.whole-upload-read",
    words=("read",),
    title="an uploaded file is read into memory as a whole",
    areas=(Area.AVAILABILITY,),
    cwe=(400, 770),
    severity=Severity.LOW,
    gain="files of some gigabytes are read into memory whole: a few of them take all there is, and the site with it",
    mend="go through `file.chunks()`, or check `file.size` first (`hashlib.file_digest` for a digest)",
)
def whole_upload_read(code: Code) -> Iterator[Hit]:
    """Find `.read()` of an uploaded or stored file, with no look at its size, where a visitor waits."""
    if code.is_of_command or _is_bounded(code) or _loads_page(code):
        return
    for call in code.calls("read"):
        if call.args or call.keywords or not isinstance(call.func, n.Attr):
            continue
        if _is_body(code, call.func.value):
            yield _of_body(code, call)
            continue
        is_uploaded = _is_uploaded(code, call.func.value)
        if is_uploaded or _is_stored(code, call.func.value):
            # a page's may have been measured when it came; the row itself is asked by whoever stores one
            is_sure = is_uploaded or _is_of_row(code)
            yield Hit(
                (code.spot(call),),
                "the whole file is read into memory, whatever its size",
                Confidence.MEDIUM if is_sure else Confidence.LOW,
                code.symbol,
            )


def _is_body(code: Code, read: n.Expr) -> bool:
    """Whether it is the request itself that is read: `request.body` has a limit, `request.read()` has none."""
    return code.function is not None and code.body.is_request(read)


def _of_body(code: Code, call: n.Call) -> Hit:
    return Hit(
        (code.spot(call),),
        "`request.read()` takes all that is sent, past `DATA_UPLOAD_MAX_MEMORY_SIZE`",
        Confidence.MEDIUM,
        code.symbol,
        mend="read `request.body`, which Django refuses above `DATA_UPLOAD_MAX_MEMORY_SIZE`, or read in pieces",
    )


def _is_of_row(code: Code) -> bool:
    """Whether it is a method of a model."""
    return code.owner is not None and code.owner in code.project.site.models.by_symbol


def _loads_page(code: Code) -> bool:
    """Whether it is a method of a loader of templates, which Django asks for the whole text of one."""
    owner = code.owner
    return owner is not None and code.project.site.classes.inherits(owner, *_LOADERS)


_LOADERS = ("django.template.loaders.base.Loader", "django.template.loaders.filesystem.Loader")


def _is_bounded(code: Code) -> bool:
    """Whether the code compares a size with anything."""
    return any(
        isinstance(node, n.Compare) and any(map(_says_size, inside(node)))
        for node in code.expressions
    )


def _says_size(part: n.Expr) -> bool:
    return tail(func_of(part)) in _SIZES or text(part) in _SIZES


def _is_uploaded(code: Code, file: n.Expr) -> bool:
    """Whether a file was just sent: `request.FILES["x"]`, itself or through a name."""
    return any(tail(part) == "FILES" for value in _values(code, file) for part in inside(value))


def _values(code: Code, file: n.Expr) -> list[n.Expr]:
    """Return what a name stands for where it is read, as far as that is told, or all that it is given."""
    if not isinstance(file, n.Name):
        return [file]
    known = code.body.scope.at(file.span).get(file.id)
    return [known.expr] if isinstance(known, Value) else code.assigned(file.id)


def _is_stored(code: Code, file: n.Expr) -> bool:
    """Whether a file is a row's own: `self.file`, `document.file`, or that opened."""
    body = code.body
    for value in _values(code, file):
        opened = _opened(value)
        if not isinstance(opened, n.Attr):
            continue
        found = body.flow.types.of(body, opened.value, body.scope.at(opened.span))
        if found is None or found.sort is not Sort.INSTANCE or found.model is None:
            continue
        if "chunk" in found.model.name.lower():
            continue  # a file that was cut up before it came
        field = found.model.field(opened.name)
        if field is not None and field.kind.endswith("FileField"):
            return True
    return False


def _opened(value: n.Expr) -> n.Expr:
    """Return the file of `file.open("rb")`."""
    if isinstance(value, n.Call) and isinstance(value.func, n.Attr) and value.func.name == "open":
        return value.func.value
    return value
