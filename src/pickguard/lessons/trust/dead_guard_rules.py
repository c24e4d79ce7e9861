"""Trust rules about guards that stand where nothing runs them."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.kit.project import kind_of
from pickguard.site.names import ClassSymbol, External
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_MIXINS = (".LoginRequiredMixin", ".PermissionRequiredMixin", ".UserPassesTestMixin")
_VIEWS = frozenset(
    {
        "django.View",
        "django.views.View",
        "django.views.generic.View",
        "django.views.generic.base.View",
    }
)
_API_DECORATORS = frozenset({"permission_classes", "authentication_classes", "throttle_classes"})


@rule(
    "trust.guard-never-runs",
    title="a guard stands where nothing runs it",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 696),
    severity=Severity.HIGH,
    gain="the view looks guarded and is open to everybody whom the rest lets in",
    mend="put the mixin before the view, the permission of an action into `@action(permission_classes=[…])`,"
    " and leave `AllowAny` out of a choice",
)
def guard_never_runs(project: Project) -> Iterator[Hit]:
    """Find mixins behind the view, API decorators on methods, and a choice with `AllowAny` in it."""
    for symbol in project.site.classes.all:
        if kind_of(symbol.module) is None:
            yield from _behind_the_view(project, symbol)
            if "permission_classes" in symbol.node.words or _decorated(symbol):
                yield from _on_methods(project, symbol)
                yield from _or_anybody(project, symbol)


def _behind_the_view(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield a mixin that follows the view among the bases: `dispatch` of the view never comes to it."""
    classes = project.site.classes
    line = classes.line(symbol)
    position = next((i for i, ancestor in enumerate(line) if _is_view(ancestor)), None)
    if position is None or len(symbol.node.bases) < 2:
        return
    if any(_guards(ancestor) or _dispatches(project, ancestor) for ancestor in line[:position]):
        return
    for base in symbol.node.bases:
        found = project.site.names.resolve(symbol.module, base)
        within = classes.line(found) if isinstance(found, ClassSymbol) else (found,)
        if any(map(_guards, within)) and not any(map(_is_view, within)):
            yield Hit(
                (Spot(symbol.module.path, base.span),),
                f"`{tail(base)}` stands behind the view, whose `dispatch` never calls it",
                Confidence.HIGH,
                symbol.name,
            )
            return


def _is_view(ancestor: object) -> bool:
    return isinstance(ancestor, External) and ancestor.name in _VIEWS


def _guards(ancestor: object) -> bool:
    return isinstance(ancestor, External) and ancestor.name.endswith(_MIXINS)


def _dispatches(project: Project, ancestor: object) -> bool:
    """Whether a class of the site has a `dispatch` of its own, which may ask or call what does."""
    if not isinstance(ancestor, ClassSymbol):
        return not getattr(ancestor, "name", "").startswith("django.")
    return "dispatch" in project.site.names.class_scope(ancestor)


def _decorated(symbol: ClassSymbol) -> bool:
    return any(isinstance(m, n.Function) and m.decorators for m in symbol.node.body)


def _on_methods(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield decorators for functions that stand on a method: they set what nobody reads there."""
    if not {"api", "view"} & project.site.classes.kinds(symbol):
        return
    for member in symbol.node.body:
        if not isinstance(member, n.Function):
            continue
        for node in member.decorators:
            if not isinstance(node, n.Call) or tail(node.func) not in _API_DECORATORS:
                continue
            found = project.site.names.resolve(symbol.module, node.func)
            if isinstance(found, External) and found.name.startswith("rest_framework."):
                yield Hit(
                    (Spot(symbol.module.path, node.span),),
                    f"`{tail(node.func)}` is for functions; on the method `{member.name}` nothing reads it",
                    Confidence.HIGH,
                    f"{symbol.name}.{member.name}",
                )


def _or_anybody(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield `IsMember | AllowAny`: one of both is always content."""
    listed = project.site.names.class_scope(symbol).get("permission_classes")
    if not isinstance(listed, n.Sequence):
        return
    for node in inside(listed):
        if isinstance(node, n.Binary) and node.op == "|":
            if "AllowAny" in (tail(node.left), tail(node.right)):
                yield Hit(
                    (Spot(symbol.module.path, node.span),),
                    "`AllowAny` is content with everybody, and one of both is enough",
                    Confidence.HIGH,
                    symbol.name,
                )
