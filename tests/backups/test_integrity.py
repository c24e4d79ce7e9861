"""The check of the data finds each kind of damage, names the rows, and lists them by a query."""

import json

import pytest

SCHEMAS = {
    "everything.Loose.facts": {
        "type": "object",
        "properties": {"size": {"type": "integer"}},
    }
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def broken(request, sites):
    """A site with every rule broken, and what was broken."""
    site = sites(request.param, 3)
    return site, site.call("breaking.broken")


def _check(site, *argv, **backups):
    ended = site.run(
        "integrity", "--json", *argv, settings={"backups": {"schemas": SCHEMAS, **backups}}
    )
    return ended, {f["id"]: f for f in ended.json()["findings"]}


def test_a_sound_site_has_no_damage(site):
    """What the nasty rows of the tests break are rules of the project, and nothing else is found."""
    ended, found = _check(site, "auth", "contenttypes", "everything.Child", "ByTwo", "ByName")
    assert (ended.code, found) == (0, {}), ended.err
    _, found = _check(site)
    assert [f for f in found.values() if f["damage"]] == []


def test_every_broken_rule_is_found_with_its_rows(broken):
    site, rows = broken
    ended, found = _check(site)
    assert ended.code == 1
    mine = {k: f["rows"] for k, f in found.items() if "Loose" in k or k.startswith("unowned")}
    if site.vendor == "mariadb":  # its counters cannot be behind
        rows = {k: v for k, v in rows.items() if not k.startswith("sequence")}
    assert mine == rows
    answer = ended.json()
    assert {"name", "ok", "differences", "steps"} <= set(answer)
    assert (answer["name"], answer["ok"]) == ("default", False)
    assert len(answer["differences"]) == len(found)


def test_the_query_of_a_finding_lists_its_rows(broken):
    """In Pickguard's language: by the rule where it can be said, else by keys."""
    site, rows = broken
    _, found = _check(site, "Loose")
    asked = {k: f["query"] for k, f in found.items() if f["query"]}
    assert asked["orphan:everything.Loose.parent"] == "parent_lost = true"
    assert asked["choices:everything.Loose.colour"] == (
        'colour not in ("r", "g") and colour is not null and colour != ""'
    )
    assert len(asked) >= 14
    for name, query in asked.items():
        ended = site.run("integrity", "Loose", "--rows", query, "--json")
        assert ended.code == 0, ended.err
        assert sorted(str(row["pk"]) for row in ended.json()) == sorted(rows[name]), name


def test_the_text_says_what_where_and_how_to_list_them(broken):
    site, rows = broken
    ended = site.run("integrity", "Loose")
    first, second = rows["orphan:everything.Loose.parent"]
    assert (
        f"DAMAGE  default: orphan:everything.Loose.parent: 2 rows ({first}, {second}): "
        "they name a everything.Parent that is not there\n"
        "        manage.py integrity everything.Loose --rows 'parent_lost = true'\n"
    ) in ended.out
    assert "kinds of damage" in ended.err


def test_a_check_changes_nothing(broken):
    site, _ = broken
    before = site.call("looks.digests")
    _check(site)
    assert site.call("looks.digests") == before


def test_what_the_project_accepts_is_told_and_does_not_count(broken):
    site, rows = broken
    ended, found = _check(site, accept=["*:everything.*", "unowned-file:default.stray"])
    assert (ended.code, found) == (0, {})
    assert sum(note.startswith("accepted: ") for note in ended.json()["notes"]) >= len(rows) - 1


def test_a_drill_fails_on_damage_and_notes_doubts(broken):
    """The copy is as it was backed up, and what was backed up is damaged."""
    site, _ = broken
    site.backup()
    ended = site.drill(settings={"backups": {"schemas": SCHEMAS}})
    assert ended.code == 1
    answer = ended.json()
    assert any("orphan:everything.Loose.parent: 2 rows" in line for line in answer["differences"])
    assert not any("choices" in line for line in answer["differences"])
    assert any("choices:everything.Loose.colour" in line for line in answer["notes"])
    assert any("missing-file:everything.Loose.file" in line for line in answer["differences"])
    accepted = {"accept": ["*:everything.*"]}
    assert site.drill(settings={"backups": accepted}).code == 0


def test_a_check_that_was_killed_goes_on_where_it_was(sites):
    """No row is counted twice, and none is left out."""
    site = sites("sqlite", 3)
    site.call("breaking.many", 30_000)
    killed = 0
    for attempt in range(8):
        killed += site.killed(1.2 + attempt / 8, "integrity", "Loose", "--json")
    ended, found = _check(site, "Loose")
    assert found["choices:everything.Loose.colour"]["count"] == 30_000
    assert ended.json()["rows"] == 30_000
    if killed:
        assert not ended.json()["notes"] or "cut short" in ended.json()["notes"][0]


def test_sqlite_keeps_anything_and_what_no_field_can_be_is_found(sites):
    """One value that cannot be read hides no other row."""
    site = sites("sqlite", 3)
    site.call("breaking.stored_otherwise")
    _, found = _check(site)
    rows = {k: f["rows"] for k, f in found.items()}
    assert rows["time-zone:everything.Loose.made"] == ["501", "502"]
    assert rows["time-zone:everything.Loose.day"] == ["503"]
    assert rows["stored-type:everything.Loose.required"] == ["504"]
    assert rows["unreadable:everything.Loose.required"] == ["505"]
    assert "1" in rows["stored-type:everything.Everything.small"]
    assert "1" in rows["stored-type:everything.Everything.number"]
    assert rows["stored-type:everything.Everything.json"] == ["2"]


def test_dates_that_mariadb_takes_and_django_cannot_read_are_found(sites):
    site = sites("mariadb", 3)
    site.call("breaking.zero_dates")
    _, found = _check(site, "Loose")
    assert {"time-zone:everything.Loose.made", "time-zone:everything.Loose.day"} <= set(found)


def test_columns_without_a_zone_are_found(sites):
    site = sites("postgresql", 3)
    site.call("breaking.without_zone")
    _, found = _check(site, "Loose")
    assert "without a zone" in found["time-zone:everything.Loose.made"]["said"]


def test_rows_that_exclude_each_other_are_found(sites):
    """Both of a pair; a cancelled one, another room, the day after, and null exclude nothing."""
    site = sites("postgresql", 3)
    site.call("breaking.overlapping")
    _, found = _check(site, "Booking")
    assert {name: each["rows"] for name, each in found.items()} == {
        "constraint:special.Booking.booking_overlaps": ["1", "2"],
        "constraint:special.Booking.booking_code": ["4", "5"],
    }


def test_mistakes_of_usage_say_what_to_do(site):
    ended = site.run("integrity", "everythin.Loose")
    assert (ended.code, "Did you mean `everything.Loose`?" in ended.err) == (2, True)
    ended = site.run("integrity", "Loose", "--rows", "colour = ")
    assert ended.code == 2
    assert site.run("integrity", "--rows", "id = 1").code == 2
    assert site.run("integrity", "--database", "defalt").code == 2
    ended = site.run(
        "integrity", "Loose",
        settings={"backups": {"schemas": {"everything.Loose.facts": {"type": "nothing"}}}},
    )  # fmt: skip
    assert (ended.code, "everything.Loose.facts" in ended.err) == (2, True)


def test_a_check_needs_no_backups(site):
    """Who has not set up any can still look at the data."""
    storages = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    ended = site.run(
        "integrity", "auth", "--json",
        settings={"PICKGUARD_BACKUPS": {}, "STORAGES": storages},
    )  # fmt: skip
    assert (ended.code, json.loads(ended.out)["ok"]) == (0, True), ended.err


@pytest.mark.parametrize("rows", [1, 10_000])
def test_what_the_database_looks_at_first_is_found_all_the_same(nasty, rows):
    """A first look at one row tells of each value alone whether it is let pass."""
    for label, (read, screened) in nasty.call("screened.compared", rows).items():
        assert read == screened, label


def test_sound_columns_are_not_read(site):
    """Else the first look is for nothing, and a drill of a large table takes many times as long."""
    skipped = set(site.call("screened.skipped"))
    assert {"boolean", "decimal", "identifier", "number", "small"} <= skipped


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def nasty(request, sites):
    """A site whose columns hold whatever the database takes."""
    site = sites(request.param, 3)
    assert site.call("screened.fill") > 300
    return site
