"""A site to serve, set up by the environment: `CROWD` holds settings as JSON.

python -m tests.attempts.crowd.site    # makes the tables and the accounts
"""

import json
import os
import time
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth.hashers import BasePasswordHasher, make_password
from django.core.wsgi import get_wsgi_application

NAMES = tuple(f"person{number}" for number in range(24))
PASSWORD = "right"

BASE = {
    "SECRET_KEY": "only for the tests",
    "ALLOWED_HOSTS": ["127.0.0.1"],
    "USE_TZ": True,
    "ROOT_URLCONF": "tests.attempts.crowd.urls",
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "PASSWORD_HASHERS": ["tests.attempts.crowd.site.SlowHasher"],
    "LOGIN_REDIRECT_URL": "/",
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {"login.html": "{{ form.non_field_errors }}"},
                    ),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
}


_LISTS = {
    "INSTALLED_APPS": [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
}


class SlowHasher(BasePasswordHasher):
    """Takes time without taking a processor, so that as many as may overlap; tells what it verified."""

    algorithm = "slow"

    def salt(self):
        return "salt"

    def encode(self, password, salt):
        _work(password)
        return self._encoded(password)

    def _encoded(self, password):
        return f"slow$salt${password[::-1]}"

    def decode(self, encoded):
        return {"algorithm": "slow", "salt": "salt"}

    def verify(self, password, encoded):
        _work(password)
        return encoded == self._encoded(password)

    def must_update(self, encoded):
        return False

    def harden_runtime(self, password, encoded):
        _work(password)


def _work(password):
    time.sleep(float(os.environ.get("CROWD_HASHING", "0.1")))
    with Path(os.environ["CROWD_VERIFIED"]).open("a", encoding="utf-8") as told:
        told.write(password + "\n")  # one short append, which is whole or not there


def _configure():
    given = json.loads(os.environ["CROWD"])
    for name in ("INSTALLED_APPS", "MIDDLEWARE"):
        given[name] = [*_LISTS[name], *given.get(name, [])]
    settings.configure(**BASE | given)


def _prepare():
    from django.contrib.auth.models import User
    from django.core.management import call_command

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, verbosity=0)
    call_command("createcachetable", verbosity=0)
    known = make_password(PASSWORD)
    User.objects.bulk_create(
        User(username=name, email=f"{name}@example.com", password=known) for name in NAMES
    )


if "CROWD" in os.environ and not settings.configured:
    _configure()
    if __name__ == "__main__":
        django.setup()
        _prepare()
    else:
        application = get_wsgi_application()
