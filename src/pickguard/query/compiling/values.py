"""What a query writes, as the value a database is given: typed, bounded, or refused."""

import ipaddress
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from django.db import models

from pickguard.query.compiling import moments
from pickguard.query.compiling.moments import Stretch
from pickguard.query.schemas.kinds import TIMES, Kind
from pickguard.query.schemas.names import Attribute
from pickguard.query.syntax.limits import Limits
from pickguard.query.syntax.nodes import Literal, Moment, quoted

_CHOICES_TOLD = 8
_CHOICES_COMPARED = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


class Refusal(Exception):  # noqa: N818 # it becomes a Problem, with the place that the caller knows
    """A value that can't be used: the code, the facts and the texts that would mend it."""

    def __init__(self, code: str, *, fixes: tuple[str, ...] = (), **found: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fixes = fixes
        self.found = found


class Reading(Protocol):
    """What reading a value depends on, beside the value; a schema has it all."""

    limits: ClassVar[Limits]
    date_order: ClassVar[str | None]
    now: Callable[[], datetime]


def read(attribute: Attribute, node: Literal | Moment, reading: Reading) -> Any:
    """Return the value for an attribute. Raises Refusal."""
    if isinstance(node, Moment):
        return _read_moment(attribute, node, reading)
    return READERS[attribute.kind](attribute, node, reading)


def labelled(attribute: Attribute, node: Literal) -> Literal | None:
    """Return the value that a choice is kept as, for a text that is its label; None for another."""
    if node.form != "string" or not attribute.field.choices:
        return None
    wanted = node.text.strip().casefold()
    found = {v for v, label in attribute.field.flatchoices if str(label).casefold() == wanted}
    if len(found) != 1:
        return None
    return Literal("integer", str(found.pop()), node.start, node.end)


def _wrong(attribute: Attribute, node: Literal | Moment, *fixes: str) -> Refusal:
    if isinstance(node, Literal) and node.form == "null":
        return Refusal("null")
    return Refusal(
        "wrong-type",
        fixes=fixes,
        field=attribute.name,
        found=_cut(str(node)),
        expected=[str(attribute.kind)],
    )


def _no_choice(attribute: Attribute, node: Literal) -> Refusal:
    from difflib import get_close_matches

    labels = [str(label) for _, label in attribute.field.flatchoices]
    near = get_close_matches(node.text, labels[:_CHOICES_COMPARED], n=2)
    shown = [quoted(label) for label in labels[:_CHOICES_TOLD]]
    return Refusal(
        "no-choice",
        fixes=tuple(quoted(label) for label in near),
        field=attribute.name,
        found=_cut(str(node)),
        allowed=[*shown, "…"] if len(labels) > _CHOICES_TOLD else shown,
    )


def _cut(shown: str) -> str:
    return shown if len(shown) <= 40 else shown[:39] + "…"  # fits a line


def _read_moment(attribute: Attribute, node: Moment, reading: Reading) -> Any:
    if attribute.kind not in TIMES:
        raise _wrong(attribute, node)
    try:
        found = moments.moment(node.text, node.shift, reading.now())
    except ValueError:
        raise Refusal("bad-date", found=str(node)) from None
    if attribute.kind is Kind.DATETIME:
        return found
    if not isinstance(found, Stretch):
        return moments.local(found).date()
    first, behind = _local_date(found.start), _local_date(found.end)
    return first if (behind - first).days == 1 else Stretch(first, behind)


def _local_date(instant: Any) -> Any:
    return moments.local(instant).date()


def _read_text(attribute: Attribute, node: Literal, reading: Reading) -> str:
    del reading
    if node.form != "string":
        raise _wrong(attribute, node, quoted(node.text))
    return node.text


def _digits(node: Literal, reading: Reading) -> str:
    text = node[1]
    if len(text) > reading.limits.digits and sum(map(str.isdigit, text)) > reading.limits.digits:
        raise Refusal("too-many-digits", limit=reading.limits.digits)
    return text


def _number_text(attribute: Attribute, node: Literal, forms: tuple[str, ...]) -> None:
    if node.form not in forms:
        plain = node.form == "string" and re.fullmatch(r"-?[0-9]{1,30}", node.text)
        if node.form == "string" and attribute.field.choices and not plain:
            raise _no_choice(attribute, node)
        raise _wrong(attribute, node, *([node.text] if plain else []))


def _read_integer(attribute: Attribute, node: Literal, reading: Reading) -> int:
    if node.form != "integer":
        choice = labelled(attribute, node)
        if choice is None:
            _number_text(attribute, node, ("integer",))
        else:
            node = choice
    number = int(_digits(node, reading))
    low, high = attribute.bounds
    if not low <= number <= high:
        raise Refusal("out-of-range", found=node.text, field=attribute.name, low=low, high=high)
    return number


def _read_decimal(attribute: Attribute, node: Literal, reading: Reading) -> Decimal:
    _number_text(attribute, node, ("integer", "decimal"))
    number = Decimal(_digits(node, reading))
    field = attribute.field
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    places, digits = field.decimal_places, field.max_digits  # type: ignore[attr-defined]  # a DecimalField
    fraction = node.text.partition(".")[2].rstrip("0")
    if places is not None and len(fraction) > places:
        raise Refusal("too-precise", found=node.text, field=attribute.name, limit=places)
    if digits is not None and abs(number) >= 10 ** (digits - places):
        most = 10 ** (digits - places) - 1
        raise Refusal("out-of-range", found=node.text, field=attribute.name, low=-most, high=most)
    return number


def _read_float(attribute: Attribute, node: Literal, reading: Reading) -> float:
    _number_text(attribute, node, ("integer", "decimal"))
    return float(_digits(node, reading))


def _read_boolean(attribute: Attribute, node: Literal, reading: Reading) -> bool:
    del reading
    if node.form == "string" and node.text.lower() in ("true", "false"):
        raise _wrong(attribute, node, node.text.lower())
    if node.form != "boolean":
        raise _wrong(attribute, node)
    return node.text == "true"


_DATE_FORMS = ("date", "slashed", "dotted")
_DATE_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"
)


