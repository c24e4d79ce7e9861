"""Names that tell where a value comes from: parts of a request, casts, and what keeps a text."""

from __future__ import annotations

from pickguard.flow.catalog import Words, words

REQUEST_PARTS = words(Words.REQUEST)
REQUEST_CALLS = words(Words.REQUEST_METHODS)
REQUEST_NAMES = frozenset({"request", "req", "_request", "http_request", "django_request"})
# What a form or serializer has read of the request
CLEANED = words(Words.SUBMITTED)
# Stands among what clears a value where the question is about markup
OF_MARKUP = "escape"
# Functions whose result holds no text of what goes in
TYPES = frozenset(
    {"int", "float", "len", "bool", "Decimal", "UUID", "ord", "hash", "round", "abs", "id", "sum"}
    | {"isinstance", "all", "any", "parse_date", "parse_datetime", "strptime", "isdigit", "count"}
    | {"exists", "hexdigest", "now", "today", "time", "token_hex", "token_urlsafe", "uuid4"}
    | {"range"}
    | {"urlencode"}  # `a=1&b=%3C`
)
# A text that nobody has translated comes back as it is
TRANSLATIONS = frozenset(
    {"_", "gettext", "gettext_lazy", "lazy_gettext", "gettext_noop", "ugettext", "ugettext_lazy"}
    | {"ugettext_noop", "pgettext", "pgettext_lazy", "ngettext", "ngettext_lazy", "ungettext"}
    | {"ungettext_lazy", "npgettext", "npgettext_lazy"}
)
# Functions whose result carries the text of what goes in
CARRIERS = frozenset(
    {
        "str",
        "bytes",
        "bytearray",
        "format",
        "join",
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "replace",
        "split",
    }
    | {
        "get",
        "getlist",
        "__getitem__",
        "decode",
        "encode",
        "title",
        "copy",
        "dict",
        "list",
        "tuple",
        "sorted",
    }
    | {"ChainMap", "OrderedDict", "MappingProxyType", "deque", "frozenset"}
    | {
        "unquote",
        "unquote_plus",
        "pop",
        "popleft",
        "popitem",
        "items",
        "lists",
        "values",
        "force_str",
        "smart_str",
        "format_map",
    }
    | {"relative_to", "joinpath", "with_suffix", "with_name", "as_posix", "expanduser"}
    | {"capitalize", "casefold", "center", "ljust", "rjust", "rsplit", "swapcase", "zfill"}
    | {"repr", "splitlines", "removeprefix", "removesuffix", "partition", "rpartition", "cast"}
    | {
        "loads",
        "setdefault",
        "b64decode",
        "reversed",
        "set",
        "next",
        "iter",
        "join",
    }
    | TRANSLATIONS
    | words(Words.CARRYING)
)
# Methods of a path that name the same file, or one beside it
OF_PATHS = frozenset({"resolve", "absolute"})
# What calls the function that it stands on, now or later
LATER = words(Words.LATER) | words(Words.PACKED)
# Those of them that take the arguments as a list and a dictionary
PACKED = words(Words.PACKED)
# Methods of a class of pydantic that make an object of what was sent
VALIDATORS = frozenset({"model_validate", "model_validate_json", "parse_obj", "parse_raw"})
# Methods of its `TypeAdapter` that do
ADAPTED = frozenset({"validate_python", "validate_json", "validate_strings"})
# Functions that do (msgspec, cattrs, dacite): where they take the value, and where the class
CONVERTERS: dict[str, tuple[tuple[int, str], tuple[int, str]]] = {
    "convert": ((0, "obj"), (1, "type")),
    "decode": ((0, "buf"), (-1, "type")),
    "structure": ((0, "obj"), (1, "cl")),
    "from_dict": ((1, "data"), (0, "data_class")),
}
# What a file holds: an uploaded one's is the browser's
READERS = frozenset({"read", "readline", "readlines", "chunks", "getvalue"})
BUILTINS = frozenset({"True", "False", "None", "__name__", "__file__", "print", "str", "int"})
# What asks a mapping for one value: the key is not part of it
LOOKUPS = frozenset({"get", "pop", "setdefault", "getlist", "__getitem__"})
# Their receiver is a module
DECODERS = frozenset({"loads", "b64decode", "unquote", "unquote_plus", "force_str", "smart_str"})
# What returns only what the server itself has signed, also as a function of the site's own
UNSIGNING = frozenset({"unsign", "unsign_object"})
CONSTANT_CALLS = UNSIGNING | {"reverse"}
TYPED_ANNOTATIONS = frozenset(
    {"int", "float", "bool", "Decimal", "UUID", "date", "datetime", "time", "timedelta"}
)
# Of rows: what returns one of them, and what returns others or the same ones
ROW_METHODS = frozenset(
    {"get", "first", "last", "create", "latest", "earliest", "get_or_create", "update_or_create"}
    | {"aget", "afirst", "alast", "acreate", "aget_or_create", "get_or_none", "get_by_natural_key"}
    | {"create_user", "create_superuser", "create_token"}
)
ROWS_METHODS = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "annotate"}
    | {"distinct", "only", "defer", "using", "reverse", "union", "intersection", "difference"}
    | {"iterator", "select_for_update", "in_bulk", "bulk_create", "get_queryset", "complex_filter"}
    | {"live", "active", "published", "public", "specific", "none", "raw", "extra", "alias"}
)
NAMESPACES = frozenset({"SimpleNamespace", "Namespace"})
"""What holds what it is given by name."""

TAKES_ROW = frozenset({"get", "aget", "get_object_or_404", "aget_object_or_404"})
"""What takes one row by what it is called with."""
