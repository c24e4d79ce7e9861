"""The disk is full: said in one line, nothing live is lost, nothing half done is kept."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from tests.backups.conftest import Site
from tests.backups.small import file_system, fill_up, server


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def lively(request, sites):
    """A site of its own for each test, with a file that takes room."""
    site = sites(request.param, 3)
    (site.media / "large.bin").write_bytes(os.urandom(1_500_000))
    return site


def _said(ended):
    assert ended.code == 1, ended
    assert "full" in ended.err or "No space left" in ended.err, ended.err
    assert "Traceback" not in ended.err


def test_during_a_backup(lively):
    """The storage is full: no backup, and the good one before is still there."""
    before = lively.call("looks.digests")
    with file_system(lively.folder / "small", 2.5) as small:
        lively.store = small / "store"
        good = lively.backup()
        (lively.media / "more.bin").write_bytes(os.urandom(1_500_000))
        _said(lively.run("backup"))
        assert lively.names() == [good]
        assert [p.name for p in lively.store.iterdir()] == [good, "media"] or sorted(
            p.name for p in lively.store.iterdir()
        ) == [good, "media"]
        (lively.media / "more.bin").unlink()
        assert lively.drill().code == 0
        assert lively.backup() in lively.names()
    assert lively.call("looks.digests") == before


def test_during_a_backup_in_the_folder_for_scratch_files(lively):
    with file_system(lively.folder / "small", 1) as small:
        lively.work = small / "work"
        lively.work.mkdir()
        filler = fill_up(small, 0)
        ended = lively.run("backup")
        if lively.vendor == "sqlite":  # the others copy nothing, and keep little
            _said(ended)
            assert lively.names() == []
        filler.unlink()
        lively.backup()


def test_during_a_drill(lively):
    """A drill that had no room is no good drill."""
    lively.backup()
    before = lively.call("looks.digests")
    with file_system(lively.folder / "small", 1) as small:
        lively.work = small
        ended = lively.drill()
        _said(ended)
        assert ended.json()["ok"] is False
        assert list(small.iterdir()) == []
    assert lively.call("looks.digests") == before


def test_during_a_restore_of_media(lively):
    """Files are fetched beside the live ones first: those stay."""
    lively.backup()
    lively.call("looks.change")
    (lively.media / "large.bin").unlink()
    with file_system(lively.folder / "small", 1) as small:
        shutil.copytree(lively.media, small / "media")
        shutil.rmtree(lively.media)
        lively.media.symlink_to(small / "media")
        before = lively.call("looks.digests")
        _said(lively.run("restore", "--yes", "--identity", str(lively.key)))
        assert lively.call("looks.digests") == before


@pytest.fixture
def open_folder():
    """A folder that the accounts of the servers can reach."""
    folder = Path(tempfile.mkdtemp(prefix="pickguard-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def cramped(request, forges, open_folder):
    """A site whose database lies on a small file system."""
    mib = {"sqlite": 4, "postgresql": 80, "mariadb": 110}[request.param]
    forge = forges(request.param)
    with file_system(open_folder / "small", mib) as small:
        if request.param == "sqlite":
            place = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(small / "live.sqlite3")}
            yield Site("sqlite", open_folder, forge, {"default": place}), small
            return
        with server(request.param, small) as place:
            yield Site(request.param, open_folder, forge, {"default": place}), small


def test_during_a_restore_of_the_database(cramped):
    """The new data are loaded beside the live ones, and there is no room for both."""
    site, small = cramped
    site.call("looks.build", 3)
    site.call("breaking.many", 15_000)
    site.backup()
    site.call("looks.change")
    before = site.call("looks.digests")
    filler = fill_up(small, 1_000_000)
    words = ("restore", "--yes", "--identity", str(site.key))
    for _ in range(2):
        ended = site.run(*words)
        if site.vendor == "mariadb":  # the server's words depend on which of its files was full
            assert (ended.code, "mariadb ended with 1" in ended.err) == (1, True), ended
            assert "VALUES" not in ended.err
        else:
            _said(ended)
        assert site.call("looks.digests") == before
    filler.unlink()
    ended = site.run(*words)
    assert ended.code == 0, ended.err
    assert site.call("looks.digests") != before
