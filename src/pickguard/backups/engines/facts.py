"""Facts that are asked of every database in the same way."""

from collections.abc import Callable
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


def migrations(ask: Ask, tables: set[str]) -> list[str]:
    """Return the migrations that were applied, as `app.name`."""
    if "django_migrations" not in tables:
        return []
    return sorted(f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations"))
