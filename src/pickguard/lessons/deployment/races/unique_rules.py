"""Deployment rules about rows that are to be there once, where only code looks whether they are."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.shapes import shape
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_EXACT = ("__exact", "__iexact")
# Something keeps others out, or the database is asked after all
_GUARDED = frozenset(
    {"select_for_update", "IntegrityError", "lock", "Lock", "advisory_lock", "acquire", "lockfile"}
)
# What speaks for many who come at once
_MANY_HANDS = frozenset({"request", "user", "self"})
_SAME_ROWS = frozenset({"exclude", "all", "using", "only", "values", "order_by", "distinct"})
# Of an account of Django's own; `username` is unique there
_PLAIN_LIBRARY_FIELDS = frozenset({"email", "first_name", "last_name"})
_CHAIN_LIMIT = 20
# What runs once, and by one hand
_SET_UP = re.compile(
    r"(^|_)(set_?up|install|init|initial\w*|migrat\w*|populate|bootstrap|defaults?|seed|sync\w*|import|load)(_|$)"
)


@code_rule(
    "deployment.checked-then-created",
    words=("exists",),
    title="only code looks whether a row is there already",
    areas=(Area.INTEGRITY,),
    cwe=(367, 362),
    severity=Severity.MEDIUM,
    gain="two requests sent together both find nothing, and both make the row: two accounts or bookings instead of one",
    mend="let the database keep it: `unique=True` or a `UniqueConstraint`, and catch `IntegrityError`",
)
def checked_then_created(code: Code) -> Iterator[Hit]:
    """Find `if rows.filter(x=x).exists()` before the row is made, with no constraint on `x`."""
    if code.function is None or code.words & _GUARDED or not code.words & _MANY_HANDS:
        return
    if code.is_of_command or _SET_UP.search(code.function.node.name):
        return
    for call in code.calls("exists"):
        looked = _looked_up(call)
        model = _model(code, call) if looked else None
        if model is None or not _decides(code, call) or _has_to_be_there(code, call):
            continue
        fields = _fields(model, looked)
        made = _creation(code, model, looked)
        if fields is None or _is_enforced(code, model, fields, _given(made)):
            continue
        if made is None and not _is_validation(code, model, fields):
            continue
        spots = [code.spot(call), *([code.spot(made, "is made here")] if made else [])]
        names = " and ".join(f"`{name}`" for name in sorted(fields))
        yield Hit(
            tuple(spots),
            f"nothing but this look keeps {names} of `{model.name}` unique",
            Confidence.MEDIUM,
            code.symbol,
        )


@code_rule(
    "deployment.made-twice",
    words=("get_or_create", "update_or_create"),
    title="`get_or_create` looks for what nothing keeps unique",
    areas=(Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(367, 362),
    severity=Severity.LOW,
    gain="two requests sent together make the row twice; every later one ends in `MultipleObjectsReturned`",
    mend="let the database keep it: `unique=True` or a `UniqueConstraint` on the fields that are looked for",
)
def made_twice(code: Code) -> Iterator[Hit]:
    """Find `get_or_create(x=x)` of a view's or method's where no constraint covers `x`.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#get-or-create
    """
    if code.function is None or "request" not in code.words:
        return
    if code.words & (_GUARDED | {"MultipleObjectsReturned"}):
        return
    if code.is_of_command or _SET_UP.search(code.function.node.name):
        return
    for call in code.calls("get_or_create", "update_or_create"):
        looked = {k.name: k.value for k in call.keywords if k.name and k.name != "defaults"}
        model = _model(code, call) if looked and len(looked) == _named(call) else None
        fields = _fields(model, looked) if model is not None else None
        if model is None or not fields or fields & _NEVER_TWICE:
            continue
        if _is_enforced(code, model, fields | _same_in_defaults(call, looked), frozenset()):
            continue
        names = " and ".join(f"`{name}`" for name in sorted(fields))
        yield Hit(
            (code.spot(call),),
            f"nothing keeps {names} of `{model.name}` unique, so `{tail(call.func)}` may make it twice",
            Confidence.MEDIUM,
            code.symbol,
        )


# what another site hands out anew each time
_NEVER_TWICE = frozenset({"access_token", "refresh_token"})


def _same_in_defaults(call: n.Call, looked: dict[str, n.Expr]) -> frozenset[str]:
    """Return the fields that get the very value that is looked for: `(email=to, defaults={"username": to})`."""
    defaults = argument(call, -1, "defaults")
    if not isinstance(defaults, n.Mapping):
        return frozenset()
    pairs = zip(defaults.keys, defaults.values, strict=True)
    return frozenset(
        name
        for key, value in pairs
        if (name := text(key)) and any(_is_same(sought, _row(value)) for sought in looked.values())
    )


def _row(value: n.Expr) -> n.Expr:
    """Return `user` of `user.pk`: who has the same number is the same."""
    if isinstance(value, n.Attr) and value.name in ("pk", "id"):
        return value.value
    return value


def _named(call: n.Call) -> int:
    """Return how many fields a call looks for, those of `**` and positions counted as one more."""
    return len(call.args) + sum(keyword.name != "defaults" for keyword in call.keywords)


def _looked_up(call: n.Call) -> dict[str, n.Expr]:
    """Return what `rows.filter(a=x, b=y).exists()` asks for; nothing where it asks for more."""
    found: dict[str, n.Expr] = {}
    node = receiver_of(call)
    for _ in range(_CHAIN_LIMIT):
        if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
            return found
        if node.func.name == "filter":
            if node.args or any(keyword.name is None for keyword in node.keywords):
                return {}
            found.update({k.name: k.value for k in node.keywords if k.name is not None})
        elif node.func.name not in _SAME_ROWS:
            return {}
        node = node.func.value
    return {}


def _model(code: Code, call: n.Call) -> Model | None:
    """Return the model whose manager is asked: `Model.objects`, not the rows of another object."""
    node: n.Expr = call
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        node = node.func.value
    if not isinstance(node, n.Attr) or not node.name.endswith("objects"):
        return None
    body = code.body
    found = body.flow.types.of(body, node.value, body.scope.at(call.span))
    if found is None or found.sort is not Sort.CLASS or found.is_guess:
        return None
    if body.flow.types.managers.method(found.symbol, tail(call.func)) is not None:
        return None  # a manager of its own may see to it
    return found.model


def _decides(code: Code, call: n.Call) -> bool:
    """Whether a condition rests on the answer."""
    return any(
        part is call
        for statement in code.statements
        if isinstance(statement, n.If)
        for part in inside(statement.test)
    )


def _has_to_be_there(code: Code, call: n.Call) -> bool:
    """Whether those are refused for whom there is no row: `if not rows.exists(): raise PermissionDenied`."""
    return any(
        isinstance(statement, n.If)
        and isinstance(statement.test, n.Unary)
        and statement.test.operand is call
        and any(isinstance(last, n.Raise | n.Return) for last in statement.body[-1:])
        for statement in code.statements
    )


def _fields(model: Model, looked: dict[str, n.Expr]) -> frozenset[str] | None:
    """Return the fields that are looked at; None where one is none, or more than equality counts."""
    found = set()
    for lookup in looked:
        name = next((lookup.removesuffix(e) for e in _EXACT if lookup.endswith(e)), lookup)
        field = model.field(name) or model.field(name.removesuffix("_id"))
        if field is None:
            return None
        if field.module is None and field.name not in _PLAIN_LIBRARY_FIELDS:
            return None
        found.add(field.name)
    return frozenset(found)


def _given(made: n.Call | None) -> frozenset[str]:
    """Return the fields that a row is made with: a second one has the same values."""
    names = {keyword.name or "" for keyword in made.keywords} if made else set()
    return frozenset(names | {name.removesuffix("_id") for name in names})


def _is_enforced(code: Code, model: Model, fields: frozenset[str], given: frozenset[str]) -> bool:
    """Whether the database keeps some of the fields unique; also where that cannot be told."""
    for name in fields:
        field = model.field(name)
        options = field.options if field is not None else {}
        if field is None or "OneToOne" in field.kind or field.kind.endswith("AutoField"):
            return True
        if field.module is None and name == "username":
            return True
        if any(options.get(o, False) is not False for o in ("unique", "primary_key")):
            return True
        if any(option.startswith("unique_for_") for option in options):
            return True
    keys = _keys(code, model)
    same = fields | given
    known = same | _same_by_default(model)
    return keys is None or any(
        (key <= known and not key.isdisjoint(same)) or _only_adds_parents(model, fields, key)
        for key in keys
    )


def _only_adds_parents(model: Model, fields: frozenset[str], key: frozenset[str]) -> bool:
    """Whether a key holds several fields and what they belong to: an account's number, its branch, its bank."""
    if len(fields) == 1 or not fields < key:
        return False
    parents = [model.field(name) for name in key - fields]
    return all(parent is not None and parent.kind == "ForeignKey" for parent in parents)


