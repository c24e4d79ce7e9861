"""Backup and restore of a million rows: Pickguard, django-dbbackup and the databases' own tools.

    python benchmarks/backups.py [--rows 1000000] [--repeat 2] [--json-column] [--unencrypted]
                                 [sqlite postgresql mariadb]

Needs `uv sync --group benchmark --group mariadb` and servers on 127.0.0.1. One run prints, for each
database, seconds of the wall clock (the least of all repeats), the peak memory of the process that was
started, and the ratio to the raw tool. The same work is: dump, compress with zstd, encrypt with `age`
(which must be installed), write; read, decrypt, decompress, load. `--unencrypted` leaves encryption out on
both sides. The time that Django needs to start, measured in the same run, is taken off. `manifest`, all
counting and digesting, comes on top for Pickguard and is shown apart. The budget: work within 1.2 of the
raw tool, the manifest at most as long again, less than 200 MB; each step is held to it, and dump and
restore together.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import pyrage

ROOT = Path(__file__).resolve().parent.parent
NAME = "pickguard_benchmark"
_MODELS = """
from django.db import models

class Ticket(models.Model):
    name = models.CharField(max_length=60, db_index=True)
    note = models.TextField()
    priority = models.IntegerField(db_index=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    ratio = models.FloatField()
    done = models.BooleanField()
    created = models.DateTimeField()
    due = models.DateField(null=True)
    key = models.UUIDField()
    owner = models.BigIntegerField(null=True)
"""
_SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "pickguard.backups", "dbbackup", "tickets"]
DATABASES = {{"default": {place!r}}}
_F = "django.core.files.storage.FileSystemStorage"
STORAGES = {{
    "default": {{"BACKEND": _F, "OPTIONS": {{"location": {media!r}}}}},
    "backups": {{"BACKEND": _F, "OPTIONS": {{"location": {ours!r}}}}},
    "dbbackup": {{"BACKEND": _F, "OPTIONS": {{"location": {theirs!r}}}}},
}}
PICKGUARD_BACKUPS = {{"recipients": {keys!r}, "allow_unencrypted": True, "work_dir": {work!r}}}
"""
# column: expression over `n`, by database
_ROWS: dict[str, dict[str, str]] = {
    "sqlite": {
        "name": "'ticket ' || (n * 7919 % 1000003)",
        "note": "'Wörter über ' || n || ' und ' || hex(n * 7919) || substr(hex(zeroblob(15)), 1, n % 30)",
        "priority": "n * 31 % 10",
        "price": "(n * 7919 % 1000000) / 100.0",
        "ratio": "n / 7.0",
        "done": "n % 2",
        "created": "datetime(1600000000 + n, 'unixepoch')",
        "due": "CASE WHEN n % 3 THEN date(1600000000 + n * 60, 'unixepoch') END",
        "key": "lower(hex(randomblob(16)))",
        "owner": "CASE WHEN n % 5 THEN n % 1000 END",
    },
    "postgresql": {
        "name": "'ticket ' || (n::bigint * 7919 % 1000003)",
        "note": "'Wörter über ' || n || ' und ' || md5(n::text) || repeat('x', n % 30)",
        "priority": "n % 10",
        "price": "(n::bigint * 7919 % 1000000) / 100.0",
        "ratio": "n / 7.0",
        "done": "n % 2 = 1",
        "created": "to_timestamp(1600000000 + n)",
        "due": "CASE WHEN n % 3 > 0 THEN to_timestamp(1600000000 + n * 60)::date END",
        "key": "md5(n::text)::uuid",
        "owner": "CASE WHEN n % 5 > 0 THEN n % 1000 END",
    },
    "mariadb": {
        "name": "CONCAT('ticket ', n * 7919 % 1000003)",
        "note": "CONCAT('Wörter über ', n, ' und ', MD5(n), REPEAT('x', n % 30))",
        "priority": "n % 10",
        "price": "(n * 7919 % 1000000) / 100.0",
        "ratio": "n / 7.0",
        "done": "n % 2",
        "created": "FROM_UNIXTIME(1600000000 + n)",
        "due": "IF(n % 3, DATE(FROM_UNIXTIME(1600000000 + n * 60)), NULL)",
        "key": "UUID()",
        "owner": "IF(n % 5, n % 1000, NULL)",
    },
}
_NUMBERS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT {all} FROM s",
    "postgresql": "SELECT {all} FROM generate_series(1, {rows}) AS s(n)",
    "mariadb": "SELECT {all} FROM (SELECT seq AS n FROM seq_1_to_{rows}) AS s",
}


class Ran(NamedTuple):
    """How long a command took, the memory it had at most, and what it printed."""

    seconds: float
    mib: float
    out: str


