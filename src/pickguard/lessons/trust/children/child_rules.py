"""Trust rules about rows that hang on others: who may see the one named first need not own the second."""

import re
from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import SAYING_HOW
from pickguard.lessons.trust.children.asked_rows import asked_rows
from pickguard.lessons.trust.children.bound_elsewhere import Bound, bound_elsewhere
from pickguard.lessons.trust.children.class_bindings import bound_in_class
from pickguard.lessons.trust.children.given_parents import strays
from pickguard.lessons.trust.children.guarded_parents import guarded_parents
from pickguard.lessons.trust.children.guarded_views import guarded_views
from pickguard.lessons.trust.children.handed_rows import (
    handed_rows,
    is_handed_anything,
    rows_on_request,
)
from pickguard.lessons.trust.children.nested_rows import nested_rows
from pickguard.lessons.trust.children.taken_rows import (
    FETCHERS,
    KEYS,
    SHORTCUTS,
    Taken,
    is_asked_for,
    is_of_asker,
    may_ask,
    may_refuse,
    model_of,
    only_shows,
    taken_rows,
)
from pickguard.lessons.trust.login_alone import permission_classes
from pickguard.lessons.trust.named_calls import names_of_calls
from pickguard.lessons.trust.ownership import TO_ONE, rows_of, rows_of_class
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, inside

_NUMBER = re.compile(r"(^|_)(pk|id|uuid|guid)(__in)?$")
_HOLDING = ("ManyToManyField",)
# Methods that run before a handler: what they take and ask about stands in `self` there
_BEFORE = ("dispatch", "setup", "initial", "test_func", "check_permissions")


@code_rule(
    "trust.child-of-another",
    words=(*SHORTCUTS, *MANAGERS, "kwargs"),
    packages=("django", "rest_framework", "ninja"),
    title="a row is taken by its number, whatever it hangs on",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(639, 863),
    severity=Severity.HIGH,
    gain="who may see one parent names it, and with it the number of a row that hangs on somebody else's",
    mend="take it among the parent's own: `get_object_or_404(parent.comments, pk=pk)`",
    yields_to=("trust.object-without-owner",),
)
def child_of_another(code: Code) -> Iterator[Hit]:
    """Find a parent taken by what the address says, and a child of any parent by its number alone."""
    if code.function is not None and code.function.node.name in SAYING_HOW:
        return
    told: set[int] = set()
    for hit in _strays(code):
        if hit.spots[0].span not in told:
            told.add(hit.spots[0].span)
            yield hit


def _strays(code: Code) -> Iterator[Hit]:
    for stray in strays(code):
        yield Hit(
            (code.spot(stray.call),),
            f"any `{stray.model.name}` is taken, whatever its `{stray.parent}` is, which is at hand here",
            Confidence.MEDIUM,
            code.symbol,
        )
    if code.function is None or not (code.sees_browser or is_handed_anything(code)):
        return
    yield from _of_views(code)
    taken = list(taken_rows(code))
    yield from _of_guard(code, taken)
    yield from _of_nested(code)
    yield from _of_bound(code, taken)
    yield from _of_class(code, taken)
    yield from _of_handed(code, taken)
    yield from _of_request(code, taken)
    if code.function.node.name in _BEFORE:
        yield from _of_generic_view(code, taken)
    if any(one.keys <= KEYS for one in taken):
        yield from _of_asked(code, taken)


