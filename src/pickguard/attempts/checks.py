"""System checks: what would leave the limit without effect."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from pickguard.attempts.backend import AttemptsBackend
from pickguard.attempts.config import NAME, Config, parse
from pickguard.attempts.middleware import AttemptsMiddleware
from pickguard.attempts.second_step import link_to_ask
from pickguard.attempts.stores import store
from pickguard.attempts.stores.memcached import MemcachedStore

_MANY_SLOTS = 200


def register() -> None:
    """Have Django run the checks."""
    checks.register(check_setup, checks.Tags.security)


def check_setup(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with the settings, all at once."""
    config, wrong = parse(getattr(settings, NAME, {}))
    mistakes = [checks.Error(each, id="pickguard.attempts.E003") for each in wrong]
    return [*mistakes, *([] if wrong else _meaning(config)), *_backend(), *_middleware()]


def _meaning(config: Config) -> Iterator[CheckMessage]:
    """Return what is wrong with settings that can be read."""
    yield from _limits(config)
    yield from _store(config)
    yield from _second_step(config)


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


def _limits(config: Config) -> Iterator[CheckMessage]:
    if not config.limits:
        yield checks.Warning(
            f"{NAME} has no limits: passwords can be tried without end",
            hint='Set them: {"limits": {"account": "5/15m", "address": "50/15m"}}.',
            id="pickguard.attempts.W001",
        )


def _store(config: Config) -> Iterator[CheckMessage]:
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


def _second_step(config: Config) -> Iterator[CheckMessage]:
    if config.second_step is None:
        return
    try:
        import_string(config.second_step)
    except ImportError as error:
        yield checks.Error(
            f"{NAME}['second_step']: {error}",
            hint="Name the function that sends a link, such as 'shop.mail.send_link'.",
            id="pickguard.attempts.E005",
        )
    if link_to_ask() is None:
        yield checks.Warning(
            f"{NAME} has a second step, and no page where it can be asked for",
            hint='Add path("login/link/", include("pickguard.attempts.urls")) to the URLconf.',
            id="pickguard.attempts.W003",
        )
