"""A drill proves the copy with the project's own eyes, reports, and remembers."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from pickguard.backups.sets import drills
from pickguard.backups.sets.drills import Record
from pickguard.backups.storage.shelf import Shelf


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def made(request, sites):
    """A site of its own with one backup: its history grows."""
    site = sites(request.param, 3)
    return site, site.backup()


def _drill(site, *smoke, **more):
    return site.drill(settings={"backups": {"smoke": list(smoke)}}, **more)


def test_checks_of_the_project_see_the_copy(made):
    """Functions, pages, and pages of a known user; what they write stays in the copy."""
    site, _ = made
    before = site.call("looks.digests")
    ended = _drill(
        site, "tests.backups.site.checks.sees_the_copy", "tests.backups.site.checks.writes",
        "GET /", "GET / as ann",
    )  # fmt: skip
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    assert "4 smoke checks ran" in ended.json()["notes"]
    assert site.call("looks.digests") == before


def test_a_check_that_says_no_fails_the_drill(made):
    site, _ = made
    ended = _drill(
        site, "tests.backups.site.checks.says_no", "tests.backups.site.checks.raises",
        "GET /nowhere/", "GET / as nobody",
    )  # fmt: skip
    assert ended.code == 1
    said = "\n".join(ended.json()["differences"])
    assert "says_no: it returned False" in said
    assert "raises: ZeroDivisionError" in said
    assert "GET /nowhere/: the answer is 404" in said
    assert "GET / as nobody: DoesNotExist" in said


def test_a_check_that_is_not_there_is_a_mistake_of_usage(made):
    site, _ = made
    ended = _drill(site, "tests.backups.site.nothing.here")
    assert (ended.code, "nothing" in ended.err) == (2, True)


def test_the_report_tells_recovery_time_age_and_trend(made):
    site, name = made
    _drill(site)
    ended = site.run("drill", "--identity", str(site.key))
    assert re.search(r"^recovery \d+\.\d s, data \d+\.\d h old$", ended.out, re.MULTILINE)
    assert "the last drills took" in ended.out
    assert ended.out.splitlines()[-1] == name
    answer = site.drill().json()
    assert {"recovery_s", "age_s", "history"} <= set(answer)
    assert answer["history"][-1]["name"] == name
    assert answer["history"][-1]["recovery_s"] > 0


def test_the_page_stands_alone(made):
    """No script, no request, and what differs is text."""
    site, name = made
    path = site.folder / "drill.html"
    smoke = {"backups": {"smoke": ["tests.backups.site.checks.says_markup"]}}
    ended = site.drill("--html", str(path), settings=smoke)
    assert ended.code == 1
    text = path.read_text("utf-8")
    assert name in text
    assert "FAILED" in text
    assert "<script" not in text
    assert "&lt;script" in text
    assert "http" not in text.replace("http-equiv", "")


def test_the_history_is_kept_beside_the_sets_and_in_a_model_when_told(made):
    """A drill itself writes nothing to the live database."""
    site, name = made
    _drill(site)
    _drill(site, "tests.backups.site.checks.says_no")
    listed = json.loads(site.run("drill", "--history", "--json").out)
    assert [each["ok"] for each in listed][-2:] == [True, False]
    assert site.call("checks.remembered") == []
    ended = site.run("drill", "--history", "--record")
    assert (ended.code, f"{len(listed)} new" in ended.err) == (0, True), ended.err
    assert site.call("checks.remembered") == [[name, each["ok"]] for each in listed]
    assert "0 new" in site.run("drill", "--record").err


def test_a_lost_row_is_named(sites):
    """What differs is told by table and by keys, whatever lost it."""
    site = sites("sqlite", 3)
    site.backup()
    ended = site.drill(prepare="tests.backups.site.checks.lose_rows")
    assert ended.code == 1
    said = "\n".join(ended.json()["differences"])
    assert "table everything_everything differs" in said
    assert "rows, " in said
    assert "id " in said


class _Killed(BaseException):
    """Nobody takes away what there is."""


class _Dying(FileSystemStorage):
    """Has stored half of an object when the process is killed."""

    def _save(self, name, content):
        super()._save(name, ContentFile(content.read()[:40]))
        raise _Killed


def test_a_record_that_a_killed_drill_half_wrote_is_no_damage_and_goes_with_time(tmp_path):
    """Nobody tampered with it: the drill before it is still the last one."""
    began = datetime(2026, 11, 25, 4, 2, tzinfo=UTC)
    record = Record("some-set", began.isoformat(), True, [], {}, 0.0, [])
    shelf = Shelf(FileSystemStorage(tmp_path), 10)
    drills.keep(shelf, record, None)
    with pytest.raises(_Killed):
        drills.keep(Shelf(_Dying(tmp_path), 10), record, None)
    assert len(list(tmp_path.rglob("*.*"))) == 2
    assert drills.damaged(shelf, "some-set") == []
    assert drills.of(shelf, "some-set") == [record]
    drills.sweep(shelf, "some-set", began)
    assert len(list(tmp_path.rglob("*.*"))) == 2  # it may still be stored
    drills.sweep(shelf, "some-set", began + timedelta(seconds=1))
    assert [path.suffix for path in tmp_path.rglob("*.*")] == [".json"]
