"""Checks of a class that nothing calls: the view looks as if it asked, and lets everybody pass.

class Body(View):
    def check_mail_permissions(self, mail, user): ...

    def get(self, request, pk):
        mail = get_object_or_404(Mail, pk=pk)
        return HttpResponse(mail.body)
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.site.guards import PERMISSION_WORDS, SENDING_AWAY
from pickguard.site.names import ClassSymbol, External, FunctionSymbol

_NAMED = re.compile(
    r"^_?("
    r"(check|assert|ensure|verify|require|enforce)_(\w+_)?(permissions?|perms?|access|authori[sz]ation|authori[sz]ed"
    r"|owner|ownership|allowed)"
    r"|((is|user_is)_(\w+_)?(authori[sz]ed|permitted))"
    r")$"
)
# Base classes that call no method under these names but those of `_HOOKS`
_KNOWN = re.compile(
    r"^(django\.(views|contrib\.auth\.mixins|utils|http)|rest_framework|graphene|graphene_django|channels)\."
)
_HOOKS = frozenset({"check_permissions", "check_object_permissions"})
_WITH_HOOKS = re.compile(r"^rest_framework\.")
_LOOKS = PERMISSION_WORDS | SENDING_AWAY | {"user"}
_CALLED = ("consumer", "graphql_mutation")


def of_uncalled_checks(project: Project) -> Iterator[Hit]:
    """Yield the checks of views, consumers and mutations that no code of the project mentions, each once."""
    seen: set[FunctionSymbol] = set()
    for symbol in _answering(project):
        outside = {
            base.name for base in project.site.classes.line(symbol) if isinstance(base, External)
        }
        if not all(map(_KNOWN.match, outside)):
            continue
        has_hooks = any(map(_WITH_HOOKS.match, outside))
        for method in project.site.classes.own_functions(symbol):
            name = method.node.name
            if method in seen or not _NAMED.match(name) or (has_hooks and name in _HOOKS):
                continue
            seen.add(method)
            if not _LOOKS.isdisjoint(method.node.words) and not _is_mentioned(project, name):
                yield _hit(method)


def _answering(project: Project) -> Iterator[ClassSymbol]:
    """Yield the classes that answer requests."""
    for _route, view in project.views():
        if isinstance(view.symbol, ClassSymbol):
            yield view.symbol
    for kind in _CALLED:
        for symbol in project.site.classes.of_kind(kind):
            if project.kind_of(symbol.module) is None:
                yield symbol


def _is_mentioned(project: Project, name: str) -> bool:
    """Whether some code names a check, other than to say what it is or to add to it."""
    holders = project.flow.callers.holding(name)
    return any(holder.node.name != name for holder in holders)


def _hit(method: FunctionSymbol) -> Hit:
    around = method.owner.node.name if method.owner is not None else ""
    return Hit(
        (Spot(method.module.path, method.node.span),),
        f"nothing calls `{method.node.name}` of `{around}`",
        Confidence.MEDIUM,
        method.name,
        mend="ask it where the row is taken, or take it out",
    )
