"""Models that keep passwords in a column of their own."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.passwords.names import OF_SERVICE
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, External, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false

_PASSWORD_FIELD = re.compile(
    r"^(password|passwd|pwd|pass_?word|user_?password|login_?password)$", re.IGNORECASE
)


@rule(
    "passwords.own-column",
    title="a model keeps passwords in a column of its own",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 257),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database can log in as everybody, here and elsewhere",
    mend="build on `AbstractBaseUser`, or hash with `make_password` before saving",
)
def own_column(project: Project) -> Iterator[Hit]:
    """Find models with a password field that nothing hashes."""
    seen: set[tuple[str, int]] = set()
    for model in sorted(project.site.models.all, key=lambda m: not m.is_abstract):
        symbol = model.symbol
        names = {field.name for field in model.fields}
        if symbol.module.holds_tests or not names & _ACCOUNT or any(map(OF_SERVICE.match, names)):
            continue
        if _hashes(project, symbol) or _is_of_others(project, symbol) or _is_sent_out(symbol):
            continue
        for field in model.fields:
            if field.module is None or field.module.path != symbol.module.path:
                continue
            place = (field.module.path, field.span)
            if place in seen:
                continue  # a base class has it
            is_one = _PASSWORD_FIELD.match(field.name) and field.kind in _PLAIN
            if is_one and not _is_handed_out(project, model, field.name):
                seen.add(place)
                yield Hit(
                    (Spot(field.module.path, field.span),),
                    f"`{model.name}.{field.name}` is a plain column, and nothing here hashes it",
                    Confidence.MEDIUM,
                    symbol.name,
                )


def _is_sent_out(symbol: ClassSymbol) -> bool:
    """Whether a method of the model logs in with it at another service, which wants it as it is."""
    return any(
        not _CLIENTS.isdisjoint(method.node.words)
        and any(map(_PASSWORD_FIELD.match, method.node.words))
        for method in methods_of(symbol)
    )


def _is_handed_out(project: Project, model: Model, name: str) -> bool:
    """Whether the password of a row is handed to a library by that name: `Connection(password=server.password)`."""
    for function in project.flow.callers.holding(name):
        code = project.code_of(function)
        for call in code.every(n.Call):
            handed = (k.value for k in call.keywords if _PASSWORD_FIELD.match(k.name or ""))
            is_client = tail(call.func) not in _OF_ACCOUNTS
            if is_client and isinstance(code.resolve(call.func), External | None):
                if any(_is_of_row(code, value, model, name) for value in handed):
                    return True
    return False


# what makes or finds an account of the site by it
_OF_ACCOUNTS = frozenset(
    {
        "create_user",
        "create_superuser",
        "authenticate",
        "aauthenticate",
        "make_password",
        "User",
        "dict",
    }
    | {
        "create",
        "acreate",
        "get_or_create",
        "update_or_create",
        "update",
        "filter",
        "get",
        "exclude",
        "Q",
    }
)


def _is_of_row(code: Code, value: n.Expr, model: Model, name: str) -> bool:
    if not isinstance(value, n.Attr) or value.name != name:
        return False
    body = code.body
    found = body.flow.types.of(body, value.value, body.scope.at(value.span))
    return found is not None and found.model == model


# what speaks to other services
_CLIENTS = frozenset(
    {"requests", "httpx", "urlopen", "smtplib", "imaplib", "paramiko", "ftplib", "ldap"}
)


def _is_of_others(project: Project, symbol: ClassSymbol) -> bool:
    """Whether another program keeps the table, and puts its own hashes there: `managed = False`."""
    managed = project.site.classes.meta(symbol, "managed")
    return managed is not None and is_false(managed.value)


# a number is no hash either
_PLAIN = frozenset(
    {"CharField", "TextField", "IntegerField", "PositiveIntegerField", "BigIntegerField"}
)
# What a model of accounts has
_ACCOUNT = frozenset({"email", "username", "user_name", "login", "email_address", "nickname"})


_HASHING = frozenset(
    {"make_password", "set_password", "check_password", "encrypt", "decrypt", "hash_password"}
    # a fast one is told where it is called
    | {"hashlib", "hexdigest", "bcrypt", "hashpw"}
)


# What holds a typed password against a hash
_VERIFIES = frozenset({"PasswordHasher", "check_password", "checkpw", "verify_password", "pwd_context",
                       "CryptContext"})  # fmt: skip


def _hashes(project: Project, symbol: ClassSymbol) -> bool:
    classes = project.site.classes
    if classes.inherits(symbol, "AbstractBaseUser", "AbstractUser", "User"):
        return True
    naming = project.flow.callers.holding(symbol.node.name)
    if any(not _VERIFIES.isdisjoint(function.node.words) for function in naming):
        return True
    module_words: set[str] = set()
    for ancestor in classes.own_line(symbol):
        for binding in project.site.names.class_scope(ancestor).values():
            module_words |= set(getattr(binding, "words", ()))
    return bool(module_words & _HASHING)
