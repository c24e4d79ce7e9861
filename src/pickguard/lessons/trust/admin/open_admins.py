"""Classes of the admin that give a right to whoever may enter it: `def has_delete_permission(…): return True`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, is_true
from pickguard.source.python.bodies import body

# What the methods give; who may only look is told in a low voice
_GIVES = {
    "has_add_permission": "add",
    "has_change_permission": "change",
    "has_delete_permission": "delete",
    "has_view_permission": "see",
}
_INLINE = (".InlineModelAdmin", ".TabularInline", ".StackedInline")


def of_open_admins(project: Project) -> Iterator[Hit]:
    """Yield the methods of admin classes that answer every member of staff with yes."""
    for symbol in project.site.classes.of_kind("admin"):
        if project.kind_of(symbol.module) is not None:
            continue
        is_inline = project.site.classes.inherits(symbol, *_INLINE)
        for name, verb in _GIVES.items():
            method = project.site.names.own_member(symbol, name)
            yes = _only_yes(method) if isinstance(method, FunctionSymbol) else None
            if yes is None or _has_own_page(project, symbol, verb):
                continue
            if not _has_no_rows(project, symbol):
                yield Hit(
                    (Spot(symbol.module.path, yes.span),),
                    f"whoever may enter the admin may {verb} rows of `{symbol.node.name}`",
                    Confidence.LOW if is_inline or verb == "see" else Confidence.MEDIUM,
                    symbol.name,
                    gain="a member of staff who was given one small right has this one as well",
                    mend="leave the method out, or ask: `request.user.has_perm(…)`",
                )


def _has_own_page(project: Project, symbol: ClassSymbol, verb: str) -> bool:
    """Whether a class has its own page for what the right is about, which asks by itself."""
    return project.site.classes.method(symbol, f"{verb}_view") is not None


def _has_no_rows(project: Project, symbol: ClassSymbol) -> bool:
    """Whether all that a class administers are models without a table, there to get a page of the admin."""
    found = [one.model for one in project.site.admins.registered if one.admin == symbol]
    return bool(found) and all(
        model is not None
        and (managed := project.site.classes.meta(model.symbol, "managed")) is not None
        and is_false(managed.value)
        for model in found
    )


def _only_yes(method: FunctionSymbol) -> n.Stmt | None:
    """Return the `return True` that is all of a method, or None."""
    block = [statement for statement in body(method.node) if not isinstance(statement, n.Do)]
    if len(block) == 1 and isinstance(block[0], n.Return) and is_true(block[0].value):
        return block[0]
    return None
