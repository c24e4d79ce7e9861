"""The values of one column in some rows, and what can be told of all of them at once."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from pickguard.backups.integrity.texts import is_sound

NONE = type(None)
_NEVER_EMPTY = frozenset([NONE, int, float, bool, Decimal, datetime, date, time, timedelta, UUID])


class Column:
    """Some values; what is asked of them all is worked out once for all rules."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values

    @cached_property
    def types(self) -> set[type]:
        """Return the types of the values."""
        return set(map(type, self.values))

    @cached_property
    def few(self) -> set[Any] | None:
        """Return the distinct values where they are few."""
        try:
            found = set(self.values)
        except TypeError:  # JSON, arrays
            return None
        return found if 2 * len(found) < len(self.values) else None

    @cached_property
    def filled(self) -> bool:
        """Tell whether no value is surely empty: of a type that never is, or a text."""
        return self.types <= {*_NEVER_EMPTY, str} and "" not in self.values

    @cached_property
    def undamaged(self) -> bool:
        """Tell whether there are only texts, and surely none of them is damaged."""
        if not self.types <= {str, NONE}:
            return False
        return is_sound("\n".join([value for value in self.values if value is not None]))

    @cached_property
    def ends(self) -> tuple[Any, ...]:
        """Return the values that a limit decides by: least and greatest, longest; none: all must be asked."""
        there = [value for value in self.values if value is not None]
        types = self.types - {NONE}
        if types == {int}:
            return min(there), max(there)
        return (max(there, key=len),) if types == {str} else ()