def _of_guard(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a row of any parent where a decorator has asked about the one that the address names."""
    for one in guarded_parents(code, taken):
        guard = one.guard
        yield Hit(
            (
                code.spot(one.child.call),
                _asking_alone(guard, one.asked),
            ),
            f"any `{one.child.model.name}` is taken, whatever its `{one.parent.name}` is,"
            f" which `{_named(guard)}` asks about",
            Confidence.MEDIUM,
            code.symbol,
        )


def _of_views(code: Code) -> Iterator[Hit]:
    """Find a generic view of rows of any parent where this permission asks about the one that the address names."""
    guard = code.function
    if guard is None:
        return
    for one in guarded_views(code):
        yield Hit(
            (one.place, _asking_alone(guard, one.asked)),
            f"any `{one.model.name}` is taken, whatever its `{one.parent.name}` is,"
            f" which `{_named(guard)}` asks about",
            Confidence.MEDIUM,
            one.view.name,
        )


def _of_nested(code: Code) -> Iterator[Hit]:
    """Find a row of any parent in the `update` of a serializer, which is made for one parent alone."""
    for one in nested_rows(code):
        yield Hit(
            (code.spot(one.row.call),),
            f"any `{one.row.model.name}` is taken, whatever its `{one.relation}` is",
            Confidence.MEDIUM,
            code.symbol,
            mend=f"take it among those of the row itself: `filter({one.relation}=instance)`",
        )


def _asking_alone(guard: FunctionSymbol, asked: str) -> Spot:
    return Spot(guard.module.path, guard.node.span, f"asks about `{asked}` alone")


def _named(guard: FunctionSymbol) -> str:
    return guard.owner.node.name if guard.owner is not None else guard.node.name


def _of_asked(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a child of any parent beside a row that it could hang on, and that is asked about."""
    asked = [
        Taken(code, a.call, a.model, frozenset(), frozenset({a.name})) for a in asked_rows(code)
    ]
    first: dict[str, Taken] = {}
    for one in chain(taken, asked, _before(code)):
        known = first.setdefault(one.model.label, one)
        if known is not one and known not in asked and not is_asked_for(known) and _is_before(one):
            first[one.model.label] = _also_called(one, known.names)
    for child in taken:
        parent = next((p for p in first.values() if _tie(child, p)), None)
        if parent is None or parent is child or not child.keys <= KEYS or is_of_asker(child):
            continue
        if parent.model.is_user:
            continue  # somebody whom the page is about, or whom the row is given to
        relation = _tie(child, parent)
        if not (parent in asked or is_asked_for(parent)) or _is_tied(child, parent, relation):
            continue
        yield _hit(child, relation, parent.code.spot(parent.call, "the one that is asked for"))


def _is_before(one: Taken) -> bool:
    """Whether a row is taken, and asked about, before the handler takes it anew."""
    function = one.code.function
    return function is not None and function.node.name in _BEFORE and is_asked_for(one)


def _also_called(one: Taken, names: frozenset[str]) -> Taken:
    return Taken(one.code, one.call, one.model, one.keys, one.names | names)


def _hit(child: Taken, relation: str, beside: Spot) -> Hit:
    """Return that a row is taken whatever it hangs on, with the place that tells what it could be held against."""
    return Hit(
        (child.code.spot(child.call), beside),
        f"any `{child.model.name}` is taken, whatever its `{relation}` is",
        Confidence.MEDIUM,
        child.code.symbol,
    )


def _bound(one: Bound, more: str = "") -> Spot:
    said = f"by its `{one.relation}` {more}".rstrip()
    return Spot(one.function.module.path, one.expr.span, said)


def _of_bound(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a child of any parent where its module takes such rows by their number and their parent."""
    for child in taken:
        if not child.keys <= KEYS:
            continue
        for one in bound_elsewhere(code, child.call, child.model, child.names):
            parent = Taken(code, child.call, child.model, frozenset(), frozenset({one.parent}))
            if not _is_handed_by_decorator(code, one.parent) and not is_asked_for(parent):
                continue
            yield _hit(child, one.relation, _bound(one, "as well"))
            break


def _of_class(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a child of any parent where its class takes such rows among those of what it holds."""
    for child in taken:
        is_number = all(map(_NUMBER.search, child.keys))
        found = bound_in_class(code, child.call, child.model, child.names) if is_number else ()
        for one in found:
            yield _hit(child, one.relation, _bound(one))
            break


def _is_handed_by_decorator(code: Code, name: str) -> bool:
    """Whether a parameter is a row: no address names it, or a decorator of the site's own takes what is named."""
    if name not in code.body.params or code.function is None:
        return False
    own = (part for one in decorators(code.project, code.function) for part in inside(one))
    return name not in code.from_url or any(
        isinstance(part, n.Name | n.Attr) and isinstance(code.resolve(part), FunctionSymbol)
        for part in own
    )


def _of_handed(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a child of any parent in what a decorator hands the parent to, which it has asked about."""
    children = [one for one in taken if one.keys <= KEYS and not is_of_asker(one)]
    for name, decorator in handed_rows(code).items() if children else ():
        for child in children:
            field = child.model.field(name)
            if field is None or not field.kind.endswith(TO_ONE):
                continue
            parent = Taken(code, child.call, child.model, frozenset(), frozenset({name}))
            if not _is_tied(child, parent, name):
                yield _hit(child, name, _asking(decorator, name))


def _of_request(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a child of any parent where a decorator puts the parent that it asked about on the request."""
    children = [one for one in taken if one.keys <= KEYS and not is_of_asker(one)]
    for name, model, decorator in rows_on_request(code) if children else ():
        for child in children:
            relation = _way(code.project, child.model, model)
            if relation and not _is_tied_on_request(child, name, relation):
                yield _hit(child, relation, _asking(decorator, name))


def _asking(decorator: FunctionSymbol, name: str) -> Spot:
    return Spot(decorator.module.path, decorator.node.span, f"asks about the `{name}`")


def _is_tied_on_request(child: Taken, name: str, relation: str) -> bool:
    """Whether anything looks at what the child hangs on, or holds it against the parent on the request."""
    for node in child.code.expressions:
        if isinstance(node, n.Attr) and node.name in (relation, f"{relation}_id"):
            if tail(node.value) != "request":
                return True
        if isinstance(node, n.Call | n.Compare) and node != child.call and not only_shows(node):
            parts = {tail(part) for part in inside(node)}
            if parts & child.names and (name in parts or "user" in parts):
                return True
    return False


def _of_generic_view(code: Code, taken: list[Taken]) -> Iterator[Hit]:
    """Find a generic view that shows or changes any row of its model, whatever parent it asked about."""
    for view in _generic_views(code):
        rows = rows_of_class(code.project, view)
        if rows is None:
            continue
        model, found = rows
        for parent in taken:
            relation = _relation(model, parent.model)
            if not relation or not is_asked_for(parent):
                continue
            if _mentions(code, model, relation, owner=view):
                continue
            is_own = view == code.owner
            yield Hit(
                (
                    Spot(found.module.path, found.value.span)
                    if is_own
                    else Spot(view.module.path, view.node.span),
                    code.spot(parent.call, "the one that is asked for"),
                ),
                f"any `{model.name}` is taken, whatever its `{relation}` is",
                Confidence.MEDIUM,
                view.name,
            )
            break


def _generic_views(code: Code) -> Iterator[ClassSymbol]:
    """Yield the generic views of one row that a method runs before: of its own class, and of those that inherit it."""
    classes = code.project.site.classes
    if code.owner is None or code.function is None:
        return
    for view in (code.owner, *classes.heirs(code.owner)):
        if not classes.inherits(view, *_SINGLE) or code.project.kind_of(view.module) is not None:
            continue
        is_run = (
            classes.method(view, code.function.node.name) == code.function or view == code.owner
        )
        if is_run and not any(classes.method(view, n) for n in ("get_queryset", "get_object")):
            yield view


_SINGLE = (".UpdateView", ".DeleteView", ".DetailView")


def _mentions(
    code: Code,
    model: Model,
    relation: str,
    *but: FunctionSymbol | None,
    owner: ClassSymbol | None = None,
) -> bool:
    """Whether a method of a class, that of the code if no other, looks at what its row hangs on, some left out."""
    owner = owner or code.owner
    if owner is None:
        return False
    functions = code.project.site.classes.own_functions(owner)
    return any(
        _looks_at(node, relation) and not _is_of_others(code, function, node, model)
        for function in functions
        if function not in but and {relation, f"{relation}_id"} & set(function.node.words)
        if not _answers_by_itself(function) or function.node.name in code.words
        for node in expressions(body(function.node))
    )


def _answers_by_itself(function: FunctionSymbol) -> bool:
    """Whether a method answers requests of another kind than its neighbours do."""
    is_action = any(tail(func_of(one)) == "action" for one in function.node.decorators)
    return is_action or function.node.name in _ACTIONS


_ACTIONS = frozenset(
    {"list", "retrieve", "create", "update", "partial_update", "destroy"}
    | {"get", "post", "put", "patch", "delete"}
)


def _looks_at(node: n.Expr, relation: str) -> bool:
    """Whether an expression takes a relation of a row, or chooses rows by it."""
    if isinstance(node, n.Attr):
        return node.name in (relation, f"{relation}_id") and tail(node.value) != "self"
    if not isinstance(node, n.Call) or tail(node.func) == "get_context_data":
        return False  # what a page is handed says nothing of the row
    return any(
        (keyword.name or "").partition("__")[0] in (relation, f"{relation}_id")
        for keyword in node.keywords
    )


def _is_of_others(code: Code, function: FunctionSymbol, node: n.Expr, model: Model) -> bool:
    """Whether a call chooses rows of another model by what both hang on: `Membership.objects.filter(club=club)`."""
    if not isinstance(node, n.Call):
        return False
    taken = node.args[0] if tail(node.func) in SHORTCUTS and node.args else receiver_of(node)
    rows = rows_of(code.project, function, taken)
    return rows is not None and rows != model


def _before(code: Code) -> Iterator[Taken]:
    """Yield the rows that the class takes before it answers: `self.talk = get_object_or_404(…)`."""
    if code.owner is None or code.function is None or code.function.node.name in _BEFORE:
        return
    classes = code.project.site.classes
    for name in _BEFORE:
        for method in classes.methods(code.owner, name):
            yield from (one for one in taken_rows(code.project.code_of(method)) if one.names)
    for method in _permission_methods(code):
        yield from (one for one in taken_rows(code.project.code_of(method)) if one.names)


def _permission_methods(code: Code) -> Iterator[FunctionSymbol]:
    """Yield what asks for the permissions of an API: `has_permission` of the site's own classes."""
    named = permission_classes(code.project, code.owner) if code.owner is not None else ()
    for found in named:
        method = code.project.site.classes.method(found, "has_permission")
        if method is not None:
            yield method


def _tie(child: Taken, parent: Taken) -> str:
    """Return the field that leads from a child to its parent, or to its children, or an empty text."""
    found = _relation(child.model, parent.model)
    if found or not child.names or child.model.is_user:
        return found
    return _field_to(parent.model, child.model, _HOLDING)


def _relation(child: Model, parent: Model) -> str:
    """Return the field of a model that leads to another, or an empty text."""
    return _field_to(child, parent, TO_ONE) if child.label != parent.label else ""


def _way(project: Project, child: Model, parent: Model) -> str:
    """Return the field by which rows of a model lead to another, through others if need be, or an empty text."""
    direct = _relation(child, parent)
    if direct or child.is_user:
        return direct
    steps = (f for f in child.fields if f.kind.endswith(TO_ONE) and f.target is not None)
    for field in steps:
        between = project.site.models.named(field.target)
        if between is not None and not between.is_user and _relation(between, parent):
            return field.name
    return ""


def _field_to(model: Model, other: Model, kinds: tuple[str, ...]) -> str:
    for field in model.fields:
        if field.kind.endswith(kinds) and field.target is not None:
            if field.target.lower() == other.label.lower():
                return field.name
    return ""


def _is_tied(child: Taken, parent: Taken, relation: str) -> bool:
    """Whether anything ties the child to the parent, or asks about the child by itself."""
    if child.code is not parent.code:
        if _mentions(child.code, child.model, relation, child.code.function, parent.code.function):
            return True
    idle = _idle(child, parent)
    for node in child.code.expressions:
        if id(node) in idle:
            continue
        if isinstance(node, n.Attr) and node.name in (relation, f"{relation}_id"):
            return True
        if isinstance(node, n.Call | n.Compare) and node != child.call:
            parts = {tail(part) for part in inside(node) if id(part) not in idle}
            is_about = (
                parts & parent.names
                or ("user" in parts and may_ask(child.code, node))
                or may_refuse(child.code, node, parts)
            )
            if parts & child.names and is_about and not only_shows(node):
                return True
    return any(tail(part) in parent.names for k in child.call.keywords for part in inside(k.value))


def _idle(child: Taken, parent: Taken) -> set[int]:
    """Return, by their identity, the expressions that only set or show what the child hangs on.

    Among them is what only fetches its parent anew, which nobody asks about either.
    """
    code = child.code
    named = names_of_calls(code.statements)
    idle = {id(t) for s in code.statements if isinstance(s, n.Assign) for t in s.targets}
    for node in code.expressions:
        if isinstance(node, n.Mapping) or only_shows(node) or _is_unasked(parent, node, named):
            idle.update(id(part) for part in inside(node))
    return idle


def _is_unasked(parent: Taken, node: n.Expr, named: dict[int, list[str]]) -> bool:
    """Whether an expression takes a row of the parent's model that the code asks nothing about."""
    if not isinstance(node, n.Call) or tail(node.func) not in FETCHERS or not node.keywords:
        return False
    model, names = model_of(parent.code, node), frozenset(named.get(node.span, ()))
    if model is None or model.label != parent.model.label or not names:
        return False
    return not is_asked_for(Taken(parent.code, node, model, frozenset(), names))
