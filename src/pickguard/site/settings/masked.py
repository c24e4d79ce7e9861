"""Settings as a map shows them: more people read a map, and its log, than the code (CWE-532)."""

from __future__ import annotations

import re
from typing import Any

from pickguard.site.settings.environment import Setting
from pickguard.site.symbols.unknown import UNKNOWN, FromEnvironment
from pickguard.source.python.key_shapes import is_key

HIDDEN = "(hidden)"
_DEPTH_LIMIT = 6
_SECRET_NAME = re.compile(
    r"SECRET|PASSW|PASSPHRASE|TOKEN|KEY|DSN|CREDENTIAL|PRIVATE|^(DATABASES|CACHES)$|BROKER",
    re.IGNORECASE,
)
# `smtp://site:hunter2@mail.example.com`
_PASSWORD_IN_ADDRESS = re.compile(r"(?<=://)([^/?#@:\s]*):[^/?#\s]*@")


def masked(setting: Setting) -> Any:
    """Return what a setting is set to, as JSON can hold it, without its secrets.

    What could not be told is None. A secret is known by the name of the setting or of an entry in it,
    by standing before the host of an address, or by the shape of a well-known service's keys.
    """
    return _entry(setting.name, setting.value, 0)


def _entry(name: str, value: Any, depth: int) -> Any:
    if _SECRET_NAME.search(name):
        return HIDDEN if value is not UNKNOWN else None
    return _plain(value, depth)


def _plain(value: Any, depth: int) -> Any:
    if value is UNKNOWN or depth > _DEPTH_LIMIT:
        return None
    if isinstance(value, FromEnvironment):
        default = _entry(value.variable, value.default, depth) if value.has_default else None
        return {"env": value.variable, "default": default}
    if isinstance(value, dict):
        named = ((str(key), inner) for key, inner in value.items() if key is not UNKNOWN)
        return {name: _entry(name, inner, depth + 1) for name, inner in named}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, bool | int | float | None):
        return value
    return _text(value if isinstance(value, str) else str(value))


def _text(value: str) -> str:
    return HIDDEN if is_key(value) else _PASSWORD_IN_ADDRESS.sub(r"\1:***@", value)
