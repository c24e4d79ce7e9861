"""What the tests ask of the live site; called by `forge`."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command
from tests.backups.site.fill import fill

from pickguard.backups.digest import rows
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import places
from pickguard.base.progress import Silent


def build(count: int) -> None:
    """Make the tables and fill them."""
    call_command("migrate", verbosity=0)
    call_command("migrate", "--run-syncdb", verbosity=0)  # their foreign keys need the others
    fill(count)


def digests() -> dict[str, Any]:
    """Return the digest of each live table, and of each medium."""
    found: dict[str, Any] = {}
    for alias, place in places(None).items():
        with engine(place).opened(place) as snapshot:
            for shape in snapshot.reader.shapes():
                found[f"{alias}.{shape.name}"] = rows.digest(snapshot.reader, shape, Silent())
    media = Path(settings.MEDIA_ROOT)
    for path in sorted(media.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[f"media {path.relative_to(media)}"] = digest
    return found


def snapshot_digests() -> dict[str, Any]:
    """Return what a snapshot gives, as a backup takes it."""
    found: dict[str, Any] = {}
    with TemporaryDirectory() as work:
        for place in places(None).values():
            with engine(place).snapshot(place, Path(work)) as snapshot:
                for shape in snapshot.reader.shapes():
                    found[shape.name] = rows.digest(snapshot.reader, shape, Silent())
    return found


def cells(rows: int, by: str) -> list[Any]:
    """Return the cells of all plain rows, one table a value, so that a difference is seen at once."""
    from dataclasses import replace

    from tests.backups.site.fill import NASTY

    from pickguard.backups.digest.shapes import By

    found = []
    for place in places(None).values():
        with engine(place).opened(place) as snapshot:
            (shape,) = (s for s in snapshot.reader.shapes() if s.name == "everything_everything")
            for name, kind in sorted(shape.columns.items()):
                columns = {"id": shape.columns["id"], name: kind}
                one = replace(shape, columns=columns, by=By(by))
                for number in range(1, len(NASTY) + rows + 1):
                    chunk = snapshot.reader.chunk(one, number - 1, number)
                    found.append([name, number, chunk])
    return found


def values() -> dict[str, Any]:
    """Return all rows as Django reads them: what a digest cannot tell, this does."""
    from django.apps import apps
    from django.db import connection

    there = set(connection.introspection.table_names())
    return {
        model._meta.label: [
            list(map(repr, row)) for row in model._base_manager.order_by("pk").values_list()
        ]
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table in there
    }


def change() -> None:
    """Change, add and delete rows and files, as life goes on after a backup."""
    from django.contrib.auth.models import User
    from django.core.files.base import ContentFile
    from tests.backups.site.everything import models

    User.objects.create_user("later")
    models.Parent.objects.filter(name="Lou").update(name="Changed")
    models.ByTwo.objects.all().delete()
    models.Everything.objects.create(char="later")
    tagged = models.Tagged.objects.get()
    Path(tagged.file.path).write_bytes(b"overwritten")
    models.Tagged.objects.create().file.save("newer.bin", ContentFile(b"newer"))


def view() -> list[Any]:
    """Return the rows of a view."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT a FROM outside_view")
        return [list(row) for row in cursor.fetchall()]


def own() -> None:
    """Have the newest user own something."""
    from django.contrib.auth.models import User
    from tests.backups.site.everything import models

    models.Tagged.objects.latest("pk").users.add(User.objects.latest("pk"))


def go_on() -> None:
    """Make new rows, whose keys the database gives."""
    from tests.backups.site.everything import models

    models.Everything.objects.create(char="later")
    models.Child.objects.create(name="Later", toy="ball")


def large(rows_in_all: int) -> dict[str, Any]:
    """Return the chunks of a table that is worth several workers: theirs, and those of one reader.

    The workers are as they should be, and such that end early.
    """
    from django.db import connection

    name = "large"
    values = [(3 * n, f"row {n} é", n / 8) for n in range(rows_in_all)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} (id bigint PRIMARY KEY, a varchar(40), b double precision)"
        )
        try:
            for start in range(0, rows_in_all, 200):
                some = values[start : start + 200]
                marks = ", ".join(["(%s, %s, %s)"] * len(some))
                cursor.execute(
                    f"INSERT INTO {name} VALUES {marks}", [v for row in some for v in row]
                )
            return {
                "workers": _chunks(name),
                "alone": _chunks(name, alone=True),
                "ended": _chunks(name, dying=5),
                "never": _chunks(name, dying=0),
            }
        finally:
            cursor.execute(f"DROP TABLE {name}")


def _chunks(name: str, *, alone: bool = False, dying: int | None = None) -> list[Any]:
    place = places(None)["default"]
    found: list[Any] = []
    with engine(place).opened(place) as snapshot:
        reader: Any = snapshot.reader
        if alone:
            reader = getattr(reader, "_reader", reader)
        elif dying is not None and hasattr(reader, "_hire"):
            reader._hire = _dying(reader._hire, dying)
        (shape,) = (s for s in reader.shapes() if s.name == name)
        rows.digest(reader, shape, Silent(), found.append)
    return [list(chunk) for chunk in found]


def _dying(hire: Any, after: int) -> Any:
    """Return what hires workers that end after some ranges."""
    return lambda table, ranges: hire(table, ranges[:after])
