"""Trust rule: a row goes by a way that does not come by the method which asks.

class NoteDelete(LoginRequiredMixin, DeleteView):
    def delete(self, request, *args, **kwargs):          # what HTTP's DELETE runs, and no form
        if self.get_object().author != request.user: …   # `form_valid`: what a form runs, and no DELETE
"""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.trust.asking import ends_refusing
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.own_calls import methods_called
from pickguard.lessons.trust.ways.decorated import ASKING, ASKING_LOGIN, standing_on, words_of
from pickguard.lessons.trust.ways.shown_alone import looks_at_asker, questions
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_own
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, forks
from pickguard.source.requirements import Requirement

_GENERIC = "django.views.generic."
_DELETING = (
    f"{_GENERIC}DeleteView",
    f"{_GENERIC}edit.DeleteView",
    f"{_GENERIC}edit.BaseDeleteView",
)
_FIRST_WITH_FORM = (4,)  # Django
# What Django runs before a row goes, whichever way
_BEFORE = ("dispatch", "setup", "get_object", "get_queryset", "test_func", "get_success_url")
_COMPLAINTS = frozenset({"error", "warning", "add_message"})
_OF_FORM = ("post", "form_valid", "get_form", "get_form_class", "get_form_kwargs")


@rule(
    "trust.deleted-past-check",
    title="a row is deleted past the method that asks",
    areas=(Area.INTEGRITY,),
    cwe=(862, 285),
    severity=Severity.HIGH,
    gain="who is refused by one method sends another one, and the row is gone",
    mend="ask in what both ways come by: `get_queryset`, `get_object`, `test_func` or `dispatch`",
)
def deleted_past_check(project: Project) -> Iterator[Hit]:
    """Find `DeleteView`s that ask in `delete` alone, which no form runs, or in `form_valid` alone."""
    classes = project.site.classes
    seen: set[ClassSymbol] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, ClassSymbol) or symbol in seen:
            continue
        seen.add(symbol)
        if not classes.inherits(symbol, *_DELETING) or classes.has_unknown_gate(symbol):
            continue
        is_asked = _asks_before_all(project, view, symbol)
        yield from _by_form(project, view, symbol, is_asked=is_asked)
        if not is_asked:
            yield from _by_request(project, view, symbol)


def _asks_before_all(project: Project, view: View, symbol: ClassSymbol) -> bool:
    asks = bool(set(view.permissions) - LOGIN_PERMISSIONS) or proves_itself(view)
    return asks or looks_at_asker(project, symbol, _BEFORE)


def _by_form(project: Project, view: View, symbol: ClassSymbol, *, is_asked: bool) -> Iterator[Hit]:
    """Yield a `delete` that matters: since Django 4.0 the view is a form, whose POST goes past it."""
    own = project.site.classes.method(symbol, "delete")
    if own is None or "POST" not in (view.methods or ("POST",)):
        return
    asked = _django_asked(project)
    if any(one.limit and one.limit <= _FIRST_WITH_FORM for one in asked):
        return
    ways = [f for name in _OF_FORM for f in project.site.classes.methods(symbol, name)]
    if any("user" in way.node.words or _calls_delete(way) for way in ways):
        return
    turns_away = _turns_away(project, symbol, own) or _is_kept(project, view, own)
    if turns_away and is_asked:
        return
    if turns_away:
        does, then = "turns some away", "deletes the row unasked"
    elif ways:
        return  # they may look at the row by themselves
    elif _refuses_rows(own):
        does, then = "refuses some rows", "deletes them all the same"
    elif _keeps_row(project, view, own):
        does, then = "keeps the row", "deletes it for good"
    else:
        return
    yield Hit(
        (Spot(own.module.path, own.node.span),),
        f"`{symbol.node.name}.delete` {does}; since Django 4.0 a form's POST does not run it and {then}",
        Confidence.HIGH if any(one.version for one in asked) else Confidence.MEDIUM,
        own.name,
    )


def _by_request(project: Project, view: View, symbol: ClassSymbol) -> Iterator[Hit]:
    """Yield what turns people away on a POST alone: a request of the method DELETE goes past it."""
    classes = project.site.classes
    if classes.method(symbol, "delete") or "DELETE" not in (view.methods or ("DELETE",)):
        return
    for name in ("form_valid", "post"):
        own = classes.method(symbol, name)
        if own is not None and _turns_away(project, symbol, own):
            yield Hit(
                (Spot(own.module.path, own.node.span),),
                f"`{symbol.node.name}.{name}` turns some away; a DELETE does not run it and takes the row unasked",
                Confidence.MEDIUM,
                own.name,
            )
            return


def _django_asked(project: Project) -> list[Requirement]:
    """Return what the files of the project say of the Django that it needs."""
    return [
        requirement
        for record in project.requirements.values()
        for requirement in record.requirements
        if requirement.name == "django"
    ]


def _turns_away(project: Project, symbol: ClassSymbol, function: FunctionSymbol) -> bool:
    """Whether a method sends some people away, itself or in a method of its class that it calls."""
    called = methods_called(project, symbol, function)
    return any(any(questions(one)) for one in (function, *called))


def _is_kept(project: Project, view: View, function: FunctionSymbol) -> bool:
    """Whether what stands on a method keeps out some of those who get as far as to the view."""
    named = [words_of(project, function, one) for one in standing_on(function)]
    asking = ASKING if view.login else ASKING | ASKING_LOGIN
    return any(words & asking and not (view.login and "login_required" in words) for words in named)


def _refuses_rows(function: FunctionSymbol) -> bool:
    """Whether a `delete` says no on a condition, and otherwise deletes."""
    block = body(function.node)
    branches = (branch for _if, *both in forks(block) for branch in both if branch)
    return "delete" in _called_in(block) and any(map(_says_no, branches))


def _says_no(branch: tuple[n.Stmt, ...]) -> bool:
    """Whether a branch ends with a refusal, or tells why it does nothing: `messages.error(…)`."""
    called = _called_in(branch)
    tells = "delete" not in called and not _COMPLAINTS.isdisjoint(called)
    return ends_refusing(branch) or (tells and isinstance(branch[-1], n.Return))


def _called_in(block: Iterable[n.Stmt]) -> set[str]:
    """Return the names of the methods that a block calls."""
    return {
        node.func.name
        for node in expressions(block)
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr)
    }


def _calls_delete(function: FunctionSymbol) -> bool:
    return any(is_own(node, "delete") for node in expressions(body(function.node)))


def _keeps_row(project: Project, view: View, function: FunctionSymbol) -> bool:
    """Whether a `delete` changes the row instead, and the row's own `delete` is Django's."""
    model = view.model
    if model is None or project.site.classes.method(model.symbol, "delete") is not None:
        return False
    called = _called_in(body(function.node))
    return bool(called & {"save", "update"}) and "delete" not in called
