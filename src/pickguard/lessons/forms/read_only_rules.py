"""Form rules about fields that are called read-only, and are not."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import text
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_true, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_WRITES = frozenset({"POST", "PUT", "PATCH"})


@rule(
    "forms.read-only-ignored",
    title="`read_only_fields` names a field that the serializer declares itself",
    areas=(Area.INTEGRITY,),
    cwe=(915, 1164),
    severity=Severity.HIGH,
    gain="the browser writes a field that the serializer calls read-only: a role, a limit, an owner",
    mend="say it where the field is declared: `role = ChoiceField(choices=…, read_only=True)`",
)
def read_only_ignored(project: Project) -> Iterator[Hit]:
    """Find names in `Meta.read_only_fields` of fields that are declared: REST framework asks it for no other.

    Source: REST framework's documentation of `ModelSerializer`, "Specifying read only fields".
    """
    seen: set[Spot] = set()
    for form in project.site.forms.all:
        if form.kind != "serializer" or form.symbol.module.holds_tests:
            continue
        views = project.views_by_form.get(form.symbol, ())
        if views and not any(_WRITES & set(view.methods or _WRITES) for view in views):
            continue
        listed = project.site.classes.meta(form.symbol, "read_only_fields")
        if listed is None:
            continue
        spot = Spot(listed.module.path, listed.value.span)
        names = _ignored(project, form, listed)
        if names and spot not in seen and (views or not _is_only_shown(project, form)):
            seen.add(spot)
            shown = " and ".join(f"`{name}`" for name in names)
            yield Hit(
                (spot,),
                f"the browser writes {shown} of `{form.symbol.node.name}`: it is declared, and not asked for here",
                Confidence.MEDIUM,
                form.symbol.name,
            )


def _ignored(project: Project, form: Form, listed: ValueSymbol) -> list[str]:
    """Return the fields that are called read-only, are declared, and are written all the same."""
    value = project.site.forms.value(listed)
    names = value if isinstance(value, list | tuple) else ()
    if _takes_nothing(project, form):
        return []
    chosen = _chosen(project, form)
    return [
        name
        for name in names
        if _is_written(form, name) and (not chosen or name in chosen)
        if not _is_said_below(project, form, listed, name)
    ]


def _is_said_below(project: Project, form: Form, listed: ValueSymbol, name: str) -> bool:
    """Whether an heir of the class whose `Meta` it is declares the field: it means to have it written."""
    for one in project.site.classes.own_line(form.symbol):
        if listed.qualname.startswith(f"{one.qualname}."):
            return False
        if name in project.site.names.class_scope(one):
            return True
    return False


def _takes_nothing(project: Project, form: Form) -> bool:
    """Whether `validate` refuses whatever comes: the serializer only shows."""
    method = project.site.classes.method(form.symbol, "validate")
    if method is None:
        return False
    block = body(method.node)
    lets_through = any(isinstance(s, n.Return) for s in statements(block))
    return not lets_through and any(isinstance(s, n.Raise) for s in block)


def _is_only_shown(project: Project, form: Form) -> bool:
    """Whether a serializer is given nothing wherever it is named: as a field of others, or by whoever makes one.

    `lines = LineSerializer(read_only=True)`, `return LineSerializer(line).data`.
    """
    symbol = form.symbol
    classes = project.site.classes
    within = [call for one in classes.all for call in _fields_of(project, one, symbol)]
    if not all(is_true(argument(call, -1, "read_only")) for call in within):
        return False
    if any(classes.heirs(symbol)) or any(_hands_on(project, one, symbol) for one in classes.all):
        return False
    bodies = project.flow.callers.bodies_holding(symbol.node.name)
    held = [(one, node) for one in bodies for node in expressions(one.block)]
    named = sum(_is_of(one, node, symbol) for one, node in held)
    made = [
        node for one, node in held if isinstance(node, n.Call) and _is_of(one, node.func, symbol)
    ]
    return bool(within or made) and named == len(made) and not any(map(_is_given, made))


def _is_of(body: Body, node: n.Expr, symbol: ClassSymbol) -> bool:
    is_named = isinstance(node, n.Name | n.Attr) and tail(node) == symbol.node.name
    return is_named and body.resolve(node) == symbol


def _is_given(call: n.Call) -> bool:
    """Whether a serializer is made with what was sent, or with who knows what."""
    is_open = any(isinstance(value, n.Wrapped) for value in call.args)
    is_open = is_open or any(keyword.name is None for keyword in call.keywords)
    return is_open or argument(call, 1, "data") is not None


def _hands_on(project: Project, owner: ClassSymbol, symbol: ClassSymbol) -> bool:
    """Whether a class keeps the serializer itself: `serializer_class = LineSerializer`."""
    return any(
        isinstance(statement, n.Assign)
        and isinstance(statement.value, n.Name | n.Attr)
        and tail(statement.value) == symbol.node.name
        and project.site.names.resolve(owner.module, statement.value) == symbol
        for statement in owner.node.body
    )


def _fields_of(project: Project, owner: ClassSymbol, symbol: ClassSymbol) -> Iterator[n.Call]:
    """Yield the calls of a class that stand for fields of another one."""
    for statement in owner.node.body:
        value = statement.value if isinstance(statement, n.Assign | n.Annotate) else None
        if isinstance(value, n.Call) and tail(value.func) == symbol.node.name:
            if project.site.names.resolve(owner.module, value.func) == symbol:
                yield value


def _chosen(project: Project, form: Form) -> frozenset[str]:
    """Return the fields that an own `update` names one by one: it leaves the others. Empty where it names none."""
    method = project.site.classes.method(form.symbol, "update")
    if method is None:
        return frozenset()
    named = {said for node in expressions(body(method.node)) if (said := text(node))}
    return frozenset(named) if len(named & set(form.writes or ())) >= _SEVERAL else frozenset()


_SEVERAL = 3


def _is_written(form: Form, name: str) -> bool:
    """Whether a declared field writes a column; of a serializer inside REST framework refuses to."""
    kind = form.declared.get(name)
    if kind is None or kind.endswith(_NEVER_WRITTEN) or name not in (form.writes or ()):
        return False
    return form.model is not None and form.model.field(name) is not None


_NEVER_WRITTEN = ("Serializer", "IdentityField", "MethodField", "ReadOnlyField")
