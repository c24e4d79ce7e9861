"""Password rules about addresses that were verified: who changes one has verified the other."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import is_false
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_FLAG = re.compile(
    r"^(is_)?(?P<what>e?mail|phone)(_number|_address)?_?(is_)?(verified|confirmed|validated)(_at|_on)?$"
)
_LEDGER = re.compile(r"^(Verified|Confirmed)E?[Mm]ail")
_ADDRESSES = {
    "mail": frozenset({"email", "email_address", "mail"}),
    "phone": frozenset({"phone", "phone_number", "mobile"}),
}
# A form of those who administer accounts
_POWERS = frozenset({"is_superuser", "is_staff", "is_active", "groups", "user_permissions"})
_EDITS = (".UpdateView", ".UpdateAPIView", ".UpdateModelMixin", ".ModelViewSet")
# Something is asked, sent or compared where the address changes
_PROVES = re.compile(
    r"verif|confirm|validate_(e?mail|phone)|clean_(e?mail|phone)|changed_data|otp|token|send_|has_changed"
)


@rule(
    "passwords.address-stays-verified",
    title="an address is changed, and the one before was verified",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(345, 287),
    severity=Severity.MEDIUM,
    gain="a member verifies an address, writes somebody else's in its place, and counts as its owner",
    mend="take the address from among the verified ones, or set it back to unverified and send a new link",
)
def address_stays_verified(project: Project) -> Iterator[Hit]:
    """Find forms for one's own account that write an address, where the site keeps what was verified."""
    kept = list(_kept(project))
    seen: set[ClassSymbol] = set()
    for route, view in project.views() if kept else ():
        if route.is_admin or set(view.permissions) - LOGIN_PERMISSIONS or not _edits(project, view):
            continue
        for form in view.forms:
            if form.symbol in seen or _is_asked(project, form, view):
                continue
            for model, field, names in kept:
                address = _written(form, model, names)
                if address and form.meta is not None:
                    seen.add(form.symbol)
                    yield _hit(form, form.meta.module.path, form.meta.value, address, model, field)
                    break


def _hit(form: Form, path: str, spot: n.Expr, address: str, model: Model, field: str) -> Hit:
    place = f"`{model.name}.{field}`" if field else f"`{model.name}`"
    return Hit(
        (Spot(path, spot.span),),
        f"`{form.symbol.node.name}` writes `{address}`, and {place} still says that it was verified",
        Confidence.MEDIUM,
        form.symbol.name,
    )


def _kept(project: Project) -> Iterator[tuple[Model, str, frozenset[str]]]:
    """Yield where a site keeps that an address was verified, and the names of such addresses."""
    for model in project.site.models.by_label.values():
        if project.kind_of(model.symbol.module) is not None:
            continue
        if _LEDGER.match(model.name) and model.field("email") is not None:
            yield model, "", _ADDRESSES["mail"]
        for field in model.fields:
            found = _FLAG.match(field.name)
            if found and not _is_set_back(project, field.name):
                yield model, field.name, _ADDRESSES[found["what"].lstrip("e")]


def _is_set_back(project: Project, name: str) -> bool:
    """Whether something of the site takes the word back: `user.email_verified = False`."""
    return any(
        isinstance(statement, n.Assign)
        and any(isinstance(t, n.Attr) and t.name == name for t in statement.targets)
        and (is_false(statement.value) or is_none(statement.value))
        for function in project.flow.callers.holding(name)
        for statement in statements(body(function.node))
    )


def _edits(project: Project, view: View) -> bool:
    """Whether a view changes rows that are there."""
    if isinstance(view.symbol, ClassSymbol):
        return project.site.classes.inherits(view.symbol, *_EDITS) or "instance" in view.words
    return "instance" in view.words


def _written(form: Form, model: Model, names: frozenset[str]) -> str:
    """Return the address that a form of accounts, or of what keeps the word, lets people write."""
    if form.model is None or not (form.model.is_user or form.model.label == model.label):
        return ""
    if not _POWERS.isdisjoint(form.writes or ()):
        return ""
    return next((name for name in form.writes or () if name in names), "")


def _is_asked(project: Project, form: Form, view: View) -> bool:
    """Whether the form, or the view, does anything about an address that changes."""
    functions = [*project.site.classes.own_functions(form.symbol), *_of_view(project, view)]
    return any(
        _PROVES.search(word)
        for function in functions
        for word in (function.node.name, *function.node.words)
    )


def _of_view(project: Project, view: View) -> Iterator[FunctionSymbol]:
    yield from (function for _method, function in view.handlers)
    if isinstance(view.symbol, ClassSymbol):
        for name in ("form_valid", "perform_update", "update", "partial_update"):
            yield from project.site.classes.methods(view.symbol, name)
