"""Owners that a schema or a plain serializer takes from the browser: `Note.objects.create(author_id=data.author_id)`.

Of a serializer of a model its `Meta` speaks; what others declare becomes a row's only where it is written.
"""

from collections.abc import Iterator

from pickguard.flow.stored.stored import is_validated
from pickguard.kit import Code, Project
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument

_SENT = frozenset({
    "IntegerField", "CharField", "UUIDField", "EmailField", "SlugField", "PrimaryKeyRelatedField",
    "SlugRelatedField",
})  # fmt: skip
_DUMPS = frozenset({"dict", "model_dump"})
_TAKES = frozenset({"get", "pop"})


def makers(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield the methods by which the plain serializers of a view make rows."""
    for form in view.forms:
        if form.kind == "serializer" and form.model is None:
            yield from project.site.classes.methods(form.symbol, "create")


def declared_owners(code: Code, call: n.Call, view: View | None) -> Iterator[str]:
    """Yield the names that a call fills with fields which a class of the site's declares.

    Args:
        code: which makes a row with the call.
        call: that makes it; `**data.dict()` and `**validated_data` fill what the class declares.
        view: in front of it.
    """
    for keyword in call.keywords:
        for value in code.made(keyword.value):
            holder, field = _entry(value) if keyword.name else (_spread(value), "")
            symbol = _class_of(code, holder, view) if holder is not None else None
            if symbol is None:
                continue
            names = (
                {keyword.name: field} if keyword.name else dict.fromkeys(_declares(code, symbol))
            )
            for name, one in names.items():
                if name and _is_taken(code, symbol, one or name):
                    yield name


def _entry(value: n.Expr) -> tuple[n.Expr | None, str]:
    """Return what `validated_data["author"]` and `validated_data.pop("author")` are parts of, and which."""
    if isinstance(value, n.Call) and tail(value.func) in _TAKES and isinstance(value.func, n.Attr):
        return value.func.value, text(argument(value, 0)) or ""
    return (value.value, text(value.index) or "") if isinstance(value, n.Index) else (None, "")


def _spread(value: n.Expr) -> n.Expr:
    """Return the schema of `data.dict()`; any other value is returned as it is."""
    if isinstance(value, n.Call) and isinstance(value.func, n.Attr) and value.func.name in _DUMPS:
        return value.func.value
    return value


def _class_of(code: Code, holder: n.Expr, view: View | None) -> ClassSymbol | None:
    """Return the class whose fields something holds: a schema's, or those of the serializer in front of it."""
    for made in code.made(holder):
        if tail(made) == "validated_data":
            return _serializer(code, made, view)
    return _schema(code, holder)


def is_of_schema(code: Code, value: n.Expr) -> bool:
    """Whether a value is a field of what a schema has read of the request: `data.author_id`."""
    return isinstance(value, n.Attr) and _schema(code, value.value) is not None


def _schema(code: Code, holder: n.Expr) -> ClassSymbol | None:
    found = _type(code, holder)
    is_sent = found is not None and isinstance(holder, n.Name) and is_validated(code.body, found)
    return found if is_sent and code.origin(holder).is_browser else None


def _type(code: Code, value: n.Expr) -> ClassSymbol | None:
    found = code.type_of(value)
    return found.symbol if found is not None else None


def _serializer(code: Code, holder: n.Expr, view: View | None) -> ClassSymbol | None:
    plain = [form.symbol for form in _plain(view)]
    if code.owner in plain:
        return code.owner
    if not isinstance(holder, n.Attr):
        return None
    found = _type(code, holder.value)
    if found is not None and "serializer" in code.project.site.classes.kinds(found):
        return found if code.project.site.forms.model_of(found)[0] is None else None
    return plain[0] if len(plain) == 1 else None


def _plain(view: View | None) -> list[Form]:
    forms = view.forms if view is not None else ()
    return [form for form in forms if form.kind == "serializer" and form.model is None]


def _declares(code: Code, symbol: ClassSymbol) -> Iterator[str]:
    kinds = "serializer" if "serializer" in code.project.site.classes.kinds(symbol) else "schema"
    if kinds == "serializer":
        yield from code.project.site.forms.form(symbol, kinds).declared
        return
    for statement in symbol.node.body:
        if isinstance(statement, n.Annotate) and isinstance(statement.target, n.Name):
            yield statement.target.id


def _is_taken(code: Code, symbol: ClassSymbol, field: str) -> bool:
    """Whether a class takes a field as it was sent, and nothing in it asks who sends it."""
    project = code.project
    members = project.site.classes.own_functions(symbol)
    if any(asks_who_may(one.node.words) or "user" in one.node.words for one in members):
        return False
    if "serializer" not in project.site.classes.kinds(symbol):
        return field in set(_declares(code, symbol))
    form = project.site.forms.form(symbol, "serializer")
    return form.declared.get(field) in _SENT and field not in form.read_only
