"""SQL rules about what the browser may filter, search and sort by: a secret is read letter by letter."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import text
from pickguard.lessons.sql.secret_columns import is_secret
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n

_ATTRIBUTES = ("search_fields", "filterset_fields", "filter_fields", "ordering_fields")
_ALL = "__all__"
_IN_PART = frozenset(
    {
        "startswith",
        "istartswith",
        "contains",
        "icontains",
        "endswith",
        "iendswith",
        "regex",
        "iregex",
    }
    | {"gt", "gte", "lt", "lte", "range"}
)
_DEPTH = 8


@rule(
    "sql.secret-searchable",
    title="the browser may filter, search or sort by a secret",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 203, 943),
    severity=Severity.MEDIUM,
    gain="whether `password__startswith=pbkdf2…a` finds the row tells a hash or a token letter by letter",
    mend="name the fields that may be asked for, without passwords, tokens and keys",
)
def secret_searchable(project: Project) -> Iterator[Hit]:
    """Find API views and filter sets that let rows be chosen by a password, a token or a key."""
    served = {module.path for module in project.served()}
    for symbol in project.site.classes.all:
        if symbol.module.path in served and "view" in project.site.classes.kinds(symbol):
            yield from _of_view(project, symbol)
    for form in project.site.forms.all:
        if form.kind == "filterset" and form.symbol.module.path in served and form.model:
            yield from _of_filterset(project, form.symbol, form.model)


def _of_view(project: Project, symbol: ClassSymbol) -> Iterator[Hit]:
    words = set(symbol.node.words)
    for name in _ATTRIBUTES:
        value = project.site.classes.value(symbol, name) if name in words else None
        model = project.flow.framework.model_of(symbol) if value is not None else None
        if value is not None and model is not None and value.module == symbol.module:
            yield from _hits(project, symbol, model, name, value)


def _of_filterset(project: Project, symbol: ClassSymbol, model: Model) -> Iterator[Hit]:
    fields = project.site.classes.meta(symbol, "fields")
    if fields is not None:
        yield from _hits(project, symbol, model, "fields", fields)


def _hits(
    project: Project, symbol: ClassSymbol, model: Model, name: str, value: ValueSymbol
) -> Iterator[Hit]:
    for secret in _secrets(project, model, name, value.value):
        owner, field = secret
        yield Hit(
            (Spot(value.module.path, value.value.span),),
            f"`{name}` lets the browser ask for rows by `{owner.name}.{field}`",
            Confidence.HIGH if owner.is_user and field == "password" else Confidence.MEDIUM,
            symbol.name,
        )
        return


def _secrets(
    project: Project, model: Model, name: str, value: n.Expr
) -> Iterator[tuple[Model, str]]:
    """Yield the secrets that can be told bit by bit; asking for a whole one tells nothing."""
    paths = _searched(value) if name == "search_fields" else _looked_up(value)
    if name == "ordering_fields":
        password = model.field("password") if model.is_user else None
        listed = {text(item) for item in value.items} if isinstance(value, n.Sequence) else set()
        if password is not None and (text(value) == _ALL or "password" in listed):
            yield model, password.name
        return
    for path in paths:
        found = _at(project, model, path)
        if found is not None:
            yield found


def _searched(value: n.Expr) -> Iterator[str]:
    """Yield the fields that a search looks into; `=` asks for the whole of one."""
    for item in value.items if isinstance(value, n.Sequence) else ():
        path = text(item) or ""
        if not path.startswith("="):
            yield path.lstrip("^@$")


def _looked_up(value: n.Expr) -> Iterator[str]:
    """Yield the fields of `{"key": ["exact", "startswith"]}` that may be asked for in part."""
    if not isinstance(value, n.Mapping):
        return
    for key, lookups in zip(value.keys, value.values, strict=True):
        path = text(key)
        names = {text(item) for item in lookups.items} if isinstance(lookups, n.Sequence) else set()
        if path and names & _IN_PART:
            yield path


def _at(project: Project, model: Model, path: str) -> tuple[Model, str] | None:
    """Return the secret field that a path such as `owner__password` leads to."""
    here: Model | None = model
    for part in path.split("__")[:_DEPTH]:
        field = here.field(part) if here is not None else None
        if here is None or field is None:
            return None
        if is_secret(field):
            return here, field.name
        here = project.flow.types.named(field.target) if field.target else None
    return None
