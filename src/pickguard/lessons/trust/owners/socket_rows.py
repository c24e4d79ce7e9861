"""Rows that the consumer of a web socket takes by a number of the address, whoever they belong to.

async def connect(self):
    self.chat = await Chat.objects.aget(pk=self.scope["url_route"]["kwargs"]["chat_id"])
    await self.channel_layer.group_add(f"chat-{self.chat.pk}", self.channel_name)
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ASKS
from pickguard.lessons.trust.owners.owner_functions import chosen_rows
from pickguard.lessons.trust.ownership import MADE, is_user, members_field, owner_field
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_CHOOSES = frozenset({"filter", "exclude", "get", "aget", "get_object_or_404", "aget_object_or_404", "contains",
                      "acontains", "exists"})  # fmt: skip
_OF_PERSON = frozenset({"is_authenticated", "is_anonymous", "id", "pk", "username", "email"})


def of_sockets(project: Project) -> Iterator[Hit]:
    """Yield the first row of a user that each consumer takes, where no method of it looks at whose it is."""
    for symbol in project.site.classes.of_kind("consumer"):
        methods = list(project.site.classes.own_functions(symbol))
        if project.kind_of(symbol.module) is not None or any(map(looks_at_person, methods)):
            continue
        for method in methods:
            hit = next(_taken(project, method), None)
            if hit is not None:
                yield hit
                break


def _taken(project: Project, method: FunctionSymbol) -> Iterator[Hit]:
    for call, model in chosen_rows(project, method):
        owner = owner_field(project, model) or members_field(project, model)
        if owner is None:
            continue
        is_said = all(not isinstance(keyword.value, n.Const) for keyword in call.keywords)
        if is_said and not model.is_user and not MADE.search(owner) and not _is_of_person(call):
            yield Hit(
                (Spot(method.module.path, call.span),),
                f"whoever opens the socket reaches any `{model.name}`, whoever its `{owner}` is",
                Confidence.MEDIUM,
                method.name,
                mend="take it among the user's own: `.filter(pk=pk, members=self.scope['user'])`",
            )


def _is_of_person(call: n.Call) -> bool:
    """Whether the number of a row is read from the person: `user.profile_id`."""
    return any(
        isinstance(part, n.Attr) and tail(part.value) == "user"
        for keyword in call.keywords
        for part in inside(keyword.value)
    )


def looks_at_person(method: FunctionSymbol) -> bool:
    """Whether a method asks who may, compares, or chooses rows by the person."""
    words = set(method.node.words)
    if words & PERMISSION_WORDS or any(map(ASKS.search, words)):
        return True
    return any(map(_is_look, expressions(body(method.node))))


def _is_look(node: n.Expr) -> bool:
    if isinstance(node, n.Compare):
        return any(_is_person(part) for part in inside(node))
    if isinstance(node, n.Attr):
        return _is_person(node.value) and node.name not in _OF_PERSON
    if not isinstance(node, n.Call) or tail(node.func) not in _CHOOSES:
        return False
    given = given_to(node)
    return any(_is_person(part) for value in given for part in inside(value))


def _is_person(node: n.Expr) -> bool:
    """Whether an expression is who opened the socket: `self.user`, `self.scope["user"]`."""
    if isinstance(node, n.Index):
        return isinstance(node.index, n.Const) and node.index.value == "user"
    return isinstance(node, n.Name | n.Attr) and is_user(node)
