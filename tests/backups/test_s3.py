"""Sets on S3 through django-storages, against moto's server over HTTP."""

import json
import os
import subprocess
import sys
import time

import boto3
import pytest
from botocore.client import Config
from tests.backups.small import free_port

_S3 = "storages.backends.s3.S3Storage"


@pytest.fixture(scope="module")
def server():
    """An S3 server, whose buckets live as long as the tests of this module."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        address = f"http://127.0.0.1:{port}"
        client = boto3.client(
            "s3", endpoint_url=address, aws_access_key_id="x", aws_secret_access_key="x",
            region_name="us-east-1", config=Config(retries={"max_attempts": 1}),
        )  # fmt: skip
        end = time.monotonic() + 30
        while True:
            try:
                client.list_buckets()
                break
            except Exception:  # noqa: BLE001 - it is starting
                assert time.monotonic() < end
                time.sleep(0.1)
        yield address, client
        process.terminate()


def _storage(address, bucket, key="backup"):
    options = {
        "endpoint_url": address, "bucket_name": bucket, "access_key": key, "secret_key": "x",
        "region_name": "us-east-1",
    }  # fmt: skip
    return {"BACKEND": _S3, "OPTIONS": options}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def bucket(request, server, sites):
    """A site whose backups go to a bucket of its own."""
    address, client = server
    site = sites(request.param, 3)
    name = f"backups-{request.param}-{os.getpid()}-{len(client.list_buckets()['Buckets'])}"
    client.create_bucket(Bucket=name)
    return site, {"storage": _storage(address, name)}, client, name


def _objects(client, bucket):
    return [each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_backup_drill_and_restore(bucket):
    site, settings, client, name = bucket
    before = site.call("looks.digests")
    made = site.backup(settings=settings)
    assert f"{made}/manifest.json" in _objects(client, name)
    site.call("looks.change")
    second = site.backup(settings=settings)
    listed = site.run("backup", "--list", "--json", settings=settings).json()
    assert [row["name"] for row in listed] == [made, second]
    ended = site.drill(made, settings=settings)
    assert (ended.code, ended.json()["differences"]) == (0, []), ended.err
    assert any(key.startswith(f"{made}/drills/") for key in _objects(client, name))
    ended = site.run("restore", made, "--yes", "--identity", str(site.key), settings=settings)
    assert ended.code == 0, ended.err
    assert site.call("looks.digests") == before


def test_damage_on_s3_is_seen(bucket):
    site, settings, client, name = bucket
    made = site.backup(settings=settings)
    site.call("looks.change")
    before = site.call("looks.digests")
    for key in [key for key in _objects(client, name) if not key.endswith("started")]:
        whole = client.get_object(Bucket=name, Key=key)["Body"].read()
        client.put_object(Bucket=name, Key=key, Body=whole[: len(whole) // 2])
        ended = site.run("restore", made, "--yes", "--identity", str(site.key), settings=settings)
        assert ended.code == 1, key
        assert "Traceback" not in ended.err
        client.put_object(Bucket=name, Key=key, Body=whole)
    assert site.call("looks.digests") == before
    assert site.drill(settings=settings).code == 0


def test_media_on_s3_come_back(server, sites):
    """Newer files are put aside in the bucket, not deleted."""
    address, client = server
    site = sites("sqlite", 3)
    client.create_bucket(Bucket="media-s3")
    client.create_bucket(Bucket="media-s3-backups")
    for path in site.media.rglob("*.bin"):
        client.upload_file(str(path), "media-s3", str(path.relative_to(site.media)))
    settings = {
        "storage": _storage(address, "media-s3-backups"),
        "default": _storage(address, "media-s3", "site"),
    }
    before = {key: _body(client, key) for key in _objects(client, "media-s3")}
    site.backup(settings=settings)
    (photo,) = before
    client.put_object(Bucket="media-s3", Key=photo, Body=b"overwritten")
    client.put_object(Bucket="media-s3", Key="files/newer.bin", Body=b"newer")
    ended = site.run("restore", "--yes", "--identity", str(site.key), settings=settings)
    assert ended.code == 0, ended.err
    now = {key: _body(client, key) for key in _objects(client, "media-s3")}
    assert {k: v for k, v in now.items() if not k.startswith("pickguard-aside")} == before
    aside = {v for k, v in now.items() if k.startswith("pickguard-aside")}
    assert aside == {b"overwritten", b"newer"}
    assert site.drill(settings=settings).code == 0


def _body(client, key):
    return client.get_object(Bucket="media-s3", Key=key)["Body"].read()


def test_ownership_asks_the_bucket(server, sites):
    address, client = server
    site = sites("sqlite", 3)
    client.create_bucket(Bucket="plain")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    versions = {"Status": "Enabled"}
    client.put_bucket_versioning(Bucket="locked", VersioningConfiguration=versions)
    found = {}
    for bucket, key in (("plain", "site"), ("locked", "backup")):
        settings = {
            "storage": _storage(address, bucket, key),
            "default": _storage(address, "plain", "site"),
        }
        site.run("backup", settings=settings)
        ended = site.run("ownership", "--json", settings=settings)
        found[bucket] = {p["id"]: p["good"] for p in json.loads(ended.out)["points"]}
    names = ("same-host", "same-account", "versioning", "object-lock", "off-site-copy")
    assert [found["plain"][name] for name in names] == [True, False, False, False, True]
    assert [found["locked"][name] for name in names] == [True, True, True, True, True]


def test_an_address_where_nobody_answers_is_said(sites):
    site = sites("sqlite", 3)
    settings = {
        "storage": _storage(f"http://127.0.0.1:{free_port()}", "nowhere"),
        "backups": {"storage_timeout_s": 2},
    }
    for words in (["backup"], ["backup", "--list"], ["drill", "--identity", str(site.key)]):
        ended = site.run(*words, settings=settings)
        assert ended.code == 1, ended
        assert "Traceback" not in ended.err
