"""Password rules about what the admin lists: codes and keys that let in whoever reads them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.passwords.names import SECRET
from pickguard.site.models.models import Model
from pickguard.site.urls.admins import Registered
from pickguard.source.python.accessors import items_of, text

# Rows that let somebody in, or prove who somebody is
_LETS_IN = re.compile(
    r"(log_?in|magic|(password_?)?reset|password|recovery|auth(entication)?|access|refresh|api|session|bearer"
    r"|one_?time|t?otp|callback|verification)_?\w*?(token|code|key|link|secret|device)s?$",
    re.IGNORECASE,
)
_LETTING_IN = re.compile(
    r"^(\w+_)?(token|secret|otp|code|key|seed|secret_key|private_key|api_secret|client_secret)$"
)
_NOT_SECRET = re.compile(
    r"^(has|is|use|uses|with|no|show)_|public|hash|digest|country|language|status|error"
)
_TEXT = frozenset({"CharField", "TextField", "SlugField"})


@rule(
    "passwords.secret-in-admin",
    title="the admin shows codes that let people in",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.LOW,
    gain="whoever may look at the rows reads there what lets somebody else in, and is them",
    mend="leave it out, or show its last letters; keep a digest of it in the row",
)
def secret_in_admin(project: Project) -> Iterator[Hit]:
    """Find `list_display` that names the code or the key of rows which let somebody in, and keys of sessions."""
    for one in project.site.admins.registered:
        model = one.model
        if model is None or one.admin is None or one.module.holds_tests:
            continue
        listed = list(_listed(project, one, model))
        yield from listed or _in_form(project, one, model)


def _listed(project: Project, one: Registered, model: Model) -> Iterator[Hit]:
    classes = project.site.classes
    listed = classes.value(one.admin, "list_display") if one.admin is not None else None
    for item in items_of(listed.value) if listed is not None else ():
        name = text(item) or ""
        is_secret = _LETTING_IN.match(name) and _LETS_IN.search(model.name)
        if listed is None or one.admin is None or not (is_secret or SECRET.match(name)):
            continue
        if _NOT_SECRET.search(name) or not _is_text(project, model, name):
            continue
        if classes.method(one.admin, name) is not None:
            continue  # which may well show a part of it
        yield Hit(
            (Spot(listed.module.path, item.span),),
            f"the list of `{model.name}` shows its `{name}`",
            Confidence.MEDIUM,
            one.admin.name,
        )


def _in_form(project: Project, one: Registered, model: Model) -> Iterator[Hit]:
    """Yield the page of a row that shows the key of a session, since nothing of the row is left out."""
    classes, admin = project.site.classes, one.admin
    field = model.field(_SESSION)
    if field is None or field.kind not in _TEXT or field.options.get("editable") is False:
        return
    if admin is None or any(classes.value(admin, name) is not None for name in _CHOOSING):
        return
    if any(classes.method(admin, f"get_{name}") is not None for name in _CHOOSING):
        return
    yield Hit(
        (Spot(admin.module.path, admin.node.span),),
        f"the page of a `{model.name}` shows its `{_SESSION}`",
        Confidence.MEDIUM,
        admin.name,
    )


_SESSION = "session_key"
_CHOOSING = ("fields", "fieldsets", "exclude", "form")


def _is_text(project: Project, model: Model, name: str) -> bool:
    """Whether a row has a column of text of that name, or works it out."""
    field = model.field(name)
    if field is not None:
        return field.kind in _TEXT
    symbol = model.symbol
    return symbol is not None and project.site.classes.method(symbol, name) is not None
