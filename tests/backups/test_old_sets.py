"""Sets that earlier versions made are drilled and restored as ever."""

import shutil
import sqlite3
from io import BytesIO
from pathlib import Path

import pytest
import zstandard

from pickguard.backups.engines import engine
from pickguard.backups.restoring import prove
from pickguard.backups.sets import chunks
from pickguard.backups.sets.manifest import decode
from pickguard.base.progress import Silent

SETS = Path(__file__).parent.parent / "data" / "backups"
OPEN = {"recipients": [], "allow_unencrypted": True, "media": False}


@pytest.fixture
def old(sites):
    """A site whose storage holds nothing but a set of format 1."""
    site = sites("sqlite")
    shutil.copytree(SETS / "format-1", site.store)
    return site


def test_a_set_of_the_first_format_passes_a_drill(old):
    """Its rows are counted as they were then."""
    ended = old.run("drill", "--json", settings={"backups": OPEN})
    assert (ended.code, ended.json()["differences"]) == (0, [])


def test_a_set_of_the_first_format_is_restored(old):
    """Without a word about its file in the manifest, rows are counted."""
    ended = old.run("restore", "--yes", "--json", settings={"backups": OPEN})
    assert (ended.code, ended.json()["ok"]) == (0, True)
    connection = sqlite3.connect(old.databases["default"]["NAME"])
    found = connection.execute("SELECT count(*), max(note) FROM kept").fetchone()
    assert found == (1100, "note 999 é")
    connection.close()


def test_a_set_of_the_first_format_is_compared_in_full(tmp_path):
    """What its manifest says of rows is what decides: a row that differs is named."""
    (folder,) = (SETS / "format-1").iterdir()
    said = decode((folder / "manifest.json").read_bytes(), "manifest").databases["default"]
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(_plain(folder / "default.dump.000001"))
    connection = sqlite3.connect(copy)
    connection.execute("UPDATE kept SET ratio = ratio + 1e-9 WHERE id = 1050")
    connection.commit()
    connection.close()
    noted = prove.noted(chunks.read(BytesIO(_plain(folder / "default.rows.000001"))))
    place = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(copy)}
    with engine(place).opened(place) as snapshot:
        found = prove.differences("default", said, snapshot, noted, Silent())
    assert found == [
        "default: table kept differs: 1100 rows, 1100 were backed up",
        "default: table kept: id after 1000 up to 1100 (100 rows, 100 were backed up)",
    ]


def _plain(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
