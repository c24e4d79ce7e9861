"""Trust rules about downloads: the name of a file in the header that names it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Kind, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, items_of, operands
from pickguard.source.python.walk import expressions, inside

_DEPTH_LIMIT = 4
_HEADER = "content-disposition"
_QUOTES = (
    "quote", "quote_plus", "urlquote", "escape_uri_path", "iri_to_uri", "filepath_to_uri", "slugify",
    "get_valid_filename", "secure_filename", "content_disposition_header", "urlencode", "dumps",
    "encode_rfc2231", "sanitize_filename", "safe_filename", "clean_filename",
)  # fmt: skip
_CHOSEN = re.compile(
    r"(^|(?<!user)(?<!app)_)(name|title|label|subject|caption|description|filename)$"
)
_FILE_NAME = re.compile(r"(^|_)file_?name$")
_ESCAPED = re.compile(r'["\\\r\n]')


# functions that make the header, by their names
_MAKERS = ("content_disposition", "get_content_disposition", "make_content_disposition", "build_content_disposition",
           "attachment_header")  # fmt: skip


@code_rule(
    "trust.file-name-in-header",
    words=("HttpResponse", "response", "StreamingHttpResponse", "FileResponse",
           "Response", "headers", "resp", "res", *_MAKERS),
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
            is_open = _is_free(origin) or _is_handed_in(code, name, origin)
            if is_open and not _is_escaped(code, name) and not _is_as_quoted(code, value, name):
                yield Hit(
                    (code.spot(value), code.spot(name, "its name")),
                    f"{_shown(name)} stands in `Content-Disposition` as it is",
                    Confidence.LOW if _is_there(code, name) else sure(origin, Confidence.MEDIUM),
                    code.symbol,
                    flow=code.flow(origin, value, "names the download"),
                )
                break


def _is_there(code: Code, name: n.Expr) -> bool:
    """Whether a file of that name lies in a folder: whoever asks chooses among the names that are there."""
    if not isinstance(name, n.Name) or _OPENS.isdisjoint(code.words):
        return False
    paths = (
        statement.value
        for statement in code.statements
        if isinstance(statement, n.Assign | n.Annotate) and statement.value is not None
    )
    joined = (p for p in paths if _joins(p) and any(_is_named(part, name.id) for part in inside(p)))
    return next(joined, None) is not None


_OPENS = frozenset({"open", "exists", "is_file", "isfile"})


def _joins(value: n.Expr) -> bool:
    """Whether a value is a path below a folder: `FOLDER / name`, `os.path.join(FOLDER, name)`."""
    if isinstance(value, n.Binary):
        return value.op == "/"
    return isinstance(value, n.Call) and tail(value.func) in ("join", "joinpath", "safe_join")


def _is_named(part: n.Expr, name: str) -> bool:
    return isinstance(part, n.Name) and part.id == name


def _shown(name: n.Expr) -> str:
    return f"`{tail(name)}`" if tail(name) else "a text"


def _is_free(origin: Origin) -> bool:
    """Whether somebody chose a text: a title, not the code or the slug that a row is found by."""
    if origin.is_stored:
        return bool(_CHOSEN.search(tail(origin.source)))
    return origin.is_browser


def _is_handed_in(code: Code, name: n.Expr, origin: Origin) -> bool:
    """Whether a function that others are to call is given the name of the file."""
    if not isinstance(name, n.Name) or not _FILE_NAME.search(name.id) or code.function is None:
        return False
    if _makes_header(code):
        return bool(code.body.local_origin(name, frozenset(_QUOTES)).params)
    return Kind.PARAMETER in origin.kinds and not code.function.node.name.startswith("_")


def _makes_header(code: Code) -> bool:
    return code.function is not None and code.function.node.name.lstrip("_") in _MAKERS


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
    if _makes_header(code):
        yield from code.returned


def _is_header(node: n.Expr | None) -> bool:
    return (text(node) or "").lower() == _HEADER


def _named(code: Code, node: n.Expr, seen: frozenset[str] = frozenset()) -> Iterator[n.Expr]:
    """Yield the values that are formatted into a header, also by way of the names of its parts."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    for part in (part for value in values for part in _formatted(code, value)):
        name = part.id if isinstance(part, n.Name) else ""
        inner = code.assigned(name) if name and name not in seen else []
        is_made = any(isinstance(one, n.Joined | n.Binary) or _is_formatting(one) for one in inner)
        if is_made or isinstance(part, n.Joined | n.Binary):
            yield from _named(code, part, seen | {name, tail(node)})
        else:
            yield part


def _formatted(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    match value:
        case n.Joined():
            yield from (p.value for p in value.parts if isinstance(p, n.Formatted))
        case n.Binary(op="%"):
            right = value.right
            yield from items_of(right)
        case n.Binary(op="+"):
            yield from (part for part in operands(value, "+") if text(part) is None)
        case n.Call(func=n.Attr(name="format")):
            yield from given_to(value)
        case n.Call(func=n.Attr(name="join")) if value.args:
            yield from _listed(code, value.args[0])


def _is_formatting(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) == "format"


def _listed(code: Code, node: n.Expr) -> Iterator[n.Expr]:
    """Yield what a list holds that is written out, and appended to by its name."""
    if isinstance(node, n.Sequence):
        yield from node.items
    elif isinstance(node, n.Name):
        for value in code.assigned(node.id):
            yield from value.items if isinstance(value, n.Sequence) else ()
        for call in code.calls("append"):
            if isinstance(call.func, n.Attr) and tail(call.func.value) == node.id:
                yield from call.args


def _is_escaped(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a quote is replaced in a name: `name.replace('"', "")`, `re.sub(r"[^a-z]", "", name)`.

    So it is where that was done to what the name is made of.
    """
    values = (node, *code.assigned(node.id)) if isinstance(node, n.Name) else (node,)
    parts = [part for value in values for part in inside(value)]
    if any(isinstance(part, n.Call) and _escapes(part) for part in parts):
        return True
    others = {part.id: part for part in parts if isinstance(part, n.Name) and part != node}
    return depth < _DEPTH_LIMIT and any(
        _is_escaped(code, other, depth + 1) for other in others.values()
    )


def _is_as_quoted(code: Code, value: n.Expr, name: n.Expr) -> bool:
    """Whether a name stands there only where quoting does not change it: `if name == quote(name): return …`."""
    branches = [statement for statement in code.statements if isinstance(statement, n.If)]
    for branch in branches:
        test = branch.test
        if isinstance(test, n.Compare) and test.ops == ("==",):
            sides = (test.left, test.rights[0])
            others = [side for side in sides if tail(side) != tail(name)]
            if len(others) == 1 and code.origin(others[0], *_QUOTES).is_constant:
                return value in expressions(branch.body)
    return False


def _escapes(call: n.Call) -> bool:
    if tail(call.func) in ("sub", "translate"):
        return True
    is_replacing = tail(call.func) == "replace" and bool(call.args)
    return is_replacing and bool(_ESCAPED.search(text(call.args[0]) or ""))
