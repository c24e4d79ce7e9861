"""The remote procedure that changes rows for whoever calls, where the others of the site ask for a right."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import effect_spot, tail
from pickguard.lessons.trust.openness import PUBLIC
from pickguard.site.access.answers import LOGIN_WORDS
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of

_FEWEST = 4
# `@permissions_required("notes.add_note")`, `@rpc_method(auth=is_staff)`, `@jsonrpc_method("add", authenticated=True)`
_ASKS = re.compile(r"perm|auth|login|require|role|staff|passes", re.IGNORECASE)


def of_procedures(project: Project) -> Iterator[Hit]:
    """Yield the procedures that ask nobody, where four and four times as many that change rows do ask."""
    effects = ((one, project.effects.change(one)) for one in _procedures(project))
    changing = [(one, effect) for one, effect in effects if effect is not None]
    odd = [found for found in changing if not _asks(found[0]) and not _is_public(found[0])]
    asking = len(changing) - len(odd)
    if asking < max(_FEWEST, _FEWEST * len(odd)):
        return
    for one, effect in odd:
        yield Hit(
            (Spot(one.module.path, one.node.span), effect_spot(effect)),
            f"the procedure `{one.node.name}` {effect.what}, and asks nobody who they are; {asking} others do",
            Confidence.MEDIUM,
            one.name,
        )


def _is_public(procedure: FunctionSymbol) -> bool:
    return PUBLIC.search(procedure.node.name) is not None


def _procedures(project: Project) -> Iterator[FunctionSymbol]:
    """Yield the functions that clients call by name; methods that a library calls stand under no decorator."""
    for received in project.site.received:
        if received.function.node.decorators and not project.kind_of(received.function.module):
            yield received.function


def _asks(function: FunctionSymbol) -> bool:
    """Whether a decorator asks who calls, or an argument of one says so, or the code itself does."""
    if not (PERMISSION_WORDS | LOGIN_WORDS | {"user"}).isdisjoint(function.node.words):
        return True
    for decorator in function.node.decorators:
        said = [tail(func_of(decorator))]
        if isinstance(decorator, n.Call):
            said += [word.name or "" for word in decorator.keywords]
        if any(map(_ASKS.search, said)):
            return True
    return False
