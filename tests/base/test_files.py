"""A file is there whole or not at all."""

import os

import pytest

from pickguard.base.errors import UsageError
from pickguard.base.files import write_whole


def test_a_new_file_is_written_with_the_usual_rights(tmp_path):
    path = tmp_path / "report.txt"
    write_whole(path, "Grüße\n")
    other = tmp_path / "other.txt"
    other.write_text("", encoding="utf-8")
    assert path.read_text("utf-8") == "Grüße\n"
    assert path.stat().st_mode == other.stat().st_mode


def test_an_old_file_keeps_its_rights(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write_whole(path, "new")
    assert (path.read_text("utf-8"), path.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_link_is_followed_and_stays_one(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"


def test_a_failure_leaves_the_old_file_and_no_piece(tmp_path, monkeypatch):
    path = tmp_path / "report.txt"
    path.write_text("old", encoding="utf-8")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(UsageError, match="No space left"):
        write_whole(path, "new")
    assert [item.name for item in tmp_path.iterdir()] == ["report.txt"]
    assert path.read_text("utf-8") == "old"


def test_text_that_is_no_unicode_is_written_all_the_same(tmp_path):
    path = tmp_path / "report.txt"
    write_whole(path, "\udcff")
    assert path.read_text("utf-8") == "\\udcff"


def test_a_device_is_written_to_and_never_replaced(tmp_path):
    """`--output /dev/stdout` must not put a file in the device's place."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, "text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert pipe.is_fifo()