def _read_date(attribute: Attribute, node: Literal, reading: Reading) -> Any:
    text = node.text.strip() if node.form == "string" else node.text
    if node.form not in _DATE_FORMS and not (node.form == "string" and _DATE_TEXT.fullmatch(text)):
        raise _wrong(attribute, node)
    try:
        return moments.read_date(text, reading.date_order)
    except moments.AmbiguousDateError as two:
        days = tuple(day.isoformat() for day in two.readings)
        raise Refusal(
            "ambiguous-date", fixes=days, found=text, first=days[0], second=days[-1]
        ) from None
    except ValueError:
        raise Refusal("bad-date", found=text) from None


def _read_datetime(attribute: Attribute, node: Literal, reading: Reading) -> Any:
    text = node.text.strip() if node.form == "string" else node.text
    if node.form == "datetime" or (node.form == "string" and moments.ISO_DATETIME.fullmatch(text)):
        try:
            return moments.read_datetime(text)
        except ValueError:
            raise Refusal("bad-date", found=text) from None
    return moments.day_of(_read_date(attribute, node, reading))


def _read_time(attribute: Attribute, node: Literal, reading: Reading) -> Any:
    del reading
    if node.form not in ("time", "string"):
        raise _wrong(attribute, node)
    if node.form == "string" and not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}[0-9:.]{0,10}", node.text):
        raise _wrong(attribute, node)
    try:
        return moments.read_time(node.text)
    except ValueError:
        raise Refusal("bad-time", found=node.text) from None


def _read_duration(attribute: Attribute, node: Literal, reading: Reading) -> Any:
    _digits(node, reading)
    if node.form not in ("duration", "string") or not moments.duration_text(node.text):
        raise _wrong(attribute, node)
    try:
        return moments.read_duration(node.text)
    except ValueError:
        raise Refusal("bad-duration", found=node.text) from None


def _read_uuid(attribute: Attribute, node: Literal, reading: Reading) -> uuid.UUID:
    text = _read_text(attribute, node, reading)
    if not _UUID.fullmatch(text):
        raise Refusal("bad-uuid", found=quoted(text[:40]))
    return uuid.UUID(text)


def _read_address(attribute: Attribute, node: Literal, reading: Reading) -> str:
    text = _read_text(attribute, node, reading)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Refusal("bad-address", found=quoted(text[:40])) from None


def _read_nothing(attribute: Attribute, node: Literal, reading: Reading) -> Any:
    del reading
    raise _wrong(attribute, node)


READERS: dict[Kind, Callable[[Attribute, Literal, Reading], Any]] = {
    Kind.TEXT: _read_text,
    Kind.INTEGER: _read_integer,
    Kind.DECIMAL: _read_decimal,
    Kind.FLOAT: _read_float,
    Kind.BOOLEAN: _read_boolean,
    Kind.DATE: _read_date,
    Kind.DATETIME: _read_datetime,
    Kind.TIME: _read_time,
    Kind.DURATION: _read_duration,
    Kind.UUID: _read_uuid,
    Kind.ADDRESS: _read_address,
    Kind.OPAQUE: _read_nothing,
}


def canonical(attribute: Attribute, node: Literal, reading: Reading) -> Literal:
    """Return a literal as it is kept: dates in ISO form, choices by value, in any language."""
    if attribute.kind in TIMES and (
        node.form in ("slashed", "dotted")
        or (node.form == "string" and _DATE_TEXT.fullmatch(node.text.strip()))
    ):
        day = _read_date(attribute, node, reading)
        return Literal("date", day.isoformat(), node.start, node.end)
    if attribute.kind is Kind.INTEGER:
        return labelled(attribute, node) or node
    return node
