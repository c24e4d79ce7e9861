"""Breaks the rules of a table that has no constraints, one row a rule; called by `forge`."""

from datetime import UTC, date, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from tests.backups.site.everything.models import ByUuid, Loose, Parent, Tagged


def broken() -> dict[str, list[str]]:
    """Make one or more rows for each rule; return their keys by what a finding is named."""
    parent = Parent.objects.create(name="Ok")
    good = Loose.objects.create(parent=parent, colour="r", level=1, low=1, high=1, code="one")
    kind = ContentType.objects.get_for_model(Parent)
    keyed = ContentType.objects.get_for_model(ByUuid)
    gone = ContentType.objects.create(app_label="gone", model="thing")
    rows: dict[str, list[dict[str, Any]]] = {
        "orphan:everything.Loose.parent": [{"parent_id": 4711}, {"parent_id": 4712}],
        "choices:everything.Loose.colour": [{"colour": 'x"'}, {"colour": "R"}],
        "choices:everything.Loose.level": [{"level": 3}],
        "null:everything.Loose.required": [{"required": None}],
        "blank:everything.Loose.required": [{"required": ""}],
        "validator:everything.Loose.email": [{"email": "not at all"}],
        "unique:everything.Loose.code": [{"code": "twice"}, {"code": "twice"}],
        "unique:everything.Loose.slug for date of day": [
            {"slug": "a", "day": date(2024, 2, 29)},
            {"slug": "a", "day": date(2024, 2, 29)},
        ],
        "unique:everything.Loose.loose_name": [{"name": "Ann"}, {"name": "ann"}],
        "unique:everything.Loose.loose_red": [
            {"colour": "r", "low": 5, "high": 6},
            {"colour": "r", "low": 5, "high": 6},
        ],
        "constraint:everything.Loose.loose_range": [{"low": 2, "high": 1}],
        "json-schema:everything.Loose.facts": [{"facts": {"size": "large"}}],
        "missing-file:everything.Loose.file": [{"file": "loose/nowhere.txt"}],
        "generic-key:everything.Loose.target": [
            {"kind": kind, "thing": "4711"},
            {"kind": kind, "thing": "no number"},
            {"kind": kind, "thing": "9" * 40},
            {"kind": keyed, "thing": "no identifier"},
            {"kind": gone, "thing": "1"},
            {"kind": kind},
        ],
        "encoding:everything.Loose.name": [{"name": "cafÃ© â€“ bar"}, {"name": "caf\ufffd"}],
    }
    found = {
        name: [str(Loose.objects.create(**values).pk) for values in each]
        for name, each in rows.items()
    }
    late = Loose.objects.create()
    Loose.objects.filter(pk=late.pk).update(made=datetime(2999, 1, 1, tzinfo=UTC))
    found["time-zone:everything.Loose.made"] = [str(late.pk)]
    # nothing wrong with these
    Loose.objects.create(low=7, name="é", slug="a", day=date(2024, 3, 1), facts={"size": 3})
    Loose.objects.create(kind=kind, thing=str(parent.pk), colour="g", low=5, high=6)
    Tagged.objects.get().file.storage.save("stray/nobody.txt", ContentFile(b"nobody's"))
    found["unowned-file:default.stray"] = ["stray/nobody.txt"]
    _behind(good.pk)
    found["sequence:everything.Loose.id"] = []
    return found


def _behind(low: int) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE outside_loose ALTER id RESTART WITH {low}")
        elif connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'outside_loose'")


def stored_otherwise() -> None:
    """Have SQLite keep what no field of Django's can be."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(
            "INSERT INTO outside_loose (id, required, made, day) VALUES "
            "(501, 'x', '2024-01-01 10:00:00+02:00', NULL), (502, 'x', 'yesterday', NULL), "
            "(503, 'x', '2024-01-01 10:00:00', '2024-02-30'), (504, x'ff00', '2024-01-01', NULL), "
            "(505, CAST(x'ff' AS TEXT), '2024-01-01 10:00:00', NULL)"
        )
        cursor.execute("UPDATE everything_everything SET small = 'many', number = 'x' WHERE id = 1")
        cursor.execute("UPDATE everything_everything SET json = '{' WHERE id = 2")


def zero_dates() -> None:
    """Have MariaDB keep dates that are none."""
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute(
            "INSERT INTO outside_loose (required, made, day) "
            "VALUES ('x', '0000-00-00 00:00:00', '0000-00-00')"
        )


def without_zone() -> None:
    """Have PostgreSQL keep moments without a zone."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE outside_loose ALTER made TYPE timestamp without time zone")


def overlapping() -> None:
    """Have PostgreSQL keep bookings that exclude each other, and some that do not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE outside_booking (id bigserial PRIMARY KEY, room integer, days int4range, "
            "code varchar(20), cancelled boolean)"
        )
        cursor.execute(
            "INSERT INTO outside_booking (room, days, code, cancelled) VALUES "
            "(1, '[1,5)', 'a', false), (1, '[4,6)', 'b', false), (1, '[5,6)', 'c', true), "
            "(2, '[1,5)', 'd', false), (1, '[6,8)', 'D', false), (3, '[1,2)', NULL, false)"
        )


def many(count: int) -> None:
    """Make many rows, each against a rule."""
    Loose.objects.bulk_create(
        [Loose(colour="x", made=datetime(2024, 1, 1, tzinfo=UTC)) for _ in range(count)],
        batch_size=1000,
    )
