"""Rows that a function of the site hands back once it has asked whether the caller may have them.

    talk = get_talk(request, talk_id)
    talk, refusal = find_talk(request, talk_id)

The function looks at the user; what it hands back is known by its type, or by the name that it gets here.
"""

from collections.abc import Iterator

from msgspec import Struct

from pickguard.flow.values.instance import Sort
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.siblings.model_siblings import uses_user
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to

_WHO = frozenset({"request", "user"})


class Asked(Struct, frozen=True):
    """A row that was asked about: the call that hands it back, its model, the name that it gets."""

    call: n.Call
    model: Model
    name: str


def asked_rows(code: Code) -> Iterator[Asked]:
    """Yield the rows that functions of the site hand to a body of code, and ask the user about."""
    for statement in code.statements:
        if not isinstance(statement, n.Assign) or not isinstance(statement.value, n.Call):
            continue
        call, target = statement.value, _first(statement.targets[0])
        if not isinstance(target, n.Name) or not _is_told_who(call):
            continue
        helper = code.resolve(call.func)
        if not isinstance(helper, FunctionSymbol) or not uses_user(helper):
            continue
        model = _model(code, call, target)
        if model is not None:
            yield Asked(call, model, target.id)


def _first(target: n.Expr) -> n.Expr:
    """Return what gets the first part of a value that is unpacked: `talk` of `talk, refusal`."""
    return target.items[0] if isinstance(target, n.Sequence) and target.items else target


def _is_told_who(call: n.Call) -> bool:
    """Whether a call is given the request or the user, and something besides."""
    given = given_to(call)
    return len(given) > 1 and any(tail(value) in _WHO for value in given)


def _model(code: Code, call: n.Call, target: n.Name) -> Model | None:
    found = code.type_of(call)
    if found is not None:
        return found.model if found.sort is Sort.INSTANCE else None
    named = code.project.site.models.by_name.get(target.id.replace("_", "").lower(), ())
    return named[0] if len(named) == 1 else None
