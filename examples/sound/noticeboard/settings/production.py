"""On the server."""

import os

from .base import *

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["noticeboard.example.org"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "noticeboard",
        "USER": "noticeboard",
        "PASSWORD": os.environ["DATABASE_PASSWORD"],
        "HOST": "db.example.org",
        "OPTIONS": {"sslmode": "verify-full"},
    },
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ["CACHE_URL"],
    },
}

PICKGUARD_ATTEMPTS = {
    "store": "cache:default",
    "limits": {"account": "5/15m", "address": "50/15m", "account+address": "5/15m"},
    "trusted_proxies": ["10.0.0.0/8"],
    "proxy_header": "X-Forwarded-For",
}

# an account that may add and read objects and delete none, in a bucket with object lock
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "backups": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": "noticeboard-backups",
            "access_key": os.environ["BACKUPS_ACCESS_KEY"],
            "secret_key": os.environ["BACKUPS_SECRET_KEY"],
        },
    },
}

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

X_FRAME_OPTIONS = "DENY"
MIDDLEWARE += ["csp.middleware.CSPMiddleware"]
CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["'self'"]}}

EMAIL_HOST = "mail.example.org"
EMAIL_PORT = 587
EMAIL_USE_TLS = True

USE_X_FORWARDED_HOST = os.environ.get("BEHIND_PROXY", "") == "yes"

LDAP_STRATEGY = "SYNC"
LDAP_SERVER = "ldaps://directory.example.org"
