"""The stores that a served site counts in, as settings; databases are made and dropped again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings as configured

REDIS = "redis://127.0.0.1:6379/9"
KINDS = ("redis", "memcached", "postgresql", "mariadb", "sqlite", "database-cache")


@contextmanager
def settings_for(kind: str, folder: Path, memcached: int = 0) -> Iterator[dict[str, Any]]:
    """Return DATABASES and CACHES of a site that counts in a store of this kind."""
    with database(kind, folder) as found:
        yield {"DATABASES": {"default": found}, "CACHES": {"default": cache(kind, memcached)}}


def store_of(kind: str) -> str:
    """Return what stands in PICKGUARD_ATTEMPTS["store"] for it."""
    in_cache = kind in {"redis", "memcached", "database-cache"}
    return "cache:default" if in_cache else "database"


def cache(kind: str, memcached: int) -> dict[str, str]:
    """Return CACHES["default"], under a prefix that nobody else uses."""
    backend, where = {
        "redis": ("redis.RedisCache", REDIS),
        "memcached": ("memcached.PyMemcacheCache", f"127.0.0.1:{memcached}"),
        "database-cache": ("db.DatabaseCache", "cache_table"),
    }.get(kind, ("locmem.LocMemCache", ""))
    return {
        "BACKEND": f"django.core.cache.backends.{backend}",
        "LOCATION": where,
        "KEY_PREFIX": uuid.uuid4().hex[:12],
    }


@contextmanager
def database(kind: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Make an empty database and return DATABASES["default"]; SQLite where no server is meant."""
    if kind not in {"postgresql", "mariadb"}:
        found: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3"}
        if kind in {"redis", "memcached"}:  # it counts nothing, and a busy machine keeps it locked
            found["OPTIONS"] = {"timeout": 60}
        yield found | {"NAME": str(folder / "db.sqlite3")}
        return
    kept = configured.DATABASES[kind]
    names = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    given = {name: kept[name] for name in names if name in kept}
    given["NAME"] = f"test_pickguard_crowd_{uuid.uuid4().hex[:8]}"
    run(kind, f"CREATE DATABASE {given['NAME']}")
    try:
        yield given
    finally:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        run(kind, f"DROP DATABASE {given['NAME']}{force}")


def run(kind: str, statement: str) -> None:
    """Run a statement on a server, outside of any database of a site."""
    kept = configured.DATABASES[kind]
    where = {"host": kept["HOST"], "port": int(kept["PORT"]), "user": kept["USER"]}
    connection: Any
    if kind == "postgresql":
        import psycopg

        connection = psycopg.connect(
            **where, password=kept["PASSWORD"], dbname="postgres", autocommit=True
        )
    else:
        import MySQLdb

        connection = MySQLdb.connect(**where, password=kept["PASSWORD"])
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()
