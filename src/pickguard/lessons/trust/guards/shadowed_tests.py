"""Guards of two mixins that answer under one name: Python asks the first, and the second never.

`class Edit(StaffMixin, OwnerMixin, UpdateView)` where both define `test_func`: Django's own pages say
that such mixins cannot be stacked.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.lessons.trust.login_alone import is_plain
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol

_ANSWERING = {
    "test_func": ".UserPassesTestMixin",
    "has_permission": ".PermissionRequiredMixin",
}
_ASKED_OF_MORE = frozenset({"is_superuser"})


def of_shadowed_tests(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the view classes two of whose mixins answer whether somebody may come in."""
    for name, library in _ANSWERING.items():
        if project.site.classes.inherits(symbol, library):
            yield from _shadowed(project, symbol, name)


def _shadowed(project: Project, symbol: ClassSymbol, name: str) -> Iterator[Hit]:
    own = project.site.names.own_member
    line = project.site.classes.own_line(symbol)
    answers = [a for owner in line if isinstance(a := own(owner, name), FunctionSymbol)]
    if len(answers) < 2 or not _is_last_word(answers[0]):
        return
    first = answers[0]
    for other in answers[1:]:
        if _meant_to_be_asked(project, first, other):
            yield Hit(
                (
                    Spot(symbol.module.path, symbol.node.span),
                    Spot(first.module.path, first.node.span, "the one that is asked"),
                    Spot(other.module.path, other.node.span, "the one that never is"),
                ),
                f"`{symbol.node.name}` asks `{first.qualname}` alone: `{other.qualname}` stands behind it,"
                " and answers to the same name",
                Confidence.HIGH,
                symbol.name,
                mend=f"let `{name}` of each mixin go on with `super().{name}()`, or ask in `dispatch`",
            )
            return


def _is_last_word(first: FunctionSymbol) -> bool:
    """Whether an answer neither asks the next one nor is stricter than all others."""
    return not {"super", *_ASKED_OF_MORE} & set(first.node.words)


def _meant_to_be_asked(project: Project, first: FunctionSymbol, other: FunctionSymbol) -> bool:
    """Whether the second answer belongs to another mixin than the first, and asks for more than a login."""
    if first.owner is None or other.owner is None or is_plain(other):
        return False
    if other.owner in project.site.classes.own_line(first.owner):
        return False  # the heir says it anew, on purpose
    return first.node.words != other.node.words
