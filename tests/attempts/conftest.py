"""The stores that the tests count in: each real, each in turn."""

import shutil
import time
import uuid
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.db import connections
from tests.attempts.crowd.server import memcached
from tests.attempts.ways import CountingHasher

from pickguard.attempts import stores
from pickguard.attempts.config import NAME
from pickguard.attempts.stores.books import BookStore
from pickguard.attempts.stores.memcached import MemcachedStore
from pickguard.attempts.stores.redis import RedisStore

STORES = (
    "redis",
    "django-redis",
    "memcached",
    "sqlite",
    "sqlite-file",
    "postgresql",
    "mariadb",
    "database-cache",
)
LIMITS = {"account": "5/15m", "address": "50/15m", "account+address": "5/15m"}
_REDIS = "redis://127.0.0.1:6379/9"


def absent(name, install):
    """Leave a test out, or fail where servers are required."""
    (pytest.fail if configured.REQUIRE_SERVERS else pytest.skip)(f"{name} is not there: {install}")


@pytest.fixture(scope="session", name="memcached")
def memcached_():
    """A Memcached of our own; returns its port."""
    if not shutil.which("memcached"):
        absent("memcached", "apt install memcached")
    with memcached() as port:
        yield port


def caches(memcached_port=0):
    """Return CACHES as a project has them, under a prefix that only this test uses."""
    prefix = uuid.uuid4().hex[:12]
    return {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "redis": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": _REDIS,
            "KEY_PREFIX": prefix,
        },
        "django-redis": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": _REDIS,
            "KEY_PREFIX": prefix,
        },
        "memcached": {
            "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
            "LOCATION": f"127.0.0.1:{memcached_port}",
            "KEY_PREFIX": prefix,
        },
        "database-cache": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache_table",
        },
    }


def name_of(kind, request, settings, tmp_path):
    """Return PICKGUARD_ATTEMPTS["store"] for a kind of store, and see that it is there."""
    if kind in {"redis", "django-redis"} and not configured.HAS_REDIS:
        absent("Redis", "apt install redis-server")
    if kind in {"postgresql", "mariadb"} and kind not in configured.DATABASES:
        absent(kind, "see `make services`")
    port = request.getfixturevalue("memcached") if kind == "memcached" else 0
    settings.CACHES = caches(port)
    if kind == "sqlite-file":
        name = str(tmp_path / "db.sqlite3")
        kept = connections["default"].settings_dict
        request.getfixturevalue("monkeypatch").setitem(kept, "NAME", name)
        stores._of_alias.cache_clear()
        request.addfinalizer(stores._of_alias.cache_clear)
    return {
        "sqlite": "database",
        "sqlite-file": "database",
        "postgresql": "database:postgresql",
        "mariadb": "database:mariadb",
    }.get(kind, f"cache:{kind}")


@pytest.fixture(params=STORES)
def kind(request):
    """Each kind of store in turn."""
    return request.param


@pytest.fixture
def store(kind, request, settings, tmp_path):
    """A store of this kind, empty."""
    setattr(settings, NAME, {"store": name_of(kind, request, settings, tmp_path)})
    return stores.store()


@pytest.fixture
def jump(store, monkeypatch):
    """Set the clock of a store: for Redis, whose own it is, by setting all that was stamped."""

    def by(seconds):
        if isinstance(store, BookStore):
            clock: Any = store
            monkeypatch.setattr(clock, "now", lambda now=clock.now: now() + seconds)
        elif isinstance(store, RedisStore):
            client = store._client()
            for key in client.scan_iter(match=store._key("") + "*"):
                stamped = client.zrange(key, 0, -1, withscores=True)
                client.zadd(key, {each: score - seconds * 1e6 for each, score in stamped})
        else:
            monkeypatch.setattr(time, "time", lambda now=time.time: now() + seconds)

    return by


@pytest.fixture
def later(store, jump):
    """Let seconds pass: by waiting for them only where the server forgets by a clock of its own."""
    return time.sleep if isinstance(store, MemcachedStore) else jump


@pytest.fixture
def site(settings, tmp_path, monkeypatch):
    """Login pages, counts of our own, a hasher that counts, and one person, who is returned."""
    settings.ROOT_URLCONF = "tests.attempts.urls"
    settings.PASSWORD_HASHERS = ["tests.attempts.ways.CountingHasher"]
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", str(tmp_path / "db"))
    setattr(settings, NAME, {"limits": LIMITS})
    stores._of_alias.cache_clear()
    user = User.objects.create_user("ann", "ann@example.com", "right", is_staff=True)
    CountingHasher.forget()
    yield user
    stores._of_alias.cache_clear()
