"""Django settings of the tests: SQLite always, PostgreSQL and MariaDB where they answer.

`PICKGUARD_REQUIRE_SERVERS=1` (set by `.ci/run`) makes a missing server an error instead of a skip.
"""

import importlib.util
import os
import socket
import zlib
from typing import Any


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


# two checkouts on one machine can test at the same time
_TEST_NAME = f"test_pickguard_{zlib.crc32(__file__.encode()):08x}"
REQUIRE_SERVERS = os.environ.get("PICKGUARD_REQUIRE_SERVERS") == "1"
HAS_POSTGRESQL = _answers(5432) and importlib.util.find_spec("psycopg") is not None
HAS_MARIADB = _answers(3306) and importlib.util.find_spec("MySQLdb") is not None
HAS_REDIS = _answers(6379)

SECRET_KEY = "only for the tests"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"

DATABASES: dict[str, dict[str, Any]] = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
if HAS_POSTGRESQL or REQUIRE_SERVERS:
    DATABASES["postgresql"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "pickguard",
        "USER": os.environ.get("PICKGUARD_POSTGRESQL_USER", "postgres"),
        "PASSWORD": os.environ.get("PICKGUARD_POSTGRESQL_PASSWORD", ""),
        "HOST": "127.0.0.1",
        "PORT": 5432,
        "TEST": {"NAME": _TEST_NAME},
    }
if HAS_MARIADB or REQUIRE_SERVERS:
    DATABASES["mariadb"] = {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "pickguard",
        "USER": os.environ.get("PICKGUARD_MARIADB_USER", "root"),
        "PASSWORD": os.environ.get("PICKGUARD_MARIADB_PASSWORD", ""),
        "HOST": "127.0.0.1",
        "PORT": 3306,
        "OPTIONS": {"charset": "utf8mb4"},
        "TEST": {"NAME": _TEST_NAME, "CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"},
    }

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "pickguard.attempts",
    "pickguard.search",
    "rest_framework",
    "rest_framework.authtoken",
    "tests.query.app",
    "tests.search.site",
]
AUTHENTICATION_BACKENDS = [
    "pickguard.attempts.AttemptsBackend",
    "django.contrib.auth.backends.ModelBackend",
]
MIDDLEWARE = [
    "pickguard.attempts.AttemptsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
