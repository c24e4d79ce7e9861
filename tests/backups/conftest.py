"""A site on each database, in a process of its own that runs its commands."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.conf import settings as configured

ROOT = Path(__file__).parent.parent.parent
VENDORS = ("sqlite", "postgresql", "mariadb")
_BACKENDS = {"sqlite": "sqlite3", "postgresql": "postgresql", "mariadb": "mysql"}
_FILES = "django.core.files.storage.FileSystemStorage"
_DROPPED_AT_ONCE = 8


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Forge:
    """The process that forks a child for each command; see `forge`."""

    def __init__(self, vendor: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.backups.forge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PICKGUARD_TEST_VENDOR": vendor, "PYTHONWARNINGS": "default"},
        )
        self._answer()  # it is ready

    def start(self, **request: Any) -> int:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def wait(self) -> int:
        return int(self._answer())

    def close(self) -> None:
        self._process.communicate(timeout=10)

    def _answer(self) -> str:
        return self._process.stdout.readline().strip()


class Site:
    """One site: live databases and media, a storage for backups, a recovery key."""

    def __init__(self, vendor: str, folder: Path, forge: Forge, databases: dict[str, Any]) -> None:
        self.vendor, self.folder, self._forge, self.databases = vendor, folder, forge, databases
        self.key = folder / "key"
        self.wrong_key = folder / "wrong-key"
        identity = pyrage.x25519.Identity.generate()
        self.public = str(identity.to_public())
        self.key.write_text(str(identity))
        self.wrong_key.write_text(str(pyrage.x25519.Identity.generate()))
        self.work = folder / "work"
        self.work.mkdir()
        (folder / "out").mkdir()
        self._count = 0
        self.store = folder / "backups"

    @property
    def media(self) -> Path:
        return self.folder / "media"

    def settings(self, **changes: Any) -> dict[str, Any]:
        storages = {
            "default": changes.pop("default", {"BACKEND": _FILES}),
            "staticfiles": {"BACKEND": _FILES},
            "backups": changes.pop(
                "storage", {"BACKEND": _FILES, "OPTIONS": {"location": str(self.store)}}
            ),
        }
        own = {
            "recipients": [self.public],
            "work_dir": str(self.work),
            "part_mib": 1,
            **changes.pop("backups", {}),
        }
        return {
            "DATABASES": self.databases,
            "STORAGES": storages,
            "MEDIA_ROOT": str(self.media),
            "PICKGUARD_BACKUPS": own,
            **changes,
        }

    def start(self, *argv: str, **more: Any) -> tuple[int, Path]:
        self._count += 1
        base = self.folder / "out" / str(self._count)
        for ending in ("out", "err"):  # there, however early the command is killed
            Path(f"{base}.{ending}").touch()
        request = {"argv": argv, "out": f"{base}.out", "err": f"{base}.err", **more}
        request["settings"] = self.settings(**request.get("settings", {}))
        return self._forge.start(**request), base

    def run(self, *argv: str, **more: Any) -> Ended:
        _, base = self.start(*argv, **more)
        return self.ended(base)

    def ended(self, base: Path) -> Ended:
        code = self._forge.wait()
        return Ended(code, Path(f"{base}.out").read_text(), Path(f"{base}.err").read_text())

    def killed(self, after_s: float, *argv: str, **more: Any) -> bool:
        """Run a command and kill it and its children after some time; tell whether it still ran."""
        pid, base = self.start(*argv, **more)
        timer = threading.Timer(after_s, kill, (pid,))
        timer.start()
        ended = self.ended(base)
        timer.cancel()
        return ended.code == -signal.SIGKILL

    def beside(self, forge: Forge, number: int) -> "Site":
        """Return the same site, whose commands run in another process."""
        other = Site.__new__(Site)
        other.__dict__ |= {**self.__dict__, "_forge": forge, "_count": 1000 * number}
        return other

    def call(self, path: str, *args: Any, **more: Any) -> Any:
        ended = self.run(call=f"tests.backups.site.{path}", args=args, **more)
        assert ended.code == 0, ended.err
        return ended.json()

    def backup(self, **more: Any) -> str:
        ended = self.run("backup", **more)
        assert ended.code == 0, ended.err
        return ended.out.splitlines()[-1]

    def drill(self, *argv: str, **more: Any) -> Ended:
        return self.run("drill", *argv, "--identity", str(self.key), "--json", **more)

    def lose(self, servers: "Servers") -> None:
        """Lose the database, as by a mistake."""
        if self.vendor == "sqlite":
            Path(self.databases["default"]["NAME"]).unlink()
        else:
            servers.drop(self.vendor, self.databases["default"]["NAME"])

    def names(self) -> list[str]:
        ended = self.run("backup", "--list", "--json")
        return [row["name"] for row in json.loads(ended.out)]


def kill(pid: int) -> None:
    for attempt in (os.killpg, os.kill):
        try:
            attempt(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        return


def _missing(vendor: str) -> bool:
    return (vendor == "postgresql" and not configured.HAS_POSTGRESQL) or (
        vendor == "mariadb" and not configured.HAS_MARIADB
    )


def _absent(vendor: str) -> None:
    message = f"{vendor} does not answer, or its driver is not installed"
    if configured.REQUIRE_SERVERS:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def forges():
    """One forge a vendor, or some that work beside each other, started when first asked for."""
    found: dict[tuple[str, int], Forge] = {}

    def get(vendor: str, number: int = 0) -> Forge:
        if (vendor, number) not in found:
            found[vendor, number] = Forge(vendor)
        return found[vendor, number]

    yield get
    for forge in found.values():
        forge.close()


class Servers:
    """Makes empty databases and takes them away again."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    def place(self, vendor: str, folder: Path, tail: str = "") -> dict[str, Any]:
        if vendor == "sqlite":
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / f"live{tail}.sqlite3"),
            }
        name = f"{configured.DATABASES[vendor]['TEST']['NAME']}_bk_{os.getpid()}_{len(self.made)}"
        self.made.append((vendor, name))
        own = {k: v for k, v in configured.DATABASES[vendor].items() if k != "TEST"}
        place = {**own, "NAME": name}
        self._do(vendor, f"CREATE DATABASE {name}" + self._tail(vendor))
        return place

    def _tail(self, vendor: str) -> str:
        return " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" if vendor == "mariadb" else ""

    def _do(self, vendor: str, sql: str) -> list[Any]:
        own = configured.DATABASES[vendor]
        if vendor == "postgresql":
            import psycopg

            with psycopg.connect(
                dbname="postgres", user=own["USER"], password=own["PASSWORD"], host=own["HOST"],
                autocommit=True,
            ) as connection:  # fmt: skip
                found = connection.execute(sql)
                return found.fetchall() if found.description else []
        import MySQLdb

        connection = MySQLdb.connect(
            user=own["USER"], password=own["PASSWORD"], host=own["HOST"], charset="utf8mb4"
        )
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())
        finally:
            connection.close()

    def names(self, vendor: str) -> set[str]:
        """Return all databases of a server."""
        sql = "SELECT datname FROM pg_database" if vendor == "postgresql" else "SHOW DATABASES"
        return {name for (name,) in self._do(vendor, sql)}

    def copy(self, vendor: str, source: dict[str, Any], target: dict[str, Any]) -> None:
        """Fill a database with what another holds; much faster than migrations."""
        if vendor == "sqlite":
            shutil.copy(source["NAME"], target["NAME"])
        elif vendor == "postgresql":
            self.drop(vendor, target["NAME"])
            self._do(vendor, f"CREATE DATABASE {target['NAME']} TEMPLATE {source['NAME']}")
        else:
            own = configured.DATABASES[vendor]
            login = f"-u{own['USER']} -h{own['HOST']}" + (
                f" -p{own['PASSWORD']}" if own["PASSWORD"] else ""
            )
            subprocess.run(
                f"mariadb-dump {login} --default-character-set=utf8mb4 --hex-blob --triggers "
                f"{source['NAME']} | mariadb --binary-mode {login} {target['NAME']}",
                shell=True,
                check=True,
            )

    def drop(self, vendor: str, name: str) -> None:
        force = " WITH (FORCE)" if vendor == "postgresql" else ""
        self._do(vendor, f"DROP DATABASE IF EXISTS {name}{force}")

    def clear(self) -> None:
        """Drop all that was made, several at once: each waits for the disk most of its time."""
        there = {vendor: self.names(vendor) for vendor, _name in self.made}
        left = [
            (vendor, each)
            for vendor, name in self.made
            for each in there[vendor]
            if each == name or each.startswith(f"{name}_")
        ]
        with ThreadPoolExecutor(_DROPPED_AT_ONCE) as pool:
            list(pool.map(lambda one: self.drop(*one), left))


