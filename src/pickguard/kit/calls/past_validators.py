"""Rows that code makes itself: `validators` of their fields are asked by forms and `full_clean()`, not by `save()`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit.calls.made_rows import MAKES
from pickguard.kit.code import Code, tail
from pickguard.kit.rule import Spot
from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

ASKS = frozenset({"full_clean", "clean_fields", "run_validators"})
"""What asks the validators, by hand or for a whole row."""


def made_model(code: Code, call: n.Call) -> Model | None:
    """Return the model that a call makes a row of."""
    name = tail(call.func)
    if not (name[:1].isupper() or name in MAKES):
        return None
    found = code.type_of(call)
    return found.model if found is not None else None


def saved_at(code: Code, made: n.Call) -> Iterator[Spot]:
    """Yield where the row is saved that a call has made."""
    for call in code.calls("save", "asave"):
        row = receiver_of(call)
        is_kept = isinstance(row, n.Name) and any(value is made for value in code.assigned(row.id))
        if row is made or is_kept:
            yield code.spot(call, "it is saved here")
            return


def asks_itself(code: Code, model: Model) -> bool:
    """Whether a model asks its validators wherever a row is made, or saved."""
    classes = code.project.site.classes
    methods = [classes.method(model.symbol, name) for name in ("save", "__init__")]
    return any(method is not None and ASKS & set(method.node.words) for method in methods)
