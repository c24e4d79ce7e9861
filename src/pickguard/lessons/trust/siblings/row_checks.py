"""The one view that takes a row unasked, where the others ask the row itself who may have it.

A model that has a method for it says who may: `file.allowed_for(request)`, `page.can_be_seen_by(user)`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asked_ways import unasked_ways
from pickguard.lessons.trust.asking import REFUSALS, turns_away
from pickguard.lessons.trust.siblings.rows_by_number import (
    ASKERS,
    FETCHERS,
    FIRST,
    SCOPES,
    Taken,
    looks_at_nobody,
    of_views,
    rights_beyond,
    rows_by_number,
    words_of,
)
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_CHECK = re.compile(
    r"(^|_)(allowed|can|may|accessible|visible|viewable|editable|readable|permitted|authori[sz]ed"
    r"|permissions?|access)(_|$)"
    r"|^is_(\w+_)?(editor|moderator|owner|leader|manager|member|participant|responsible|delegate)(_|$)"
)
_CHANGES = re.compile(r"^_*(get|set|add|grant|give|revoke|remove|clean|save|make|list|filter)_")
_FEWEST = 2
OF_ROW = re.compile(r"permission\w*_(for|on)_(instance|object|obj|row)$|^has_object_permission$")
"""Names of what asks an object of its own about one row: `policy.may_edit_for_instance(user, note)`."""


def of_checks(project: Project) -> Iterator[Hit]:
    """Yield the handlers that take a row by its number and do not ask it, where as many others do."""
    groups: dict[str, list[Taken]] = defaultdict(list)
    for one in _all_taken(project):
        groups[one.model.label].append(one)
    for _label, taken in sorted(groups.items()):
        model = taken[0].model
        checks = _checks(project, model).union(*map(_asked_with_row, taken))
        asking = [one for one in taken if not checks.isdisjoint(words_of(project, one))]
        unasked = [one for one in asking if _gets_out(project, one, checks)]
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
            and not rights_beyond(one, rights)
            and (one in unasked or looks_at_nobody(project, one))
        ]
        for of_kind in (
            [one for one in odd if one.view is not None],
            [one for one in odd if one.view is None],
        ):
            if len(of_kind) <= len(asking):
                yield from (_hit(model, one, len(asking), said) for one in of_kind)


def _most_asked(project: Project, asking: list[Taken], checks: frozenset[str]) -> str:
    """Return the question that most handlers ask of the row."""
    counts = Counter(word for one in asking for word in checks & words_of(project, one))
    return min(counts, key=lambda word: (-counts[word], word))


def _gets_out(project: Project, one: Taken, checks: frozenset[str]) -> bool:
    """Whether a function that names a question lets the row out on a way on which it is not asked."""
    if one.view is None or not _is_whole(one.view, one.function):
        return False
    if checks.isdisjoint(one.function.node.words):
        return False  # another method of its class asks
    return bool(unasked_ways(project.code_of(one.function), one.call, ASKERS | SCOPES))


def _is_whole(view: View, function: FunctionSymbol) -> bool:
    """Whether a function is all that answers a request: a view, or the `get` or `post` of a plain class."""
    is_handler = any(function == handler for _method, handler in view.handlers)
    return view.kind == "function" or (view.kind == "class" and is_handler)


def _hit(model: Model, one: Taken, asking: int, said: str) -> Hit:
    return Hit(
        (Spot(one.function.module.path, one.call.span),),
        f"any `{model.name}` is taken by its number; {asking} others here ask `{said}` of it first",
        Confidence.MEDIUM,
        one.function.name,
    )


def _beside_hit(model: Model, one: Taken, said: str) -> Hit:
    return Hit(
        (Spot(one.function.module.path, one.call.span),),
        f"any `{model.name}` is taken by its number; `{said}` is asked of another one alone,"
        " and nobody is refused",
        Confidence.MEDIUM,
        one.function.name,
    )


def _asks_beside(one: Taken, checks: frozenset[str]) -> bool:
    """Whether a function takes a row, asks another one who may, and turns nobody away."""
    if one.view is None or not _is_whole(one.view, one.function):
        return False
    block, rows = body(one.function.node), one.names
    if REFUSALS & set(one.function.node.words) or turns_away(block):
        return False
    asked = [
        {tail(part) for part in (*inside(node.func), *given_to(node))}
        for node in expressions(block)
        if isinstance(node, n.Call) and tail(node.func) in checks
    ]
    return bool(rows and asked) and all(rows.isdisjoint(names) for names in asked)


def _asks_more(one: Taken, rights: set[str]) -> bool:
    """Whether a handler asks for a right that others do not ask for, and that is about more than some row."""
    return not all(map(_ANY.search, rights_beyond(one, rights)))


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
        if _CHECK.search(member.name) and params & ASKERS:
            found.add(member.name)
    return frozenset(found)


def _all_taken(project: Project) -> Iterator[Taken]:
    """Yield where handlers take a row that can be asked, strangers' pages left out; each handler once."""
    seen: set[FunctionSymbol] = set()
    asked: dict[str, bool] = {}
    for view, function in (*of_views(project), *_of_inputs(project)):
        if function in seen or (FETCHERS | FIRST).isdisjoint(function.node.words):
            continue
        seen.add(function)
        for model, call in rows_by_number(project, function):
            if model.label not in asked:
                asked[model.label] = project.once(has_policies) or bool(_checks(project, model))
            if asked[model.label]:
                yield Taken(view, function, call, model)


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


def has_policies(project: Project) -> bool:
    """Whether a site asks objects of its own about one row: `policy.may_edit_for_instance(user, note)`."""
    return any(map(OF_ROW.search, project.flow.callers.words))


def _asked_with_row(one: Taken) -> frozenset[str]:
    """Return what a handler asks about the row that it takes: `may_edit_for_instance(user, note)`."""
    if not any(map(OF_ROW.search, one.function.node.words)):
        return frozenset()
    block, rows = body(one.function.node), one.names
    return frozenset(
        tail(node.func)
        for node in expressions(block)
        if isinstance(node, n.Call)
        and OF_ROW.search(tail(node.func))
        and rows & {tail(value) for value in given_to(node)}
    )
