"""Password rules about what APIs hand out: secrets that were meant to go in only."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import is_true
from pickguard.lessons.passwords.traces.taken_out import taken_out
from pickguard.site.access.guards import LOGIN_PERMISSIONS
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n

_SECRET = re.compile(
    r"^(\w+_)?(password|passwd|passphrase|client_secret|secret_key|secret_access_key|private_key|api_secret"
    r"|webhook_secret|signing_secret|totp_secret|otp_secret|refresh_token|access_token|session_token)$"
)
# What lets in elsewhere, where the row says where: the token of a remote, the key of an integration
_KEY = re.compile(r"^((auth|api|access|bearer|oauth|bot)_?)?(token|key|apikey)$")
_ELSEWHERE = re.compile(r"(^|_)(url|host|hostname|server|endpoint|domain|uri)$")
_UNSAFE = frozenset({"POST", "PUT", "PATCH"})
_NOT_SECRET = re.compile(r"^(has|is|use|uses|with|no|show|require[sd]?|can|reset|change)_|public")
_TEXT = frozenset({"CharField", "TextField", "JSONField", "BinaryField", "URLField"})
_ENCRYPTED = re.compile(r"Encrypted|Secret|Password|Fernet")


@rule(
    "passwords.secret-in-output",
    title="a serializer hands out a secret that it takes",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.MEDIUM,
    gain="whoever may read the object has the password or key of the other service, and uses it as their own",
    mend="mark the field `write_only`, and show whether it is set",
)
def secret_in_output(project: Project) -> Iterator[Hit]:
    """Find model serializers that show columns such as `client_secret` or `webhook_secret`."""
    for form in project.site.forms.all:
        model = form.model
        if form.kind != "serializer" or model is None or form.symbol.module.holds_tests:
            continue
        for name in _of_account(form) if model.is_user else _shown(form):
            if (
                _is_column(model, name)
                and (model.is_user or _goes_out(project, form, name))
                and not _is_write_only(project, form, name)
            ):
                yield Hit(
                    (_spot(project, form, name),),
                    f"`{form.symbol.node.name}` shows `{model.name}.{name}`",
                    Confidence.MEDIUM,
                    form.symbol.name,
                )


def _goes_out(project: Project, form: Form, name: str) -> bool:
    """Whether what is shown was meant to go in only, or opens a door to whoever reads it."""
    taken = not _is_of_link(form, name) and _is_taken(project, form, name)
    return taken or _opens_door(project, form, name)


_LINKS = re.compile(
    r"invit|(password_?)?reset_?(request|token|code|link)|magic_?(link|token)|log_?in_?(link|token|code)|activation"
    r"|verification_?(token|code)|one_?time|recovery_?code",
    re.IGNORECASE,
)
# columns of an account by which whoever reads them is let in as its owner
_LETS_IN = re.compile(
    r"^(pw|password|passwd)_?(reset|recovery)_?(token|key|code)$|^(reset|recovery|activation|magic|login)_?(token|key)$"
    r"|^(totp|otp|mfa)_?(secret|key)$"
)
_OPENS = re.compile(r"^(\w+_)?(token|secret|otp|key|code)$")


def _opens_door(project: Project, form: Form, name: str) -> bool:
    """Whether it is what a link that lets somebody in consists of, shown to whoever is logged in."""
    model = form.model
    if model is None or not _LINKS.search(model.name) or not _OPENS.match(name):
        return False
    views = project.views_by_form.get(form.symbol, ())
    return any(
        "GET" in (view.methods or ())
        and not set(view.permissions) - LOGIN_PERMISSIONS
        and _is_its_own(project, view, form)
        for view in views
    )


def _is_its_own(project: Project, view: View, form: Form) -> bool:
    """Whether a serializer is the one that a view lists rows with: one of an action alone answers who made the row."""
    if not isinstance(view.symbol, ClassSymbol):
        return False
    return project.site.classes.named(view.symbol, "serializer_class") == form.symbol


def _is_column(model: Model, name: str) -> bool:
    field = model.field(name)
    return field is not None and (field.kind in _TEXT or bool(_ENCRYPTED.search(field.kind)))


def _is_taken(project: Project, form: Form, name: str) -> bool:
    """Whether the browser sends the secret too: one that the site makes is often made to be shown."""
    views = project.views_by_form.get(form.symbol, ())
    if views and not any(_UNSAFE & set(view.methods or _UNSAFE) for view in views):
        return False
    if form.writes is None:
        return name in form.declared and name not in form.read_only
    return name in form.writes


def _shown(form: Form) -> list[str]:
    """Return the secrets among the fields that a serializer says it has."""
    names = form.chosen
    leads = (
        any(_ELSEWHERE.search(field.name) for field in form.model.fields) if form.model else False
    )
    return [
        name
        for name in names
        if (
            _SECRET.match(name)
            or _is_of_link(form, name)
            or (leads and name != "key" and _KEY.match(name))
        )
        and not _NOT_SECRET.search(name)
    ]


def _of_account(form: Form) -> list[str]:
    """Return the columns of an account that a serializer shows, and that let in whoever reads them."""
    return [name for name in form.chosen if _LETS_IN.match(name)]


def _is_of_link(form: Form, name: str) -> bool:
    is_link = form.model is not None and bool(_LINKS.search(form.model.name))
    return is_link and bool(_OPENS.match(name))


def _is_write_only(project: Project, form: Form, name: str) -> bool:
    """Whether a field is not shown, or what it is could not be told."""
    classes = project.site.classes
    declared = classes.value(form.symbol, name)
    if declared is not None:
        call = declared.value
        plain = isinstance(call, n.Call) and any(
            is_true(k.value) for k in call.keywords if k.name == "write_only"
        )
        return plain or not isinstance(call, n.Call) or not _says_text(call)
    found = classes.meta(form.symbol, "extra_kwargs")  # `write_only_fields` is of REST framework 2
    value = project.site.forms.value(found) if found is not None else {}
    if value is UNKNOWN:
        return True
    given = value.get(name) if isinstance(value, dict) else None
    if isinstance(given, dict) and given.get("write_only") is True:
        return True
    methods = _methods(project, form)
    return "get_fields" in methods or (
        "to_representation" in methods and not _is_left_in(project, form, name)
    )


def _is_left_in(project: Project, form: Form, name: str) -> bool:
    """Whether the serializer takes other secrets out of the answer by their names, and not this one."""
    names = taken_out(project, form)
    return names is not None and name not in names and any(map(_SECRET.match, names))


def _says_text(call: n.Call) -> bool:
    name = call.func.name if isinstance(call.func, n.Attr) else getattr(call.func, "id", "")
    return name in ("CharField", "JSONField")


def _methods(project: Project, form: Form) -> set[str]:
    return {member.name for member in project.site.classes.own_methods(form.symbol)}


def _spot(project: Project, form: Form, name: str) -> Spot:
    """Return where a serializer says that it has a field: where it declares it, or names it among others."""
    declared = project.site.classes.value(form.symbol, name)
    if declared is not None:
        return Spot(declared.module.path, declared.value.span)
    meta = form.meta
    if meta is not None:
        return Spot(meta.module.path, meta.value.span)
    return Spot(form.symbol.module.path, form.symbol.node.span)
