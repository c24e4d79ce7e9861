"""The one view that takes a row unasked, where the others ask the row itself who may have it.

A model that has a method for it says who may: `file.allowed_for(request)`, `page.can_be_seen_by(user)`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asked_ways import unasked_ways
from pickguard.lessons.trust.asking import REFUSALS, asks_who_may
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.models import Model
from pickguard.site.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.lower import body
from pickguard.source.python.walk import expressions, inside, statements

_FETCHERS = frozenset({"get_object_or_404", "aget_object_or_404", "get", "aget"})
_KEYS = frozenset({"pk", "id", "uuid", "slug", "guid"})
_CHECK = re.compile(
    r"(^|_)(allowed|can|may|accessible|visible|viewable|editable|readable|permitted|authori[sz]ed"
    r"|permissions?|access)(_|$)"
    r"|^is_(\w+_)?(editor|moderator|owner|leader|manager|member|participant|responsible|delegate)(_|$)"
)
_CHANGES = re.compile(r"^_*(get|set|add|grant|give|revoke|remove|clean|save|make|list|filter)_")
_ASKERS = frozenset({"user", "request", "actor", "viewer", "person"})
_SCOPES = frozenset({"user", "session", "session_key", "owner", "team", "tenant"})
_FEWEST = 2
OF_ROW = re.compile(r"permission\w*_(for|on)_(instance|object|obj|row)$|^has_object_permission$")
"""Names of what asks an object of its own about one row: `policy.may_edit_for_instance(user, note)`."""


class _Taken(Struct, frozen=True):
    """A row that a handler takes by its number alone."""

    view: View | None
    function: FunctionSymbol
    call: n.Call
    model: Model


def of_checks(project: Project) -> Iterator[Hit]:
    """Yield the handlers that take a row by its number and do not ask it, where as many others do."""
    groups: dict[str, list[_Taken]] = defaultdict(list)
    for one in _all_taken(project):
        groups[one.model.label].append(one)
    for _label, taken in sorted(groups.items()):
        model = taken[0].model
        checks = _checks(project, model).union(*map(_asked_with_row, taken))
        asking = [one for one in taken if not checks.isdisjoint(_words(project, one))]
        unasked = [one for one in asking if _gets_out(project, one)]
        asking = [one for one in asking if one not in unasked]
        beside = [one for one in asking if _asks_beside(one, checks)]
        asking = [one for one in asking if one not in beside]
        if len(asking) < _FEWEST:
            continue
        said = _most_asked(project, asking, checks)
        rights = {right for one in asking if one.view for right in one.view.permissions}
        beside = [one for one in beside if not _asks_more(one, rights)]
        if len(beside) <= max(1, len(asking) // 4):
            yield from (_beside_hit(model, one, said) for one in beside)
        odd = [
            one
            for one in taken
            if one not in asking
            and not _rights_beyond(one, rights)
            and (one in unasked or _looks_at_nobody(project, one))
        ]
        for of_kind in (
            [one for one in odd if one.view is not None],
            [one for one in odd if one.view is None],
        ):
            if len(of_kind) <= len(asking):
                yield from (_hit(model, one, len(asking), said) for one in of_kind)


def _most_asked(project: Project, asking: list[_Taken], checks: frozenset[str]) -> str:
    """Return the question that most handlers ask of the row."""
    counts = Counter(word for one in asking for word in checks & _words(project, one))
    return min(counts, key=lambda word: (-counts[word], word))


def _gets_out(project: Project, one: _Taken) -> bool:
    """Whether a function that names a question lets the row out on a way on which it is not asked."""
    if one.view is None or one.view.kind != "function":
        return False
    return bool(unasked_ways(project.code_of(one.function), one.call, _ASKERS | _SCOPES))


def _hit(model: Model, one: _Taken, asking: int, said: str) -> Hit:
    return Hit(
        (Spot(one.function.module.path, one.call.span),),
        f"any `{model.name}` is taken by its number; {asking} others here ask `{said}` of it first",
        Confidence.MEDIUM,
        one.function.name,
    )


def _beside_hit(model: Model, one: _Taken, said: str) -> Hit:
    return Hit(
        (Spot(one.function.module.path, one.call.span),),
        f"any `{model.name}` is taken by its number; `{said}` is asked of another one alone,"
        " and nobody is refused",
        Confidence.MEDIUM,
        one.function.name,
    )


def _asks_beside(one: _Taken, checks: frozenset[str]) -> bool:
    """Whether a function takes a row, asks another one who may, and turns nobody away."""
    if one.view is None or one.view.kind != "function" or REFUSALS & set(one.function.node.words):
        return False
    block = body(one.function.node)
    rows = set(names_of_calls(statements(block)).get(one.call.span, ()))
    asked = [
        {tail(part) for part in inside(node.func)}
        for node in expressions(block)
        if isinstance(node, n.Call) and tail(node.func) in checks
    ]
    return bool(rows and asked) and all(rows.isdisjoint(names) for names in asked)


def _asks_more(one: _Taken, rights: set[str]) -> bool:
    """Whether a handler asks for a right that others do not ask for, and that is about more than some row."""
    return not all(map(_ANY.search, _rights_beyond(one, rights)))


# a right to some row or other, `user_has_any_page_permission`, or nobody can tell
_ANY = re.compile(r"(^|_)any(_|$)|passes_test")


def _checks(project: Project, model: Model) -> frozenset[str]:
    """Return the methods of a model that tell who may have the row."""
    symbol = model.symbol
    if not isinstance(symbol, ClassSymbol):
        return frozenset()
    found = set()
    for member in project.site.classes.own_methods(symbol):
        if _CHANGES.search(member.name):
            continue
        params = {param.name for param in member.params[1:]}
        if _CHECK.search(member.name) and params & _ASKERS:
            found.add(member.name)
    return frozenset(found)


def _all_taken(project: Project) -> Iterator[_Taken]:
    """Yield where handlers take a row that can be asked, strangers' pages left out; each handler once."""
    seen: set[FunctionSymbol] = set()
    asked: dict[str, bool] = {}
    for view, function in (*_of_views(project), *_of_inputs(project)):
        if function in seen or (_FETCHERS | _FIRST).isdisjoint(function.node.words):
            continue
        seen.add(function)
        for model, call in _rows(project, function):
            if model.label not in asked:
                asked[model.label] = project.once(has_policies) or bool(_checks(project, model))
            if asked[model.label]:
                yield _Taken(view, function, call, model)


