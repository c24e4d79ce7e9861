"""Rows of anybody's that are written over, and given to whoever asks.

Entry.objects.update_or_create(client_id=item["client_id"], defaults={"user": user, "note": item["note"]})
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project
from pickguard.kit.code import argument, is_asker, tail, text
from pickguard.lessons.trust.ownership import MADE, is_chosen_by_owner, owner_field, rows_of
from pickguard.lessons.trust.row_keys import taken_from
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n

_UPSERTS = ("update_or_create", "aupdate_or_create")
_KEYS = re.compile(r"(^|_)(pk|id|uuid|guid|uid|slug|number|key|ref|reference)$")
# What moves with its owner on purpose: the token of a device, an account elsewhere
_MOVES = re.compile(
    r"device|token|subscri|registration|session|social|account|connection|push|login|credential",
    re.IGNORECASE,
)
_ASKERS = frozenset({"user", "owner", "request_user", "current_user", "author", "member"})


def of_taken_over(project: Project) -> Iterator[Hit]:
    """Yield the rows that are looked up without their owner, and whose owner is then whoever asks."""
    for word in _UPSERTS:
        for function in project.flow.callers.holding(word):
            if project.kind_of(function.module) is None:
                yield from _in_function(project, function)


def _in_function(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    code = project.code_of(function)
    for call in code.calls(*_UPSERTS):
        model = rows_of(project, function, taken_from(call))
        owner = owner_field(project, model, 0) if model is not None else None
        if model is None or owner is None or model.is_user or MADE.search(owner):
            continue
        keys = [k.name for k in call.keywords if k.name and k.name not in _DEFAULTS]
        is_own = any(key.partition("__")[0].removesuffix("_id") == owner for key in keys)
        if not keys or is_own or _MOVES.search(model.name) or any(map(_MOVES.search, keys)):
            continue
        if not all(map(_KEYS.search, keys)) or not is_chosen_by_owner(project, model, owner):
            continue
        if _gives_to_asker(code, call, owner):
            yield Hit(
                (code.spot(call),),
                f"any `{model.name}` is written over, whoever its `{owner}` was, and is the asker's then",
                Confidence.MEDIUM,
                code.symbol,
                gain="a user sends the number of somebody else's row, and has it, with what stood in it",
                mend=f"look it up among the asker's own: `update_or_create({owner}=…, {keys[0]}=…)`",
            )


_DEFAULTS = frozenset({"defaults", "create_defaults"})


def _gives_to_asker(code: Code, call: n.Call, owner: str) -> bool:
    """Whether what is written makes the row that of whoever asks: `defaults={"user": request.user}`."""
    for made in code.made(argument(call, -1, "defaults")):
        if not isinstance(made, n.Mapping):
            continue
        for key, value in zip(made.keys, made.values, strict=True):
            if text(key) in (owner, f"{owner}_id"):
                bare = (
                    value.value
                    if isinstance(value, n.Attr) and value.name in ("pk", "id")
                    else value
                )
                return is_asker(bare) or (isinstance(bare, n.Name) and tail(bare) in _ASKERS)
    return False
