"""One module a database: how it is dumped, loaded, made, swapped, and what is true of it."""

from importlib import import_module
from typing import Any, cast

from pickguard.backups.engines.base import Engine, Place
from pickguard.base.errors import UsageError

_BY_BACKEND = {
    "sqlite3": "sqlite",
    "spatialite": "sqlite",
    "postgresql": "postgresql",
    "postgis": "postgresql",
    "mysql": "mariadb",
}


def engine(place: Place) -> Engine:
    """Return the engine for the settings of a database.

    Raises:
        UsageError: there is none.
    """
    backend = str(place["ENGINE"])
    known = _BY_BACKEND.get(backend.rpartition(".")[2])
    if known is None:
        known = _by_vendor(backend)
    if known is None:
        raise UsageError(
            f"no backups for the database backend {backend!r}",
            way_out='Leave it out: PICKGUARD_BACKUPS["databases"] lists the aliases to back up.',
        )
    module: Any = import_module(f"pickguard.backups.engines.{known}")
    return cast("Engine", module.ENGINE)


def _by_vendor(backend: str) -> str | None:
    from django.db.utils import load_backend

    vendor = getattr(load_backend(backend).DatabaseWrapper, "vendor", "")
    return {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mariadb"}.get(vendor)
