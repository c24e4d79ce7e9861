"""Rows that are told which place they have: `for i, file in enumerate(files): file.position = i; file.save()`.

Done twice it changes nothing; what was done before it, if anything, is what a request changes.
"""

from pickguard.flow.bodies.effects import Effect
from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.walk import expressions, inside


def numbers_anew(project: Project, effect: Effect) -> bool:
    """Whether a row is saved with nothing new but its place in the order that it comes in."""
    return effect.what == "saves a row" and any(
        isinstance(loop, n.For)
        and any(node.span == effect.span for node in expressions(loop.body))
        and _numbers(loop, effect.row)
        for loop in project.code_of(effect.function).statements
    )


def _numbers(loop: n.For, row: str) -> bool:
    """Whether a loop counts rows, and does nothing but to number and save them."""
    counts = isinstance(loop.source, n.Call) and tail(loop.source.func) == "enumerate"
    target = loop.target.items if isinstance(loop.target, n.Sequence) else ()
    if not counts or len(target) != _PAIR or access_path(target[1]) != row:
        return False
    written = [one for one in loop.body if isinstance(one, n.Assign)]
    return (
        len(loop.body) == _PAIR
        and len(written) == 1
        and _is_place(written[0], row, tail(target[0]))
    )


def _is_place(written: n.Assign, row: str, number: str) -> bool:
    """Whether a row's own number is made of the loop's: `file.position = (i + 1) * 10`."""
    places = (one for one in written.targets if isinstance(one, n.Attr))
    read = {part.id for part in inside(written.value) if isinstance(part, n.Name)}
    return all(access_path(one.value) == row for one in places) and read == {number}


_PAIR = 2
