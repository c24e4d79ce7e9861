"""What `to_representation` of a serializer takes out of the answer, by name.

shown = super().to_representation(row)
for name in self.secure_fields:
    shown.pop(name)
"""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail, text
from pickguard.site.forms.forms import Form
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_SHOWS = "to_representation"


def taken_out(project: Project, form: Form) -> frozenset[str] | None:
    """Return the names of the fields that a serializer takes out of an answer; None where that cannot be told."""
    names: set[str] = set()
    for member in project.site.classes.own_methods(form.symbol):
        if member.name != _SHOWS:
            continue
        found = _in_method(project, form, member)
        if found is None:
            return None
        names |= found
    return frozenset(names)


def _in_method(project: Project, form: Form, method: n.Function) -> frozenset[str] | None:
    """Return what one method takes out; None where it does anything else with the answer than that."""
    block = body(method)
    nodes = tuple(expressions(block))
    listed = {
        tail(s.target): _listed(project, form, s.source)
        for s in statements(block)
        if isinstance(s, n.For)
    }
    pops = [
        call
        for call in nodes
        if isinstance(call, n.Call) and tail(call.func) == "pop" and call.args
    ]
    found = [_names(call.args[0], listed) for call in pops]
    found.extend(_deleted(block, listed))
    is_plain = not any(isinstance(node, n.Comprehension | n.Lambda) for node in nodes)
    if not found or not all(found) or not is_plain:
        return None
    return frozenset(name for group in found for name in group) | frozenset(_replaced(block))


def _listed(project: Project, form: Form, source: n.Expr) -> tuple[str, ...]:
    """Return the names that a loop goes through: those written there, or in an attribute of the class."""
    if isinstance(source, n.Attr) and tail(source.value) == "self":
        kept = project.site.classes.value(form.symbol, source.name)
        return texts(kept.value) if kept is not None else ()
    return texts(source)


def _names(key: n.Expr, listed: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    said = text(key)
    return (said,) if said is not None else listed.get(tail(key), ())


def _deleted(
    block: tuple[n.Stmt, ...], listed: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    for statement in statements(block):
        for target in statement.targets if isinstance(statement, n.Delete) else ():
            yield _names(target.index, listed) if isinstance(target, n.Index) else ()


def _replaced(block: tuple[n.Stmt, ...]) -> Iterator[str]:
    """Yield the entries that something else is put into: `shown["password"] = "***"`."""
    for statement in statements(block):
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            said = text(target.index) if isinstance(target, n.Index) else None
            if said is not None:
                yield said
