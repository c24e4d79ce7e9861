"""Secrets that are written into the settings."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import tail, text
from pickguard.kit.settings.readings import entries_within
from pickguard.site.settings.environment import Setting, Settings
from pickguard.site.symbols.unknown import FromEnvironment
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of

_PLACEHOLDER = re.compile(
    r"insecure|change|replace|example|dummy|secret.?key|your|xxx|todo|test|{{|fixme|unsafe|dev",
    re.IGNORECASE,
)


_SECRET_SETTING = re.compile(
    r"(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|CREDENTIALS?)(_KEY|_ID)?$"
    r"|(^|_)(FERNET|SECRET|CIPHER|CRYPTO|HMAC|JWT|MASTER)(_\w+)?_KEY$"
)


_NOT_SECRET = re.compile(
    r"(HASHERS|VALIDATORS|TIMEOUT|URL|NAME|HEADER|FIELD|CLASS|PUBLIC|(?<![A-Z])AGE(?![A-Z])|MODEL|GENERATOR|LENGTH|EXPIR|ENABLED|TYPE|PREFIX|BACKEND|FALLBACKS"
    r"|(?<![A-Z])(DEBUG|TEST|TESTS|DEMO|DUMMY)_)"
)


@rule(
    "passwords.secret-in-repository",
    title="a secret stands in the settings",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798, 321),
    severity=Severity.HIGH,
    gain="whoever reads the repository, or an old copy of it, signs sessions and reset links, or logs in",
    mend="take it from the environment or a file outside the repository, and change the one that leaked",
    quotes_secret=True,
)
def secret_in_repository(project: Project) -> Iterator[Hit]:
    """Find secrets written into the production settings."""
    production = project.production
    if production is None:
        return
    for name, setting in sorted(production.values.items()):
        value = setting.value
        if isinstance(value, FromEnvironment):
            yield from _in_its_place(project, name, setting, value, production)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, dict):
            yield from _nested(setting)
        if isinstance(value, str) and _holds_password(value):
            yield _in_address(name, project.setting_spot(setting), setting)
            continue
        if not _SECRET_SETTING.search(name) or _NOT_SECRET.search(name):
            continue
        if not isinstance(value, str) or not _is_secret(value, name):
            continue
        if value in project.once(_refused):
            continue
        doubtful = setting.in_branch or bool(_PLACEHOLDER.search(value))
        yield Hit(
            (project.setting_spot(setting),),
            f"`{name}` is written into the settings",
            Confidence.MEDIUM if doubtful else Confidence.HIGH,
            name,
            None if name == "SECRET_KEY" or not doubtful else Severity.MEDIUM,
        )


def _refused(project: Project) -> frozenset[str]:
    """Return the texts with which the site does not start: `if settings.SECRET_KEY == UNSET: raise …`."""
    found: set[str] = set()
    for code, _words in project.code(frozenset({"SECRET_KEY"})):
        for statement in code.statements:
            if isinstance(statement, n.If) and any(isinstance(s, n.Raise) for s in statement.body):
                found.update(_compared(code, statement.test))
    return frozenset(found)


def _compared(code: Code, test: n.Expr) -> Iterator[str]:
    """Yield the texts that the secret key is compared with."""
    if isinstance(test, n.Logic) and test.op == "and":
        asked = [part for part in test.values if not _asks_for_debug(part)]
        test = asked[0] if len(asked) == 1 else test
    if not isinstance(test, n.Compare) or test.ops not in (("==",), ("in",)):
        return
    if tail(test.left) == "SECRET_KEY":
        said = (code.body.said(item) for item in items_of(test.rights[0]))
        yield from (one for one in said if one)


def _asks_for_debug(test: n.Expr) -> bool:
    return isinstance(test, n.Unary) and test.op == "not" and tail(test.operand) == "DEBUG"


def _in_its_place(
    project: Project, name: str, setting: Setting, value: FromEnvironment, production: Settings
) -> Iterator[Hit]:
    """Find a key that signs where the environment holds none: everybody can read that one."""
    key = value.default if value.has_default else None
    if not isinstance(key, str) or not _SIGNS.search(name) or _NOT_SECRET.search(name):
        return
    if any(one.value == key for one in production.values.values()):
        return  # it is told where it stands by itself
    if len(key) < _LONG or len(set(key)) < _VARIED or " " in key or _PLACEHOLDER.search(key):
        return
    yield Hit(
        (project.setting_spot(setting),),
        f"where the environment has no `{value.variable}`, `{name}` is one that is written here",
        Confidence.MEDIUM,
        name,
        Severity.MEDIUM,
        mend="leave the key out, so that the site does not start without its own; change the one that leaked",
    )


# One that was made by chance, as `startproject` makes them, is no word to fill in
_SIGNS = re.compile(
    r"^SECRET_KEY$|(^|_)(FERNET|CIPHER|CRYPTO|HMAC|JWT|MASTER|SIGNING|ENCRYPTION)(_\w+)?_KEY$"
)
_LONG = 32
_VARIED = 12


def _nested(setting: Setting) -> Iterator[Hit]:
    """Find secrets inside dictionaries, such as the password of a database."""
    for name, value in entries_within(setting):
        said = text(value)
        if said and _holds_password(said):
            yield _in_address(setting.name, Spot(setting.module.path, value.span), setting)
        if not name or not said or not _SECRET_SETTING.search(name.upper()):
            continue
        if _NOT_SECRET.search(name.upper()) or len(said) < 6 or "://" in said:
            continue
        if " " in said and not _APP_PASSWORD.match(said):
            continue
        if _RATE.match(said):
            continue
        yield Hit(
            (Spot(setting.module.path, value.span),),
            f"`{name}` in `{setting.name}` is written into the settings",
            Confidence.MEDIUM
            if setting.in_branch or _PLACEHOLDER.search(said)
            else Confidence.HIGH,
            setting.name,
        )


def _in_address(name: str, spot: Spot, setting: Setting) -> Hit:
    return Hit(
        (spot,),
        f"the password in the address of `{name}` is written into the settings",
        Confidence.MEDIUM if setting.in_branch else Confidence.HIGH,
        name,
    )


def _holds_password(value: str) -> bool:
    """Whether it is the address of a server elsewhere, with its password: `redis://:fj3Kd02k@cache.shop.example/0`.

    What equals the name of the account is what everybody has who tries it out.
    """
    found = _ADDRESS.match(value)
    if found is None or _PLACEHOLDER.search(found["word"]) or "$" in found["word"]:
        return False
    is_elsewhere = not _HERE.match(found["host"])
    return (
        is_elsewhere
        and len(found["word"]) >= _SHORTEST
        and found["word"] not in (found["user"], "password")
    )


_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://(?P<user>[^/@:\s]*):(?P<word>[^/@\s{}<>()*]+)@(?P<host>[^/:\s?]+)"
)
_HERE = re.compile(r"localhost|127\.|0\.0\.0\.0|host\b|example", re.IGNORECASE)
_SHORTEST = 5
# As Google hands them out to programs
_APP_PASSWORD = re.compile(r"([a-z]{4} ){3}[a-z]{4}$")
_RATE = re.compile(r"\d+/(\d*(s|m|h|d)\b|sec|min|hour|day)")  # how often it may be asked for


def _is_secret(value: str, name: str) -> bool:
    if name == "SECRET_KEY":
        return len(value) >= 4  # a short one is guessed besides
    if _APP_PASSWORD.match(value):
        return True
    return len(value) >= 8 and " " not in value and "." not in value and "/" not in value[:1]
