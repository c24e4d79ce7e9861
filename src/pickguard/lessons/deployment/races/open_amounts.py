"""Numbers that a form or serializer takes with no lower bound, followed to where they are taken away."""

from collections.abc import Iterator

from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Project, Spot
from pickguard.kit.calls.made_rows import made_rows
from pickguard.kit.code import argument, tail, text
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

_NUMBERS = frozenset({"DecimalField", "IntegerField", "FloatField"})
_CLEANED = frozenset({"validated_data", "cleaned_data"})
_CALLER_LIMIT = 8
_DEEPEST = 2


def below_zero(code: Code, amount: n.Expr) -> Spot | None:
    """Return the field that takes an amount of any sign, which comes here as it is, or None."""
    return next(_fields(code, amount, 0), None)


_AMOUNTS = ("quantity", "qty", "units", "seats", "nights", "pieces")
_SIGNED = frozenset(
    {"IntegerField", "SmallIntegerField", "BigIntegerField", "DecimalField", "FloatField"}
)


def multiplied(code: Code) -> Iterator[tuple[Spot, n.Call]]:
    """Yield the field of any sign that goes into a new row whose price is multiplied by it."""
    for call in made_rows(code) if code.project.once(_counts_pieces) else ():
        model = _model(code, call)
        for name in _AMOUNTS if model is not None else ():
            field = model.field(name) if model is not None else None
            if field is None or field.kind not in _SIGNED or "validators" in field.options:
                continue
            if _is_factor(code, name):
                yield from ((spot, call) for spot in _given_to(code, call, name))


def _counts_pieces(project: Project) -> bool:
    """Whether any model of the site has such a number at all."""
    return any(
        field.name in _AMOUNTS for model in project.site.models.all for field in model.fields
    )


def _model(code: Code, call: n.Call) -> Model | None:
    if not isinstance(call.func, n.Attr):
        return None
    found = code.type_of(call.func.value, call)
    return found.model if found is not None else None


def _given_to(code: Code, call: n.Call, name: str) -> Iterator[Spot]:
    """Yield the fields of forms whose numbers a call is given under a name, also by `**form.cleaned_data`."""
    for keyword in call.keywords:
        value = keyword.value
        if keyword.name == name:
            yield from _fields(code, value, 0)
        elif keyword.name is None and isinstance(value, n.Attr) and value.name in _CLEANED:
            yield from _declared(code, value.value, name)


def _is_factor(code: Code, name: str) -> bool:
    """Whether the site multiplies something by an attribute of that name."""
    return any(
        isinstance(node, n.Binary)
        and node.op == "*"
        and any(isinstance(side, n.Attr) and side.name == name for side in (node.left, node.right))
        for function in code.project.flow.callers.holding(name)
        for node in code.project.code_of(function).every(n.Binary)
    )


def _fields(code: Code, amount: n.Expr, depth: int) -> Iterator[Spot]:
    for made in code.made(amount):
        entry = _entry(code, made)
        if entry is not None:
            yield from _declared(code, *entry)
        elif isinstance(made, n.Name) and depth < _DEEPEST:
            yield from _given(code, made.id, depth)


def _entry(code: Code, node: n.Expr) -> tuple[n.Expr, str] | None:
    """Return the form and the field of `form.cleaned_data["amount"]`, also by a name for what was cleaned."""
    holder, key = (node.value, node.index) if isinstance(node, n.Index) else (None, None)
    name = text(key)
    made = code.assigned(holder.id) if isinstance(holder, n.Name) else ()
    holder = made[0] if len(made) == 1 else holder
    if not isinstance(holder, n.Attr) or holder.name not in _CLEANED or name is None:
        return None
    return holder.value, name


def _declared(code: Code, form: n.Expr, name: str) -> Iterator[Spot]:
    found = code.type_of(form)
    if found is None or found.sort is not Sort.INSTANCE or found.is_guess:
        return
    classes = code.project.site.classes
    value = classes.value(found.symbol, name)
    call = value.value if value is not None else None
    if value is None or not isinstance(call, n.Call) or tail(call.func) not in _NUMBERS:
        return
    if _bounds(call) or _checks(code, found.symbol, name):
        return
    yield Spot(value.module.path, call.span)


def _bounds(call: n.Call) -> bool:
    names = {keyword.name for keyword in call.keywords}
    return None in names or not names.isdisjoint({"min_value", "validators"})


def _checks(code: Code, owner: ClassSymbol, name: str) -> bool:
    """Whether a form looks at the number itself."""
    classes = code.project.site.classes
    if any(classes.method(owner, f"{verb}_{name}") is not None for verb in ("clean", "validate")):
        return True
    methods = (classes.method(owner, verb) for verb in ("clean", "validate"))
    return any(method is not None and name in method.node.words for method in methods)


def _given(code: Code, name: str, depth: int) -> Iterator[Spot]:
    """Yield the fields whose numbers callers give to a parameter."""
    function = code.function
    names = [param.name for param in function.node.params] if function is not None else []
    if function is None or name not in names:
        return
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        given = argument(call, names.index(name) - is_bound, name)
        if caller.function is not None and given is not None:
            there = code.project.code_of(caller.function)
            if not _compares(there, given):
                yield from _fields(there, given, depth + 1)


def _compares(code: Code, given: n.Expr) -> bool:
    """Whether a caller holds a number against anything."""
    name = tail(given)
    return bool(name) and any(
        tail(side) == name for node in code.every(n.Compare) for side in (node.left, *node.rights)
    )
