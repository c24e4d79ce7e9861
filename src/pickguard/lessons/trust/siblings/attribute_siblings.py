"""The one class of a module that names no right, where its neighbours of the same framework do.

What a framework makes of `permissions = (IsAdmin,)` need not be known: four classes that set it and a fifth
that does not are enough to ask.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.openness import PUBLIC
from pickguard.site.symbols.names import ClassSymbol, External
from pickguard.source.python import nodes as n

_RIGHTS = re.compile(r"^_?((required_|needed_|additional_|any_)?(permissions?|perms?|rights?|roles?|policy_rules)"
                     r"(_required|_classes|_needed|_policy)?|authori[sz]ation|(login|auth)_required)$")  # fmt: skip
_HANDLERS = frozenset({"get", "post", "put", "patch", "delete", "head", "list", "create", "update", "retrieve",
                       "destroy", "dispatch", "handle", "get_context_data", "form_valid", "get_data"})  # fmt: skip
_FEWEST = 4


def of_attributes(project: Project) -> Iterator[Hit]:
    """Yield the classes that answer requests and name no right, where nearly all of their module do."""
    for _path, group in sorted(_groups(project).items()):
        names = {name for symbol in group for name in _rights(project, symbol)}
        for name in sorted(names):
            named = [
                symbol for symbol in group if project.site.classes.member(symbol, name) is not None
            ]
            odd = [symbol for symbol in group if symbol not in named]
            if len(named) < _FEWEST or len(odd) > max(1, len(named) // 6):
                continue
            yield from (_hit(one, name, len(named)) for one in odd if _asks_nothing(project, one))


def _hit(symbol: ClassSymbol, name: str, named: int) -> Hit:
    return Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{symbol.node.name}` has no `{name}`; {named} other classes of the module do",
        Confidence.MEDIUM,
        symbol.name,
    )


def _groups(project: Project) -> dict[str, list[ClassSymbol]]:
    """Return the classes that answer requests in ways of a framework that is not known, by module."""
    found: dict[str, list[ClassSymbol]] = defaultdict(list)
    classes = project.site.classes
    for symbol in classes.all:
        if project.kind_of(symbol.module) is not None or "Mixin" in symbol.node.name:
            continue
        if not any(isinstance(m, n.Function) and m.name in _HANDLERS for m in symbol.node.body):
            continue
        if classes.has_unknown_view(symbol) and any(
            isinstance(a, External) for a in classes.line(symbol)
        ):
            found[symbol.module.path].append(symbol)
    return {path: group for path, group in found.items() if len(group) > _FEWEST}


def _rights(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    """Yield the attributes of a class that name a right."""
    return (name for name in project.site.names.class_scope(symbol) if _RIGHTS.match(name))


def _asks_nothing(project: Project, symbol: ClassSymbol) -> bool:
    if PUBLIC.search(symbol.node.name) or project.site.classes.subclasses.get(symbol):
        return False
    words = {w for method in project.site.classes.own_methods(symbol) for w in method.words}
    return not asks_who_may(words)
