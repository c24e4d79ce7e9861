"""Pages that ask who may while they are shown, and take the form that is sent from whoever sends it."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import ends_refusing
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

# What Django runs to show a page, and what it runs with a form that holds
_SHOWS = ("render_to_response", "get_context_data", "get")
_TAKES = ("form_valid", "post")
_SAVING = (".UpdateView", ".CreateView", ".DeleteView")
# What Django runs before both, or with the form
_PASSED = (
    "dispatch",
    "setup",
    "get_object",
    "get_queryset",
    "test_func",
    "get_form",
    "get_form_class",
)
_CHANGES = frozenset({"save", "delete", "create", "update", "set_password"})
_ANYBODY = frozenset({"is_authenticated", "is_anonymous", "user", "request", "self", "object", "pk", "id", "get"}
                     | {"kwargs", "GET", "cls"})  # fmt: skip


def asked_while_shown(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield what takes a form, where only the method that shows the page turns some people away."""
    classes = project.site.classes
    if classes.has_unknown_gate(symbol) or "POST" not in (view.methods or ("POST",)):
        return
    taking = _taking(project, symbol)
    if (taking is None and not _saves_by_itself(project, symbol)) or looks_at_asker(
        project, symbol, _PASSED
    ):
        return
    if taking is not None and any(questions(taking)):
        return  # it turns some away in words of its own
    elsewhere = _named_elsewhere(project, view, symbol)
    for name in _SHOWS:
        shown = classes.method(symbol, name)
        if shown is None or (taking and (name in taking.node.words or name == _only_for(taking))):
            continue
        for question in questions(shown):
            asked = {tail(part) for part in inside(question.test)} - _ANYBODY - {""}
            if asked and not asked & elsewhere:
                yield _hit(symbol, taking, shown, question)
                return


def _only_for(taking: FunctionSymbol) -> str:
    """Return the method that another rule compares with one that answers a POST by itself."""
    return "get" if taking.node.name == "post" else ""


def _taking(project: Project, symbol: ClassSymbol) -> FunctionSymbol | None:
    """Return the method of a class that keeps what was sent."""
    for name in _TAKES:
        function = project.site.classes.method(symbol, name)
        if function is not None and _CHANGES & set(function.node.words):
            return function
    return None


def _saves_by_itself(project: Project, symbol: ClassSymbol) -> bool:
    """Whether Django's own method keeps what was sent, and the class has none that may ask."""
    classes = project.site.classes
    own = any(classes.method(symbol, name) for name in ("post", "form_valid", "delete"))
    return not own and classes.inherits(symbol, *_SAVING)


def looks_at_asker(project: Project, symbol: ClassSymbol, names: Iterable[str]) -> bool:
    """Whether one of these methods of a class looks at who asks."""
    return any(
        "user" in function.node.words
        for name in names
        for function in project.site.classes.methods(symbol, name)
    )


def _named_elsewhere(project: Project, view: View, symbol: ClassSymbol) -> frozenset[str]:
    """Return the names in all methods but those that show, and in the forms."""
    words = {
        word
        for function in project.site.classes.own_functions(symbol)
        if function.node.name not in _SHOWS
        for word in function.node.words
    }
    words |= {word for form in view.forms for word in form.symbol.node.words}
    return frozenset(words)


def questions(function: FunctionSymbol) -> Iterator[n.If]:
    """Yield the conditions on the user that send somebody away."""
    for statement in statements(body(function.node)):
        if not isinstance(statement, n.If) or _has_nothing_to_keep(statement.test):
            continue
        if any(tail(part) == "user" for part in inside(statement.test)) and _sends_away(statement):
            yield statement


def _has_nothing_to_keep(test: n.Expr) -> bool:
    """Whether those are sent elsewhere who have no password yet: the form asks for the old one."""
    inner = test.operand if isinstance(test, n.Unary) and test.op == "not" else None
    return isinstance(inner, n.Call) and tail(inner.func) == "has_usable_password"


def _sends_away(statement: n.If) -> bool:
    if ends_refusing(statement.body):
        return True
    last = statement.body[-1] if statement.body else None
    answer = last.value if isinstance(last, n.Return) else None
    return answer is not None and any(map(is_redirect, inside(answer)))


def _hit(
    symbol: ClassSymbol, taking: FunctionSymbol | None, shown: FunctionSymbol, question: n.If
) -> Hit:
    refuses = ends_refusing(question.body)
    of_password = any("password" in tail(part) for part in inside(question.test))
    keeps = f"{symbol.node.name}.{taking.node.name}" if taking else symbol.node.name
    span = taking.node.span if taking else symbol.node.span
    return Hit(
        (
            Spot((taking or symbol).module.path, span),
            Spot(shown.module.path, question.span, "asked while the page is shown"),
        ),
        f"`{keeps}` keeps what anybody sends; only `{shown.node.name}` turns some away",
        Confidence.MEDIUM if refuses or of_password else Confidence.LOW,
        (taking or symbol).name,
    )
