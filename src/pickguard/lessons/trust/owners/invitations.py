"""Invitations that whoever counts their numbers accepts, whoever's address they were sent to.

invitation = get_object_or_404(Invitation, pk=pk, accepted=False)
Seat.objects.create(team=invitation.team, user=request.user)
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.ownership import is_user, owner_field, rows_of
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_INVITES = re.compile(r"invit", re.IGNORECASE)
_NUMBERS = frozenset({"pk", "id"})
_SHOWS = PAGES | {"info", "debug", "warning", "success", "error"}


def of_invitations(project: Project, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield the invitation that is taken by its number, and given to whoever asks, past its address."""
    words = set(function.node.words)
    if words.isdisjoint(TAKES_ROW) or _mentions_address(words) or asks_who_may(words):
        return
    block = body(function.node)
    named = names_of_calls(statements(block))
    for call in expressions(block):
        model = _invitation(project, function, call) if isinstance(call, n.Call) else None
        if model is None or owner_field(project, model) is not None:
            continue
        if _is_given(project, model, block, set(named.get(call.span, ()))):
            yield Hit(
                (Spot(function.module.path, call.span),),
                f"any `{model.name}` is accepted by its number, whoever its address is",
                Confidence.MEDIUM,
                function.name,
                mend="take it by a token that only the address was sent, or hold it against `request.user.email`",
            )
            return


def _mentions_address(words: set[str]) -> bool:
    return any("mail" in word for word in words)


def _invitation(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    """Return the model of an invitation that is sent to an address, and taken by its number alone."""
    keys = {keyword.name for keyword in choosing(call)}
    if tail(call.func) not in TAKES_ROW or not keys or not keys <= _NUMBERS:
        return None
    model = rows_of(project, function, call.args[0] if call.args else receiver_of(call))
    if model is None or not _INVITES.search(model.name):
        return None
    has_address = any(field.kind == "EmailField" for field in model.fields)
    is_random = any(field.options.get("primary_key") for field in model.fields)
    return model if has_address and not is_random else None


def _is_given(project: Project, model: Model, block: tuple[n.Stmt, ...], names: set[str]) -> bool:
    """Whether a call brings together the row and who asks, and its method looks at no address either."""
    for node in expressions(block):
        if not isinstance(node, n.Call) or tail(node.func) in _SHOWS:
            continue
        given = given_to(node)
        parts = {part.id for part in inside(node) if isinstance(part, n.Name)}
        if any(map(is_user, given)) and parts & names:
            method = (
                project.site.classes.method(model.symbol, tail(node.func))
                if isinstance(model.symbol, ClassSymbol)
                else None
            )
            return method is None or not _mentions_address(set(method.node.words))
    return False
