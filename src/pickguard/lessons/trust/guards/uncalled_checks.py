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
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.asking import REFUSALS
from pickguard.site.access.guards import PERMISSION_WORDS, SENDING_AWAY
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, flatten
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import heads, within

_NAMED = re.compile(
    r"^_?("
    r"(check|assert|ensure|verify|require|enforce)_(\w+_)?(permissions?|perms?|access|authori[sz]ation|authori[sz]ed"
    r"|owner|ownership|allowed)"
    r"|((is|user_is)_(\w+_)?(authori[sz]ed|permitted))"
    r")$"
)
_ALLOWS = re.compile(r"^_?(allow|deny|refuse)_\w+$")
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
    yield from _of_modules(project)
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


def _of_modules(project: Project) -> Iterator[Hit]:
    """Yield the functions beside views that refuse people, and that nothing mentions."""
    beside = {
        view.symbol.module.path: view.symbol.module
        for _route, view in project.views()
        if isinstance(view.symbol, ClassSymbol | FunctionSymbol)
    }
    for _path, module in sorted(beside.items()):
        if project.kind_of(module) is not None:
            continue
        for name in project.site.names.scope(module):
            function = project.site.names.member(module, name)
            if not isinstance(function, FunctionSymbol) or function.module.path != module.path:
                continue
            if _refuses_people(function) and not _is_mentioned_anywhere(project, function):
                yield _hit(function)


def _refuses_people(function: FunctionSymbol) -> bool:
    """Whether a function asks about a person, by its name, and says no to some."""
    if not (_NAMED.match(function.node.name) or _ALLOWS.match(function.node.name)):
        return False
    params = {param.name for param in function.node.params}
    return bool(params & {"request", "user"}) and not REFUSALS.isdisjoint(function.node.words)


def _is_mentioned_anywhere(project: Project, function: FunctionSymbol) -> bool:
    name = function.node.name
    if _is_mentioned(project, name) or _is_imported(project, name):
        return True
    return any(
        tail(part) == name or text(part) == name
        for statement in flatten(function.module.record.body)
        for part in within(_outside(statement))
    )


def _is_imported(project: Project, name: str) -> bool:
    return any(
        isinstance(statement, n.Import) and statement.attribute == name
        for module in project.site.names.modules
        for statement in flatten(module.record.body)
    )


def _outside(statement: n.Stmt) -> Iterator[n.Expr]:
    """Yield what a statement of a module holds, of functions and classes their decorators."""
    if isinstance(statement, n.Function | n.Class):
        yield from statement.decorators
    else:
        yield from heads(statement)


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
    around = f" of `{method.owner.node.name}`" if method.owner is not None else ""
    return Hit(
        (Spot(method.module.path, method.node.span),),
        f"nothing calls `{method.node.name}`{around}",
        Confidence.MEDIUM,
        method.name,
        mend="ask it where the row is taken, or take it out",
    )
