"""Trust rules about files: the browser names one of the server's."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.requested import SEGMENT
from pickguard.flow.guards.raised_checks import PARENTS
from pickguard.flow.values.definitions import Env, Value
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.values.handed_in import handed_in
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.trust.files.absolute_paths import absolute
from pickguard.lessons.trust.files.path_looks import looks_at_path, was_looked_at
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_OF_PARTS = (
    "safe_join",
    "basename",
    "get_valid_filename",
    "secure_filename",
    "get_available_name",
    "slugify",
    "BytesIO",  # a file is no path
    "StringIO",
)
_CLEANED_PATHS = (*_OF_PARTS, PARENTS)
_STORAGE = re.compile(r"(^|_)storage$")
# they open a file as well as a name: only what is put together is a name for certain
_MAKES_FILES = frozenset({"open", "File", "ContentFile", "BytesIO"})
_TAKE_FILES = frozenset({"PIL", "zipfile", "tarfile"})


@code_rule(
    "trust.path-traversal",
    words=("open", "file", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "delete",
           "listdir"),
    sinks=(SinkKind.PATH,),
    title="the browser names a file of the server",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(22, 73),
    severity=Severity.HIGH,
    gain="with `../../config/settings.py` a stranger reads, or overwrites, any file that the site can",
    mend="join it with `safe_join`, or look it up in a list of names",
)  # fmt: skip
def path_traversal(code: Code) -> Iterator[Hit]:
    """Find paths that the request has a part in, with nothing that cleans them."""
    if looks_at_path(code):
        return
    for call, path in opened_paths(code):
        clears = (*_CLEANED_PATHS, *_below(code, path), *code.clears(SinkKind.PATH))
        origin = code.origin(path, *clears)
        is_stored = origin.is_stored and bool(origin.writer) and _is_of_json(code, origin)
        if not origin.is_browser and not is_stored:
            yield from _anywhere(code, call, path)
            continue
        if _is_upload(code, path, origin) or was_looked_at(code, origin):
            continue
        whence = "comes from the browser" if origin.is_browser else "is what somebody stored"
        way = code.flow(origin, call, "names the file")
        others = handed_in(code.body, path, way, frozenset(clears), _of_browser)
        hit = Hit(
            (code.spot(call), *others),
            f"the path in `{tail(call.func)}(…)` {whence}",
            Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
            code.symbol,
            flow=way,
            cause=code.cause(origin),
        )
        is_named = origin.is_posted and code.beginning(path, *clears).is_posted
        is_read = tail(call.func) == "open" and not is_named
        yield _confined(hit, is_read=is_read) if _is_of_storage(code, call) else hit


def _anywhere(code: Code, call: n.Call, path: n.Expr) -> Iterator[Hit]:
    """Yield a path in which nothing but `..` is looked for, where it is joined to a folder."""
    if _is_of_storage(code, call):
        return  # Django's own keep to their folder
    origin = absolute(code, path, (*_OF_PARTS, *code.clears(SinkKind.PATH)))
    if origin is not None and not _is_upload(code, path, origin):
        yield Hit(
            (code.spot(call),),
            f"the path in `{tail(call.func)}(…)` leaves its folder where the name begins with a slash",
            Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, call, "names the file"),
            gain="`..` is refused, and `/etc/passwd` is joined to any folder as it is: a stranger reads,"
            " or overwrites, any file that the site can",
        )


@code_rule(
    "trust.served-path",
    words=("HttpResponse", "response", "resp", "res", "headers", "Response"),
    needs_browser=True,
    title="the browser names a file that the web server sends",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(22, 73, 639),
    severity=Severity.MEDIUM,
    gain="a stranger names any file that the web server can send, also those of others",
    mend="look the name up among the rows of the person who asks, and send the path that the row has",
)
def served_path(code: Code) -> Iterator[Hit]:
    """Find `response["X-Accel-Redirect"]` and its like set to a path of the browser's."""
    for value in _handed_to_server(code):
        origin = code.origin(value, *_CLEANED_PATHS, *code.clears(SinkKind.PATH))
        if origin.is_browser:
            yield Hit(
                (code.spot(value),),
                "the web server sends the file that the browser names",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, value, "names the file"),
            )


# nginx; Apache and others; lighttpd; Perlbal
_SENDING = frozenset({"x-accel-redirect", "x-sendfile", "x-lighttpd-send-file", "x-reproxy-file"})


def _handed_to_server(code: Code) -> Iterator[n.Expr]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and _is_sending(target.index):
                    yield statement.value
    for mapping in code.every(n.Mapping):
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            if _is_sending(key):
                yield value


def _is_sending(node: n.Expr | None) -> bool:
    return (text(node) or "").lower() in _SENDING


def _confined(hit: Hit, *, is_read: bool) -> Hit:
    """Return the hit as it is in a storage of Django's, which keeps to its own folder.

    What an address names there may well be for everybody; what a form names, folder and all, is
    taken for the sender's own, and what is deleted is gone.
    """
    return replace(
        hit,
        confidence=Confidence.LOW if is_read else Confidence.MEDIUM,
        severity=Severity.MEDIUM,
        gain="a stranger reads, overwrites or deletes any file in the storage, whoever sent it",
        mend="look the name up among the files of the person who asks",
    )