class Project:
    """A Django project with one table, in a folder of its own."""

    def __init__(
        self, vendor: str, folder: Path, rows: int, *, structured: bool, encrypted: bool
    ) -> None:
        self.vendor, self.folder = vendor, folder
        self.place = _place(vendor, folder)
        identity = pyrage.x25519.Identity.generate()
        (folder / "key").write_text(str(identity))
        self.key = str(identity.to_public()) if encrypted else ""
        for name in ("media", "ours", "theirs", "work", "tickets"):
            (folder / name).mkdir()
        models = _MODELS + ("    data = models.JSONField()\n" if structured else "")
        (folder / "tickets" / "models.py").write_text(models)
        (folder / "tickets" / "__init__.py").touch()
        paths = {name: str(folder / name) for name in ("media", "ours", "theirs", "work")}
        keys = [self.key] if encrypted else []
        text = _SETTINGS.format(place=self.place, keys=keys, **paths)
        (folder / "settings.py").write_text(text)
        _recreate(vendor)
        self.manage("migrate", "--run-syncdb", "-v", "0")
        self._fill(rows, structured=structured)

    def _fill(self, rows: int, *, structured: bool) -> None:
        columns = dict(_ROWS[self.vendor])
        if structured:
            text = """'{"a": 1, "b": [1, 2.5, "x"]}'"""
            columns["data"] = f"{text}::jsonb" if self.vendor == "postgresql" else text
        listed = ", ".join(columns.values())
        quote = "`" if self.vendor == "mariadb" else '"'
        names = ", ".join(f"{quote}{name}{quote}" for name in columns)
        sql = f"INSERT INTO tickets_ticket ({names}) " + _NUMBERS[self.vendor].format(
            all=listed, rows=rows
        )
        self.manage(
            "shell",
            "-v",
            "0",
            "-c",
            f"from django.db import connection as c; c.cursor().execute('''{sql}''')",
        )

    def manage(self, *words: str, check: bool = True) -> Ran:
        return measured([sys.executable, "-m", "django", *words], cwd=self.folder, check=check)


def measured(words: list[str], *, cwd: Path, check: bool = True, shell: bool = False) -> Ran:
    path = os.pathsep.join([str(cwd), str(ROOT / "src")])
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": path}
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        command: Any = ["bash", "-o", "pipefail", "-c", words[0]] if shell else words
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if check and status:
        sys.exit(f"{' '.join(words)[:300]} failed:\n{text[-3000:]}")
    return Ran(seconds, usage.ru_maxrss / 1024, text)


def _place(vendor: str, folder: Path) -> dict[str, Any]:
    if vendor == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "live.sqlite3")}
    postgresql = vendor == "postgresql"
    return {
        "ENGINE": f"django.db.backends.{'postgresql' if postgresql else 'mysql'}",
        "NAME": NAME,
        "USER": "postgres" if postgresql else "root",
        "HOST": "127.0.0.1",
        **({} if postgresql else {"OPTIONS": {"charset": "utf8mb4"}}),
    }


