"""Password rules about secrets that stand in the code, outside the settings."""

import re
from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.key_shapes import KEY, is_key

_NAME = re.compile(
    r"^([A-Z][A-Z0-9_]*_)?(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_KEY|API_?KEY|API_SECRET|AUTH_TOKEN"
    r"|ACCESS_TOKEN|CLIENT_SECRET|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY)$"
)
_NO_SECRET = re.compile(r"PUBLIC|PUBLISHABLE|CACHE|SESSION_|HEADER|COOKIE|FIELD|ERROR|DEFAULT|TEST")
# Words that name a thing, or stand for what is to be filled in
_NAMES = re.compile(
    r"pass|secret|token|key|auth|change|replace|example|dummy|your|xxx|test|placeholder|insecure|default|none",
    re.IGNORECASE,
)
_KINDS = (
    re.compile(r"[a-z]"),
    re.compile(r"[A-Z]"),
    re.compile(r"[0-9]"),
    re.compile(r"[^A-Za-z0-9]"),
)
_PLAIN = re.compile(r"^[A-Za-z0-9+/=_!@#$%^&*()-]+$")
_NOT_SERVED = re.compile(
    r"settings|config|(^|/)conf|default|environ|factor(y|ies)|sample|fixture|dev", re.IGNORECASE
)
_SHORTEST = 8


@rule(
    "passwords.secret-in-code",
    title="a secret stands in the code",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798,),
    severity=Severity.HIGH,
    gain="whoever reads the code, a package of it or an old copy has the secret, and all sites have the same",
    mend="take it from the settings, and these from the environment; change the one that leaked",
    quotes_secret=True,
)
def secret_in_code(project: Project) -> Iterator[Hit]:
    """Find constants of modules and classes that are named for a secret and look like one."""
    for module in project.served():
        constants = _of_settings(module.record.body)
        if not _NOT_SERVED.search(module.path):
            constants = chain(_constants(module.record.body), constants)
        for target, value in constants:
            name, said = tail(target), _said(value)
            if said is None or not _NAME.match(name.upper()) or _NO_SECRET.search(name.upper()):
                continue
            if _looks_secret(said):
                yield Hit(
                    (Spot(module.path, target.span),),
                    f"`{name}` is written into the code",
                    Confidence.MEDIUM,
                    name,
                )


def _constants(block: tuple[n.Stmt, ...]) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield what a module, and the classes in it, give a name in capitals to once."""
    for statement in block:
        if isinstance(statement, n.Class):
            yield from _constants(statement.body)
        elif isinstance(statement, n.Assign) and tail(statement.targets[0]).isupper():
            yield statement.targets[0], statement.value


def _of_settings(block: tuple[n.Stmt, ...]) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield the fields that settings of pydantic's have where the environment says nothing."""
    for one in block:
        if isinstance(one, n.Class) and any(tail(base) == "BaseSettings" for base in one.bases):
            for field in one.body:
                if isinstance(field, n.Annotate) and field.value is not None:
                    yield field.target, field.value


def _said(value: n.Expr) -> str | None:
    """Return the text that a value is, also in `SecretStr("…")`; None of any other."""
    if isinstance(value, n.Call) and tail(value.func) == "SecretStr" and value.args:
        value = value.args[0]
    return text(value)


def _looks_secret(value: str) -> bool:
    """Whether a text looks like chance, or like a password that somebody thought of."""
    if len(value) < _SHORTEST or not _PLAIN.match(value) or _NAMES.search(value):
        return False
    return sum(bool(kind.search(value)) for kind in _KINDS) >= 3


@code_rule(
    "passwords.service-key-in-code",
    words=(KEY,),
    title="the key of another service stands in the code",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798,),
    severity=Severity.HIGH,
    gain="whoever reads the repository, a package of it or an old copy acts at the other service as the site",
    mend="revoke the key there, and take the new one from the environment",
    quotes_secret=True,
)
def service_key_in_code(code: Code) -> Iterator[Hit]:
    """Find texts that have the shape by which a service marks its keys: `sk_live_…`, `ghp_…`."""
    for node in code.every(n.Const):
        said = text(node)
        if said is not None and is_key(said):
            yield Hit(
                (code.spot(node),),
                f"a key that begins with `{_beginning(said)}` is written into the code",
                Confidence.HIGH,
                code.symbol,
            )


def _beginning(said: str) -> str:
    """Return as much of a key as tells whose it is."""
    return said.splitlines()[0] if said.startswith("-") else said[:4]
