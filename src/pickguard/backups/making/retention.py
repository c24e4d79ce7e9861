"""Which sets pruning may take away; pure.

Newest of each of the last days, weeks and months *that have sets*: a clock that jumps ahead, or a long
pause, takes nothing away.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pickguard.backups.conf import Keep

_RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Kept:
    """What pruning needs to know of a set.

    Attributes:
        drilled: there is a record of a good drill.
        proven: there is one that a trusted host made.
    """

    name: str
    created: datetime
    drilled: bool
    proven: bool = False


def prunable(sets: Sequence[Kept], keep: Keep, now: datetime) -> list[str]:
    """Return the names of sets that may go.

    `sets` are in the order in which they were made. Kept are: the newest two, all of the last 24 hours
    before now and before the last but one, the newest that passed a drill, also by a proven record (a
    forged one lets no other set go), the newest of each day, week and month as `keep` says, and
    everything while the clock runs backwards.
    """
    if len(sets) < 3 or any(a.created > b.created for a, b in pairwise(sets)):
        return []
    stay = {each.name for each in sets[-2:]}
    for moment in (now, sets[-2].created):
        stay |= {each.name for each in sets if each.created > moment - _RECENT}
    stay |= {each.name for each in [s for s in sets if s.drilled][-1:]}
    stay |= {each.name for each in [s for s in sets if s.proven][-1:]}
    for count, period in (
        (keep.daily, lambda d: d.date()),
        (keep.weekly, lambda d: d.isocalendar()[:2]),
        (keep.monthly, lambda d: (d.year, d.month)),
    ):
        stay |= _newest_of(sets, period, count)
    return [each.name for each in sets if each.name not in stay]


def _newest_of(sets: Iterable[Kept], period: Callable[[datetime], object], count: int) -> set[str]:
    newest: dict[object, str] = {}
    for each in sets:
        newest[period(each.created)] = each.name
    return set(list(newest.values())[-count:]) if count else set()
