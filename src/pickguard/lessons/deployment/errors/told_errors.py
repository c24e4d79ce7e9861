"""Middleware that answers any error with what the error says."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import tail
from pickguard.kit.debugging import is_for_developers
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none
from pickguard.source.python.walk import inside

_TEXTS = frozenset({"str", "repr", "format"})


def of_any_error(code: Code) -> Iterator[Hit]:
    """Yield the answers of a middleware's `process_exception` that quote whatever error there was."""
    function = code.function
    if function is None or function.node.name != "process_exception" or code.owner is None:
        return
    if not function.node.params:
        return
    error = function.node.params[-1].name
    for answer in code.returned:
        is_quoted = any(quotes(part, error) for part in code.parts(answer))
        if not is_quoted or is_none(answer) or is_for_developers(code, answer.span):
            continue
        if not _is_of_some_errors(code, answer, error):
            yield Hit(
                (code.spot(answer),),
                "whatever an error says goes to the visitor",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _is_of_some_errors(code: Code, answer: n.Expr, error: str) -> bool:
    """Whether a condition on the error, or on how the site runs, decides whether there is that answer."""
    if code.is_conditional(answer.span):
        return True
    tests = (s.test for s in code.statements if isinstance(s, n.If) and _leaves(s))
    return any(_is_asked(test, error) for test in tests)


def _leaves(statement: n.If) -> bool:
    blocks = (statement.body, statement.other)
    return any(block and isinstance(block[-1], n.Return | n.Raise) for block in blocks)


def _is_asked(test: n.Expr, error: str) -> bool:
    names = {tail(part) for part in inside(test)}
    return error in names or any(name.lower() == "debug" for name in names)


def quotes(node: n.Expr, error: str) -> bool:
    """Whether an expression is the text of an error: `str(error)`, or a part of a text that it is put into."""
    if isinstance(node, n.Formatted):
        return isinstance(node.value, n.Name) and node.value.id == error
    is_text = isinstance(node, n.Call) and tail(node.func) in _TEXTS and bool(node.args)
    return is_text and isinstance(node, n.Call) and tail(node.args[0]) == error