def opened_paths(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the calls that open a file, or do anything else with it, and its path."""
    for call in code.calls("open", "file"):  # the second is that of Python 2
        if isinstance(call.func, n.Name) and call.args and code.resolve(call.func) is None:
            yield call, _through_join(call.args[0])
    for found in sunk(code, SinkKind.PATH):
        takes_files = found.sink.package in _TAKE_FILES
        if not takes_files or _is_put_together(code, found.value):
            yield found.call, _through_join(found.value)
    for call in code.calls(
        "read_text", "read_bytes", "write_text", "write_bytes", "open", "unlink"
    ):
        receiver = receiver_of(call)
        if call.args and code.name(receiver) in ("pathlib.Path", "pathlib.PosixPath"):
            receiver = call.args[0]  # `Path.open(base / name)`
        if receiver is not None and _is_path(code, receiver):
            yield call, receiver
    for call in code.calls("open", "delete", "listdir"):
        if call.args and _is_of_storage(code, call):
            yield call, _through_join(call.args[0])


def _is_put_together(code: Code, value: n.Expr) -> bool:
    """Whether a value is a path for certain, no file: it is joined, here or where its name gets it."""
    if isinstance(value, n.Call):
        return tail(value.func) not in _MAKES_FILES
    if isinstance(value, n.Joined | n.Binary):
        return True
    made = code.assigned(value.id) if isinstance(value, n.Name) else []
    return bool(made) and all(
        isinstance(one, n.Joined | n.Binary)
        or (isinstance(one, n.Call) and tail(one.func) in ("join", "joinpath", "Path"))
        for one in made
    )


def _through_join(node: n.Expr) -> n.Expr:
    """`os.path.join(a, b)` carries what all its arguments carry."""
    if isinstance(node, n.Call) and tail(node.func) in ("join", "Path") and node.args:
        return n.Sequence(node.span, "tuple", node.args)
    return node


def _is_of_storage(code: Code, call: n.Call) -> bool:
    """Whether a call is a method of what is by its name a storage of Django's, and is nothing else."""
    func = call.func
    if not isinstance(func, n.Attr) or func.name[:1].isupper():
        return False  # `django.core.files.storage.FileSystemStorage(…)` makes one
    if not _STORAGE.search(tail(func.value)):
        return False
    held = code.type_of(func.value, call)
    return held is None or code.project.site.classes.inherits(held.symbol, "Storage")


def _is_path(code: Code, node: n.Expr) -> bool:
    if isinstance(node, n.Binary) and node.op == "/":
        return True
    values = [_before_methods(value) for value in code.assigned(tail(node)) or code.made(node)]
    return _is_path_property(code, node) or any(
        (isinstance(v, n.Binary) and v.op == "/")
        or (isinstance(v, n.Call) and (tail(v.func) in _PATHS or _returns_path(code, v)))
        for v in values
    )


def _before_methods(node: n.Expr) -> n.Expr:
    """Return `base / name` of `(base / name).resolve()`."""
    while isinstance(node, n.Call) and tail(node.func) in _SAME_PATH:
        if not isinstance(node.func, n.Attr):
            break
        node = node.func.value
    return node


_SAME_PATH = frozenset({"resolve", "absolute", "expanduser", "with_suffix"})
_PATHS = ("Path", "PurePath", "joinpath")


def _returns_path(code: Code, call: n.Call) -> bool:
    """Whether a call is one of a function of the site's that says it returns a `Path`, or does."""
    func = call.func
    found = code.resolve(func)
    if isinstance(func, n.Attr) and tail(func.value) == "self" and code.owner is not None:
        found = code.project.site.classes.method(code.owner, func.name)
    return isinstance(found, FunctionSymbol) and _gives_path(code, found)


def _is_path_property(code: Code, node: n.Expr) -> bool:
    """Whether it is `self.target`, of a property that returns a path."""
    if not isinstance(node, n.Attr) or tail(node.value) != "self" or code.owner is None:
        return False
    found = code.project.site.classes.method(code.owner, node.name)
    return found is not None and _gives_path(code, found)


def _gives_path(code: Code, function: FunctionSymbol) -> bool:
    if function.node.returns is not None:
        return tail(function.node.returns) in _PATHS
    body = code.project.flow.body(function)
    return any(_is_made_path(value, env) for value, env, _span in body.scope.returns[:4])


def _is_made_path(node: n.Expr, env: Env) -> bool:
    """Whether an expression puts a path together, here or where its name was given."""
    found = env.get(node.id) if isinstance(node, n.Name) else None
    made = found.expr if isinstance(found, Value) and found.how == "assigned" else node
    if isinstance(made, n.Binary):
        return made.op == "/"
    return isinstance(made, n.Call) and tail(made.func) in _PATHS


def _is_of_json(code: Code, origin: Origin) -> bool:
    """Whether a stored text is a part of JSON: no validator of a field has looked at it."""
    source = origin.source
    if not isinstance(source, n.Attr):
        return False
    found = code.type_of(source.value, source)
    field = found.model.field(source.name) if found is not None and found.model else None
    return field is not None and field.kind.endswith("JSONField")


def _of_browser(_given: n.Expr, origin: Origin) -> bool:
    return origin.is_browser


def _below(code: Code, path: n.Expr) -> tuple[str, ...]:
    """Return what leads no further where it is a part of a path: a name without a slash in it."""
    is_whole = all(isinstance(made, n.Name) for made in code.made(path))
    return () if is_whole else (SEGMENT,)


def _is_upload(code: Code, path: n.Expr, origin: Origin) -> bool:
    """Whether the value is an uploaded file itself, neither its name nor a name that stands in it."""
    if origin.source is None or all(tail(part) != "FILES" for part in inside(origin.source)):
        return False
    return code.origin(path, *_CLEANED_PATHS, *code.clears(SinkKind.PATH), *_PARSERS).is_browser


_PARSERS = ("load", "loads", "safe_load", "reader", "DictReader", "fromstring", "parse")
