"""Session rules about wizards: what a step was sent waits in the session for the last one."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import text
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.names import ClassSymbol, External, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_WIZARDS = (
    ".SessionWizardView",
    ".CookieWizardView",
    ".NamedUrlSessionWizardView",
    ".NamedUrlCookieWizardView",
)
_PASSWORD = re.compile(r"^(new_|old_|raw_|current_)?(password|passwd|passphrase)\d?$")
# Methods by which a wizard says itself what it keeps of a step
_KEEPERS = frozenset({"process_step", "get_form_step_data"})
_PASSWORD_FORMS = (
    ".AuthenticationForm", ".UserCreationForm", ".BaseUserCreationForm", ".SetPasswordForm", ".PasswordChangeForm",
)  # fmt: skip


@rule(
    "sessions.password-in-wizard",
    title="a wizard keeps a password in the session until its last step",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(312, 522),
    severity=Severity.MEDIUM,
    gain="whoever reads the session store or a backup of it, or the cookie, has passwords in clear text",
    mend="give the wizard a storage that leaves the password out: check it in its step, keep that it was right",
)
def password_in_wizard(project: Project) -> Iterator[Hit]:
    """Find wizards of django-formtools with a password form and a storage that keeps all it is sent."""
    classes = project.site.classes
    for symbol in classes.of_kind("view"):
        forms = project.site.names.class_scope(symbol).get("form_list")
        if not isinstance(forms, n.Sequence | n.Mapping) or not _keeps_all(project, symbol):
            continue
        found = next(
            (part for part in inside(forms) if _is_password_form(project, symbol, part)), None
        )
        if found is not None:
            yield Hit(
                (
                    Spot(symbol.module.path, found.span),
                    Spot(symbol.module.path, symbol.node.span, "the wizard"),
                ),
                f"`{symbol.node.name}` keeps what this form is sent in the session, the password too",
                Confidence.MEDIUM,
                symbol.name,
            )


def _keeps_all(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a wizard stores each step in the session or a cookie as it was sent."""
    classes = project.site.classes
    own = project.site.names.class_scope(symbol)
    if not classes.inherits(symbol, *_WIZARDS) or _KEEPERS & own.keys():
        return False
    chosen = classes.value(symbol, "storage_name")
    if chosen is None:
        return True
    storage = project.site.names.dotted(text(chosen.value) or "", chosen.module)
    return isinstance(storage, ClassSymbol) and not _leaves_out(classes, storage)


def _leaves_out(classes: Classes, storage: ClassSymbol) -> bool:
    """Whether a storage of the project's own looks at passwords, or says itself what it keeps of a step."""
    return any(
        member.name == "set_step_data" or any(_PASSWORD.match(word) for word in member.words)
        for member in classes.own_methods(storage)
    )


def _is_password_form(project: Project, symbol: ClassSymbol, part: n.Expr) -> bool:
    if not isinstance(part, n.Name | n.Attr):
        return False
    form = project.site.names.resolve(symbol.module, part)
    return _has_password(project, form)


def _has_password(project: Project, form: Symbol | None) -> bool:
    if isinstance(form, External):
        return form.name.endswith(_PASSWORD_FORMS)
    if isinstance(form, ValueSymbol) or not isinstance(form, ClassSymbol):
        return False
    classes = project.site.classes
    return classes.inherits(form, *_PASSWORD_FORMS) or any(
        _PASSWORD.match(name)
        for ancestor in classes.own_line(form)
        for name in project.site.names.class_scope(ancestor)
    )
