"""Small file systems, and database servers that live on one, to see what a full disk does."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings as configured

_MIB = 1024 * 1024


@contextmanager
def file_system(path: Path, mib: float):
    """Mount a file system of some size, or say why it cannot be tested here."""
    path.mkdir(exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={int(mib * _MIB)}", "tmpfs", str(path)]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    if ended.returncode:
        message = f"only root can mount a small file system: {ended.stderr.strip()}"
        _left_out(message, is_failure=configured.REQUIRE_SERVERS and os.geteuid() == 0)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def _left_out(message, *, is_failure):
    if is_failure:
        pytest.fail(message)
    pytest.skip(message)


def _program(name, *folders):
    """Return the path of a server's program; those of Debian are not on everybody's `PATH`."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *map(str, folders)])
    found = shutil.which(name, path=path)
    if found is None:
        _left_out(f"there is no {name} here to start", is_failure=configured.REQUIRE_SERVERS)
    return found


def fill_up(path: Path, leave: int) -> Path:
    """Fill a file system until so many bytes are left; return the file to remove."""
    filler = path / "filler"
    free = shutil.disk_usage(path).free - leave
    with filler.open("wb") as file:
        for _ in range(0, max(free, 0), 4096):
            file.write(bytes(4096))
    return filler


@contextmanager
def server(vendor: str, folder: Path):
    """Run a server whose data lie in a folder; give the settings of a database on it."""
    folder.chmod(0o755)
    start = _postgresql if vendor == "postgresql" else _mariadb
    words, place = start(folder, free_port())
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(words, stdout=log, stderr=log, user=_user(vendor)) as process:
        try:
            _wait(place, folder / "log")
            yield place
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _user(vendor):
    name = "postgres" if vendor == "postgresql" else "mysql"
    return pwd.getpwnam(name).pw_uid if os.geteuid() == 0 else None


def _own(vendor, *paths):
    for path in paths:
        path.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(path, "postgres" if vendor == "postgresql" else "mysql")


def _postgresql(folder, port):
    wal = folder.with_name("wal")  # a log that is full stops the whole server
    data = folder / "data"
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    program = _program("postgres", *folders)
    _own("postgresql", folder, wal)
    subprocess.run(
        [_program("initdb", *folders), "-D", data, "--waldir", wal / "x", "-A", "trust", "-U", "postgres",
         "--no-sync", "-E", "UTF8", "--locale=C"],
        check=True, stdout=subprocess.DEVNULL, user=_user("postgresql"), cwd=folder,
    )  # fmt: skip
    place = {
        "ENGINE": "django.db.backends.postgresql", "NAME": "small", "USER": "postgres",
        "HOST": "127.0.0.1", "PORT": port,
    }  # fmt: skip
    return [
        program, "-D", data, "-p", str(port), "-c", "fsync=off", "-k", folder,
        "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB",
    ], place  # fmt: skip


def _mariadb(folder, port):
    data = folder / "data"
    scratch = folder.with_name(
        "tmp"
    )  # a server that starts deletes temporary tables, whosever they are
    program = _program("mariadbd")
    _own("mariadb", folder, scratch)
    subprocess.run(
        [_program("mariadb-install-db"), "--no-defaults", "--auth-root-authentication-method=normal",
         "--skip-test-db", f"--datadir={data}", f"--tmpdir={scratch}", "--user=mysql",
         "--innodb-log-file-size=4M"],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    place = {
        "ENGINE": "django.db.backends.mysql", "NAME": "small", "USER": "root",
        "HOST": "127.0.0.1", "PORT": port, "OPTIONS": {"charset": "utf8mb4"},
    }  # fmt: skip
    return [
        program, "--no-defaults", f"--datadir={data}", f"--tmpdir={scratch}", f"--socket={folder}/s", f"--port={port}",
        "--bind-address=127.0.0.1", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M",
        f"--pid-file={folder}/pid",
    ], place  # fmt: skip


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait(place, log):
    end = time.monotonic() + 30
    while True:
        try:
            _make(place)
        except Exception:  # noqa: BLE001 - drivers raise their own while the server starts
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        else:
            return


def _make(place):
    if "postgresql" in place["ENGINE"]:
        import psycopg

        where = f"host=127.0.0.1 port={place['PORT']} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("CREATE DATABASE small")
        return
    import MySQLdb

    connection = MySQLdb.connect(user="root", host="127.0.0.1", port=place["PORT"])
    connection.cursor().execute("CREATE DATABASE small CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    connection.close()
