"""The one row that a function takes unasked, where another of its module takes it word for word, and asks.

def outline(request, kind, number):            def edit(request, kind, number):
    row = kind.get_object_for_this_type(…)         row = kind.get_object_for_this_type(…)
    if not may_see(request.user, row):             return render(request, "edit.html", {"row": row})
        raise Http404
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.around import decorators
from pickguard.kit.code import tail, text
from pickguard.kit.templates.pages import PAGES
from pickguard.kit.values.shapes import Shape, shape
from pickguard.lessons.trust.asked_ways import unasked_ways
from pickguard.lessons.trust.asking import ASKS, NOT_THERE, REFUSALS, asks_who_may, ends_refusing
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.views.view import HTTP_METHODS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside, statements

_SHORTCUTS = frozenset({"get_object_or_404", "aget_object_or_404"})
_FETCHERS = _SHORTCUTS | {"get", "aget", "get_object_for_this_type"}
_REFUSALS = REFUSALS | NOT_THERE
_OF_STAFF = frozenset({"staff_member_required", "superuser_required", "user_passes_test"})
_REQUESTS = frozenset({"request", "req"})
_WHO = frozenset({"user", "session"})
# What only dresses the answer, whatever it gets
_SHOWS = tuple(name.lower() for name in PAGES | {"Response"})


class _Row(Struct, frozen=True):
    """A row that a function of a module takes by what it is handed, with the names that it gets."""

    function: FunctionSymbol
    call: n.Call
    names: frozenset[str]


def of_twins(project: Project) -> Iterator[Hit]:
    """Yield the rows that a function takes unasked, where its twin asks before it goes on."""
    for module in project.served():
        for rows in _twins(project, module).values():
            yield from _odd(project, rows)


def _odd(project: Project, rows: list[_Row]) -> Iterator[Hit]:
    asking = [row for row in rows if _asks_about(row)]
    if not asking or len(asking) == len(rows):
        return
    odd = [row for row in rows if row not in asking and _asks_nothing(project, row, asking)]
    if all(map(_asks_who_adds, asking)):
        odd = [row for row in odd if any(e.changes_rows for e in project.effects.of(row.function))]
    if len(odd) > len(asking):
        return  # the one that asks is the odd one
    for row in odd:
        yield Hit(
            (
                Spot(row.function.module.path, row.call.span),
                Spot(asking[0].function.module.path, asking[0].call.span, "asked about here"),
            ),
            f"`{_called(row.function)}` takes the row unasked that"
            f" `{_called(asking[0].function)}` asks about",
            Confidence.MEDIUM,
            row.function.name,
        )


def _called(function: FunctionSymbol) -> str:
    """Return the name that people know a function by: a handler goes by its class."""
    return function.node.name if function.owner is None else function.owner.node.name


def _twins(project: Project, module: Module) -> dict[Shape, list[_Row]]:
    """Return the rows that several functions of a module take in the same words."""
    found: dict[Shape, list[_Row]] = defaultdict(list)
    for function in _functions(project, module):
        for row in _rows(function):
            found[shape(row.call)].append(row)
    return {key: rows for key, rows in found.items() if len({r.function for r in rows}) > 1}


def _functions(project: Project, module: Module) -> Iterator[FunctionSymbol]:
    """Yield the functions of a module, and what answers the requests of its plain classes by itself."""
    for name in project.site.names.scope(module):
        symbol = project.site.names.member(module, name)
        if isinstance(symbol, FunctionSymbol) and symbol.module is module:
            yield symbol
        if isinstance(symbol, ClassSymbol) and symbol.module is module:
            yield from _handlers(project, symbol)


def _handlers(project: Project, symbol: ClassSymbol) -> Iterator[FunctionSymbol]:
    """Yield the handlers of a class, none where anything else of it, or of its bases, may well ask."""
    own = list(project.site.classes.own_functions(symbol))
    handlers = [one for one in own if one.node.name in HTTP_METHODS]
    is_gated = project.site.classes.has_unknown_gate(symbol)
    if not is_gated and not any(_looks(one) for one in own if one not in handlers):
        yield from handlers


def _rows(function: FunctionSymbol) -> Iterator[_Row]:
    params = {param.name for param in function.node.params}
    if not params & _REQUESTS or _FETCHERS.isdisjoint(function.node.words):
        return
    block = body(function.node)
    named = names_of_calls(statements(block))
    for node in expressions(block):
        if isinstance(node, n.Call) and _takes_row(node, params - _REQUESTS):
            names = frozenset(named.get(node.span, ())) - {""}
            if names:
                yield _Row(function, node, names)


def _takes_row(call: n.Call, params: set[str]) -> bool:
    """Whether a call takes one row out of a whole table, by a parameter that the address says."""
    name = tail(call.func)
    if name not in _FETCHERS or not choosing(call):
        return False
    if name in ("get", "aget"):
        manager = receiver_of(call)
        if not isinstance(manager, n.Attr) or manager.name not in MANAGERS:
            return False
    given = {tail(part) for keyword in call.keywords for part in inside(keyword.value)}
    return bool(given & params) and not given & KNOWS_WHO


def _asks_about(row: _Row) -> bool:
    """Whether a condition on the user and the row, or a call that asks about both, stands in the function."""
    for statement in statements(body(row.function.node)):
        if isinstance(statement, n.If) and ends_refusing(statement.body):
            if _has_both(statement.test, row):
                return True
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            call = statement.value
            if ASKS.search(tail(call.func)) and _has_both(call, row):
                return True
    return False


def _asks_who_adds(row: _Row) -> bool:
    """Whether all that is asked is who may add something below the row: `check(topic, "can_post", user)`.

    That says nothing about who may look at it.
    """
    rights = [
        said
        for node in expressions(body(row.function.node))
        if isinstance(node, n.Call) and _has_both(node, row)
        for part in given_to(node)
        if (said := text(part)) is not None
    ]
    return bool(rights) and all(map(_ADDS.search, rights))


_ADDS = re.compile(r"(^|[._])(post|reply|comment|add|create|upload|vote)(_|$)")


def _has_both(node: n.Expr, row: _Row) -> bool:
    names = {tail(part) for part in inside(node)}
    return bool(names & row.names) and "user" in names


def _asks_nothing(project: Project, row: _Row, asking: list[_Row]) -> bool:
    """Whether nothing around a row looks at who takes it: not the function, nor who calls it."""
    function = row.function
    if PUBLIC.search(_called(function)):
        return False
    if _looks(function) and not _is_written_unasked(project, row):
        return False
    known = _own_decorators(project, asking[0].function)
    own = _own_decorators(project, function)
    if own - known or own & _OF_STAFF:
        return False
    if any(_hands_on(node, row) for node in expressions(body(function.node))):
        return False
    if any(_refuses_by_row(statement, row) for statement in statements(body(function.node))):
        return False
    if not project.flow.callers.are_few(function):
        return False
    callers = (site[0].function for site in project.flow.callers.of(function))
    return not any(
        _looks(caller) or _own_decorators(project, caller) - known
        for caller in callers
        if caller is not None
    )


def _is_written_unasked(project: Project, row: _Row) -> bool:
    ways = unasked_ways(project.code_of(row.function), row.call, _WHO)
    return any(way.write is not None for way in ways)


def _refuses_by_row(statement: n.Stmt, row: _Row) -> bool:
    """Whether the row itself decides who goes on: `if payment.guid != guid: raise Http404`."""
    if not isinstance(statement, n.If) or not ends_refusing(statement.body):
        return False
    given = {param.name for param in row.function.node.params} - _REQUESTS
    compared = {tail(part) for part in inside(statement.test) if isinstance(part, n.Name)}
    return bool(compared & row.names) and bool(compared & given)


def _looks(function: FunctionSymbol) -> bool:
    words = frozenset(function.node.words)
    return bool(words & {"user", "session", "check_permissions"}) or asks_who_may(words - _REFUSALS)


def _hands_on(node: n.Expr, row: _Row) -> bool:
    """Whether the row goes on with the request to what may well ask: `serve(request, row)`."""
    if not isinstance(node, n.Call) or tail(node.func).lower().startswith(_SHOWS):
        return False
    given = {tail(value) for value in given_to(node)}
    return bool(given & _REQUESTS) and bool(given & row.names)


def _own_decorators(project: Project, function: FunctionSymbol) -> set[str]:
    """Return the names of a function's decorators that may ask anything, and of what its class builds on."""
    bases = function.owner.node.bases if function.owner is not None else ()
    found = set(map(tail, bases)) - {"View"}
    for decorator in decorators(project, function):
        symbol = project.site.names.resolve(function.module, func_of(decorator))
        is_own = isinstance(symbol, FunctionSymbol | ValueSymbol) or symbol is None
        name = tail(func_of(decorator))
        if is_own or name in _OF_STAFF or ASKS.search(name):
            found.add(name)
    return found