def _of_views(project: Project) -> Iterator[tuple[View, FunctionSymbol]]:
    for _route, view in project.views():
        if view.login is not False and view.kind != "library":
            yield from ((view, function) for function in _functions(view))


def _of_inputs(project: Project) -> Iterator[tuple[None, FunctionSymbol]]:
    """Yield what reads the browser's words in the site's own widgets and fields."""
    for symbol in project.site.classes.all:
        if project.kind_of(symbol.module) is None:
            for name in _READS:
                method = project.site.names.own_member(symbol, name)
                if isinstance(method, FunctionSymbol):
                    yield None, method


# What a widget or a field makes of what was sent
_READS = ("value_from_datadict", "to_python", "to_internal_value")
_FIRST = frozenset({"first", "last"})


def _functions(view: View) -> Iterator[FunctionSymbol]:
    """Yield the handlers of a view, and for a class that is one page all that it has itself."""
    yield from (function for _method, function in view.handlers)
    symbol = view.symbol
    if view.kind == "class" and isinstance(symbol, ClassSymbol):
        yield from methods_of(symbol)


def _rows(project: Project, function: FunctionSymbol) -> Iterator[tuple[Model, n.Call]]:
    """Yield the first row of each model that a function takes by its number alone."""
    seen: set[str] = set()
    for node in expressions(body(function.node)):
        call = _filtered(node)
        if call is None or tail(call.func) not in _FETCHERS | {"filter"}:
            continue
        keys = {k.name for k in choosing(call) if not isinstance(k.value, n.Const)}
        model = _chooses(project, function, call) if keys and keys <= _KEYS else None
        if model is not None and model.label not in seen:
            seen.add(model.label)
            yield model, call


