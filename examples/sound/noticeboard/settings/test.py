"""For the site's own tests."""

import atexit
import shutil
import tempfile
from pathlib import Path

from .base import *

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, for tests
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="noticeboard-"))
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
