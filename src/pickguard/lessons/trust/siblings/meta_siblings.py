"""The one class that writes rows of a model and names no right in its `Meta`, where the others of the model do.

class VoucherCreate(BaseMutation):                 class VoucherUpdate(BaseMutation):
    class Meta:                                        class Meta:
        model = Voucher                                    model = Voucher
        permissions = ("discounts.add_voucher",)
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.openness import PUBLIC
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

_RIGHTS = re.compile(r"^((required|needed)_)?(permissions?|perms?|rights?|roles?)(_required)?$")
# Django's own say who may by other means
_KNOWN = frozenset({"model", "form", "serializer", "admin", "view", "filterset", "schema", "table"})
_WRITES = frozenset({"save", "delete", "create", "update", "bulk_create", "bulk_update"})
_FEWEST = 2


def of_metas(project: Project) -> Iterator[Hit]:
    """Yield the one class of a module and a model whose `Meta` names no right, and that writes."""
    groups: dict[tuple[str, str], list[ClassSymbol]] = defaultdict(list)
    for symbol in project.site.classes.all:
        label = _label(project, symbol)
        if label:
            groups[symbol.module.path, label].append(symbol)
    for (_path, label), group in sorted(groups.items()):
        named = [symbol for symbol in group if _names_right(project, symbol)]
        odd = [symbol for symbol in group if symbol not in named and _writes(symbol)]
        if len(named) >= _FEWEST and len(odd) == 1:
            yield Hit(
                (Spot(odd[0].module.path, odd[0].node.span),),
                f"`{odd[0].node.name}` names no right in its `Meta`; {len(named)} others that write"
                f" `{label.rpartition('.')[2]}` do",
                Confidence.MEDIUM,
                odd[0].name,
            )


def _label(project: Project, symbol: ClassSymbol) -> str:
    """Return the label of the model that the `Meta` of a class names, of a framework that is not known."""
    meta = project.site.names.own_member(symbol, "Meta")
    if not isinstance(meta, ClassSymbol) or project.kind_of(symbol.module) is not None:
        return ""
    if project.site.classes.kinds(symbol) & _KNOWN:
        return ""
    found = project.site.classes.value(meta, "model")
    model = (
        project.site.models.of(project.site.names.resolve(found.module, found.value))
        if found is not None
        else None
    )
    return model.label if model is not None else ""


def _names_right(project: Project, symbol: ClassSymbol) -> bool:
    meta = project.site.names.own_member(symbol, "Meta")
    names = project.site.names.class_scope(meta) if isinstance(meta, ClassSymbol) else ()
    return any(map(_RIGHTS.match, names))


def _writes(symbol: ClassSymbol) -> bool:
    """Whether a class writes rows, and nothing of its own asks who may."""
    members = (member for member in symbol.node.body if isinstance(member, n.Function))
    words = {word for member in members for word in member.words}
    is_asking = asks_who_may(words) or PUBLIC.search(symbol.node.name)
    return not is_asking and not _WRITES.isdisjoint(words)
