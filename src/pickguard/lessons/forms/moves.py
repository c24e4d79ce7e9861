"""Fields that only the site moves on: the state of an order, which `pay` makes paid once it was new.

def pay(self):
    if self.stage != self.Stage.NEW:
        raise NotPayable
    self.stage = self.Stage.PAID
"""

import re
from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_own
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

# What the library calls whenever a row is saved moves nothing on
_ALWAYS = frozenset({"save", "clean", "full_clean", "__init__", "delete"})


def is_moved(project: Project, model: Model, field: Field) -> bool:
    """Whether methods of a model refuse to move a field on from the wrong state, and set it to the next."""
    if "choices" not in field.options:
        return False
    return any(_moves(method, field.name) for method in _methods(project, model))


_OF_LINE = re.compile(r"^(unit_price|item_price|price_each|line_total|price_paid)$")
_OF_THING = re.compile(r"^((unit|list|sale|base|net|gross)_)?price(_cents)?$")


def is_priced(project: Project, model: Model, field: Field) -> bool:
    """Whether it is the price of a line, where what is bought has a price of its own."""
    if not _OF_LINE.match(field.name):
        return False
    targets = (project.site.models.named(f.target) for f in model.fields if f.kind == "ForeignKey")
    return any(
        any(_OF_THING.match(one.name) for one in target.fields)
        for target in targets
        if target is not None
    )


_TOTAL = re.compile(
    r"^(grand|order|pay|paid|final)_?(total|price|amount)$|^(sub_?)?total(_(price|amount))?$|^amount(_(paid|due))?$"
)
_MANY = re.compile(r"^(quantity|qty|count|number|units)$")


def is_totalled(project: Project, model: Model, field: Field) -> bool:
    """Whether it is what an order comes to, whose lines have prices and numbers of their own."""
    if not _TOTAL.match(field.name) or field.target is not None:
        return False
    return any(
        any(_MANY.match(one.name) for one in line.fields)
        and any(_OF_LINE.match(one.name) or _OF_THING.match(one.name) for one in line.fields)
        and any(f.target and project.site.models.named(f.target) == model for f in line.fields)
        for line in project.site.models.all
    )


def _methods(project: Project, model: Model) -> Iterator[FunctionSymbol]:
    for method in project.site.classes.own_functions(model.symbol):
        if method.node.name not in _ALWAYS:
            yield method


def _moves(method: FunctionSymbol, name: str) -> bool:
    """Whether a method asks for the field, refuses, and sets it to a value that stands in the code."""
    if name not in method.node.words:
        return False
    block = list(statements(body(method.node)))
    refuses = any(
        isinstance(statement, n.If)
        and any(is_own(part, name) for part in inside(statement.test))
        and any(isinstance(inner, n.Raise) for inner in statement.body)
        for statement in block
    )
    sets = any(
        isinstance(statement, n.Assign)
        and any(is_own(target, name) for target in statement.targets)
        and isinstance(statement.value, n.Attr | n.Const)
        for statement in block
    )
    return refuses and sets
