"""Refusals that a function hands back to whoever calls it, and that a caller drops.

`check_manager(request, hotel)` returns `HttpResponseForbidden()` or nothing; as a statement it refuses nobody.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Spot
from pickguard.kit.calls.log_lines import is_log_line
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import says_no
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none, receiver_of


def of_unreturned(code: Code) -> Iterator[Hit]:
    """Yield the statements that call a function which only answers with a refusal, or with nothing."""
    function = code.function
    if function is None or not _only_refuses(code):
        return
    for caller, call, _is_bound in code.project.flow.callers.of(function):
        if any(isinstance(s, n.Do) and s.value is call for s in caller.statements):
            name = function.node.name
            yield Hit(
                (
                    Spot(caller.module.path, call.span),
                    Spot(code.module.path, function.node.span, "the refusal is its answer"),
                ),
                f"`{name}(…)` answers with a refusal, and nobody looks at it: the code goes on",
                Confidence.HIGH,
                caller.function.name if caller.function is not None else caller.module.name,
                mend=f"`if refused := {name}(…): return refused`",
            )


def _only_refuses(code: Code) -> bool:
    """Whether all that a function answers is a refusal or nothing, and it does nothing else."""
    answers = [statement.value for statement in code.statements if isinstance(statement, n.Return)]
    refusals = [a for a in answers if a is not None and not is_none(a)]
    if not refusals or not all(says_no(a) or is_redirect(a) for a in refusals):
        return False
    if not any(map(says_no, refusals)) or _always_answers(code.body.block):
        return False
    function = code.function
    if function is None or any(map(_may_do_something, code.statements)):
        return False
    return not any(code.project.effects.of(function, owner=code.owner))


def _may_do_something(statement: n.Stmt) -> bool:
    """Whether a statement sets an attribute or an entry, or calls what is no line in the log or on the page."""
    if isinstance(statement, n.Assign):
        return any(isinstance(target, n.Attr | n.Index) for target in statement.targets)
    call = statement.value if isinstance(statement, n.Do) else None
    if not isinstance(call, n.Call):
        return isinstance(statement, n.With | n.Delete | n.Augment)
    return not is_log_line(call) and tail(receiver_of(call)) != "messages"


def _always_answers(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block cannot end without an answer, and is a page's own."""
    last = block[-1] if block else None
    if isinstance(last, n.Return):
        return last.value is not None and not is_none(last.value)
    if isinstance(last, n.If):
        return _always_answers(last.body) and _always_answers(last.other)
    return isinstance(last, n.Raise)
