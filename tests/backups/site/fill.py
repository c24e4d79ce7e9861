"""Rows with nasty values, the same in every database that can hold them; called by `forge`."""

import random
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from tests.backups.site.everything import models

BERLIN = ZoneInfo("Europe/Berlin")
NASTY: list[dict[str, Any]] = [
    {},
    {"big": 2**63 - 1, "small": 0, "boolean": True, "char": "", "text": "", "binary": b""},
    {
        "big": -(2**63),
        "boolean": False,
        "char": "🦉 é ü ß \u202e",
        "text": "a,b:c~\\'\"`%s%%\r\n\t",
    },
    {"char": "x" * 200, "text": "long 🦉 " * 3000, "binary": bytes(range(256)) * 40},
    {"binary": bytes(range(256)), "text": "\u0001\u007f\ufeff\U0010ffff", "char": "NULL"},
    {"number": -0.0, "decimal": Decimal("-0.00000")},
    {"number": 0.1 + 0.2, "decimal": Decimal("9999999999.99999")},
    {"number": 5e-324, "decimal": Decimal("0.00001")},
    {"number": 1.7976931348623157e308, "decimal": Decimal("-1234567890.5")},
    {"number": 2.2250738585072014e-308, "decimal": Decimal(1)},
    {"number": 123456789012345.6},
    {"number": 1234567890123456.0},
    {"number": -1e15, "moment": datetime(1, 1, 1, tzinfo=UTC)},
    {"number": 1e16, "moment": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)},
    {"number": 1e-4, "moment": datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN)},
    {"number": 9.999e-5, "moment": datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN)},
    {"number": -1.5e-7, "moment": datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC)},
    {"number": 1e100, "date": date(1, 1, 1), "time": time(0), "duration": timedelta(0)},
    {"number": -1e-100, "date": date(9999, 12, 31), "time": time(23, 59, 59, 999999)},
    {"duration": timedelta(days=-1, microseconds=1), "identifier": uuid.UUID(int=0)},
    {"duration": timedelta(days=36500, microseconds=7), "identifier": uuid.UUID(int=2**128 - 1)},
    {"address": "10.0.0.1", "json": {"b": [1, 2.5, None, True], "a": {"": 'é🦉"\\/'}}},
    {"address": "2001:db8::1", "json": [1e2, -0.0, 1.50, 12345678901234567890, "\u0001"]},
    {"json": "text"},
    {"json": {"aa": 1, "b": 2, "é": 3, "zzz": {"deep": [[[]]]}}},
]


def fill(rows: int = 30) -> None:
    """Fill all tables."""
    chance = random.Random(rows)
    for values in NASTY:
        models.Everything.objects.create(**values)
    models.Everything.objects.bulk_create(
        models.Everything(
            big=chance.randrange(10**12),
            number=chance.uniform(-1, 1) * 10 ** chance.randrange(-20, 20),
            decimal=Decimal(chance.randrange(10**9)) / 1000,
            char=f"row {number}",
            text="some words " * chance.randrange(20),
            moment=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**8)),
            json={"number": number},
        )
        for number in range(rows)
    )
    if connection.vendor != "postgresql":  # it has no NUL in text
        models.Everything.objects.create(char="a\0b", text="\0")
    more()
    user = User.objects.create_user("ann", password="secret")
    child = models.Child.objects.create(name="Lou", toy="ball")
    hen = models.Hen.objects.create()
    hen.egg = models.Egg.objects.create(hen=hen)
    hen.save()
    for number in range(3):
        models.ByUuid.objects.create(label=str(number))
        models.ByTwo.objects.create(left=number, right=-number, value="é")
        models.ByName.objects.create(name=f"näme {number} 🦉", value=number)
    tagged = models.Tagged.objects.create(
        content_type=ContentType.objects.get_for_model(child), object_id=child.pk
    )
    tagged.file.save("photo.bin", ContentFile(bytes(range(256)) * 20))
    tagged.users.add(user)
    _unmanaged()
    if settings.VENDOR == "postgresql":
        _special()


def _unmanaged() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE outside_keyless (a integer, b varchar(20))")
        cursor.execute("INSERT INTO outside_keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL)")
        cursor.execute("CREATE VIEW outside_view AS SELECT a FROM outside_keyless WHERE a > 0")
    loose()


# a change of clocks in each: by an hour, half an hour, a whole day that never was, without a rule
EDGES = [
    ("Europe/Berlin", "2024-03-31 02:30"),
    ("Europe/Berlin", "2024-10-27 02:30"),
    ("America/St_Johns", "2024-03-10 02:15"),
    ("Australia/Lord_Howe", "2024-04-07 01:45"),
    ("Pacific/Apia", "2011-12-30 12:00"),
    ("Asia/Kathmandu", "1986-01-01 00:05"),
    ("Africa/Monrovia", "1972-01-07 00:20"),
    ("America/Sao_Paulo", "2018-11-04 00:00"),
]


def _moment(zone: str, text: str, fold: int) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def more() -> None:
    """Fill the other plain fields, with moments around every kind of change of clocks."""
    rows = [
        models.More(moment=_moment(zone, moment, fold) + timedelta(microseconds=n))
        for zone, moment in EDGES
        for fold in (0, 1)
        for n in (0, 1, 999_999)
    ]
    rows += [
        models.More(
            positive=2**63 - 1, negative=-(2**15), slug="-_-", url="https://ü.example/?a=b#c"
        ),
        models.More(positive=0, negative=0, email="a+b@example.org", path="/etc/passwd"),
    ]
    models.More.objects.bulk_create(rows)
    first, second = models.More.objects.all()[:2]
    first.friends.add(second, first)


def loose() -> None:
    """Make the table of a model without any of its constraints."""
    with connection.cursor() as cursor:
        columns = ", ".join(
            " ".join(
                filter(
                    None,
                    [
                        connection.ops.quote_name(str(field.column)),
                        field.db_type(connection),
                        "PRIMARY KEY" if field.primary_key else "NULL",
                        field.db_type_suffix(connection),
                    ],
                )
            )
            for field in models.Loose._meta.local_concrete_fields
        )
        cursor.execute(f"CREATE TABLE outside_loose ({columns})")


def _special() -> None:
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange
    from tests.backups.site.special.models import Special

    start = datetime(2024, 3, 31, 1, tzinfo=BERLIN)
    Special.objects.create(numbers=[1, None, -5], words=[["a,b", '{"}'], ["", "NULL"]])
    Special.objects.create(span=NumericRange(1, 9), decimals=NumericRange(None, Decimal("1.50")))
    Special.objects.create(period=DateTimeTZRange(start, start + timedelta(hours=3)))
    models.Everything.objects.create(number=float("nan"))
    models.Everything.objects.create(number=float("inf"))
    models.Everything.objects.create(number=float("-inf"))
