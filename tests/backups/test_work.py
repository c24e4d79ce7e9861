"""Scratch folders: what another command sweeps away before it is ours is made again."""

import shutil
import tempfile

import pytest

from pickguard.backups import work
from pickguard.backups.conf import Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(work, "site_id", lambda: "site")
    return Settings(work_dir=str(tmp_path))


@pytest.mark.parametrize("times", [1, 3])
def test_a_folder_that_is_swept_before_it_is_opened_is_made_again(settings, monkeypatch, times):
    """Two drills that begin at once: one makes its folder while the other takes away those of killed ones."""
    made = tempfile.mkdtemp
    swept: list[str] = []

    def at_once(**words):
        path = made(**words)
        if len(swept) < times:
            shutil.rmtree(path)
            swept.append(path)
        return path

    monkeypatch.setattr(tempfile, "mkdtemp", at_once)
    with work.folder(settings) as path:
        assert path.is_dir()
        assert str(path) not in swept
    assert len(swept) == times
    assert not path.exists()
