"""Password rules about accounts in the admin: a plain `ModelAdmin` takes a password for any other text."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.passwords.hashes.hashed_on_save import is_hashed_on_save
from pickguard.site.urls.admins import Registered
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text
from pickguard.source.python.walk import inside

_COLUMN = "password"
_HASHES = frozenset({"set_password", "make_password", "set_unusable_password", "create_user"})
# what makes another form of a row than that of all its columns
_FORMS = ("form", "add_form", "get_form", "get_fieldsets", "get_fields", "get_exclude")
# what heirs of Django's own class are called, also those of libraries
_OF_USERS = re.compile(r"User\w*Admin$|Account\w*Admin$")


@rule(
    "passwords.typed-into-admin",
    title="the admin stores the password of an account as it was typed",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 312),
    severity=Severity.MEDIUM,
    gain="a password typed there is kept in clear, and whoever may edit accounts reads all hashes in a text field",
    mend="build on `django.contrib.auth.admin.UserAdmin`, or leave `password` out of the form",
)
def typed_into_admin(project: Project) -> Iterator[Hit]:
    """Find models of accounts that are registered with a class of the admin that hashes nothing."""
    if project.installed and _ADMIN.isdisjoint(project.installed):
        return
    for one in project.site.admins.registered:
        model = one.model
        if model is None or not model.is_user or model.is_abstract or one.module.holds_tests:
            continue
        if project.kind_of(one.module) is not None or is_hashed_on_save(project, model):
            continue
        if _takes_any_column(project, one):
            spot = Spot(one.module.path, one.span)
            if one.admin is not None:
                spot = Spot(one.admin.module.path, one.admin.node.span)
            yield Hit(
                (spot,),
                f"`{model.name}.password` is a text like any other in this page of the admin",
                Confidence.MEDIUM,
                one.admin.name if one.admin is not None else "",
            )


_ADMIN = frozenset({"django.contrib.admin", "django.contrib.admin.apps.SimpleAdminConfig"})


def _takes_any_column(project: Project, one: Registered) -> bool:
    """Whether the page of an account has a field for the password, and nothing of the class's hashes it."""
    admin, classes = one.admin, project.site.classes
    if admin is None:
        return one.is_plain
    if any(classes.member(admin, name) is not None for name in _FORMS):
        return False
    if any(_OF_USERS.search(base.name.rpartition(".")[2]) for base in classes.line(admin)[1:]):
        return False
    if any(not _HASHES.isdisjoint(method.words) for method in classes.own_methods(admin)):
        return False
    listed = [classes.value(admin, name) for name in ("fields", "fieldsets")]
    chosen = [known.value for known in listed if known is not None]
    if chosen and not any(map(_names_password, chosen)):
        return False
    kept_out = [classes.value(admin, name) for name in ("exclude", "readonly_fields")]
    return not any(known is not None and _names_password(known.value) for known in kept_out)


def _names_password(node: n.Expr) -> bool:
    return any(text(part) == _COLUMN for part in inside(node))
