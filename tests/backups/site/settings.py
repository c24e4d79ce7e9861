"""A site that is backed up; which databases it has, each request to `forge` says."""

import os

VENDOR = os.environ.get("PICKGUARD_TEST_VENDOR", "sqlite")
SECRET_KEY = "only for the tests"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.backups.site.urls"
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "nowhere"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "pickguard.backups",
    "tests.backups.site.everything",
    *(["django.contrib.postgres", "tests.backups.site.special"] if VENDOR == "postgresql" else []),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