def _same_by_default(model: Model) -> frozenset[str]:
    """Return the fields that hold the same in every row that says nothing of them."""
    return frozenset(
        field.name
        for field in model.fields
        if "default" in field.options and not _EACH_ITS_OWN.search(field.kind)
    )


# a moment, an identifier: what their defaults make differs from row to row
_EACH_ITS_OWN = re.compile(r"Date|Time|UUID")


def _keys(code: Code, model: Model) -> list[frozenset[str]] | None:
    """Return what `Meta` keeps unique; None where it cannot be told."""
    names = code.project.site.names
    found: list[frozenset[str]] = []
    for ancestor in code.project.site.classes.own_line(model.symbol):
        meta = names.own_member(ancestor, "Meta")
        if not isinstance(meta, ClassSymbol):
            continue
        for kind in ("unique_together", "constraints"):
            said = names.own_member(meta, kind)
            if said is None:
                continue
            keys = _told(kind, said.value) if isinstance(said, ValueSymbol) else None
            if keys is None:
                return None
            found += keys
    return found


def _told(kind: str, value: n.Expr) -> list[frozenset[str]] | None:
    if not isinstance(value, n.Sequence):
        return None
    if kind == "unique_together":
        flat = all(text(item) is not None for item in value.items)
        return [_names(value)] if flat else [_names(item) for item in value.items]
    found = []
    for item in value.items:
        if not isinstance(item, n.Call):
            return None
        if tail(item.func) == "UniqueConstraint":
            given = next((k.value for k in item.keywords if k.name == "fields"), None)
            if given is None:  # expressions, such as `Lower("email")`
                words = {text(part) for a in item.args for part in inside(a)}
                found.append(frozenset(word for word in words if word))
            else:
                found.append(_names(given))
        elif tail(item.func) != "CheckConstraint":
            return None
    return found


