"""Password rules about exports: a list of all columns has those of the secrets among them."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n

_COLUMNS = frozenset({"fields", "concrete_fields", "local_fields", "get_fields"})
_WRITES = frozenset(
    {"writerow", "writerows", "StreamingHttpResponse", "Workbook", "add_worksheet", "write_row"}
)
_CHOOSES = frozenset(
    {"password", "exclude", "excluded", "exclude_fields", "excluded_fields", "sensitive", "skip"}
)


@rule(
    "passwords.hash-in-sheet",
    title="an export of accounts has all columns, the password hash among them",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.MEDIUM,
    gain="the sheet goes by mail and lies in folders: whoever opens it tries passwords at leisure",
    mend='name the columns that are exported: `columns = ["username", "email"]`',
)
def hash_in_sheet(project: Project) -> Iterator[Hit]:
    """Find exports of the admin that write every one of `_meta.fields`, where accounts are among the models."""
    for function in project.flow.callers.holding("_meta"):
        words = frozenset(function.node.words)
        if words.isdisjoint(_COLUMNS) or words & _CHOOSES or project.kind_of(function.module):
            continue
        around = _around(project, function)
        if around.isdisjoint(_WRITES) or "getattr" not in around or around & _CHOOSES:
            continue
        code = project.code_of(function)
        columns = next((node for node in code.every(n.Attr) if _is_all_columns(code, node)), None)
        model = _accounts(project, function) if columns is not None else None
        if columns is not None and model is not None:
            yield Hit(
                (code.spot(columns),),
                f"every column of `{model.name}` is exported, the password hash with them",
                Confidence.MEDIUM,
                code.symbol,
            )


def _around(project: Project, function: FunctionSymbol) -> frozenset[str]:
    """Return the words of a function, and of the other methods of its class."""
    if function.owner is None:
        return frozenset(function.node.words)
    methods = project.site.classes.own_methods(function.owner)
    return frozenset(word for method in methods for word in method.words)


def _is_all_columns(code: Code, node: n.Attr) -> bool:
    """Whether it is `_meta.fields` of whatever model there is: not of one that is named."""
    if node.name not in _COLUMNS:
        return False
    return any(
        isinstance(made, n.Attr)
        and made.name == "_meta"
        and (tail(made.value) in ("model", "modeladmin", "opts") or isinstance(made.value, n.Name))
        for made in code.made(node.value)
    )


def _accounts(project: Project, function: FunctionSymbol) -> Model | None:
    """Return the model of accounts that an admin class exports by a function, or None."""
    for registered in project.site.admins.registered:
        model, admin = registered.model, registered.admin
        if model is None or not model.is_user or admin is None:
            continue
        if model.field("password") is None and not model.is_library:
            continue
        if _has(project, admin, function):
            return model
    return None


def _has(project: Project, admin: ClassSymbol, function: FunctionSymbol) -> bool:
    """Whether an admin class inherits a method, or names a function among its actions."""
    classes = project.site.classes
    if function.owner is not None:
        return classes.method(admin, function.node.name) == function
    actions = classes.value(admin, "actions")
    items = actions.value.items if actions and isinstance(actions.value, n.Sequence) else ()
    return any(
        project.site.names.resolve(actions.module, item) == function for item in items if actions
    )
