"""Passwords that a template prints: `{{ member.password }}`, of the account of somebody, or of who asks."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.site.models.models import Model
from pickguard.site.templates.walk import variables
from pickguard.source.templates import record as r

_ASKER = (("user", "password"), ("request", "user", "password"))
_NAMES = ("username", "user_name", "login", "email")


def printed_passwords(project: Project) -> Iterator[Hit]:
    """Yield the places of templates that print the password of an account."""
    for path in project.templates:
        for place in project.template_map.outputs(path):
            if not isinstance(place.node, r.Output):
                continue
            for variable in variables(place.node.expression):
                if variable.path[-1] == "password" and _is_of_account(project, path, variable):
                    yield Hit(
                        (Spot(path, place.node.span),),
                        f"`{'.'.join(variable.path)}` prints the password of an account, hashed or not",
                        Confidence.MEDIUM,
                    )


def _is_of_account(project: Project, path: str, variable: r.Variable) -> bool:
    known = project.template_values.field(path, variable)
    if known is not None:
        return _lets_in(project, known[0])
    return variable.path in _ASKER and not project.template_values.of(path, variable)


def _lets_in(project: Project, model: Model) -> bool:
    """Whether rows are accounts of the site: a password that somebody keeps for elsewhere has an owner."""
    if model.is_user:
        return True
    has_owner = any((field.target or "").lower() in project.user_models for field in model.fields)
    return not has_owner and any(model.field(name) is not None for name in _NAMES)
