"""A store that is down: closed or open as configured, said in the log and in the answer, never a 500."""

import shutil
import subprocess

import pytest
from django.test import Client
from tests.attempts.conftest import LIMITS, absent
from tests.attempts.crowd.ports import free_port, wait_for
from tests.attempts.ways import WAYS, CountingHasher, post

from pickguard.attempts.config import NAME
from pickguard.attempts.models import Attempt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]
login = post("/login/")
BACKENDS = {
    "redis": "django.core.cache.backends.redis.RedisCache",
    "django-redis": "django_redis.cache.RedisCache",
    "memcached": "django.core.cache.backends.memcached.PyMemcacheCache",
}


def down(settings, kind, policy, port=None):
    """Configure a store at whose address nobody listens."""
    port = port or free_port()
    where = f"127.0.0.1:{port}"
    settings.CACHES = {
        "default": {
            "BACKEND": BACKENDS[kind],
            "LOCATION": where if kind == "memcached" else f"redis://{where}",
        }
    }
    setattr(
        settings, NAME, {"store": "cache:default", "limits": LIMITS, "when_store_fails": policy}
    )


@pytest.mark.parametrize("kind", BACKENDS)
@pytest.mark.parametrize("way", WAYS)
def test_closed_lets_nobody_in_and_says_so(settings, kind, way, caplog):
    down(settings, kind, "closed")
    answer = WAYS[way][0](Client(), "right")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert CountingHasher.verified == []
    assert "cannot be counted, and are refused" in caplog.text


@pytest.mark.parametrize("kind", BACKENDS)
def test_open_lets_through_uncounted_and_says_so(settings, kind, caplog):
    down(settings, kind, "open")
    assert [login(Client(), "wrong").status_code for _ in range(7)] == [200] * 7
    assert login(Client(), "right").status_code == 302
    assert "cannot be counted, and are let through uncounted" in caplog.text


def test_a_database_without_the_table(settings, caplog):
    """As before `migrate`: refused, and the log says which table."""
    if "postgresql" not in settings.DATABASES:
        absent("PostgreSQL", "see `make services`")
    setattr(settings, NAME, {"store": "database:postgresql", "limits": LIMITS})
    answer = login(Client(), "right")  # this test may not use that database
    assert answer.status_code == 503
    assert "cannot be counted" in caplog.text


def test_a_page_says_so_and_the_trail_keeps_it(settings):
    down(settings, "redis", "closed")
    page = login(Client(), "right").content.decode()
    assert "Logging in is not possible at the moment." in page
    assert Attempt.objects.filter(outcome="refused").count() == 1


@pytest.mark.parametrize("policy", ["closed", "open"])
def test_a_redis_that_dies_and_comes_back(settings, policy, tmp_path):
    """Nothing needs to be restarted; what it kept on disk still counts."""
    program = shutil.which("redis-server") or ""
    if not program:
        absent("redis-server", "apt install redis-server")
    port = free_port()
    words = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(tmp_path),
        "--appendonly",
        "yes",
    ]
    down(settings, "redis", policy, port)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        wait_for(port)
        assert [login(Client(), "wrong").status_code for _ in range(4)] == [200] * 4
        server.terminate()
    assert login(Client(), "wrong").status_code == (503 if policy == "closed" else 200)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as server:
        wait_for(port)
        assert [login(Client(), "wrong").status_code for _ in range(2)] == [200, 429]
        server.terminate()
