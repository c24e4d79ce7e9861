"""System checks: what would leave the limit without effect."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from pickguard.attempts.backend import AttemptsBackend
from pickguard.attempts.config import NAME, parse
from pickguard.attempts.middleware import AttemptsMiddleware
from pickguard.attempts.stores import store
from pickguard.attempts.stores.memcached import MemcachedStore

_MANY_SLOTS = 200


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_setup, checks.Tags.security)


def check_setup(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings, all at once."""
    return [*_setting(), *_backend(), *_middleware()]


def _is(path: str, kind: type) -> bool:
    try:
        found = import_string(path)
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, kind)


def _backend() -> Iterator[CheckMessage]:
    first = next(iter(settings.AUTHENTICATION_BACKENDS), "")
    if not _is(first, AttemptsBackend):
        yield checks.Error(
            "AUTHENTICATION_BACKENDS does not begin with pickguard.attempts.AttemptsBackend",
            hint="Put it first: a backend before it verifies passwords that nobody counts.",
            id="pickguard.attempts.E001",
        )


def _middleware() -> Iterator[CheckMessage]:
    if not any(_is(path, AttemptsMiddleware) for path in settings.MIDDLEWARE):
        yield checks.Error(
            "MIDDLEWARE lacks pickguard.attempts.AttemptsMiddleware",
            hint="Add it: without it there are no known devices, and refusals are not answered 429.",
            id="pickguard.attempts.E002",
        )


def _setting() -> Iterator[CheckMessage]:
    config, wrong = parse(getattr(settings, NAME, {}))
    for each in wrong:
        yield checks.Error(each, id="pickguard.attempts.E003")
    if wrong:
        return
    if not config.limits:
        yield checks.Warning(
            f"{NAME} has no limits: passwords can be tried without end",
            hint='Set them: {"limits": {"account": "5/15m", "address": "50/15m"}}.',
            id="pickguard.attempts.W001",
        )
    try:
        found = store()
    except (ImproperlyConfigured, ValueError, ImportError, LookupError) as error:
        yield checks.Error(
            f"{NAME}['store']: {error}",
            hint="Name a cache in Redis or Memcached ('cache:ALIAS'), or 'database'.",
            id="pickguard.attempts.E004",
        )
        return
    large = max((rate.limit for _name, rate in config.limits), default=0)
    if isinstance(found, MemcachedStore) and large > _MANY_SLOTS:
        yield checks.Warning(
            f"a limit of {large} reads as many keys from Memcached at each attempt",
            hint=f"Keep limits to {_MANY_SLOTS} there, or count in Redis or a database.",
            id="pickguard.attempts.W002",
        )