def _filtered(node: n.Expr) -> n.Call | None:
    """Return the `filter(…)` of `….filter(…).first()`; what fetches a row itself is returned as it is."""
    if not isinstance(node, n.Call) or tail(node.func) == "filter":
        return None
    if tail(node.func) in _FIRST and isinstance(node.func, n.Attr):
        chosen = node.func.value
        return chosen if isinstance(chosen, n.Call) and tail(chosen.func) == "filter" else None
    return node


def _chooses(project: Project, function: FunctionSymbol, call: n.Call) -> Model | None:
    """Return the model among all of whose rows a call takes one."""
    code = project.code_of(function)
    table = call.args[0] if call.args else None
    if not tail(call.func).endswith("get_object_or_404"):
        manager = receiver_of(call)
        is_manager = isinstance(manager, n.Attr) and manager.name in ("objects", "_default_manager")
        table = manager.value if is_manager and isinstance(manager, n.Attr) else None
    return next(filter(None, _tables(code, table)), None)


def _tables(code: Code, table: n.Expr | None) -> Iterator[Model | None]:
    """Yield the model that an expression may mean, also `get_image_model()` and a name for it."""
    models = code.project.site.models
    yield models.of(code.resolve(table))
    for made in code.made(table):
        if isinstance(made, n.Call):
            yield models.swapped(made)


def has_policies(project: Project) -> bool:
    """Whether a site asks objects of its own about one row: `policy.may_edit_for_instance(user, note)`."""
    return any(map(OF_ROW.search, project.flow.callers.words))


def _asked_with_row(one: _Taken) -> frozenset[str]:
    """Return what a handler asks about the row that it takes: `may_edit_for_instance(user, note)`."""
    if not any(map(OF_ROW.search, one.function.node.words)):
        return frozenset()
    block = body(one.function.node)
    rows = set(names_of_calls(statements(block)).get(one.call.span, ()))
    return frozenset(
        tail(node.func)
        for node in expressions(block)
        if isinstance(node, n.Call)
        and OF_ROW.search(tail(node.func))
        and rows & {tail(value) for value in given_to(node)}
    )


def _words(project: Project, one: _Taken) -> set[str]:
    """Return what a handler mentions, with the rest of its class where that is one page."""
    words = set(one.function.node.words)
    symbol = one.view.symbol if one.view is not None else None
    if one.view is not None and one.view.kind == "class" and isinstance(symbol, ClassSymbol):
        words.update(*(method.words for method in project.site.classes.own_methods(symbol)))
    return words


def _rights_beyond(one: _Taken, rights: set[str]) -> set[str]:
    """Return the rights that a handler asks for and others do not."""
    return set(one.view.permissions) - rights if one.view is not None else set()


def _looks_at_nobody(project: Project, one: _Taken) -> bool:
    """Whether nothing in a handler looks at who takes the row."""
    words = _words(project, one)
    if words & _SCOPES or asks_who_may(words):
        return False
    return not _hands_on(one) and not any(tail(part) in _SCOPES for part in inside(one.call))


def _hands_on(one: _Taken) -> bool:
    """Whether the row goes on with the request to what may well ask: `row.serve(request)`."""
    block = body(one.function.node)
    rows = set(names_of_calls(statements(block)).get(one.call.span, ()))
    for node in expressions(block):
        if isinstance(node, n.Call) and any(tail(value) in _ASKERS for value in given_to(node)):
            if _SHOWS.search(tail(node.func)):
                continue
            if rows & {tail(part) for part in inside(node)}:
                return True
    return False


# they put a page together, and ask nobody
_SHOWS = re.compile(r"^render(_|$)|Response$")
