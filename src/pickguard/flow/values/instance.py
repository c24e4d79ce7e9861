"""What a value is: a class, an object of one, rows of a model."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol


class Sort(Enum):
    """What is known of an object."""

    INSTANCE = "an instance of the class"
    ROWS = "rows of the model"
    CLASS = "the class itself"


class Type(Struct, frozen=True):
    """The type of a value.

    Attributes:
        symbol: the class.
        model: the model, where the class is one.
        is_guess: whether only a name suggests it.
    """

    sort: Sort
    symbol: ClassSymbol
    model: Model | None = None
    is_guess: bool = False

    def item(self) -> Type | None:
        """Return the type of one of the rows."""
        return Type(Sort.INSTANCE, self.symbol, self.model) if self.sort is Sort.ROWS else None
