"""A method of a base class as it runs for an heir: its `self.label()` is the heir's own."""

from __future__ import annotations

from itertools import islice

from msgspec.structs import replace

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol

_MOST_HEIRS = 40


def as_run_by(classes: Classes, heir: ClassSymbol | None, method: FunctionSymbol) -> FunctionSymbol:
    """Return a method as an object of a class runs it.

    Args:
        classes: of the site.
        heir: the class of the object, or None where it is not known.
        method: found in the line of that class.

    Returns:
        The method itself, or, where it uses a name that an heir gives another meaning, the same
        statements under a name of their own, run by the heir.
    """
    base = method.owner
    if heir is None or base is None or heir == base:
        return method
    if classes.overridden(heir, base).isdisjoint(method.node.words):
        return method
    return replace(method, qualname=f"{method.qualname} of {heir.name}", run_by=heir)


def made_for(classes: Classes, heir: ClassSymbol, method: FunctionSymbol) -> FunctionSymbol:
    """Return a base's constructor as it runs for the objects of one class: others are given other things.

    Args:
        classes: of the site.
        heir: the class.
        method: the constructor of the class, or of one of its bases.
    """
    base = method.owner
    if base is None or heir == base:
        return method
    if not 1 < len(list(islice(classes.heirs(base), _MOST_HEIRS + 1))) <= _MOST_HEIRS:
        return method
    return replace(method, qualname=f"{method.qualname} for {heir.name}", run_by=heir)
