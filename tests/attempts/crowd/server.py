"""gunicorn, and nginx before it, as processes of their own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attempts.crowd.ports import free_port, wait_for
from tests.attempts.crowd.site import NAMES

ROOT = Path(__file__).resolve().parents[3]
WORKERS, THREADS = 4, 13


@dataclass(frozen=True)
class Site:
    """A site that is being served, and what tells which passwords it has verified."""

    port: int
    verified: Path
    accounts: Iterator[str]  # that nobody has tried yet
    process: int

    def forget(self) -> None:
        self.verified.write_text("")

    def cpu_seconds(self) -> float:
        """Return the time that the processors have spent on the site's workers."""
        own = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in own]
        return sum(int(each[11]) + int(each[12]) for each in stats) / os.sysconf("SC_CLK_TCK")

    def passwords(self) -> list[str]:
        return self.verified.read_text().splitlines()


@contextmanager
def serving(settings: dict[str, Any], folder: Path, *, hashing: float = 0.1) -> Iterator[Site]:
    """Serve a site with these settings, tables and accounts made."""
    verified = folder / "verified"
    verified.touch()
    environment = os.environ | {
        "CROWD": json.dumps(settings),
        "CROWD_VERIFIED": str(verified),
        "CROWD_HASHING": str(hashing),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    make = [sys.executable, "-m", "tests.attempts.crowd.site"]
    subprocess.run(make, env=environment, cwd=ROOT, check=True, timeout=300)
    port = free_port()
    words = [
        sys.executable, "-m", "gunicorn", "tests.attempts.crowd.site:application",
        "--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS),
        "--bind", f"127.0.0.1:{port}", "--backlog", "2048", "--log-level", "warning",
        "--error-logfile", str(folder / "gunicorn.log"), "--timeout", "120",
    ]  # fmt: skip
    log = (folder / "site.log").open("w")
    with log, subprocess.Popen(words, env=environment, cwd=ROOT, stdout=log, stderr=log) as server:
        try:
            wait_for(port)
            yield Site(port, verified, iter(NAMES), server.pid)
        finally:
            server.terminate()
            server.wait(60)


@contextmanager
def memcached() -> Iterator[int]:
    """Start a Memcached; return its port."""
    port = free_port()
    words = ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-u", "nobody"]
    with subprocess.Popen(words) as server:
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(60)


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
{user}
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_bind 127.0.0.1;
      proxy_read_timeout 120s;
      proxy_set_header Host 127.0.0.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Real-IP $remote_addr;
    }}
  }}
}}
"""


def nginx_program() -> str:
    """Return the path of nginx, or an empty text."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or ""


@contextmanager
def behind_nginx(port: int, folder: Path) -> Iterator[int]:
    """Put an nginx before a port, which appends to X-Forwarded-For; return its port."""
    own = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(NGINX.format(folder=folder, port=own, behind=port, user=user))
    words = [nginx_program(), "-c", str(config), "-e", str(folder / "nginx-error.log")]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(own)
            yield own
        finally:
            server.terminate()
            server.wait(60)
