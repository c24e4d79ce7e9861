"""Trust rules about guards that are there, and let everybody pass: in the wrong place, or asking nothing."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.calls.redirects import REDIRECTS
from pickguard.kit.code import tail
from pickguard.lessons.trust.actions.action_rules import ACTIONS
from pickguard.lessons.trust.admin.admin_actions import of_admin_actions
from pickguard.lessons.trust.admin.open_admins import of_open_admins
from pickguard.lessons.trust.guards.idle_decorators import of_idle_decorators
from pickguard.lessons.trust.guards.idle_limits import of_idle_limits
from pickguard.lessons.trust.guards.late_checks import of_late_checks
from pickguard.lessons.trust.guards.passed_strangers import of_passed_strangers
from pickguard.lessons.trust.guards.passing_wrappers import of_passing_wrappers
from pickguard.lessons.trust.guards.shadowed_tests import of_shadowed_tests
from pickguard.lessons.trust.guards.skipped_guards import of_skipped
from pickguard.lessons.trust.guards.uncalled_checks import of_uncalled_checks
from pickguard.lessons.trust.guards.uncalled_hooks import of_uncalled_hooks
from pickguard.lessons.trust.guards.unread_answers import of_unread_answers
from pickguard.lessons.trust.guards.unread_permissions import of_unread_permissions
from pickguard.site.access.guards import ASKING, PERMISSION_WORDS, SENDING_AWAY
from pickguard.site.symbols.libraries import library_class
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true, text, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, heads, inside, statements, within

_GATES = ("dispatch", "setup", "initial")
_CLOSE = 0.8
_FOR_FUNCTIONS = frozenset({"permission_classes", "authentication_classes", "throttle_classes"})
_REFUSING = PERMISSION_WORDS | SENDING_AWAY | set(REDIRECTS)


@rule(
    "trust.guard-without-effect",
    title="a guard lets everybody pass",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 670),
    severity=Severity.HIGH,
    gain="the view looks guarded and is open to those whom the guard was to keep out",
    mend="put the guard where it is asked: mixins before the view class, `@permission_classes` below"
    " `@api_view`, the check before the work; and let it refuse somebody",
)
def guard_without_effect(project: Project) -> Iterator[Hit]:
    """Find mixins behind the view, decorators that come too late, checks after the work, `| AllowAny`."""
    seen: set[Symbol] = set()
    for _route, view in project.views():
        if view.symbol is None or view.symbol in seen:
            continue
        seen.add(view.symbol)
        yield from of_late_checks(project, view)
        yield from of_idle_limits(project, view)
        if isinstance(view.symbol, FunctionSymbol):
            yield from _above_view(view, view.symbol)
        elif isinstance(view.symbol, ClassSymbol):
            yield from _behind_view(project, view, view.symbol)
            yield from of_skipped(project, view, view.symbol)
            yield from of_shadowed_tests(project, view.symbol)
            yield from _late(project, view.symbol)
            yield from _asks_nothing(project, view.symbol)
            yield from _with_anybody(project, view.symbol)
            yield from _on_methods(project, view.symbol)
            yield from of_unread_permissions(project, view.symbol)
    yield from _of_no_action(project)
    yield from of_open_admins(project)
    yield from of_admin_actions(project)
    yield from of_unread_answers(project)
    yield from of_passing_wrappers(project)
    yield from of_passed_strangers(project)
    yield from of_uncalled_checks(project)
    yield from of_uncalled_hooks(project)
    yield from of_idle_decorators(project)


def _behind_view(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the mixins that Python would ask only behind `View.dispatch`, which asks nobody."""
    classes = project.site.classes
    idle = [gate for gate in classes.idle_gates(symbol) if _guards(gate)]
    if not idle or view.login:
        return
    named = [base for base in classes.bases(symbol) if base in idle] or idle
    name = named[0].name.rpartition(".")[2]
    yield Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{name}` of `{symbol.node.name}` is never asked: it stands behind the view class",
        Confidence.HIGH,
        symbol.name,
        mend=f"name `{name}` before the view class",
    )


def _guards(gate: ClassSymbol | External) -> bool:
    """Whether a class turns people away, where its `dispatch` runs."""
    if isinstance(gate, External):
        facts = library_class(gate.name)
        return facts is not None and facts.login
    methods = (m for m in gate.node.body if isinstance(m, n.Function) and m.name in _GATES)
    return any(set(m.words) & (PERMISSION_WORDS | SENDING_AWAY) for m in methods)


def _above_view(view: View, symbol: FunctionSymbol) -> Iterator[Hit]:
    """Yield the decorators that `@api_view` below them does not read any more."""
    for item in view.late:
        if item.call is not None:
            yield Hit(
                (Spot(symbol.module.path, item.call.span),),
                f"`@{item.name}` guards nothing: it stands above `@api_view`, which reads it no more",
                Confidence.HIGH,
                symbol.name,
                mend=f"write `@{item.name}` below `@api_view`",
            )


def _late(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the checks in a `dispatch` that has done the work already."""
    method = project.site.classes.method(symbol, "dispatch")
    if method is None or not set(method.node.words) & _REFUSING:
        return
    done: n.Stmt | None = None
    for statement in body(method.node):
        if done is not None and isinstance(statement, n.If) and _refuses(statement):
            yield Hit(
                (
                    Spot(method.module.path, statement.test.span),
                    Spot(method.module.path, done.span, "the view has done its work here"),
                ),
                f"`{symbol.node.name}.dispatch` asks who it is when the view has done its work",
                Confidence.MEDIUM,
                symbol.name,
            )
            return
        if any(map(_is_dispatched, within(heads(statement)))):
            done = statement


def _is_dispatched(node: n.Expr) -> bool:
    """Whether an expression is `super().dispatch(…)`."""
    if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
        return False
    around = node.func.value
    return (
        node.func.name == "dispatch" and isinstance(around, n.Call) and tail(around.func) == "super"
    )


def _refuses(statement: n.If) -> bool:
    """Whether a condition asks who it is, and refuses some."""
    asked = {tail(node) for node in inside(statement.test)} & ASKING
    made = {tail(node) for node in expressions(statement.body)} & _REFUSING
    return bool(asked and made)


def _asks_nothing(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield a `test_func` that says yes and nothing else."""
    method = project.site.classes.method(symbol, "test_func")
    if method is None:
        return
    block = list(statements(body(method.node)))
    returned = [s for s in block if isinstance(s, n.Return)]
    ends_well = bool(returned) and body(method.node)[-1] == returned[-1]
    if ends_well and all(is_true(s.value) for s in returned) and not _may_refuse(block):
        yield Hit(
            (Spot(method.module.path, returned[-1].span),),
            f"`test_func` of `{symbol.node.name}` says yes to everybody",
            Confidence.HIGH,
            symbol.name,
            mend="return what must be true of `self.request.user`",
        )


def _may_refuse(block: list[n.Stmt]) -> bool:
    """Whether statements raise, or call what may do so."""
    return any(
        isinstance(s, n.Raise | n.Assign)
        or (isinstance(s, n.Do) and isinstance(s.value, n.Call) and tail(s.value.func) != "error")
        for s in block
    )


def _with_anybody(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the permissions of which one alone is asked, or another that lets everybody in."""
    listed = project.site.classes.value(symbol, "permission_classes")
    if listed is None:
        return
    for node in inside(listed.value):
        if isinstance(node, n.Logic):
            kept = "the last" if node.op == "and" else "the first"
            yield Hit(
                (Spot(listed.module.path, node.span),),
                f"`{node.op}` between the permissions of `{symbol.node.name}` keeps {kept} alone",
                Confidence.HIGH,
                symbol.name,
                mend="write `&` and `|` between classes, or list them",
            )
        if isinstance(node, n.Binary) and node.op == "|":
            names = {tail(side) for side in (node.left, node.right)}
            if "AllowAny" in names and len(names) > 1:
                yield Hit(
                    (Spot(listed.module.path, node.span),),
                    f"`| AllowAny` in `{symbol.node.name}` lets everybody in, whatever the other asks",
                    Confidence.HIGH,
                    symbol.name,
                )


def _on_methods(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield the decorators for functions that stand on a method: they set what nobody reads there."""
    for member in symbol.node.body:
        for node in member.decorators if isinstance(member, n.Function) else ():
            name = tail(node.func) if isinstance(node, n.Call) else ""
            if name not in _FOR_FUNCTIONS or not isinstance(node, n.Call):
                continue
            found = project.site.names.resolve(symbol.module, node.func)
            if isinstance(found, External) and found.name.startswith("rest_framework."):
                yield Hit(
                    (Spot(symbol.module.path, node.span),),
                    f"`@{name}` is for functions: on a method of `{symbol.node.name}` nothing reads it",
                    Confidence.HIGH,
                    symbol.name,
                    mend="name it in `@action(permission_classes=[…])`, or in `get_permissions`",
                )


def _of_no_action(project: Project) -> Iterator[Hit]:
    """Yield the actions that `get_permissions` asks for and no viewset has, where one has nearly that name."""
    known: dict[FunctionSymbol, set[str]] = {}
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind == "viewset" and isinstance(symbol, ClassSymbol):
            method = project.site.classes.method(symbol, "get_permissions")
            if method is not None:
                known.setdefault(method, {*ACTIONS, "metadata"}).update(_members(project, symbol))
    for method, names in known.items():
        for node, action in _actions(body(method.node)):
            close = get_close_matches(action, names, 1, _CLOSE)
            if action not in names and close:
                yield Hit(
                    (Spot(method.module.path, node.span),),
                    f"there is no action `{action}`, so this asks for nothing",
                    Confidence.HIGH,
                    method.name,
                    mend=f"did you mean `{close[0]}`?",
                )


def _members(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    for ancestor in project.site.classes.own_line(symbol):
        yield from project.site.names.class_scope(ancestor)
    for facts in project.site.classes.library_line(symbol):
        yield from facts.actions


def _actions(block: Iterable[n.Stmt]) -> Iterator[tuple[n.Expr, str]]:
    """Yield the texts that `self.action` is compared with."""
    for node in expressions(block):
        if isinstance(node, n.Compare) and tail(node.left) == "action":
            for right in node.rights:
                one = text(right)
                for action in texts(right) if one is None else (one,):
                    yield right, action
