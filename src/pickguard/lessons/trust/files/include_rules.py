"""Trust rules about URLconfs of libraries: some hand out what is stored to whoever asks."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n

# their views look a file up by its name and ask nobody who they are
_OPEN_STORES = {
    "db_file_storage.urls": "every file that django-db-file-storage keeps",
    "database_files.urls": "every file that django-database-files keeps",
    "binary_database_files.urls": "every file that django-binary-database-files keeps",
    "filetransfers.urls": "every file that django-filetransfers keeps",
}


@code_rule(
    "trust.open-file-store",
    words=("include", "serve"),
    title="the views of a library hand out stored files to everybody",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(862, 552),
    severity=Severity.HIGH,
    gain="who knows or guesses a file's name reads it without an account",
    mend="write a view that checks who asks, and route that instead",
)
def open_file_store(code: Code) -> Iterator[Hit]:
    """Find `include("db_file_storage.urls")` and its like, and `serve` over all uploaded files."""
    yield from _served(code)
    for call in code.calls("include"):
        named = text(call.args[0]) if call.args else None
        if named in _OPEN_STORES:
            yield Hit(
                (code.spot(call),),
                f"`{named}` shows {_OPEN_STORES[named]} to whoever asks",
                Confidence.HIGH,
                code.symbol,
            )


def _served(code: Code) -> Iterator[Hit]:
    """Yield `path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT})`."""
    for call in code.calls("path", "re_path", "url"):
        view = argument(call, 1, "view")
        if code.name(view) != "django.views.static.serve" or code.is_conditional(call.span):
            continue
        if _root_of(argument(call, 2, "kwargs")) == "MEDIA_ROOT":
            yield Hit(
                (code.spot(call),),
                "`serve` hands every uploaded file to whoever asks",
                Confidence.MEDIUM,
                code.symbol,
                Severity.MEDIUM,
            )


def _root_of(options: n.Expr | None) -> str:
    """Return the last name of the `document_root` among a route's options."""
    if isinstance(options, n.Mapping):
        for key, value in zip(options.keys, options.values, strict=False):
            if text(key) == "document_root":
                return tail(value)
    if isinstance(options, n.Call) and tail(options.func) == "dict":
        return tail(argument(options, -1, "document_root"))
    return ""
