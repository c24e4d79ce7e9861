"""The one handler that goes on unasked, where the others of its module ask a function of the site first.

def update(request, pk):                        def download(request, pk):
    device = get_device(pk)                         device = get_device(pk)
    refusal = wrong_key(request, device.key)        return archive(device)
    if refusal:
        return refusal
"""

from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import asks_who_may, ends_refusing
from pickguard.lessons.trust.openness import KNOWS_WHO, proves_itself
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none

_FEWEST = 4
_DEEPEST = 3
_READING = ("get", "head")


class _Handler(Struct, frozen=True):
    """What answers requests of a method, the gates that it asks first, and by what it takes its row."""

    view: View
    method: str
    function: FunctionSymbol
    gates: frozenset[FunctionSymbol]
    takes: frozenset[str]


def of_gate_calls(project: Project) -> Iterator[Hit]:
    """Yield the handlers that take a row as others of the module do, and ask none of what these ask."""
    modules: dict[str, dict[FunctionSymbol, tuple[View, str]]] = defaultdict(dict)
    for _route, view in project.views():
        for method, function in view.handlers:
            if project.kind_of(function.module) is None:
                modules[function.module.path].setdefault(function, (view, method))
    for _path, found in sorted(modules.items()):
        if len(found) > _FEWEST:
            handlers = [_handler(project, *how, function) for function, how in found.items()]
            yield from _odd(project, handlers)


def _handler(project: Project, view: View, method: str, function: FunctionSymbol) -> _Handler:
    code = project.code_of(function)
    return _Handler(view, method, function, _gates(code, function), _takes(code))


def _odd(project: Project, handlers: list[_Handler]) -> Iterator[Hit]:
    for gate in sorted({g for one in handlers for g in one.gates}, key=lambda g: g.name):
        asking = [one for one in handlers if gate in one.gates]
        ways = frozenset().union(*(one.takes for one in asking))
        odd = [one for one in handlers if one not in asking and one.takes & ways]
        if len(asking) < _FEWEST or len(odd) != 1 or not _is_unasked(project, odd[0], gate, asking):
            continue
        name = gate.node.name
        yield Hit(
            (
                Spot(odd[0].function.module.path, odd[0].function.node.span),
                Spot(gate.module.path, gate.node.span, "what the others ask"),
            ),
            f"`{odd[0].function.name.removeprefix(odd[0].function.module.name + '.')}` never asks"
            f" `{name}(…)`; {len(asking)} other handlers of the module do",
            Confidence.MEDIUM,
            odd[0].function.name,
        )


def _gates(code: Code, function: FunctionSymbol) -> frozenset[FunctionSymbol]:
    """Return the functions of the site whose answer ends a handler: `if refusal: return refusal`."""
    found: set[FunctionSymbol] = set()
    given: dict[str, n.Call] = {}
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
            given |= {tail(target): statement.value for target in statement.targets}
        if isinstance(statement, n.If):
            call = _asked(statement, given)
            gate = code.project.site.names.resolve(function.module, call.func) if call else None
            if isinstance(gate, FunctionSymbol) and gate.owner is None:
                found.add(gate)
    return frozenset(found)


def _asked(condition: n.If, given: dict[str, n.Call]) -> n.Call | None:
    """Return the call that a condition refuses by."""
    test = condition.test
    if not condition.body:
        return None
    if isinstance(test, n.Compare) and test.ops == ("is not",) and is_none(test.rights[0]):
        test = test.left
    if isinstance(test, n.Name) and test.id in given:
        last = condition.body[-1]
        is_handed_back = isinstance(last, n.Return) and tail(last.value) == test.id
        return given[test.id] if is_handed_back else None
    if isinstance(test, n.Unary) and test.op == "not" and isinstance(test.operand, n.Call):
        return test.operand if ends_refusing(condition.body) else None
    return None


def _takes(code: Code) -> frozenset[str]:
    """Return the names of the calls by which a handler takes a row: `get_object`, `get_device`."""
    called = (tail(call.func) for call in code.every(n.Call))
    return frozenset(name for name in called if name.startswith("get_"))


def _is_unasked(
    project: Project, one: _Handler, gate: FunctionSymbol, asking: list[_Handler]
) -> bool:
    """Whether nothing that a handler does, or stands behind, asks who it is for."""
    words = set(one.function.node.words)
    if one.method in _READING and not any(other.method in _READING for other in asking):
        return False  # who may look need not be who may change
    if words & KNOWS_WHO or asks_who_may(words):
        return False
    rights = {right for other in asking for right in other.view.permissions}
    if set(one.view.permissions) - rights or proves_itself(one.view):
        return False
    if one.view.login is not asking[0].view.login:
        return False
    return not _reaches(project, one.function, gate, _DEEPEST)


def _reaches(project: Project, function: FunctionSymbol, gate: FunctionSymbol, depth: int) -> bool:
    """Whether what a function calls asks the gate."""
    if gate.node.name in function.node.words:
        return True
    code = project.code_of(function)
    called = (code.called(node) for node in code.every(n.Call)) if depth else ()
    return any(one is not None and _reaches(project, one, gate, depth - 1) for one in called)
