"""Trust rules about URLconfs of libraries: some hand out what is stored to whoever asks."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import text

# their views look a file up by its name and ask nobody who they are
_OPEN_STORES = {
    "db_file_storage.urls": "every file that django-db-file-storage keeps",
    "database_files.urls": "every file that django-database-files keeps",
    "binary_database_files.urls": "every file that django-binary-database-files keeps",
    "filetransfers.urls": "every file that django-filetransfers keeps",
}


@code_rule(
    "trust.open-file-store",
    words=("include",),
    title="the views of a library hand out stored files to everybody",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(862, 552),
    severity=Severity.HIGH,
    gain="who knows or guesses a file's name reads it without an account",
    mend="write a view that checks who asks, and route that instead",
)
def open_file_store(code: Code) -> Iterator[Hit]:
    """Find `include("db_file_storage.urls")` and its like."""
    for call in code.calls("include"):
        named = text(call.args[0]) if call.args else None
        if named in _OPEN_STORES:
            yield Hit(
                (code.spot(call),),
                f"`{named}` shows {_OPEN_STORES[named]} to whoever asks",
                Confidence.HIGH,
                code.symbol,
            )
