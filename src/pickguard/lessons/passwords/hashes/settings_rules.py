"""How the settings let passwords be hashed and chosen."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, reading, rule
from pickguard.lessons.passwords.hashes.own_hashers import hashes_nothing, hurrying

_WEAK = re.compile(
    r"MD5|(?<![a-z])(?<!PBKDF2)SHA1|Unsalted|(?<![a-z_])CryptPasswordHasher", re.IGNORECASE
)


@rule(
    "passwords.weak-hasher",
    title="new passwords are hashed with a fast or unsalted function",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(916, 328),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database tries billions of passwords a second",
    mend="put `PBKDF2PasswordHasher`, `Argon2PasswordHasher` or `ScryptPasswordHasher` first",
)
def weak_hasher(project: Project) -> Iterator[Hit]:
    """Find weak functions at the head of `PASSWORD_HASHERS`, and hashers of the site's own that are too fast."""
    for symbol, rounds in hurrying(project):
        yield Hit(
            (Spot(symbol.module.path, rounds.span),),
            f"`{symbol.node.name}` makes a hash in {rounds.value} rounds",
            Confidence.MEDIUM,
            symbol.name,
            Severity.MEDIUM,
        )
    found = reading(project, "PASSWORD_HASHERS")
    if found is None or not isinstance(found.value, list | tuple) or not found.value:
        return
    first = found.value[0]
    if isinstance(first, str) and hashes_nothing(project, first):
        yield Hit(
            (found.spot,),
            f"`{first.rpartition('.')[2]}` stores new passwords as they are",
            found.confidence,
            "PASSWORD_HASHERS",
        )
    elif isinstance(first, str) and _WEAK.search(first):
        yield Hit(
            (found.spot,),
            f"new passwords are hashed with `{first.rpartition('.')[2]}`",
            found.confidence,
            "PASSWORD_HASHERS",
        )


@rule(
    "passwords.no-validators",
    title="any password is accepted",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(521,),
    severity=Severity.LOW,
    gain="accounts with `123456` are opened by the first robot that tries",
    mend="set `AUTH_PASSWORD_VALIDATORS` as `startproject` does",
)
def no_validators(project: Project) -> Iterator[Hit]:
    """Find production settings with users and without validators."""
    if "django.contrib.auth" not in project.installed:
        return
    found = reading(project, "AUTH_PASSWORD_VALIDATORS", [])
    if found is not None and found.value in ([], ()):
        says = "is empty" if found.is_set else "is not set"
        yield Hit(
            (found.spot,),
            f"`AUTH_PASSWORD_VALIDATORS` {says}: any password will do",
            found.confidence,
            "AUTH_PASSWORD_VALIDATORS",
        )
    elif found is not None and _lets_common_through(found.value):
        yield Hit(
            (found.spot,),
            "`AUTH_PASSWORD_VALIDATORS` lets the most common passwords through",
            found.confidence,
            "AUTH_PASSWORD_VALIDATORS",
        )


def _lets_common_through(validators: object) -> bool:
    """Whether none but Django's own validators are asked, and not the one that knows common passwords."""
    if not isinstance(validators, list | tuple):
        return False
    names = [one.get("NAME") for one in validators if isinstance(one, dict)]
    if len(names) < len(validators) or not all(isinstance(name, str) for name in names):
        return False
    return all(
        str(name).startswith(_OF_DJANGO) and not str(name).endswith(".CommonPasswordValidator")
        for name in names
    )


_OF_DJANGO = "django.contrib.auth.password_validation."
