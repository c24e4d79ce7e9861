"""The one view that asks for a right to all rows of a kind, where the site asks for the right to the row.

`user.has_perm("shop.change_order")` once, and `user.has_perm("shop.change_order", order)` elsewhere: whoever
may change some orders changes this one. Likewise `may_edit(user)` beside `may_edit_for_instance(user, order)`.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.siblings.model_siblings import Taken, all_taken, asks_about_row
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_OF_ROW = re.compile(r"^(\w+?)_(for|on)_(instance|object|obj|row)$")
_HAS = "has_perm"


def of_kinds(project: Project) -> Iterator[Hit]:
    """Yield the views that take a row and ask about its kind alone, where others ask about the row."""
    rights, twins = project.once(_asked_about_rows)
    if not rights and not twins:
        return
    for taken in all_taken(project):
        words = set(taken.function.node.words)
        if words.isdisjoint(twins) and not (rights and _HAS in words):
            continue
        question = next(_of_kind(project, taken, rights, twins), None)
        if question is None or asks_about_row(project, taken):
            continue
        if not proves_itself(taken.view):
            yield _hit(taken, question)


def _hit(taken: Taken, question: n.Call) -> Hit:
    return Hit(
        (
            Spot(taken.function.module.path, question.span),
            Spot(taken.function.module.path, taken.call.span, "the row that is taken"),
        ),
        f"`{tail(question.func)}` is asked about any `{taken.model.name}`, not about the one that is taken",
        Confidence.MEDIUM,
        taken.function.name,
    )


def _asked_about_rows(project: Project) -> tuple[frozenset[str], Mapping[str, str]]:
    """Return the rights that are asked about a row somewhere, and methods with their twins that take the row."""
    rights: set[str] = set()
    functions = project.flow.callers.functions
    for function in functions:
        if _HAS in function.node.words:
            calls = (node for node in expressions(body(function.node)) if isinstance(node, n.Call))
            rights.update(right for call in calls if (right := _right(call, 2)))
    names = {function.node.name for function in functions}
    twins = {match[1]: match[0] for name in names if (match := _OF_ROW.match(name))}
    return frozenset(rights), {name: twin for name, twin in twins.items() if name in names}


def _right(call: n.Call, given: int) -> str:
    """Return the right that `has_perm` is asked for with so many arguments, or an empty text."""
    if tail(call.func) != _HAS or len(call.args) + len(call.keywords) != given:
        return ""
    return (text(call.args[0]) or "") if call.args else ""


def _of_kind(
    project: Project, taken: Taken, rights: frozenset[str], twins: Mapping[str, str]
) -> Iterator[n.Call]:
    """Yield what asks for a right to all rows of a kind, and could have asked about the one.

    What a page is merely told, to show a button or none, lets nobody in.
    """
    nodes = list(expressions(body(taken.function.node)))
    mappings = (node for node in nodes if isinstance(node, n.Mapping))
    shown = {id(part) for node in mappings for value in node.values for part in inside(value)}
    for node in nodes:
        if (
            id(node) not in shown
            and isinstance(node, n.Call)
            and (_right(node, 1) in rights or _has_twin(project, taken, node, twins))
        ):
            yield node


def _has_twin(project: Project, taken: Taken, call: n.Call, twins: Mapping[str, str]) -> bool:
    """Whether what is asked has a method of its own for one row, which says something else."""
    name = tail(call.func)
    if name not in twins or not isinstance(call.func, n.Attr):
        return False
    given = chain(call.args, (keyword.value for keyword in call.keywords))
    if not any(tail(part) == "user" for value in given for part in inside(value)):
        return False
    symbol = _class_of(project, taken, call.func.value)
    twin = project.site.classes.method(symbol, twins[name]) if symbol is not None else None
    return twin is not None and name not in twin.node.words


def _class_of(project: Project, taken: Taken, value: n.Expr) -> ClassSymbol | None:
    """Return the class of a value, also of one that a module holds: `policy = Policy(Note)`."""
    around = project.code_of(taken.function).body
    held = around.resolve(value)
    if isinstance(held, ValueSymbol) and isinstance(held.value, n.Call):
        made_of = project.site.names.resolve(held.module, held.value.func)
        return made_of if isinstance(made_of, ClassSymbol) else None
    found = project.flow.types.of(around, value, around.scope.at(value.span))
    return found.symbol if found is not None else None
