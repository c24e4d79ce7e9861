"""Rows that code takes, or changes, out of all there are: `Note.objects.filter(done=True).update(…)`."""

import re
from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.ownership import rows_of_class
from pickguard.lessons.trust.row_keys import choosing
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

# What leaves rows as they are, or only some out, and hands them on
_HANDS_ON = frozenset({"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "distinct",
                       "only", "defer", "annotate", "alias", "using", "values", "values_list", "reverse",
                       "iterator"})  # fmt: skip
CHANGES = frozenset({"update", "delete"})
# Rows that are meant for everybody
FOR_ALL = re.compile(
    r"public|publish|shared?|visible|featured|approved|template|default|demo|sample|global|popular|trending"
    r"|recent|latest|top|leader|community|everyone|discover|explore|feed|stat(?!us|e)|count|total|suggest|choices|check",
    re.IGNORECASE,
)


def all_rows(
    project: Project, function: FunctionSymbol, own: Model | None
) -> Iterator[tuple[n.Call, Model]]:
    """Yield the calls that take, or change, rows of whomsoever, each whole chain of calls once."""
    nodes = tuple(expressions(body(function.node)))
    inner = {
        part for node in nodes if isinstance(node, n.Attr | n.Call) for part in _receivers(node)
    }
    for node in nodes:
        if isinstance(node, n.Call) and node not in inner:
            model = _taken(project, function, node, own)
            if model is not None:
                yield node, model


def _receivers(node: n.Attr | n.Call) -> Iterator[n.Expr]:
    """Yield what a call is called on, where more is made of it."""
    if isinstance(node, n.Attr):
        yield node.value
    elif isinstance(node.func, n.Attr):
        yield node.func.value


def _taken(
    project: Project, function: FunctionSymbol, call: n.Call, own: Model | None
) -> Model | None:
    """Return the model of a chain `Note.objects.filter(…).order_by(…)` that leaves nobody's rows out."""
    node: n.Expr = call
    links: list[n.Call] = []
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        links.append(node)
        node = node.func.value
    model = _begun_at(project, function, node, own) if links else None
    if own is not None and _is_of_library(project, function, links[-1:]):
        model, links = own, links[:-1]
    names = [tail(link.func) for link in links]
    if model is None or set(names[:1]) - _HANDS_ON - CHANGES or set(names[1:]) - _HANDS_ON:
        return None
    return model if not any(_ties(model, link) for link in links) else None


def _begun_at(
    project: Project, function: FunctionSymbol, node: n.Expr, own: Model | None
) -> Model | None:
    """Return the model whose rows `Note.objects` or `self.queryset` are."""
    if not isinstance(node, n.Attr):
        return None
    if node.name in MANAGERS:
        return project.site.models.of(project.site.names.resolve(function.module, node.value))
    return own if node.name == "queryset" and tail(node.value) == "self" else None


def _is_of_library(project: Project, function: FunctionSymbol, first: list[n.Call]) -> bool:
    """Whether a chain begins at a library's `super().get_queryset()`, which hands out all rows of the class."""
    owner = function.owner
    calls = [call for call in first if tail(call.func) == "get_queryset"]
    if owner is None or not any(tail(func_of(receiver_of(call))) == "super" for call in calls):
        return False
    classes = project.site.classes
    if classes.next_method(owner, owner, "get_queryset") or classes.has_unknown_gate(owner):
        return False
    return rows_of_class(project, owner) is not None


def _ties(model: Model, link: n.Call) -> bool:
    """Whether a link of a chain chooses by number, by another row, or those that are for everybody."""
    if tail(link.func) not in ("filter", "exclude"):
        return False
    if any(not isinstance(item, n.Call) or tail(item.func) != "Q" for item in link.args):
        return True  # conditions that were made elsewhere
    for keyword in (k for part in inside(link) if isinstance(part, n.Call) for k in choosing(part)):
        name = (keyword.name or "").partition("__")[0].removesuffix("_id")
        field = model.field(name)
        if name in ("", "pk", "id", "uuid") or FOR_ALL.search(name) or (field and field.target):
            return True
        if isinstance(keyword.value, n.Const | n.Attr) and FOR_ALL.search(
            str(_said(keyword.value))
        ):
            return True
    return False


def _said(value: n.Const | n.Attr) -> object:
    return value.value if isinstance(value, n.Const) else value.name
