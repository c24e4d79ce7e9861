"""Trust rules about rights: a page that asks for the right to look, and changes what it shows."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.effects import Effect
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import effect_spot
from pickguard.lessons.trust.admin.posted_deletes import of_posted
from pickguard.lessons.trust.ways.lesser_gates import of_lesser_gates
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_TO_VIEW = re.compile(r"(?:^|\.)view_(\w+)$")
_TO_CHANGE = re.compile(r"(^|\.)(add|change|delete|edit|manage)_\w+$")
_GENERIC = {"UpdateView": "changes", "DeleteView": "deletes", "CreateView": "makes"}
# A page to look at may well write down that it was looked at
_SAYS_SO = re.compile(
    r"edit|updat|chang|delet|remov|creat|add|save|archiv|publish|approv|reject|move|renam|assign|close",
    re.IGNORECASE,
)


@rule(
    "trust.right-to-view-alone",
    title="the right to look is all that is asked of who changes",
    areas=(Area.INTEGRITY,),
    cwe=(863, 285),
    severity=Severity.MEDIUM,
    gain="whoever may look at the rows changes or deletes them",
    mend="ask for the right to do what the page does: `change_note`, `delete_note`, `add_note`",
)
def right_to_view_alone(project: Project) -> Iterator[Hit]:
    """Find views that ask for `view_x` alone and change rows of `x`, and deletes that ask for `add_x`."""
    seen: set[object] = set()
    for _route, view in project.views():
        models = _to_view(view)
        if not models or view.symbol in seen:
            continue
        seen.add(view.symbol)
        yield from _generic(project, view, models)
        yield from _handled(project, view, models)
    yield from of_posted(project)
    yield from of_lesser_gates(project)


def _to_view(view: View) -> frozenset[str]:
    """Return the models whose rows a view asks the right to look at; none where it asks for more."""
    found = [_TO_VIEW.search(permission) for permission in view.permissions]
    return frozenset(match[1] for match in found if match) if all(found) else frozenset()


def _generic(project: Project, view: View, models: frozenset[str]) -> Iterator[Hit]:
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol) or view.model is None:
        return
    does = next((v for k, v in _GENERIC.items() if project.site.classes.inherits(symbol, k)), None)
    if does is None or view.model.name.lower() not in models:
        return
    if not any(_asks_more(method) for method in project.site.classes.own_methods(symbol)):
        spot = Spot(symbol.module.path, symbol.node.span)
        yield _hit((spot,), symbol.node.name, f"{does} `{view.model.name}`", symbol.name)


def _handled(project: Project, view: View, models: frozenset[str]) -> Iterator[Hit]:
    for method, function in view.handlers:
        if _asks_more(function.node) or not _is_about_changes(view, method, function):
            continue
        for effect in project.effects.of(function, owner=function.owner):
            if effect.changes_rows and not effect.path and _model(project, effect) in models:
                spots = (
                    Spot(function.module.path, function.node.span),
                    effect_spot(effect),
                )
                yield _hit(spots, function.node.name, effect.what, function.name)
                break


def _hit(spots: tuple[Spot, ...], name: str, does: str, symbol: str) -> Hit:
    message = f"`{name}` {does}, and asks for no more than the right to look at them"
    return Hit(spots, message, Confidence.MEDIUM, symbol)


def _is_about_changes(view: View, method: str, function: FunctionSymbol) -> bool:
    named = f"{view.name.rpartition('.')[2]} {method} {function.node.name}"
    return bool(_SAYS_SO.search(named))


def _asks_more(function: n.Function) -> bool:
    """Whether a function names a right to change: `request.user.has_perm("notes.change_note")`."""
    return any(_TO_CHANGE.search(text(node) or "") for node in expressions(body(function)))


def _model(project: Project, effect: Effect) -> str:
    """Return the lower-case name of the model whose rows an effect changes, or an empty text."""
    code = project.code_of(effect.function)
    for call in code.every(n.Call):
        if call.span == effect.span and isinstance(call.func, n.Attr):
            env = code.body.scope.at(call.span)
            found = project.flow.types.of(code.body, call.func.value, env)
            return found.model.name.lower() if found is not None and found.model else ""
    return ""
