"""What passwords are called."""

import re

from pickguard.kit.code import Code
from pickguard.kit.settings.secret_settings import setting_name
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import called_by

_WORD = "(password|passwd|passwrd|pwd|passphrase)"
PASSWORD = re.compile(rf"^(raw_|plain_|new_|old_|user_)?{_WORD}[12]?$")

SECRET = re.compile(
    r"^(\w+_)?(secret|secret_key|token_secret|private_key|(client|api|app)_secret|(access|refresh)_token"
    r"|api_key|session_key)$"
)
"""What lets in, or proves who somebody is, whatever the rows are."""

# Columns, by whatever their names say of the passwords in them: `password_plaintext`, `password_hash`
COLUMN = re.compile(
    rf"^(raw_|plain_|user_|clear_)?{_WORD}(_?(plain|clear|text|plaintext|raw|hash|hashed|digest))*$"
)

# What a program shows instead of a password: `api_key`, `X-Api-Key`, `secret_token`
_SHOWN_KEY = re.compile(
    r"^(x[-_])?((api|access|admin|auth|master|secret)[-_]?(key|token|secret)|passcode|verify[-_]token)$",
    re.IGNORECASE,
)

HASHERS = frozenset(
    {"make_password", "hash", "hash_password", "encrypt", "encode", "hashpw", "get_hash"}
)
"""What makes of a password something that may be stored."""

# `settings.ARCHIVER_KEY`: a setting so called is a secret, unless its name says that it names something
SETTING = re.compile(r"(^|_)(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE)$")
_NAMES_A_KEY = re.compile(
    r"(CACHE|SESSION|PUBLIC|SITE|PUBLISHABLE|FOREIGN|PRIMARY|SORT|HEADER|COOKIE|USERNAME|FIELD)(_\w*)?_KEY$"
)
OF_SERVICE = re.compile(
    r"^((\w+_)?(host|hostname|endpoint|port|server)|(base|api|server|service)_ur[il]"
    r"|use_(start_?)?(tls|ssl)|bind_dn)$",
    re.IGNORECASE,
)
"""Columns of a login at another server, which needs its password as it is."""


def is_secret_setting(node: n.Expr) -> bool:
    """Whether a setting, or a variable of the environment, has the name of a secret: `settings.ARCHIVER_KEY`."""
    return names_secret(setting_name(node))


def names_secret(setting: str) -> bool:
    """Whether a setting, or a variable of the environment, is a secret by its name."""
    return bool(SETTING.search(setting)) and not _NAMES_A_KEY.search(setting)


def is_secret_of_site(code: Code, node: n.Expr) -> bool:
    """Whether it is a secret setting, or what a module keeps it under: `SECRET = settings.SECRET_KEY`."""
    if is_secret_setting(node):
        return True
    if not isinstance(node, n.Name):
        return False
    kept = code.body.named(node)
    if kept is not None:
        return is_secret_setting(kept.value)
    holder, _, name = code.name(node).rpartition(".")
    return holder == "django.conf.settings" and names_secret(name)


def unencoded(code: Code, value: n.Expr) -> n.Expr:
    """Return the text that bytes were made of: `password` of `typed = password.encode("utf-8")`."""
    made = code.assigned(value.id) if isinstance(value, n.Name) else ()
    call = made[-1] if made else value
    if not isinstance(call, n.Call) or not isinstance(call.func, n.Attr) or call.keywords:
        return value
    is_text = call.func.name == "encode" and all(isinstance(arg, n.Const) for arg in call.args)
    return call.func.value if is_text else value


def is_password(node: n.Expr) -> bool:
    """Whether a name, an attribute or a constant key says that it is a password."""
    return bool(PASSWORD.match(called_by(node)))


def is_shown_key(node: n.Expr) -> bool:
    """Whether a name, an attribute or a constant key says that it is what a program shows to be let in."""
    return bool(_SHOWN_KEY.match(called_by(node)))
