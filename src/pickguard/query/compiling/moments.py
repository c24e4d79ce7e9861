"""Dates and times: read from text, by name, and as stretches of a day, a month or a year.

Everything is bounded to the years 1000 to 9998, which every database can hold and which leaves
room for time zones.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, TypeAlias

from django.conf import settings
from django.utils import timezone
from django.utils.formats import get_format

_FIRST, _LAST = date(1000, 1, 1), date(9998, 12, 31)
_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|min|s|h|d|w)")
_LONGEST = timedelta(days=3_652_059)
ISO_DATETIME = re.compile(r"([0-9-]{10})[Tt ]([0-9:.]+)([Zz]|[+-][0-9]{2}:[0-9]{2})?")


class Stretch(NamedTuple):
    """A time from `start` up to, but without, `end`."""

    start: date
    end: date


Moment: TypeAlias = date | Stretch


class AmbiguousDateError(ValueError):
    """A date that can be read in two ways."""

    def __init__(self, readings: tuple[date, ...]) -> None:
        super().__init__(readings)
        self.readings = readings


def in_reach(day: date) -> date:
    """Return a date that every database can hold. Raises ValueError for another."""
    plain = day.date() if isinstance(day, datetime) else day
    if not _FIRST <= plain <= _LAST:
        raise ValueError(day)
    return day


def read_date(text: str, order: str | None) -> date:
    """Return the date that a text means. Raises ValueError; AmbiguousDateError for two dates."""
    if "-" in text:
        return in_reach(date.fromisoformat(text))
    if "." in text:
        day, month, year = map(int, text.split("."))
        return in_reach(date(year, month, day))
    first, second, third = text.split("/")
    if len(first) == 4:  # a year has four digits
        return in_reach(date(int(first), int(second), int(third)))
    if len(third) != 4:  # a year has four digits
        raise ValueError(text)
    return _read_slashed(int(first), int(second), int(third), order)


def _read_slashed(first: int, second: int, year: int, order: str | None) -> date:
    readings: dict[str, date] = {}
    for name, month, day in (("dmy", second, first), ("mdy", first, second)):
        try:
            readings[name] = in_reach(date(year, month, day))
        except ValueError:
            continue
    choices = tuple(dict.fromkeys(readings.values()))
    if not choices:
        raise ValueError(year)
    if order == "iso":
        raise AmbiguousDateError(choices)
    if len(choices) == 1:
        return choices[0]
    wanted = locale_order() if order == "locale" else order
    if wanted not in readings:
        raise AmbiguousDateError(choices)
    return readings[wanted]


def locale_order() -> str:
    """Return `dmy` or `mdy`, as the active locale writes a date."""
    for pattern in get_format("DATE_INPUT_FORMATS"):
        if pattern.startswith(("%d", "%m")) and "%d" in pattern and "%m" in pattern:
            return "dmy" if pattern.index("%d") < pattern.index("%m") else "mdy"
    return "mdy"


def read_datetime(text: str) -> datetime:
    """Return the instant that an ISO text means, in the current time zone where it names none."""
    match = ISO_DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, clock, zone = match.groups()
    instant = datetime.fromisoformat(f"{day}T{clock}{(zone or '').upper()}")
    in_reach(instant)
    if zone is None:
        return _at(instant.date(), instant.time())
    if not settings.USE_TZ:
        return timezone.make_naive(instant, timezone.get_current_timezone())
    return instant


def read_time(text: str) -> time:
    """Return the time of day that a text means. Raises ValueError."""
    hours, _, rest = text.partition(":")
    return time.fromisoformat(f"{int(hours):02}:{rest}")


def read_duration(text: str) -> timedelta:
    """Return the length of time of `7d`, `1d12h`, `-30min`. Raises ValueError where too long."""
    total = timedelta()
    try:
        for number, unit in _DURATION.findall(text):
            scale = 7 if unit == "w" else 1
            total += timedelta(**{_UNITS["d" if unit == "w" else unit]: float(number) * scale})
    except OverflowError:
        raise ValueError(text) from None
    if total > _LONGEST:
        raise ValueError(text)
    return -total if text.startswith("-") else total


def duration_text(text: str) -> bool:
    """Return whether a text is a length of time."""
    return re.fullmatch(rf"[+-]?(?:{_DURATION.pattern})+", text) is not None


def _at(day: date, clock: time = time()) -> datetime:  # midnight never changes
    zone: tzinfo | None = timezone.get_current_timezone() if settings.USE_TZ else None
    return datetime.combine(day, clock, zone)


def day_of(day: date) -> Stretch:
    """Return the whole local day, whatever its number of hours."""
    return Stretch(_at(day), _at(day + timedelta(days=1)))


def local(now: datetime) -> datetime:
    """Return an instant as the clock on the wall shows it."""
    return timezone.localtime(now) if timezone.is_aware(now) else now


def moment(name: str, shift: str | None, now: datetime) -> Stretch | datetime:
    """Return what `now`, `today`, `this month` … mean, moved by `shift` where there is one.

    Raises ValueError where it leaves the years that can be searched.
    """
    if now.tzinfo is None and settings.USE_TZ:
        now = now.replace(tzinfo=UTC)
    here = local(now)
    moved = read_duration(shift) if shift else timedelta()
    try:
        if name == "now":
            instant = here + moved if here.tzinfo is None else (now + moved)
            in_reach(instant)
            return instant
        first, behind = _period(name, here.date())
        return _moved(first, behind, moved)
    except OverflowError:
        raise ValueError(name) from None


def _moved(first: date, behind: date, by: timedelta) -> Stretch | datetime:
    if by % timedelta(days=1):
        return _at(in_reach(first)) + by
    in_reach(first + by)
    in_reach(behind + by)
    return Stretch(_at(first + by), _at(behind + by))


_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_STEPS = {"last": -1, "this": 0, "next": 1}


def _period(name: str, today: date) -> tuple[date, date]:
    if name in _DAYS:
        first = today + timedelta(days=_DAYS[name])
        return first, first + timedelta(days=1)
    which, unit = name.split()
    step = _STEPS[which]
    if unit in ("day", "week"):
        days = 7 if unit == "week" else 1
        start = today - timedelta(days=today.weekday() if unit == "week" else 0)
        start += timedelta(days=days * step)
        return start, start + timedelta(days=days)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    index = (today.year * 12 + today.month - 1) // months * months + months * step
    return _first_of(index), _first_of(index + months)


def _first_of(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)
