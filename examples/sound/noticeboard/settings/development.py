"""On a developer's machine."""

from .base import *

SECRET_KEY = "only for development"
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
# one process serves here, so memory counts every attempt
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
