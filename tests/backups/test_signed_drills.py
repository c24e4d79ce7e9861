"""Records of drills lie where many can write; those of a trusted host are told from others."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pickguard.backups.conf import Keep
from pickguard.backups.making.retention import Kept, prunable
from pickguard.backups.sets import drills
from pickguard.backups.sets.drills import Record


def _key(path):
    key = Ed25519PrivateKey.generate()
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


@pytest.fixture(scope="module")
def drilled(sites, tmp_path_factory):
    """A site that signs, trusts its own key, and has drilled one set."""
    site = sites("sqlite")
    path = tmp_path_factory.mktemp("keys") / "host.pem"
    own = {"sign_key": str(path), "signers": [_key(path)]}
    name = site.backup(settings={"backups": own})
    assert site.drill(settings={"backups": own}).code == 0
    return site, name, own


def _listed(site, name, own):
    ended = site.run("backup", "--list", "--json", settings={"backups": own})
    (row,) = (each for each in ended.json() if each["name"] == name)
    return row["last_drill_ok"], row["last_drill_proven"]


def test_a_host_with_a_key_signs_its_drills(drilled):
    site, name, own = drilled
    (path,) = (site.store / name / "drills").iterdir()
    assert json.loads(path.read_text())["signature"]
    assert _listed(site, name, own) == (True, True)


def test_another_host_does_not_trust_them(drilled, tmp_path):
    """Nothing is wrong with the record; it is only not proven, and says so."""
    site, name, _ = drilled
    other = {"signers": [_key(tmp_path / "other.pem")]}
    assert _listed(site, name, other) == (True, False)
    ended = site.run("backup", "--list", settings={"backups": other})
    assert "NOT PROVEN" in ended.out
    found = site.run("ownership", settings={"backups": other})
    assert "1 record(s) of drills are not signed" in found.out
    assert "no backup has ever been restored by a drill" in found.out


def test_where_no_host_is_named_none_is_missed(drilled):
    site, name, _ = drilled
    assert _listed(site, name, {}) == (True, True)
    assert "not signed" not in site.run("ownership").out


def test_a_key_that_is_none_costs_the_record_alone(drilled, tmp_path):
    """The drill itself was done, and says how it went."""
    site, _, own = drilled
    broken = tmp_path / "broken.pem"
    broken.write_text("no key")
    ended = site.drill(settings={"backups": {**own, "sign_key": str(broken)}})
    assert ended.code == 0
    assert any("could not be kept" in note for note in ended.json()["notes"])


def test_any_change_of_a_record_breaks_its_signature(tmp_path):
    path = tmp_path / "host.pem"
    public = _key(path)
    kept: dict[str, bytes] = {}
    shelf: Any = SimpleNamespace(put_whole=lambda name, data: kept.update({name: data.read()}))
    record = Record("set", "2026-11-25T00:00:00.000000+00:00", False, ["t differs"], {}, 1.0, [])

    drills.keep(shelf, record, str(path))
    (data,) = kept.values()
    assert drills.proven(_read(data), (public,))
    forged = re.sub(rb'"ok": false', b'"ok": true', data)
    assert forged != data
    for other in (forged, data.replace(b'"set": "set"', b'"set": "other"')):
        assert not drills.proven(_read(other), (public,))
    assert not drills.proven(record, (public,))


def _read(data):
    found = drills._decoded(data)
    assert found is not None
    return found


def test_the_record_of_another_set_counts_for_nothing(drilled):
    """Else a good drill of an old set could be copied to a new one, signature and all."""
    site, name, own = drilled
    second = site.backup(settings={"backups": own})
    (site.store / second / "drills").mkdir()
    for path in (site.store / name / "drills").iterdir():
        (site.store / second / "drills" / path.name).write_bytes(path.read_bytes())
    rows = site.run("backup", "--list", "--json", settings={"backups": own}).json()
    shutil.rmtree(site.store / second)  # the site is shared, and the newest set is the one to drill
    assert [row["last_drill"] is None for row in rows if row["name"] == second] == [True]


def test_a_forged_record_lets_no_drilled_set_go():
    """The newest set with a proven drill stays, whatever newer ones claim."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    sets = [
        Kept(str(day), began + timedelta(days=day), day in {1, 20}, proven=day == 1)
        for day in range(40)
    ]
    gone = prunable(sets, Keep(daily=2, weekly=0, monthly=0), began + timedelta(days=40))
    assert not {"1", "20"} & set(gone)
    assert {"0", "2", "19", "21"} <= set(gone)
