"""XSS rules about uploads: what the browser says of a file is not what the file is."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.storages import is_of_storage
from pickguard.kit.code import tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of, func_of, texts
from pickguard.source.python.walk import inside

# what looks at the file as well, or asks for the ending of its name
_LOOKS = frozenset(
    {"magic", "from_buffer", "imghdr", "what", "guess_type", "endswith"}
    | {"FileExtensionValidator", "filetype", "guess", "verify"}
)
# compares what the file begins with
_READS = re.compile(r"magic|signature|sniff", re.IGNORECASE)
# what takes the name, or its ending, and may well ask about it
_NAMES = frozenset({"splitext", "suffix", "name", "extension", "ext"})
_COMPLAINS = frozenset({"ValidationError", "HttpResponseBadRequest"})
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
    if code.words & _LOOKS or any(map(_READS.search, code.words)):
        return
    if code.words & _NAMES or not code.words & _COMPLAINS:
        if not (_keeps_name_unasked(code) and _refuses_by_type(code)):
            return
    if _is_read_closely(code) or _is_looked_at_beside(code):
        return
    for node in code.expressions:
        if not isinstance(node, n.Attr) or node.name != "content_type":
            continue
        if _is_file(code, node.value) or _is_checked_file(code, node.value):
            if _is_judged(code) and not _is_opened_by_form(code, node.value):
                yield Hit(
                    (code.spot(node),),
                    "the browser says what kind of file it sends, and nothing else is looked at",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _is_opened_by_form(code: Code, upload: n.Expr) -> bool:
    """Whether a form has had Pillow look at a file, and at the ending of its name: that of an `ImageField`.

    https://docs.djangoproject.com/en/stable/ref/forms/fields/#imagefield
    """
    for made in code.made(upload):
        holder, key = entry_of(made) or (None, None)
        if isinstance(holder, n.Attr) and holder.name == "cleaned_data":
            at = code.body.scope.at(holder.span)
            found = code.project.flow.types.of(code.body, holder.value, at)
            form = code.project.site.forms.by_symbol.get(found.symbol) if found else None
            return form is not None and form.declared.get(text(key) or "") == "ImageField"
    return False


def _keeps_name_unasked(code: Code) -> bool:
    """Whether an upload is stored here under the ending that its name has, which nothing compares."""
    by_name = not {"splitext", "name"}.isdisjoint(code.words)
    if not (by_name and any(map(is_of_storage, code.calls("save")))) and not _is_put_in_row(code):
        return False
    asked = {tail(part) for node in code.every(n.Compare) for part in inside(node)}
    return asked.isdisjoint(_NAMES | _taken_of_name(code))


def _is_put_in_row(code: Code) -> bool:
    """Whether an upload becomes the file of a row, which keeps its name: `create(file=request.FILES["file"])`."""
    given = (word.value for call in code.every(n.Call) for word in call.keywords)
    put = (
        statement.value
        for statement in code.statements
        if isinstance(statement, n.Assign) and isinstance(statement.targets[0], n.Attr)
    )
    return any(_is_upload(made) for value in (*given, *put) for made in code.made(value))


def _is_upload(node: n.Expr) -> bool:
    holder, _key = entry_of(node) or (None, None)
    return tail(holder) == "FILES"


def _taken_of_name(code: Code) -> frozenset[str]:
    """Return the names that get a part of an upload's name."""
    return frozenset(
        name
        for name, values in code.body.assigned.items()
        for value, _span in values
        if any(tail(part) in ("splitext", "name") for part in inside(value))
    )


def _refuses_by_type(code: Code) -> bool:
    """Whether a question about the type ends with an answer, or an error."""
    return any(
        isinstance(statement, n.If)
        and any(tail(part) == "content_type" for part in inside(statement.test))
        and any(isinstance(last, n.Return | n.Raise) for last in statement.body[-1:])
        for statement in code.statements
    )


def _is_file(code: Code, node: n.Expr) -> bool:
    """Whether an expression is an uploaded file, also by its name, not a request or a row."""
    name = tail(node).lower()
    return any(word in name for word in _FILES) or any(map(_is_upload, code.made(node)))


_FILES = ("file", "upload", "avatar", "image", "photo", "document", "attachment", "picture", "logo",
          "cover", "content")  # fmt: skip


def _is_checked_file(code: Code, node: n.Expr) -> bool:
    """Whether it is what a check of a file's field is given: `value` of `validate_file(self, value)`."""
    function = code.function
    if function is None or code.owner is None or not isinstance(node, n.Name):
        return False
    field = function.node.name.removeprefix("validate_")
    declared = code.project.site.classes.value(code.owner, field)
    made = declared.value if declared is not None else None
    is_given = function.node.params[-1:] and function.node.params[-1].name == node.id
    return bool(is_given) and isinstance(made, n.Call) and tail(made.func) == "FileField"


def _is_read_closely(code: Code) -> bool:
    """Whether what the file holds is matched with a pattern, or parsed."""
    read = {
        name
        for name, values in code.body.assigned.items()
        if any(tail(func_of(part)) == "read" for value, _span in values for part in inside(value))
    }
    return any(
        any(tail(part) in read or tail(func_of(part)) == "read" for part in inside(given))
        for call in code.calls(*_PARSES)
        for given in call.args
    )


_PARSES = ("match", "fullmatch", "search", "loads", "fromstring", "parse", "open", "reader")


def _is_looked_at_beside(code: Code) -> bool:
    """Whether a caller hands the same file to another function of the module, which looks into it."""
    function = code.function
    if function is None or not function.node.params:
        return False
    names = code.project.site.names
    for caller, call, _bound in code.project.flow.callers.of(function)[:_MOST_CALLERS]:
        files = {tail(value) for value in call.args} - {""}
        for other in caller.every(n.Call):
            if other is not call and files & {tail(value) for value in other.args}:
                found = names.resolve(caller.module, other.func)
                if isinstance(found, FunctionSymbol) and _looks_into_it(found):
                    return True
    return False


def _looks_into_it(function: FunctionSymbol) -> bool:
    words = set(function.node.words)
    if any(map(_READS.search, (*words, function.node.name))):
        return True
    return bool({"Image", "PILImage"} & words) and bool({"open", "verify", "load"} & words)


_MOST_CALLERS = 8
_KIND_BEGINS = frozenset({"image/", "video/", "audio/", "text/"})


def _is_judged(code: Code) -> bool:
    """Whether the code compares with the names of kinds of files."""
    begins = [given for call in code.calls("startswith") for given in call.args]
    if any(_KIND_BEGINS & {text(given), *texts(given)} for given in begins):
        return True
    return any(
        isinstance(node, n.Compare)
        and any((said := text(p)) and any(k in said.lower() for k in _KINDS) for p in inside(node))
        for node in code.expressions
    ) or any("ALLOWED" in word or "TYPES" in word for word in code.words)
