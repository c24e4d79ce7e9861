"""Who owns the backups is told, checked, and watched."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pickguard.backups.conf import Settings
from pickguard.backups.keys import on_host
from pickguard.backups.sets.drills import Record
from pickguard.backups.watching import status
from pickguard.backups.watching.status import Status

TOKEN = "a token that nobody guesses"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NEWEST = "20261125T040000Z-000009-abcdef"


@pytest.fixture(scope="module")
def site(sites):
    """A site with a good drill."""
    found = sites("sqlite", 3)
    found.backup()
    assert found.drill().code == 0
    return found


@pytest.fixture
def home(tmp_path):
    """An empty home, and a project without keys."""
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    return tmp_path


def _run(site, home, *argv, **more):
    more["settings"] = {"BASE_DIR": str(home / "project"), **more.get("settings", {})}
    return site.run(*argv, env={"HOME": str(home / "home")}, **more)


def _points(site, home, *argv):
    ended = _run(site, home, "ownership", "--json", *argv)
    return ended, {point["id"]: point for point in json.loads(ended.out)["points"]}


def test_backups_on_the_same_host_are_told(site, home):
    ended, points = _points(site, home)
    assert ended.code == 1
    assert str(site.store) in points["same-host"]["said"]
    good = {name: point["good"] for name, point in points.items()}
    assert good == {
        "encrypted": True, "same-host": False, "same-account": None, "key-on-host": True,
        "versioning": None, "object-lock": None, "backup-age": True, "off-site-copy": None,
        "drill-age": True,
    }  # fmt: skip


def test_a_recovery_key_on_the_host_is_found(site, home):
    """In the project, in usual places, in the environment; another key is none of ours."""
    (home / "home" / ".ssh").mkdir()
    (home / "home" / ".ssh" / "other").write_text(site.wrong_key.read_text())
    assert _points(site, home)[1]["key-on-host"]["good"] is True
    folder = home / "project" / "ops" / "keys"
    folder.mkdir(parents=True)
    (folder / "recovery.txt").write_text(f"# mine\n{site.key.read_text()}\n")
    _, points = _points(site, home)
    assert str(folder / "recovery.txt") in points["key-on-host"]["said"]
    assert "only copy" in points["key-on-host"]["hint"]


def test_a_recovery_key_in_the_environment_is_found(site, monkeypatch, tmp_path):
    monkeypatch.setenv("RECOVERY", site.key.read_text())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "the environment, RECOVERY" in on_host.found((site.public,))


def test_a_probe_sees_that_the_site_could_delete(site, home):
    before = sorted(site.store.iterdir())
    _, points = _points(site, home, "--probe")
    assert points["can-delete"]["good"] is False
    assert sorted(site.store.iterdir()) == before


def test_the_text_says_what_to_do(site, home):
    ended = _run(site, home, "ownership")
    assert "BAD      same-host: the backups lie on this host" in ended.out
    assert "unknown  versioning" in ended.out
    assert ended.err.strip().endswith("points are bad")


def test_system_checks_tell_the_same(site, home):
    """Those that ask the storage only when a deployment is checked."""
    ended = _run(site, home, "check")
    assert (ended.code, "W011" in ended.err + ended.out) == (0, False)
    ended = _run(site, home, "check", "--deploy", "--tag", "security")
    assert "pickguard.W011" in ended.err
    assert "pickguard.W015" not in ended.err
    old = {"backups": {"recipients": [], "allow_unencrypted": True}}
    ended = _run(site, home, "check", settings=old)
    assert "pickguard.W010" in ended.err
    ended = _run(site, home, "check", settings={"backups": {"drill_within": 3}})
    assert (ended.code, "pickguard.E010" in ended.err) == (1, True)
    assert "Did you mean `drill_within_days`?" in ended.err


def test_a_storage_that_does_not_answer_stops_no_check(site, home):
    count = home / "count"
    options = {"location": str(site.store), "how": "fail", "count": str(count), "verbs": "list"}
    storage = {"BACKEND": "tests.backups.site.moments.Failing", "OPTIONS": options}
    ended = _run(site, home, "check", "--deploy", settings={"storage": storage})
    assert ended.code == 0
    assert "pickguard.W019" in ended.err


def test_health_and_metrics_are_closed_without_the_token(site):
    for path in ("/backups/health/", "/backups/metrics/"):
        assert site.call("checks.fetched", path)[0] == 404
        token = {"backups": {"metrics_token": TOKEN}}
        assert site.call("checks.fetched", path, settings=token)[0] == 404
        assert site.call("checks.fetched", path, "another token", settings=token)[0] == 404


def test_health_says_what_is_wrong(site, tmp_path):
    token = {"backups": {"metrics_token": TOKEN}}
    assert site.call("checks.fetched", "/backups/health/", TOKEN, settings=token) == [
        200, '{"ok": true, "problems": []}',
    ]  # fmt: skip
    before, site.store = site.store, tmp_path / "none"
    code, text = site.call("checks.fetched", "/backups/health/", TOKEN, settings=token)
    site.store = before
    assert (code, json.loads(text)["problems"]) == (503, ["there is no backup at all"])


def test_metrics_are_prometheus_text(site, home):
    token = {"backups": {"metrics_token": TOKEN}}
    code, text = site.call("checks.fetched", "/backups/metrics/", TOKEN, settings=token)
    assert code == 200
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = {line.split()[0]: float(line.split()[1]) for line in lines}
    assert names["pickguard_backup_sets"] == 1
    assert names["pickguard_drill_last_ok"] == 1
    assert names["pickguard_backup_last_timestamp_seconds"] > 1.7e9
    assert _run(site, home, "ownership", "--prometheus").out == text


def _record(days, *, ok=True):
    at = (NOW - timedelta(days=days)).isoformat(timespec="microseconds")
    return Record(NEWEST, at, ok, [], {"load_s": 1.0}, 60.0, [])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Status(0, None, 0, False, None, None), ["there is no backup at all"]),
        (Status(1, NEWEST, 1, False, _record(1), _record(1)), []),
        (
            Status(1, "20261121T040000Z-000009-abcdef", 1, False, _record(1), _record(1)),
            ["the newest backup is 4 days old"],
        ),
        (
            Status(1, NEWEST, 1, False, None, None),
            ["no backup has ever been restored by a drill"],
        ),
        (
            Status(1, NEWEST, 1, False, _record(1, ok=False), _record(9)),
            [
                f"the last drill, of {NEWEST}, failed",
                "the last good drill was 9 days ago, its period is 7 days",
            ],
        ),
        (
            Status(1, NEWEST, 0, True, _record(1), _record(1)),
            [f"the newest backup, {NEWEST}, is damaged"],
        ),
    ],
)
def test_what_somebody_is_told_of(found, said):
    assert status.problems(Settings(), found, NOW) == said