@pytest.fixture(scope="session")
def servers():
    found = Servers()
    yield found
    found.clear()


@pytest.fixture(scope="session")
def sites(forges, servers, tmp_path_factory):
    """Make sites of any vendor, each with databases and media of its own."""
    first: dict[tuple[str, int], Site] = {}

    def new(vendor: str) -> Site:
        folder = tmp_path_factory.mktemp(f"site-{vendor}")
        return Site(vendor, folder, forges(vendor), {"default": servers.place(vendor, folder)})

    def make(vendor: str, rows: int = 30) -> Site:
        if _missing(vendor):
            _absent(vendor)
        if (vendor, rows) not in first:
            first[vendor, rows] = new(vendor)
            first[vendor, rows].call("looks.build", rows)
        site = new(vendor)
        servers.copy(vendor, first[vendor, rows].databases["default"], site.databases["default"])
        shutil.copytree(first[vendor, rows].media, site.media)
        return site

    return make


@pytest.fixture(scope="module", params=VENDORS)
def site(request, sites):
    """One filled site a vendor, shared by the tests of a module; none of them changes its data."""
    return sites(request.param)


@pytest.fixture
def empty_store(site, tmp_path):
    """Begin with no backups."""
    before, site.store = site.store, tmp_path / "backups"
    yield site
    site.store = before


def until(condition: Any, timeout_s: float = 10.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
