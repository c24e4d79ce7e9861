"""Viewsets that ask more of PUT than of PATCH: a list of actions names `update`, and not `partial_update`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.actions.action_rules import asked_before, lists_of, sent_to_viewsets
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, items_of, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_WRITING = ("partial_update", "update", "perform_update", "get_serializer", "get_serializer_class")


def of_patches(project: Project) -> Iterator[Hit]:
    """Yield the viewsets whose PATCH passes by the list that their PUT stands in."""
    seen: set[Spot] = set()
    for symbol, methods in sent_to_viewsets(project).items():
        if "PATCH" not in methods or _looks_itself(project, symbol):
            continue
        for spot, name in list(_by_tables(project, symbol)) or _by_branches(project, symbol):
            if spot not in seen:
                seen.add(spot)
                yield Hit(
                    (spot,),
                    f"`{symbol.node.name}` asks for `{name}` before `update`, and not before `partial_update`",
                    Confidence.MEDIUM,
                    symbol.name,
                    gain="who is refused by PUT sends a PATCH, and changes the rows all the same",
                    mend="name `partial_update` beside `update`",
                )


def _looks_itself(project: Project, symbol: ClassSymbol) -> bool:
    """Whether what the update runs through looks at who asks."""
    methods = (m for name in _WRITING for m in project.site.classes.methods(symbol, name))
    return any(not PERMISSION_WORDS.isdisjoint(method.node.words) for method in methods)


def _by_branches(project: Project, symbol: ClassSymbol) -> Iterator[tuple[Spot, str]]:
    """Yield where `get_permissions` asks of a PATCH what it asks of a GET, and more of a PUT."""
    method = project.site.classes.method(symbol, "get_permissions")
    if method is None or "action" not in method.node.words:
        return
    block, lists = body(method.node), lists_of(project, symbol, method.module)
    put, patch, shown = (
        asked_before(block, action, lists=lists)
        for action in ("update", "partial_update", "retrieve")
    )
    if put is None or not patch or patch != shown:
        return  # one that asks for nothing is told as an open action
    more = [name for name in put if name not in patch]
    if more:
        yield _where_written(project, symbol, method), more[0]


def _by_tables(project: Project, symbol: ClassSymbol) -> Iterator[tuple[Spot, str]]:
    """Yield the tables of permissions by action that leave a PATCH to what the class asks for otherwise."""
    method = project.site.classes.method(symbol, "get_permissions")
    held = project.site.classes.value(symbol, "permission_classes")
    if method is None or held is None:
        return
    otherwise = _names(held.value)
    for word in method.node.words:
        found = project.site.classes.value(symbol, word)
        table = found.value if found is not None else None
        if found is None or not isinstance(table, n.Mapping):
            continue
        entries = {
            text(key): value for key, value in zip(table.keys, table.values, strict=True) if key
        }
        more = _names(entries["update"]) if "update" in entries else []
        if "partial_update" in entries or not set(otherwise) < set(more):
            continue
        yield Spot(found.module.path, table.span), next(one for one in more if one not in otherwise)


def _names(node: n.Expr) -> list[str]:
    """Return the permission classes of a list, `AllowAny` left out."""
    names = [tail(func_of(item)) for item in items_of(node)]
    return [name for name in names if name != "AllowAny"]


def _where_written(project: Project, symbol: ClassSymbol, method: FunctionSymbol) -> Spot:
    """Return the place of the list that names `update`: an attribute of the class, or in the method itself."""
    for word in method.node.words:
        found = project.site.classes.value(symbol, word)
        if found is not None and "update" in texts(found.value):
            return Spot(found.module.path, found.value.span)
    written = (node for node in expressions(body(method.node)) if isinstance(node, n.Sequence))
    named = next((node.span for node in written if "update" in texts(node)), method.node.span)
    return Spot(method.module.path, named)
