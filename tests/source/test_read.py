"""Reading a tree: the same result for any number of jobs, with and without the cache."""

import sqlite3
from contextlib import ExitStack, closing

import pytest

from pickguard.source import cache as caching
from pickguard.source.cache import RecordCache, digest
from pickguard.source.load import load
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.read import read
from pickguard.source.tree import discover


@pytest.fixture
def opened(tmp_path):
    """Open a cache of a folder, and close it at the end."""
    with ExitStack() as stack:
        yield lambda folder="cache": stack.enter_context(closing(RecordCache(tmp_path / folder)))


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    for number in range(30):
        (root / f"m{number}.py").write_text(f"x = {number}\ndef f(): return {number}\n")
    (root / "broken.py").write_text("def (")
    (root / "page.html").write_text("<p>{{ x }}</p>")
    (root / "requirements.txt").write_text("Django==5.2.1\nrequests>=2\n")
    return discover(root)


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_on(tree):
    records = read(load(tree))
    assert len(records.python) == 30
    assert [problem.path for problem in records.unreadable] == ["broken.py"]
    assert list(records.templates) == ["page.html"]
    found = records.requirements["requirements.txt"].requirements
    assert [(r.name, r.version) for r in found] == [("django", "5.2.1"), ("requests", None)]


@pytest.mark.parametrize("name", ["test_notes.py", "notes/tests.py", "notes/conftest.py"])
def test_modules_of_tests_are_read_only_where_they_are_wanted(tree, name):
    path = tree.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("import pytest\n\ndef test_it():\n    assert True  # pickguard: ignore\n")
    tree = discover(tree.root)
    loaded = load(tree, tests=False)
    assert (len(read(loaded).python), loaded.tests, loaded.marked) == (30, 1, ())
    wanted = load(tree)
    assert (name in read(wanted).python, wanted.tests, wanted.marked) == (True, 0, (name,))


@pytest.mark.parametrize("name", ["settings_test.py", "tasks/test.py", "latest_tests.py"])
def test_a_name_alone_makes_no_module_of_tests(tree, name):
    path = tree.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("DEBUG = True\n\ndef run():\n    return DEBUG\n")
    loaded = load(discover(tree.root), tests=False)
    assert (name in read(loaded).python, loaded.tests) == (True, 0)


def test_processes_give_the_same_records(tree, monkeypatch):
    monkeypatch.setattr("pickguard.source.read._PARALLEL_FROM_BYTES", 0)
    monkeypatch.setattr("pickguard.source.read._CHUNK_BYTES", 100)
    assert read(load(tree), jobs=2) == read(load(tree), jobs=1)


def test_a_file_that_vanishes_is_reported(tree):
    (tree.root / "m3.py").unlink()
    assert "m3.py" in {problem.path for problem in read(load(tree)).unreadable}


def test_the_cache_gives_the_same_records(tree, opened):
    store = opened()
    first = read(load(tree), cache=store)
    second = read(load(tree), cache=store)
    assert (first.reused, second.reused) == (0, 32)
    assert second.python == first.python


def test_a_changed_file_is_made_again(tree, opened):
    store = opened()
    read(load(tree), cache=store)
    (tree.root / "m1.py").write_text("x = 'changed'\n")
    again = read(load(tree), cache=store)
    assert again.reused == 31
    assert again.python["m1.py"].body[0].value.value == "changed"


def test_a_damaged_entry_is_made_again(tree, opened, tmp_path):
    first = read(load(tree), cache=opened())
    with closing(sqlite3.connect(tmp_path / "cache/records.sqlite3")) as database:
        database.execute("UPDATE record SET data = X'c1'")
        database.commit()
    again = read(load(tree), cache=opened())
    assert again.reused == 0
    assert again.python == first.python


def test_a_damaged_cache_is_thrown_away(tree, opened, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/records.sqlite3").write_bytes(b"this is no database" * 1000)
    store = opened()
    read(load(tree), cache=store)
    assert read(load(tree), cache=store).reused == 32


def test_a_cache_of_another_version_is_thrown_away(tree, opened, tmp_path):
    read(load(tree), cache=opened())
    with closing(sqlite3.connect(tmp_path / "cache/records.sqlite3")) as database:
        database.execute("PRAGMA user_version=1")
        database.execute("ALTER TABLE record RENAME TO entry")
    store = opened()
    assert read(load(tree), cache=store).reused == 0
    assert read(load(tree), cache=store).reused == 32


def test_a_cache_that_cannot_be_written_is_done_without(tree, opened, tmp_path):
    (tmp_path / "file").write_text("")
    assert len(read(load(tree), cache=opened("file/below")).python) == 30


def test_the_digest_covers_the_bytes_the_kind_and_the_code(monkeypatch):
    before = digest(b"x", "python")
    assert before != digest(b"y", "python")
    assert before != digest(b"x", "template")
    monkeypatch.setattr(caching, "_code_digest", lambda: b"other")
    assert before != digest(b"x", "python")


def test_the_cache_lives_outside_the_project(monkeypatch, tmp_path):
    monkeypatch.setenv("PICKGUARD_CACHE", str(tmp_path / "elsewhere"))
    assert caching.cache_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("PICKGUARD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert caching.cache_folder() == tmp_path / "xdg" / "pickguard"


def test_the_bytes_are_let_go_of_once_the_records_stand_for_them(tree):
    loaded = load(tree)
    one = loaded.only(loaded.jobs[0])
    read(one)
    assert (one.contents, len(loaded.contents)) == ({}, len(loaded.jobs))
    read(loaded)
    assert loaded.contents == {}


def test_names_are_held_once_however_often_bodies_are_decoded(tree, opened):
    (tree.root / "m.py").write_text("def f(rows):\n    return rows.some_name(word=rows)\n")
    tree, store = discover(tree.root), opened()
    fresh, kept = (read(load(tree), cache=store).python["m.py"].body[0] for _ in range(2))
    assert isinstance(fresh, n.Function)
    assert isinstance(kept, n.Function)
    returned = [body(function)[0] for function in (fresh, fresh, kept)]
    calls = [one.value for one in returned if isinstance(one, n.Return)]
    assert all(isinstance(call, n.Call) and isinstance(call.func, n.Attr) for call in calls)
    assert len({id(call.func.name) for call in calls}) == 1
    assert len({id(call.keywords[0].name) for call in calls}) == 1
    assert len({id(word) for f in (fresh, kept) for word in f.words if word == "some_name"}) == 1
