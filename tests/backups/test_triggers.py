"""Triggers are part of what is backed up, and no restore leaves a table without its own."""

import pytest
from django.db.utils import ConnectionHandler
from tests.backups.conftest import kill, until

from pickguard.backups.engines import engine, mariadb, mariadb_swap, mariadb_triggers
from pickguard.backups.engines.base import connected, copied
from pickguard.backups.errors import BackupError, DamagedError

MAKE = {
    "sqlite": [
        """CREATE TRIGGER stamped AFTER INSERT ON note FOR EACH ROW
BEGIN UPDATE note SET said = 'by the trigger' WHERE id = NEW.id; END"""
    ],
    "postgresql": [
        """CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.said = 'by the trigger'; RETURN NEW; END $$""",
        "CREATE TRIGGER stamped BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION stamp()",
    ],
    "mariadb": [
        "CREATE TRIGGER stamped BEFORE INSERT ON note FOR EACH ROW SET NEW.said = 'by the trigger'"
    ],
}
TABLE = "CREATE TABLE note (id integer PRIMARY KEY, said varchar(200))"
# what a body may hold that a careless copy changes
NASTY = r"""CREATE TRIGGER `nas``ty` BEFORE INSERT ON note FOR EACH ROW /* why */ BEGIN -- because
 SET @a = 'it''s \\ "quoted" 100 %s é', @b = _latin1'ab', @c = _binary'\x41''', @d = 'a\'b';
 SET NEW.said = CONCAT_WS('|', @a, @b, @c, @d); END"""
ANSI = """CREATE TRIGGER ansi AFTER INSERT ON note FOR EACH ROW SET @"last" = NEW."said" """


def _whole(place):
    """Return a place as Django completes it."""
    return ConnectionHandler({"default": place}).settings["default"]


def _run(place, *statements):
    with connected(place) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


