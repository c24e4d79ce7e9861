"""Whatever happens to a set in the storage: it is seen, said, and the live data stay as they were."""

import gzip
import json
import os
import random
import shutil
from pathlib import Path

import pytest

PLACES = int(os.environ.get("PICKGUARD_FAULTS", "20"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def kept(request, sites):
    """A site with a backup, whose live data have changed since."""
    site = sites(request.param, 30)
    site.backup()
    older = site.store.with_name("older")
    shutil.copytree(site.store, older)
    site.call("looks.change")
    name = site.backup()
    return site, name, older


@pytest.fixture
def damaged(kept, tmp_path):
    """A copy of the storage to damage, the set in it, and a chance that the failing test prints."""
    site, name, _ = kept
    before, site.store = site.store, tmp_path / "store"
    shutil.copytree(before, site.store)
    seed = random.randrange(10**6)
    print("seed", seed)
    yield site, name, random.Random(seed)
    site.store = before


def _objects(site, name):
    """Return everything that the set needs."""
    parts = [p for p in (site.store / name).iterdir() if p.is_file() and p.name != "started"]
    manifest = json.loads((site.store / name / "manifest.json").read_text())
    media = [p["object"] for o in manifest["media"]["objects"].values() for p in o["parts"]]
    return sorted({*parts, *(site.store / each for each in media)})


def _refused(site, name, before, what):
    """See that nobody takes the set for a good one, and that nothing live was touched."""
    ended = site.run("restore", name, "--yes", "--identity", str(site.key))
    assert ended.code == 1, (what, ended)
    assert "Traceback" not in ended.err
    assert site.call("looks.digests") == before, what
    ended = site.drill(name)
    assert ended.code == 1, (what, ended)
    answer = json.loads(ended.out)
    assert (answer["ok"], bool(answer["differences"])) == (False, True), what


def test_truncated_anywhere(damaged):
    """At 20 random places, of any file of the set."""
    site, name, chance = damaged
    before = site.call("looks.digests")
    for _ in range(PLACES):
        path = chance.choice(_objects(site, name))
        whole = path.read_bytes()
        size = chance.randrange(len(whole))
        path.write_bytes(whole[:size])
        _refused(site, name, before, (path.name, size))
        assert name not in site.names()
        path.write_bytes(whole)
    assert site.drill(name).code == 0


def test_flipped_bytes_anywhere(damaged):
    """One to three bytes, 20 times, in any file of the set."""
    site, name, chance = damaged
    before = site.call("looks.digests")
    for _ in range(PLACES):
        path = chance.choice(_objects(site, name))
        whole = path.read_bytes()
        changed = bytearray(whole)
        for place in {chance.randrange(len(whole)) for _ in range(chance.randint(1, 3))}:
            changed[place] ^= chance.randint(1, 255)
        path.write_bytes(changed)
        _refused(site, name, before, (path.name, changed))
        path.write_bytes(whole)
    assert site.drill(name).code == 0


def test_the_wrong_kind_of_file(damaged, kept):
    """Empty, compressed, of another set, plain text, or nothing at all in the place of each file."""
    site, name, _ = damaged
    older = kept[2]
    (other,) = [p for p in older.iterdir() if p.name[:2] == "20"]
    before = site.call("looks.digests")
    for path in _objects(site, name):
        whole = path.read_bytes()
        same = other / path.name
        wrong = [b"", gzip.compress(whole), os.urandom(len(whole)), b"INSERT INTO x VALUES (1);\n"]
        for data in [*wrong, *([same.read_bytes()] if same.exists() else [])]:
            path.write_bytes(data)
            ended = site.run("restore", name, "--yes", "--identity", str(site.key))
            assert ended.code == 1, path
            assert "Traceback" not in ended.err
        path.unlink()
        if path.name == "manifest.json":  # then it is no backup
            assert site.run("restore", name, "--yes", "--identity", str(site.key)).code == 2
            assert site.drill(name).code == 2
        else:
            _refused(site, name, before, path.name)
        path.write_bytes(whole)
        assert site.call("looks.digests") == before
    assert site.drill(name).code == 0


def test_a_wrong_or_missing_key(damaged):
    site, name, _ = damaged
    before = site.call("looks.digests")
    for words in ([], ["--identity", str(site.wrong_key)], ["--identity", str(site.folder / "no")]):
        ended = site.run("restore", name, "--yes", *words)
        assert ended.code == 1
        assert "key" in ended.err
        assert "Traceback" not in ended.err
    assert site.call("looks.digests") == before


def _tampered(manifest):
    """Return manifests that were altered by somebody who keeps to the form."""
    for change in (
        lambda m: m["databases"]["default"]["tables"]["everything_parent"].update(rows=0),
        lambda m: m["databases"]["default"]["tables"].pop("everything_parent"),
        lambda m: m["databases"]["default"]["sequences"].clear(),
        lambda m: m["databases"]["default"]["migrations"].pop(),
        lambda m: m.update(media=None),
        lambda m: m.update(encrypted=False),
        lambda m: m.update(created="2020-01-01T00:00:00+00:00"),
        lambda m: m.update(seal=""),
    ):
        altered = json.loads(json.dumps(manifest))
        change(altered)
        yield json.dumps(altered, indent=1, ensure_ascii=False) + "\n"


def test_a_tampered_manifest(damaged):
    """Whoever can write to the storage and has no key cannot make another manifest pass."""
    site, name, _ = damaged
    before = site.call("looks.digests")
    path: Path = site.store / name / "manifest.json"
    whole = path.read_text()
    for altered in _tampered(json.loads(whole)):
        path.write_text(altered)
        _refused(site, name, before, altered[:40])
    path.write_text(whole)
    assert site.drill(name).code == 0


def test_an_older_set_under_a_newer_name(damaged, kept):
    """A replay of old data is seen: the seal holds the name."""
    site, name, _ = damaged
    (other,) = [p for p in kept[2].iterdir() if p.name[:2] == "20"]
    before = site.call("looks.digests")
    shutil.rmtree(site.store / name)
    shutil.copytree(other, site.store / name)
    path = site.store / name / "manifest.json"
    path.write_text(path.read_text().replace(other.name, name))
    _refused(site, name, before, "replayed")
