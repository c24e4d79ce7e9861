"""Columns that hold secrets, and the models from which a lookup leads to one."""

import re
from collections import defaultdict

from pickguard.kit import Project
from pickguard.site.models.models import Field, Model

_SECRET = re.compile(
    r"^(password|passwd|passphrase|password_hash|hashed_password|secret|secret_key|client_secret|api_?key"
    r"|api_?token|auth_?token|access_token|refresh_token|reset_token|token|private_key|otp_secret"
    r"|totp_secret|session_key|session_data|recovery_codes?)$"
)


def is_secret(field: Field) -> bool:
    """Whether a column holds a secret, as its name says."""
    return bool(_SECRET.match(field.name)) and not field.target and "Boolean" not in field.kind


def leads_to_secret(project: Project, model: Model) -> bool:
    """Whether relations, taken either way, lead from a model to an account, a secret, or out of what is known."""
    pointing = project.once(_pointing)
    seen, waiting = {model.label.lower()}, [model]
    while waiting:
        here = waiting.pop()
        if here.is_user or any(map(is_secret, here.fields)):
            return True
        near = list(pointing.get(here.label.lower(), ()))
        for field in here.fields:
            if field.target is not None:
                target = project.site.models.named(field.target)
                if target is None or target.is_user:
                    return True
                near.append(target)
        for one in near:
            if one.label.lower() not in seen:
                seen.add(one.label.lower())
                waiting.append(one)
    return False


def _pointing(project: Project) -> dict[str, list[Model]]:
    """Return the models whose relations lead to each model, by its label in small letters."""
    found: dict[str, list[Model]] = defaultdict(list)
    for model in project.site.models.by_label.values():
        for field in model.fields:
            if field.target is not None and field.options.get("related_name") != "+":
                found[field.target.lower()].append(model)
    return dict(found)