@pytest.fixture
def opened(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mariadb"])
def test_a_restore_brings_triggers_back(sites, vendor):
    """Those of the backup, not those of today, and they do their work."""
    site = sites(vendor, 3)
    place = _whole(site.databases["default"])
    _run(place, TABLE, *MAKE[vendor])
    site.backup()
    ended = site.drill()
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    on = " ON note" if vendor == "postgresql" else ""
    _run(place, f"DROP TRIGGER stamped{on}")
    ended = site.run("restore", "--identity", str(site.key), "--yes")
    assert ended.code == 0, ended.err
    _run(place, "INSERT INTO note VALUES (1, 'by hand')")
    assert [*_run(place, "SELECT said FROM note")] == [("by the trigger",)]


@pytest.fixture
def schemas(sites, opened, servers, tmp_path):  # noqa: ARG001 - sites see to the server
    """Three schemas of one server: live, new, old."""
    live = sites("mariadb", 3) and _whole(servers.place("mariadb", tmp_path))
    new, old = (copied(live, NAME=f"{live['NAME']}_{tail}") for tail in ("new", "old"))
    for place in (new, old):
        engine(live).create(place, live)
    for place, words in ((live, "of the live"), (new, "of the new")):
        said = MAKE["mariadb"][0].replace("by the trigger", words)
        _run(
            place,
            TABLE,
            said,
            NASTY.replace("BEFORE", "AFTER").replace("SET NEW.said =", "SET @x ="),
        )
    return live, new, old


def _told(place):
    """Return what the server tells of the triggers of a schema."""
    with connected(place) as connection, connection.cursor() as cursor:
        return mariadb_triggers.read(cursor, place["NAME"])


def _rename(schemas, *, at_once):
    live, new, old = schemas
    with connected(copied(live, NAME="")) as connection, connection.cursor() as cursor:
        names = (place["NAME"] for place in (live, new, old))
        mariadb_swap.rename(cursor, *names, at_once=at_once)


def test_a_body_is_copied_as_it_was_written(schemas):
    """Escapes, introducers, per cent signs and the mode of SQL; and it does the same."""
    live, new, _ = schemas
    for place in (live, new):
        for trigger in _told(place):
            _run(place, f"DROP TRIGGER {mariadb.quote(trigger.name)}")
    _run(live, NASTY, "SET sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES'", ANSI)
    kept = _told(live)
    assert {t.name for t in kept} == {"nas`ty", "ansi"}
    read = mariadb_triggers.decode(mariadb_triggers.encode(kept))
    with connected(new) as connection, connection.cursor() as cursor:
        mariadb_triggers.make(cursor, new["NAME"], read)
    assert _told(new) == kept
    for place in (live, new):
        _run(place, "INSERT INTO note (id) VALUES (1)")
    assert _run(live, "SELECT said FROM note") == _run(new, "SELECT said FROM note")
    ((said,),) = _run(new, "SELECT said FROM note")
    assert said == "it's \\ \"quoted\" 100 %s é|ab|x41'|a'b"


def test_a_name_with_its_schema_is_made_where_it_is_meant(schemas):
    """Otherwise a drill would write to the live schema."""
    live, new, _ = schemas
    here = live["NAME"]
    _run(
        live,
        f"CREATE TRIGGER IF NOT EXISTS {here}.far AFTER DELETE ON `{here}` . `note` FOR EACH ROW SET @x = 1",
    )
    (far,) = (t for t in _told(live) if t.name == "far")
    with connected(new) as connection, connection.cursor() as cursor:
        mariadb_triggers.make(cursor, new["NAME"], [far])
    assert far in _told(new)
    assert here + "`." not in mariadb_triggers.creation(far, "elsewhere")


def test_those_of_one_event_keep_their_order(schemas):
    """Though one of them was put before another by name."""
    live, new, _ = schemas
    set_x = "FOR EACH ROW {} SET @x = CONCAT(@x, '{}')"
    _run(
        live,
        "CREATE TRIGGER b BEFORE DELETE ON note " + set_x.format("", "b"),
        "CREATE TRIGGER c BEFORE DELETE ON note " + set_x.format("FOLLOWS b", "c"),
        "CREATE TRIGGER a BEFORE DELETE ON note " + set_x.format("PRECEDES b", "a"),
    )
    with connected(new) as connection, connection.cursor() as cursor:
        mariadb_triggers.make(cursor, new["NAME"], [t for t in _told(live) if t.name in "abc"])
        cursor.execute("INSERT INTO note VALUES (1, '')")
        cursor.execute("SET @x = ''")
        cursor.execute("DELETE FROM note")
        cursor.execute("SELECT @x")
        assert cursor.fetchone() == ("abc",)


@pytest.mark.parametrize("at_once", [True, False], ids=["MariaDB", "as on MySQL"])
def test_tables_change_places_with_their_triggers(schemas, at_once):
    live, new, old = schemas
    were = _told(live), _told(new)
    _rename(schemas, at_once=at_once)
    assert (_told(old), _told(live), _told(new)) == (*were, ())
    _run(live, "INSERT INTO note VALUES (1, '')")
    assert [*_run(live, "SELECT said FROM note")] == [("of the new",)]


@pytest.mark.parametrize("at_once", [True, False], ids=["MariaDB", "as on MySQL"])
def test_tables_that_cannot_change_places_keep_their_triggers(schemas, at_once):
    """A table of that name is in the way."""
    live, new, old = schemas
    _run(old, TABLE)
    were = _told(live), _told(new)
    with pytest.raises(BackupError, match="could not rename the tables"):
        _rename(schemas, at_once=at_once)
    assert (_told(live), _told(new), _told(old)) == (*were, ())


def test_a_transaction_in_the_way_changes_nothing(schemas, monkeypatch):
    monkeypatch.setattr(mariadb_swap, "_WAIT_S", 1)
    live, new, _ = schemas
    were = _told(live), _told(new)
    with connected(live) as connection, connection.cursor() as holding:
        holding.execute("START TRANSACTION")
        holding.execute("SELECT * FROM note")
        with pytest.raises(BackupError, match="Stop the site"):
            _rename(schemas, at_once=True)
    assert (_told(live), _told(new)) == were


def test_a_swap_whose_process_is_killed_is_whole_all_the_same(sites, opened):  # noqa: ARG001
    """It is killed while the server waits for a transaction to end, in the midst of the statement."""
    site = sites("mariadb", 3)
    place = _whole(site.databases["default"])
    _run(place, TABLE, *MAKE["mariadb"])
    site.backup()
    _run(place, "INSERT INTO note VALUES (1, '')")
    with connected(place) as connection, connection.cursor() as holding:
        holding.execute("START TRANSACTION")
        holding.execute("SELECT * FROM note")
        pid, base = site.start("restore", "--identity", str(site.key), "--yes")
        until(lambda: _waiting(place), 60)
        kill(pid)
        site.ended(base)
        assert _waiting(place)  # the server does not know
    until(lambda: _run(place, "SELECT count(*) FROM note") == ((0,),), 30)
    until(lambda: [t.name for t in _told(place)] == ["stamped"], 30)
    ended = site.run("restore", "--identity", str(site.key), "--yes")
    assert ended.code == 0, ended.err
    assert [t.name for t in _told(place)] == ["stamped"]


def _waiting(place):
    """Tell whether a statement about a schema waits for a transaction to end."""
    found = _run(
        place,
        "SELECT count(*) FROM information_schema.processlist WHERE state LIKE '%metadata lock' "
        f"AND info LIKE '%`{place['NAME']}`%'",
    )
    return found != ((0,),)


def test_an_old_set_has_its_triggers_among_its_programs(schemas):
    """To finish is to make them, as often as it takes."""
    live, new, _ = schemas
    program = MAKE["mariadb"][0].replace("by the trigger", "of the set") + ";\n"

    def feed(stream, target):
        if stream == mariadb.PROGRAMS:
            target.write(program.encode())

    for _ in range(2):
        engine(live).finish(live, feed)
        (stamped,) = _told(live)
        assert "of the set" in stamped.body
    assert len(_told(new)) == 2


def test_stored_triggers_that_are_none_are_told():
    with pytest.raises(DamagedError, match="triggers cannot be read"):
        mariadb_triggers.decode(b'[{"name": 1}]')