def _names(node: n.Expr) -> frozenset[str]:
    items = node.items if isinstance(node, n.Sequence) else ()
    return frozenset(name for item in items if (name := text(item)))


def _creation(code: Code, model: Model, looked: dict[str, n.Expr]) -> n.Call | None:
    """Return where the same body makes a row of the very values that it looked for."""
    for call in code.calls("create", model.name):
        if tail(call.func) == "create":
            made = _model(code, call)
        else:
            made = code.project.site.models.of(code.resolve(call.func))
        if made != model or call.span < min(value.span for value in looked.values()):
            continue
        given = {keyword.name: keyword.value for keyword in call.keywords}
        if all(_is_same(value, given.get(_plain(name))) for name, value in looked.items()):
            return call
    return None


def _plain(lookup: str) -> str:
    return next((lookup.removesuffix(end) for end in _EXACT if lookup.endswith(end)), lookup)


def _is_same(one: n.Expr, other: n.Expr | None) -> bool:
    if isinstance(one, n.Const):
        return isinstance(other, n.Const) and one.value == other.value
    return (
        other is not None
        and isinstance(one, n.Name | n.Attr | n.Index)
        and shape(one) == shape(other)
    )


def _is_validation(code: Code, model: Model, fields: frozenset[str]) -> bool:
    """Whether a form or serializer of the model looks at its field before it saves the row."""
    owner, function = code.owner, code.function
    form = code.project.site.forms.by_symbol.get(owner) if owner is not None else None
    if (
        form is None
        or form.model != model
        or function is None
        or "ValidationError" not in code.words
    ):
        return False
    if form.writes is None or not fields <= set(form.writes):
        return False
    name = function.node.name
    return name in ("clean", "validate") or any(
        name in (f"clean_{field}", f"validate_{field}") for field in fields
    )
