"""Guards that a view inherits and steps over: its `dispatch` calls another one than the next, or none.

`super(LoginRequiredMixin, self).dispatch(…)` goes on behind the mixin, and `View.dispatch(self, …)` at the end.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.site.access.answers import LOGIN_WORDS
from pickguard.site.access.guards import ASKING, PERMISSION_WORDS, SENDING_AWAY
from pickguard.site.symbols.libraries import library_class
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_GATE = "dispatch"
_GUARDS = PERMISSION_WORDS | SENDING_AWAY


def of_skipped(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the `dispatch` of a view that steps over a guard which the view inherits."""
    if view.kind != "class" or any(applied.guard.login for applied in view.guards):
        return
    line = project.site.classes.line(symbol)
    for place, owner in enumerate(line):
        if not isinstance(owner, ClassSymbol):
            continue
        method = project.site.names.own_member(owner, _GATE)
        if not isinstance(method, FunctionSymbol):
            continue
        words = set(method.node.words) - {each.name.rpartition(".")[2] for each in line}
        if method.node.decorators or words & (ASKING | LOGIN_WORDS | _GUARDS):
            return
        found = _stepped_over(project, line, place, method)
        if found is not None:
            span, skipped = found
            yield from _hits(symbol, method, span, skipped)
            return


def _hits(
    symbol: ClassSymbol,
    method: FunctionSymbol,
    span: int,
    skipped: tuple[ClassSymbol | External, ...],
) -> Iterator[Hit]:
    guard = next((one for one in skipped if _turns_away(one)), None)
    if guard is not None:
        name = guard.name.rpartition(".")[2]
        yield Hit(
            (Spot(method.module.path, span),),
            f"`{symbol.node.name}` inherits `{name}`, and its `dispatch` steps over it",
            Confidence.HIGH,
            symbol.name,
            mend="go on with `super().dispatch(request, *args, **kwargs)`",
        )


def _stepped_over(
    project: Project,
    line: tuple[ClassSymbol | External, ...],
    place: int,
    method: FunctionSymbol,
) -> tuple[int, tuple[ClassSymbol | External, ...]] | None:
    """Return where a `dispatch` steps over some of the ancestors behind it, and over which; None: it does not."""
    for node in expressions(body(method.node)):
        if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
            continue
        if node.func.name != _GATE:
            continue
        around = node.func.value
        if not isinstance(around, n.Call):
            end = _place(project, line, method, around)
            return None if end is None else (node.span, line[place + 1 : end])
        if tail(around.func) != "super" or not around.args:
            return None
        end = _place(project, line, method, around.args[0])
        return None if end is None else (node.span, line[place + 1 : end + 1])
    if "super" in method.node.words or _GATE in method.node.words:
        return None
    # a class of the site's own that is replaced like this was meant to be
    behind = tuple(each for each in line[place + 1 :] if isinstance(each, External))
    return method.node.span, behind


def _place(
    project: Project,
    line: tuple[ClassSymbol | External, ...],
    method: FunctionSymbol,
    named: n.Expr,
) -> int | None:
    """Return where in the order of inheritance a class stands that a `dispatch` names."""
    found = project.site.names.resolve(method.module, named)
    if isinstance(found, External) and found.name.endswith(".View"):
        return len(line)  # it has several names
    return (
        line.index(found) if isinstance(found, ClassSymbol | External) and found in line else None
    )


def _turns_away(ancestor: ClassSymbol | External) -> bool:
    """Whether the `dispatch` of a class turns people away."""
    if isinstance(ancestor, External):
        facts = library_class(ancestor.name)
        return facts is not None and facts.login
    return any(
        isinstance(member, n.Function) and member.name == _GATE and set(member.words) & _GUARDS
        for member in ancestor.node.body
    )
