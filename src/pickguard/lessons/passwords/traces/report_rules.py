"""Password rules about error reports: what a view is sent stands in them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.around import decorators
from pickguard.kit.code import tail, text
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_FIELD = re.compile(r"^(new_|old_|raw_|current_)?(password|passwd|passphrase)\d?$")
_DECOY = re.compile(r"honey_?pot|decoy", re.IGNORECASE)  # nobody has an account there
_DECORATOR = "sensitive_post_parameters"
# forms of Django's own, and of registration packages, that have password fields
_LIBRARY_FORMS = (
    "AuthenticationForm", "UserCreationForm", "BaseUserCreationForm", "SetPasswordForm",
    "PasswordChangeForm", "AdminPasswordChangeForm", "RegistrationForm",
)  # fmt: skip


@rule(
    "passwords.in-error-report",
    title="a password that is sent stands in error reports",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(532, 209),
    severity=Severity.LOW,
    gain="where the view fails, whoever reads the mails and reports of errors reads passwords in the clear",
    mend="put `sensitive_post_parameters()` on the view, or on the class's `dispatch`",
)
def in_error_report(project: Project) -> Iterator[Hit]:
    """Find views that are posted passwords and do not hide them from reports."""
    seen: set[object] = set()
    told: set[object] = set()
    for _route, view in project.views():
        symbol = view.symbol
        if view.kind not in ("function", "class") or symbol in seen:
            continue
        if not isinstance(symbol, ClassSymbol | FunctionSymbol):
            continue
        seen.add(symbol)
        if not _takes_password(project, view) or _is_hidden(project, view, symbol):
            continue
        if _DECOY.search(symbol.node.name):
            continue
        base = _where_to_mend(project, symbol)
        if base in told:
            continue
        told.add(base)
        yield Hit(
            (Spot(base.module.path, base.node.span),),
            f"`{base.node.name}` is sent a password, and an error's report quotes it",
            Confidence.MEDIUM,
            base.name,
            cause="views",
        )


def _where_to_mend(
    project: Project, symbol: ClassSymbol | FunctionSymbol
) -> ClassSymbol | FunctionSymbol:
    """Return the class that chooses the form: what it hides, it hides for all its subclasses."""
    if isinstance(symbol, ClassSymbol):
        for ancestor in project.site.classes.own_line(symbol):
            is_view = "view" in project.site.classes.kinds(ancestor)
            if is_view and "form_class" in project.site.names.class_scope(ancestor):
                return ancestor
    return symbol


def _takes_password(project: Project, view: View) -> bool:
    if any(_has_password(project, form) for form in view.forms):
        return True
    return any(
        _FIELD.match(text(_key(node)) or "")
        for _method, function in view.handlers
        if "POST" in function.node.words
        for node in project.flow.body(function).expressions
    )


def _key(node: n.Expr) -> n.Expr | None:
    """Return the key of `request.POST["…"]` or `request.POST.get("…")`."""
    if isinstance(node, n.Index) and tail(node.value) == "POST":
        return node.index
    if isinstance(node, n.Call) and tail(node.func) == "get" and isinstance(node.func, n.Attr):
        return node.args[0] if node.args and tail(node.func.value) == "POST" else None
    return None


def _has_password(project: Project, form: Form) -> bool:
    if any(_FIELD.match(name) for name in form.declared):
        return True
    return project.site.classes.inherits(form.symbol, *_LIBRARY_FORMS)


def _is_hidden(project: Project, view: View, symbol: ClassSymbol | FunctionSymbol) -> bool:
    if any(_DECORATOR in applied.name for applied in view.guards):
        return True
    if isinstance(symbol, FunctionSymbol):
        return any(_names(decorator) for decorator in decorators(project, symbol))
    classes = project.site.classes
    for ancestor in classes.own_line(symbol):
        marks = [*ancestor.node.decorators]
        for member in ancestor.node.body:
            if isinstance(member, n.Function):
                marks += member.decorators
                if _DECORATOR in member.words:  # an attribute of the request, set by hand
                    return True
        marks += _made_of(project, ancestor)
        if any(_names(mark) for mark in marks):
            return True
    return _brings_it(project, symbol)


def _made_of(project: Project, symbol: ClassSymbol) -> Iterator[n.Expr]:
    """Yield the calls that make bases: `Sensitive = DecoratorMixin(sensitive_post_parameters("password"))`."""
    for base in symbol.node.bases:
        found = project.site.names.resolve(symbol.module, base)
        if isinstance(found, ValueSymbol):
            yield found.value
        elif isinstance(base, n.Call):
            yield base


def _brings_it(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a base class of Django's has the decorator: its own views for logins do."""
    return project.site.classes.inherits(
        symbol, "LoginView", "PasswordChangeView", "PasswordResetConfirmView", "SignupView"
    )


def _names(decorator: n.Expr) -> bool:
    return any(_DECORATOR in tail(part) for part in inside(decorator))
