"""What reports say about lessons and rules, kept: to load the rules takes longer than to recall it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pickguard.findings import kept
from pickguard.findings.result import LessonInfo, RuleInfo

_NAME = b"rulebook"


class Rulebook(msgspec.Struct, frozen=True):
    """All lessons and rules, by their words; those about suppressions are not among them."""

    lessons: tuple[LessonInfo, ...]
    rules: tuple[RuleInfo, ...]

    @property
    def lesson_of(self) -> Mapping[str, str]:
        """The lesson of each rule."""
        return {rule.id: rule.lesson for rule in self.rules}

    @property
    def quoting_secrets(self) -> frozenset[str]:
        """The rules whose findings stand where a secret does."""
        return frozenset(rule.id for rule in self.rules if rule.quotes_secret)


_decode = msgspec.msgpack.Decoder(Rulebook).decode


def recall(store: kept.Store) -> Rulebook | None:
    """Return what this very Pickguard has kept."""
    try:
        return _decode(kept.recall(store, _NAME, kept.key()))
    except msgspec.DecodeError:
        return None


def keep(store: kept.Store, book: Rulebook) -> None:
    """Keep the rulebook of this Pickguard."""
    kept.keep(store, _NAME, kept.key(), book)
