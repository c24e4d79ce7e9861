"""Password rules about what the admin lists: codes and keys that let in whoever reads them."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.admins import Registered
from pickguard.site.models import Model
from pickguard.source.python.accessors import items_of, text

# Rows that let somebody in, or prove who somebody is
_LETS_IN = re.compile(
    r"(log_?in|magic|(password_?)?reset|password|recovery|auth(entication)?|access|refresh|api|session|bearer"
    r"|one_?time|t?otp|callback|verification)_?\w*?(token|code|key|link|secret|device)s?$",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"^(\w+_)?(token|secret|otp|code|key|seed|secret_key|private_key|api_secret|client_secret)$"
)
_NOT_SECRET = re.compile(
    r"^(has|is|use|uses|with|no|show)_|public|hash|digest|country|language|status|error"
)
_TEXT = frozenset({"CharField", "TextField", "SlugField"})


@rule(
    "passwords.secret-in-admin",
    title="a list of the admin shows codes that let people in",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.LOW,
    gain="whoever may look at the list asks for a link in somebody else's name, reads its code there, and is them",
    mend="leave it out of `list_display`, or show its last letters; keep a digest of it in the row",
)
def secret_in_admin(project: Project) -> Iterator[Hit]:
    """Find `list_display` that names the code or the key of rows which let somebody in."""
    for one in project.site.admins.registered:
        model = one.model
        if model is None or one.admin is None or one.module.holds_tests:
            continue
        if _LETS_IN.search(model.name):
            yield from _listed(project, one, model)


def _listed(project: Project, one: Registered, model: Model) -> Iterator[Hit]:
    classes = project.site.classes
    listed = classes.value(one.admin, "list_display") if one.admin is not None else None
    for item in items_of(listed.value) if listed is not None else ():
        name = text(item) or ""
        if listed is None or one.admin is None or not _SECRET.match(name):
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


def _is_text(project: Project, model: Model, name: str) -> bool:
    """Whether a row has a column of text of that name, or works it out."""
    field = model.field(name)
    if field is not None:
        return field.kind in _TEXT
    symbol = model.symbol
    return symbol is not None and project.site.classes.method(symbol, name) is not None