def _recreate(vendor: str, name: str = NAME) -> None:
    _drop(vendor, name)
    if vendor == "postgresql":
        subprocess.run(["createdb", "-h", "127.0.0.1", "-U", "postgres", name], check=True)
    elif vendor == "mariadb":
        _mariadb(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")


def _drop(vendor: str, name: str = NAME) -> None:
    if vendor == "postgresql":
        words = ["dropdb", "--if-exists", "--force", "-h", "127.0.0.1", "-U", "postgres", name]
        subprocess.run(words, check=True)
    elif vendor == "mariadb":
        _mariadb(f"DROP DATABASE IF EXISTS {name}")


def _mariadb(sql: str) -> None:
    subprocess.run(
        ["mariadb", "-uroot", "-h127.0.0.1", "-e", sql], check=True, stderr=subprocess.DEVNULL
    )


_UTF8 = "--default-character-set=utf8mb4"
# dump and load; what locks and what opens is filled in
_RAW = {
    "sqlite": (
        "sqlite3 live.sqlite3 '.backup raw.copy' && zstd -q -3 -c raw.copy {lock} > raw",
        "{open} zstd -q -d -c > raw.new && sync raw.new && mv raw.new raw.live",
    ),
    "postgresql": (
        f"pg_dump -h 127.0.0.1 -U postgres -Fc -Z0 {NAME} | zstd -q -3 -c {{lock}} > raw",
        f"{{open}} zstd -q -d -c | pg_restore -h 127.0.0.1 -U postgres --exit-on-error -d {NAME}_raw",
    ),
    "mariadb": (
        (
            f"mariadb-dump -uroot -h127.0.0.1 --single-transaction --quick --hex-blob {_UTF8} {NAME} "
            "2>/dev/null | zstd -q -3 -c {lock} > raw"
        ),
        (
            f"{{open}} zstd -q -d -c | mariadb -uroot -h127.0.0.1 --binary-mode {_UTF8} {NAME}_raw "
            "2>/dev/null"
        ),
    ),
}


# as each manual shows it, with the tool's own compression where it has one
_PLAIN = {
    "sqlite": "sqlite3 live.sqlite3 '.backup plain'",
    "postgresql": f"pg_dump -h 127.0.0.1 -U postgres -Fc -f plain {NAME}",
    "mariadb": f"mariadb-dump -uroot -h127.0.0.1 --single-transaction {NAME} 2>/dev/null | gzip > plain",
}


def raw(project: Project) -> tuple[Ran, Ran]:
    """Run the database's own tools."""
    lock, unlock = "", "< raw"
    if project.key:
        lock, unlock = f"| age -r {project.key}", "age -d -i key raw |"
    commands = (each.format(lock=lock, open=unlock) for each in _RAW[project.vendor])
    _recreate(project.vendor, f"{NAME}_raw")
    pair = tuple(measured([w], cwd=project.folder, shell=True) for w in commands)
    _drop(project.vendor, f"{NAME}_raw")
    return pair[0], pair[1]


def dbbackup(project: Project) -> tuple[Ran, Ran]:
    """Run django-dbbackup."""
    made = project.manage("dbbackup", "--noinput", check=False)
    return made, project.manage("dbrestore", "--noinput", check=False)


def pickguard(project: Project) -> dict[str, tuple[Ran, dict[str, float]]]:
    """Run Pickguard."""
    shutil.rmtree(project.folder / "ours")
    key = str(project.folder / "key")
    found: dict[str, tuple[Ran, dict[str, float]]] = {
        "start": (project.manage("backup", "--list"), {})
    }
    for words in (
        ("backup", "--json"),
        ("drill", "--json", "--identity", key),
        ("restore", "--json", "--yes", "--identity", key),
        ("integrity", "--json"),
    ):
        ran = project.manage(*words)
        found[words[0]] = (ran, json.loads(ran.out[ran.out.index("{") :])["steps"])
    project.manage("restore", "--drop-old")
    return found


def _line(name: str, ran: Ran, ratio: str = "", rest: str = "") -> None:
    print(f"  {name:<26}{ran.seconds:8.1f} s  {ran.mib:7.0f} MiB  {ratio:>6}  {rest}")


def _best(runs: list[Ran]) -> Ran:
    return min(runs, key=lambda ran: ran.seconds)


def compare(vendor: str, rows: int, repeat: int, *, structured: bool, encrypted: bool) -> None:
    """Measure one database."""
    with tempfile.TemporaryDirectory(prefix="pickguard-bench-") as name:
        project = Project(vendor, Path(name), rows, structured=structured, encrypted=encrypted)
        try:
            print(f"{vendor}, {rows:,} rows")
            raws = [raw(project) for _ in range(repeat)]
            plain = measured([_PLAIN[vendor]], cwd=project.folder, shell=True)
            ours = [pickguard(project) for _ in range(repeat)]
            theirs = [dbbackup(project) for _ in range(repeat)]
        finally:
            _drop(vendor)
        costs = []
        for place, step in enumerate(("backup", "restore")):
            if step == "backup":
                _line("raw, as in the manual", plain)
            base = _best([pair[place] for pair in raws])
            _line(f"raw {step}", base)
            costs.append(_ours(step, ours, base))
            peer = _best([pair[place] for pair in theirs])
            failed = "failed" if "Traceback" in peer.out or "Error" in peer.out else ""
            _line(f"django-dbbackup {step}", peer, f"{peer.seconds / base.seconds:.2f}", failed)
        base_s, work_s, manifest_s = (sum(each) for each in zip(*costs, strict=True))
        _budget("backup and restore", base_s, work_s, manifest_s)
        for step in ("drill", "integrity"):
            best = min((run[step] for run in ours), key=lambda pair: pair[0].seconds)
            _line(f"pickguard {step}", best[0], "", _steps(best[1]))


def _ours(step: str, runs: list[Any], base: Ran) -> tuple[float, float, float]:
    """Print one step and return the seconds of the raw tool, of the same work, of the manifest."""
    ran, steps = min((run[step] for run in runs), key=lambda pair: pair[0].seconds)
    start = min(run["start"][0].seconds for run in runs)
    manifest = steps.get("manifest_s", 0.0)
    work = ran.seconds - start - manifest
    _line(f"pickguard {step}", ran, f"{ran.seconds / base.seconds:.2f}", _steps(steps))
    _budget(f"without start ({start:.1f} s)", base.seconds, work, manifest)
    return base.seconds, work, manifest


def _budget(name: str, base: float, work: float, manifest: float) -> None:
    ratios = f"{work / base:6.2f}  (budget 1.20), manifest {manifest / base:.2f} (budget 1.00)"
    print(f"    {name:<24}{work:8.1f} s                {ratios}")


def _steps(steps: dict[str, float]) -> str:
    return " ".join(f"{name.removesuffix('_s')} {value:.1f}" for name, value in steps.items())


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vendors", nargs="*", metavar="DATABASE", help=", ".join(_RAW))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--json-column", action="store_true", help="one more column, of JSON")
    parser.add_argument("--unencrypted", action="store_true", help="without encryption")
    options = parser.parse_args()
    for vendor in options.vendors or _RAW:
        compare(
            vendor,
            options.rows,
            options.repeat,
            structured=options.json_column,
            encrypted=not options.unencrypted,
        )


if __name__ == "__main__":
    main()
