"""Where a project looks at whether an address is a private one, and whether that is near where it is fetched.

One that looks at the addresses of its imports has not looked at those of its webhooks.
"""

from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Project
from pickguard.kit.code import tail
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import inside

ADDRESS_TESTS = frozenset({"is_global", "is_private", "is_loopback", "is_link_local"})
"""Of an IP address: whether it is one that everybody can reach."""
_DEPTH = 3


def is_looked_at(code: Code, origin: Origin) -> bool:
    """Whether an address that is stored is looked at, as far as can be told.

    Where a project looks at some, it has not forgotten this one unless a form writes just this field, and
    neither the file that fetches it, nor one that it comes by, names what looks at addresses.
    """
    looking = code.project.once(_looking)
    if not looking:
        return False
    views = _taking(code.project, origin)
    files = _on_the_way(code, origin, views)
    return not views or any(not looking.isdisjoint(module.record.words) for module in files)


def is_asked_here(code: Code, address: n.Expr) -> bool:
    """Whether an address is looked at in the same function, or what it is made of is given to one that looks."""
    if not ADDRESS_TESTS.isdisjoint(code.words):
        return True
    looking = code.project.once(_looking)
    if looking.isdisjoint(code.words):
        return False
    names = {tail(part) for made in (address, *code.made(address)) for part in _names_in(made)}
    return any(
        tail(call.func) in looking
        and any(tail(part) in names for given in given_to(call) for part in _names_in(given))
        for call in code.every(n.Call)
    )


def _names_in(value: n.Expr) -> Iterator[n.Expr]:
    return (part for part in inside(value) if isinstance(part, n.Name) and part.id != "request")


def _looking(project: Project) -> frozenset[str]:
    """Return the names of functions and classes that look at an address, themselves or by another."""
    functions = project.flow.callers.functions
    found = frozenset(map(_named, filter(_looks, functions)))
    for _ in range(_DEPTH if found else 0):
        found |= {_named(one) for one in functions if not found.isdisjoint(one.node.words)}
    return found


def _looks(function: FunctionSymbol) -> bool:
    return not ADDRESS_TESTS.isdisjoint(function.node.words) or "ssrf" in function.node.name.lower()


def _named(function: FunctionSymbol) -> str:
    """Return the name by which others use a function: that of its class, where it has one."""
    return function.owner.node.name if function.owner is not None else function.node.name


def _taking(project: Project, origin: Origin) -> list[View]:
    """Return the views that take the form which writes the field itself."""
    spans = {(step.path, step.span) for step in origin.steps}
    return [
        view
        for form, views in project.views_by_form.items()
        if (form.module.path, form.node.span) in spans
        for view in views
    ]


def _on_the_way(code: Code, origin: Origin, views: list[View]) -> Iterator[Module]:
    """Yield the files that an address is taken, written, declared and fetched in."""
    project = code.project
    yield code.module
    modules = project.site.modules.by_path
    yield from (modules[step.path] for step in origin.steps if step.path in modules)
    yield from (
        v.symbol.module for v in views if isinstance(v.symbol, ClassSymbol | FunctionSymbol)
    )
    name = tail(origin.source) if origin.source is not None else ""
    yield from (m.symbol.module for m in project.site.models.all if m.field(name) is not None)
