"""Viewsets that look at who gives power away where a row is changed, and not where it is made, or the other way."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence, Severity
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import text
from pickguard.lessons.trust.actions.action_rules import sent_to_viewsets
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol

_POWERS = ("is_superuser", "is_staff", "is_admin", "user_permissions", "groups", "role")
_METHODS = {
    "POST": ("create", "perform_create"),
    "PUT": ("update", "partial_update", "perform_update"),
}
_CHECKS = ("validate", "create", "update", "save", "get_fields", "__init__", "to_internal_value")


def of_powers(project: Project) -> Iterator[Hit]:
    """Yield viewsets of accounts whose one way to write asks who gives away a right, and whose other does not."""
    for symbol, methods in sent_to_viewsets(project).items():
        if not methods >= {"POST", "PUT"}:
            continue
        for power in _written(project, symbol):
            asking = {sent: _asking(project, symbol, sent, power) for sent in _METHODS}
            open_ways = [sent for sent, function in asking.items() if function is None]
            guard = next((f for f in asking.values() if f is not None), None)
            if len(open_ways) == 1 and guard is not None:
                yield _hit(symbol, guard, power, open_ways[0])
                break


def _written(project: Project, symbol: ClassSymbol) -> Iterator[str]:
    """Yield the columns that give power, and that the viewset's serializers let the browser write unasked."""
    views = project.views_by_symbol.get(symbol, ())
    forms = {form.symbol: form for view in views for form in view.taken}.values()
    for form in forms:
        if form.model is None or not form.model.is_user:
            continue
        for power in _POWERS:
            checks = (
                method
                for name in (*_CHECKS, f"validate_{power}")
                for method in project.site.classes.methods(form.symbol, name)
            )
            if power in (form.writes or ()) and not any(_names(project, m, power) for m in checks):
                yield power


def _asking(project: Project, symbol: ClassSymbol, sent: str, power: str) -> FunctionSymbol | None:
    """Return the method behind PUT, or POST, that names the column and looks at who asks."""
    for name in _METHODS[sent]:
        for method in project.site.classes.methods(symbol, name):
            if "user" in method.node.words and _names(project, method, power):
                return method
    return None


def _names(project: Project, method: FunctionSymbol, power: str) -> bool:
    """Whether a method reads a column of what was sent: `validated_data.get("is_superuser")`."""
    code = project.code_of(method)
    return any(text(part) == power for part in code.expressions)


def _hit(symbol: ClassSymbol, guard: FunctionSymbol, power: str, sent: str) -> Hit:
    way = "makes" if sent == "POST" else "changes"
    return Hit(
        (
            Spot(symbol.module.path, symbol.node.span),
            Spot(guard.module.path, guard.node.span, "asks who gives it"),
        ),
        f"whoever {way} an account with `{symbol.node.name}` gives it `{power}`, which `{guard.node.name}` refuses",
        Confidence.MEDIUM,
        symbol.name,
        Severity.HIGH,
        gain=f"who may write accounts sends `{power}` the other way, and has an account with every right",
        mend=f"ask the same where a row is {'made' if sent == 'POST' else 'changed'}",
    )
