"""What stands for a value that could not be told, or that only the environment tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct


class _Unknown:
    """The one value that stands for all that could not be told."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = _Unknown()
MISSING: Final = object()


class FromEnvironment(Struct, frozen=True):
    """A value that an environment variable gives, or a module of whoever installs the site.

    Attributes:
        variable: its name; that of a module's has a dot: `configuration.DEBUG`.
        default: what holds where it is not set; `MISSING` where it must be.
    """

    variable: str
    default: Any = MISSING

    @property
    def has_default(self) -> bool:
        """Whether the value is known when the variable is not set."""
        return self.default is not MISSING and self.default is not UNKNOWN


class Scheme(Struct, frozen=True):
    """What a reader of the environment holds of variables that are not set: `Env(DEBUG=(bool, False))`."""

    defaults: Mapping[str, Any]


def default_of(value: Any) -> Any:
    """Return the value that holds when no environment variable is set."""
    if isinstance(value, FromEnvironment):
        return value.default if value.has_default else UNKNOWN
    return value
