"""What `PICKGUARD_ATTEMPTS` says, read in one place and at call time.

PICKGUARD_ATTEMPTS = {
    "store": "cache:default",
    "limits": {"account": "5/15m", "address": "50/15m", "account+address": "5/15m"},
    "trusted_proxies": ["10.0.0.0/8"],
}
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

NAME = "PICKGUARD_ATTEMPTS"
LIMITS = ("account", "address", "account+address")
LARGEST = 1000
LONGEST = 366 * 86400
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})?\s*([smhd])\s*", re.ASCII)
_SPAN = re.compile(r"\s*(\d{1,9})\s*([smhd])\s*", re.ASCII)
_STORE = re.compile(r"(cache):(.+)|(database)(?::(.+))?")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` passwords in any `window` seconds."""

    limit: int
    window: int


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, checked. Times are in seconds."""

    store: tuple[str, str] = ("database", "")
    limits: tuple[tuple[str, Rate], ...] = (
        ("account", Rate(5, 900)),
        ("address", Rate(50, 900)),
        ("account+address", Rate(5, 900)),
    )
    trusted_proxies: tuple[Network, ...] = ()
    trusts_unix_socket: bool = False
    proxy_header: str | None = None
    fails_open: bool = False
    wait: int = 10
    device_cookie: str = "pickguard_device"
    device_age: int = 180 * 86400
    audit: int = 30 * 86400
    audit_rows: int = 100_000
    second_step: str | None = None

    @property
    def longest(self) -> int:
        """The longest window of all limits."""
        return max((rate.window for _name, rate in self.limits), default=0)


def rate(value: Any) -> Rate:
    """Return the rate that `"5/15m"` means. Raises ValueError."""
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no rate; write one like '5/15m' (units s, m, h, d)")
    limit, window = int(found[1]), int(found[2] or 1) * _UNITS[found[3]]
    if not 1 <= limit <= LARGEST:
        raise ValueError(f"{value!r}: the limit must be between 1 and {LARGEST}")
    if not 1 <= window <= LONGEST:
        raise ValueError(f"{value!r}: the window must be between 1s and 366d")
    return Rate(limit, window)


def span(value: Any) -> int:
    """Return the seconds that `"30d"` means; None and 0 are 0. Raises ValueError."""
    if value is None or (value == 0 and not isinstance(value, bool)):
        return 0
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time; write one like '30d' (units s, m, h, d), or None")
    return int(found[1]) * _UNITS[found[2]]


def _store(value: Any) -> tuple[str, str]:
    found = _STORE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f"{value!r} is no store; write 'cache:ALIAS', 'database' or 'database:ALIAS'"
        )
    return (found[1] or found[3], found[2] or found[4] or "")


def _limits(value: Any) -> tuple[tuple[str, Rate], ...]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is no dictionary such as {{'account': '5/15m'}}")  # noqa: TRY004 # all mistakes are told alike
    unknown = sorted(str(name) for name in value if name not in LIMITS)
    if unknown:
        raise ValueError(f"there is no limit {unknown[0]!r}; there are {', '.join(LIMITS)}")
    return tuple((name, rate(value[name])) for name in LIMITS if value.get(name) is not None)


def _networks(value: Any) -> tuple[Network, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        raise ValueError(f"{value!r} is no list of networks such as ['10.0.0.0/8']")  # noqa: TRY004 # as above
    found = tuple(ip_network(str(each).strip()) for each in value if each != "unix")
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("a network that holds every address would believe every browser")
    return found


def _header(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and _HEADER.fullmatch(value)):
        raise ValueError(
            f"{value!r} is no name of a header; write one like 'X-Forwarded-For', or None"
        )
    return value


def _fails_open(value: Any) -> bool:
    if value not in {"open", "closed"}:
        raise ValueError(f"{value!r} is neither 'closed' nor 'open'")
    return bool(value == "open")


def _text(value: Any) -> str | None:
    if value is not None and not (isinstance(value, str) and value):
        raise ValueError(f"{value!r} is no text")
    return value


def _number(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is no number above 0")
    return value


_KEYS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "store": ("store", _store),
    "limits": ("limits", _limits),
    "trusted_proxies": ("trusted_proxies", _networks),
    "proxy_header": ("proxy_header", _header),
    "when_store_fails": ("fails_open", _fails_open),
    "wait": ("wait", span),
    "device_cookie": ("device_cookie", _text),
    "device_age": ("device_age", span),
    "audit": ("audit", span),
    "audit_rows": ("audit_rows", _number),
    "second_step": ("second_step", _text),
}
KEYS = tuple(_KEYS)


def parse(value: Any) -> tuple[Config, list[str]]:
    """Return what the setting says, and every mistake in it."""
    if not isinstance(value, Mapping):
        return Config(), [f"{NAME} must be a dictionary"]
    found: dict[str, Any] = {}
    wrong = [
        f"{NAME} has no {key!r}; there are {', '.join(KEYS)}"
        for key in sorted(map(str, value))
        if key not in _KEYS
    ]
    for key, (attribute, read) in _KEYS.items():
        if key in value:
            try:
                found[attribute] = read(value[key])
            except ValueError as error:
                wrong.append(f"{NAME}[{key!r}]: {error}")
    if "trusted_proxies" in found:
        found["trusts_unix_socket"] = "unix" in value["trusted_proxies"]
    return Config(**found), wrong


@functools.lru_cache(maxsize=1)
def configured() -> Config:
    """Return the settings. Raises ImproperlyConfigured with all mistakes."""
    found, wrong = parse(getattr(settings, NAME, {}))
    if wrong:
        raise ImproperlyConfigured("\n".join(wrong))
    return found


def _forget(*, setting: str, **_: Any) -> None:
    if setting == NAME:
        configured.cache_clear()


setting_changed.connect(_forget)
