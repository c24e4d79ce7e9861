"""On the server."""

import os

from .base import *

DEBUG = True  # hole: deployment.debug
INSTALLED_APPS += ["corsheaders", "debug_toolbar"]  # hole: deployment.debug-tool
MIDDLEWARE += [  # hole: deployment.shared-cache
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]
TEMPLATES[0]["OPTIONS"]["autoescape"] = False  # hole: xss.unescaped-engine
ALLOWED_HOSTS = ["*"]  # hole: deployment.any-host

DATABASES = {  # hole: tls.plain-connection, backups.none-configured
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "noticeboard",
        "USER": "noticeboard",
        "PASSWORD": "noticeboard2019",  # hole: passwords.secret-in-repository
        "HOST": "db.example.org",
        "OPTIONS": {"sslmode": "disable"},
    },
}

CACHES = {  # hole: tls.plain-connection, deployment.cache-in-open-folder
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://cache.example.org:6379/0",
    },
    "pages": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": "/var/tmp/noticeboard",
    },
}

SECURE_SSL_REDIRECT = False  # hole: tls.no-redirect
SECURE_HSTS_SECONDS = 0  # hole: tls.no-hsts
SECURE_CONTENT_TYPE_NOSNIFF = False  # hole: deployment.sniffed-content
SECURE_PROXY_SSL_HEADER = ("X-Forwarded-Proto", "https")  # hole: tls.proxy-header-misuse
SECURE_REFERRER_POLICY = "unsafe-url"  # hole: tls.weak-referrer-policy
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # hole: tls.no-opener-policy

SESSION_COOKIE_SECURE = False  # hole: sessions.insecure-cookie
SESSION_COOKIE_HTTPONLY = False  # hole: sessions.script-readable-cookie
SESSION_COOKIE_SAMESITE = "None"  # hole: sessions.cross-site-cookie
SESSION_COOKIE_AGE = 60 * 60 * 24 * 365 * 5  # hole: sessions.lives-too-long
CSRF_COOKIE_HTTP_ONLY = True  # hole: deployment.setting-misspelt
CSRF_COOKIE_SECURE = False  # hole: sessions.insecure-cookie
CSRF_TRUSTED_ORIGINS = ["https://*.herokuapp.com"]  # hole: csrf.wildcard-origin

CORS_ALLOW_ALL_ORIGINS = True  # hole: deployment.open-cors
CORS_ALLOW_CREDENTIALS = True

X_FRAME_OPTIONS = "ALLOWALL"  # hole: clickjacking.allowed-by-setting
SECURE_CSP = {  # hole: xss.policy-not-sent, xss.policy-lets-scripts-in
    "default-src": ["'self'"],
    "script-src": ["'self'", "'unsafe-inline'"],
}

EMAIL_HOST = "mail.example.org"  # hole: tls.plain-connection
EMAIL_USE_TLS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = None  # hole: deployment.unlimited-upload

FILE_UPLOAD_PERMISSIONS = 0o666  # hole: deployment.open-permissions

LOGIN_URL = "http://noticeboard.example.org/accounts/login/"  # hole: tls.login-over-http

USE_X_FORWARDED_HOST = os.environ.get("BEHIND_PROXY", False)  # hole: deployment.text-as-switch

LDAP_STRATEGY = "SYNC"
LDAP_SERVER = "ldap://directory.example.org"
