"""Where places are kept: what a store promises, and which one is configured.

Every store counts in one atomic step, by the clock of the server that keeps the count.
"""

import functools
from collections.abc import Sequence
from typing import Any, Protocol

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import connections, router
from django.utils.module_loading import import_string

from pickguard.attempts.config import NAME, configured
from pickguard.attempts.ledger import Place, Verdict

_DATABASES = {
    "postgresql": "pickguard.attempts.stores.rows.RowStore",
    "mysql": "pickguard.attempts.stores.rows.RowStore",
    "sqlite": "pickguard.attempts.stores.sqlite.SQLiteStore",
}
_CACHES = {
    "django.core.cache.backends.redis.RedisCache": "pickguard.attempts.stores.redis.RedisStore",
    "django_redis.cache.RedisCache": "pickguard.attempts.stores.redis.RedisStore",
    "django_valkey.cache.ValkeyCache": "pickguard.attempts.stores.redis.RedisStore",
    "django.core.cache.backends.memcached.PyMemcacheCache": (
        "pickguard.attempts.stores.memcached.MemcachedStore"
    ),
    "django.core.cache.backends.memcached.PyLibMCCache": (
        "pickguard.attempts.stores.memcached.MemcachedStore"
    ),
}


class Store(Protocol):
    """What keeps places. Each method is one atomic step; errors of the server go through."""

    def take(self, token: str, places: Sequence[Place]) -> Verdict:
        """Take a place in each budget, or in none, and say which."""

    def settle(self, token: str, places: Sequence[Place]) -> None:
        """Hold the places for their window from now: the password was wrong."""

    def give_back(self, token: str, places: Sequence[Place], device: str) -> None:
        """Free the places: the password was right. The device's failures at the account go too."""

    def unlock(self, owner: str) -> None:
        """Forget all failures of an account or an address, given by hash."""

    def purge(self, most: int) -> int:
        """Delete some of what counts no more, where it does not end by itself; return how many."""


def store() -> Store:
    """Return the configured store. Raises ImproperlyConfigured where it cannot count."""
    kind, alias = configured().store
    return of_cache(alias) if kind == "cache" else of_database(alias or "default")


def of_cache(alias: str) -> Store:
    """Return what counts in a cache; for Django's database cache that is its database."""
    cache = caches[alias]
    if isinstance(cache, DatabaseCache):
        return of_database(router.db_for_write(cache.cache_model_class))
    for parent in type(cache).__mro__:
        path = _CACHES.get(f"{parent.__module__}.{parent.__qualname__}")
        if path is not None:
            return _made(path, cache)
    raise ImproperlyConfigured(
        f"the cache {alias!r} ({type(cache).__name__}) cannot count across processes; attempts are"
        " counted in Redis, Memcached or a database"
    )


def of_database(alias: str) -> Store:
    """Return what counts in a database."""
    if alias not in connections:
        raise ImproperlyConfigured(f"DATABASES has no {alias!r}")
    vendor = connections[alias].vendor
    if vendor not in _DATABASES:
        raise ImproperlyConfigured(
            f"the database {alias!r} is {vendor}; attempts are counted in PostgreSQL, MariaDB,"
            " MySQL or SQLite"
        )
    return _of_alias(_DATABASES[vendor], alias)


def _made(path: str, cache: BaseCache) -> Store:
    made: Store = import_string(path)(cache)
    return made


@functools.lru_cache(maxsize=8)
def _of_alias(path: str, alias: str) -> Store:
    made: Store = import_string(path)(alias)
    return made


def _forget(*, setting: str, **_: Any) -> None:
    if setting in {NAME, "DATABASES"}:
        _of_alias.cache_clear()


setting_changed.connect(_forget)
