"""Acts in the name of whomever the browser says: `note.likes.add(User.objects.get(pk=request.POST["user"]))`.

Who likes, keeps or votes for something is who is logged in. That is what the relation is called by, or what the
site puts there elsewhere: `note.readers.add(request.user)`.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project
from pickguard.kit.calls.memberships import OF_OTHERS
from pickguard.kit.code import tail
from pickguard.lessons.trust.names.named_people import is_named_person
from pickguard.lessons.trust.ownership import is_user, reverse_names
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_PUTS = frozenset({"add", "aadd"})
_TAKES_AWAY = frozenset({"remove", "aremove"})
# What people do by themselves alone
_ACT = re.compile(
    r"(^|_)((dis|un)?lik(es?|ed|ers?|ing)|followers?|following|followed_by|favou?rit(es?|ed|ed_by|ings?)|bookmark(s|ed)?"
    r"|(up|down)?vot(es?|ers?|ed|ed_by)|loves?|loved_by|hearts?|claps?|saves|saved_by|readers?|read_by|seen_by"
    r"|view(ers|ed_by)|wish_?list(s|ed)?)($|_)",
    re.IGNORECASE,
)


def of_acts(code: Code, function: FunctionSymbol) -> Iterator[Hit]:
    """Yield where a function adds a person whom the browser names to those who do something.

    To take one away is told beside it alone: one's own followers may be sent away.
    """
    added = {relation.name for _call, relation in _named(code, function, _PUTS)}
    for call, relation in _named(code, function, _PUTS | _TAKES_AWAY) if added else ():
        if relation.name in added:
            yield Hit(
                (code.spot(call),),
                f"the browser says whose name goes among the `{relation.name}`, or leaves them",
                Confidence.MEDIUM,
                code.symbol,
                mend=f"take who is logged in: `.{relation.name}.add(request.user)`",
            )


def _named(
    code: Code, function: FunctionSymbol, changes: frozenset[str]
) -> Iterator[tuple[n.Call, n.Attr]]:
    """Yield the calls that change who does something by a person whom the browser names, with the relation."""
    for call in code.calls(*sorted(changes)):
        relation = receiver_of(call)
        if not isinstance(relation, n.Attr) or len(call.args) != 1:
            continue
        by_people = _is_done_by_people(code, relation)
        person = call.args[0] if by_people else relation.value
        if (by_people or _is_of_person(code, relation)) and is_named_person(code, function, person):
            yield call, relation


def _is_done_by_people(code: Code, relation: n.Attr) -> bool:
    """Whether a relation of a row holds the people who do something of themselves: `note.likes`."""
    model = _model_of(code, relation.value)
    field = model.field(relation.name) if model is not None else None
    if model is None or field is None or field.kind != "ManyToManyField":
        return False
    if (field.target or "").lower() not in code.project.user_models:
        return False
    return bool(_ACT.search(relation.name)) or _is_joined(code.project, relation.name)


def _is_joined(project: Project, name: str) -> bool:
    """Whether who asks is put among the people of a relation elsewhere, and nobody picks them, by its name."""
    return not OF_OTHERS.search(name) and name in project.once(_joined)


def _joined(project: Project) -> frozenset[str]:
    """Return the names of the relations to which the site adds who asks."""
    return frozenset(
        relation.name
        for function in project.flow.callers.holding("add")
        if project.kind_of(function.module) is None
        for call in expressions(body(function.node))
        if isinstance(call, n.Call) and tail(call.func) in _PUTS and any(map(is_user, call.args))
        if isinstance(relation := receiver_of(call), n.Attr)
    )


def _is_of_person(code: Code, relation: n.Attr) -> bool:
    """Whether a relation of a person holds what they do something to: `person.liked_notes`, `person.following`."""
    model = _model_of(code, relation.value)
    if model is None or not model.is_user or not _ACT.search(relation.name):
        return False
    field = model.field(relation.name)
    is_own = field is not None and field.kind == "ManyToManyField"
    return is_own or relation.name in code.project.once(reverse_names)


def _model_of(code: Code, row: n.Expr) -> Model | None:
    found = code.type_of(row)
    return found.model if found is not None else None
