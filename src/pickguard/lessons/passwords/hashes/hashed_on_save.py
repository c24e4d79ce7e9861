"""Passwords that are hashed on their way into the database, wherever they were set: by a signal, by `save` itself."""

from pickguard.kit import Project
from pickguard.kit.code import tail
from pickguard.lessons.passwords.names import HASHERS
from pickguard.site.models.models import Model
from pickguard.source.python.walk import inside

_HASHING = HASHERS | {"set_password", "hexdigest", "pbkdf2_hmac", "scrypt", "identify_hasher"}
_ON_SAVE = ("save", "full_clean", "clean")


def is_hashed_on_save(project: Project, model: Model | None) -> bool:
    """Whether the site hashes what it saves of a model, or of some model by a signal."""
    if project.once(_by_signal):
        return True
    if model is None:
        return False
    methods = project.site.classes.own_methods(model.symbol)
    return any(one.name in _ON_SAVE and not _HASHING.isdisjoint(one.words) for one in methods)


def _by_signal(project: Project) -> bool:
    """Whether a receiver of `pre_save` hashes: `instance.hash_password()`."""
    return any(
        not _HASHING.isdisjoint(function.node.words)
        and any(
            tail(part) == "pre_save" for one in function.node.decorators for part in inside(one)
        )
        for function in project.flow.callers.functions
        if function.node.decorators
    )
