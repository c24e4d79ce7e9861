"""What the class of a model's field says of it by itself: that no form shows it, that it holds tags.

class CountField(models.IntegerField):
    def __init__(self, *args, **kwargs):
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pickguard.site.symbols.classes import Ancestor, Classes
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, keywords, tail, text
from pickguard.source.python.bodies import body

_TAGS = "TaggableManager"
_NOT_SHOWN = "BinaryField"


def is_tagging(classes: Classes, found: Symbol | None, kind: str) -> bool:
    """Whether a field holds tags, as django-taggit's: its class is `TaggableManager`, or made of it."""
    return kind.endswith(_TAGS) or any(_last(one).endswith(_TAGS) for one in _line(classes, found))


def is_manager(classes: Classes, found: Symbol | None, kind: str) -> bool:
    """Whether `objects = CustomFieldManager()` is what its name ends in, and no field."""
    is_made_so = isinstance(found, ClassSymbol) and "manager" in classes.kinds(found)
    return is_made_so or kind.endswith("Manager")


def is_shown(
    classes: Classes, found: Symbol | None, kind: str, options: Mapping[str, Any]
) -> bool | None:
    """Return whether forms show a field, where its class decides that; None where it does not."""
    said = [one for one in _line(classes, found) if isinstance(one, ClassSymbol)]
    inits = [classes.names.own_member(one, "__init__") for one in said]
    methods = [one for one in inits if isinstance(one, FunctionSymbol)]
    if any(_hides(body(one.node)) for one in methods if "editable" in one.node.words):
        return False
    if "editable" in options:
        return None
    is_binary = any(_last(one) == _NOT_SHOWN for one in (*_line(classes, found), External(kind)))
    by_default = any(
        _hides_unless_told(body(m.node)) for m in methods if "editable" in m.node.words
    )
    return False if is_binary or by_default else None


def _line(classes: Classes, found: Symbol | None) -> tuple[Ancestor, ...]:
    return classes.line(found) if isinstance(found, ClassSymbol) else ()


def _last(one: Ancestor) -> str:
    return one.name.rpartition(".")[2]


def _hides(block: Iterable[n.Stmt]) -> bool:
    """`kwargs["editable"] = False`, `super().__init__(editable=False)`."""
    for statement in block:
        if isinstance(statement, n.Assign) and is_false(statement.value):
            if any(_is_option(target) for target in statement.targets):
                return True
    return any(
        tail(call.func) == "__init__" and is_false(keywords(call).get("editable"))
        for call in _calls(block)
    )


def _hides_unless_told(block: Iterable[n.Stmt]) -> bool:
    """`kwargs.setdefault("editable", False)`."""
    return any(
        tail(call.func) == "setdefault"
        and len(call.args) == 2
        and text(call.args[0]) == "editable"
        and is_false(call.args[1])
        for call in _calls(block)
    )


def _calls(block: Iterable[n.Stmt]) -> Iterator[n.Call]:
    for statement in block:
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
            yield statement.value


def _is_option(target: n.Expr) -> bool:
    return isinstance(target, n.Index) and text(target.index) == "editable"
