"""What an operation of Ninja lets the browser write, as far as its schemas and its body tell it."""

from __future__ import annotations

from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view_forms import written
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_UNPACKS = frozenset({"dict", "model_dump"})
# Without one of these words an operation writes no row by itself
_WRITING = frozenset(
    {
        "save",
        "asave",
        "create",
        "acreate",
        "update",
        "aupdate",
        "setattr",
        "bulk_create",
        "bulk_update",
    }
    | {"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create", "set", "add"}
)


def written_by(operation: FunctionSymbol, schemas: tuple[Form, ...]) -> tuple[str, ...] | None:
    """Return `app.Model.field` of what an operation writes, or None where that cannot be told.

    A schema of a model that is unpacked (`Note(**payload.dict())`) is written as it stands. An
    operation that writes field by field, or with a schema of its own fields, is not told; one that
    only hands its schema on to another function is not either.
    """
    words = set(operation.node.words)
    if not schemas:
        return None if words & _WRITING or _hands_on(operation) else ()
    if any(schema.model is None for schema in schemas):
        return None
    return written(schemas) if words & _WRITING and words & _UNPACKS else None


def _hands_on(operation: FunctionSymbol) -> bool:
    """Whether it gives a parameter to something that may write it."""
    names = {param.name for param in operation.node.params[1:]}
    return any(
        isinstance(node, n.Call) and any(tail(item) in names for item in node.args)
        for node in expressions(body(operation.node))
    )
