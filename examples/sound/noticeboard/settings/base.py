"""What every environment shares."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(os.environ.get("NOTICEBOARD_DATA", BASE_DIR))

DEBUG = False
ALLOWED_HOSTS = []

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "pickguard.attempts",
    "pickguard.search",
    "pickguard.backups",
    "accounts",
    "notes",
    "directory",
    "api",
]

MIDDLEWARE = [
    "pickguard.attempts.AttemptsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "noticeboard.record.RecordMiddleware",
]

ROOT_URLCONF = "noticeboard.urls"
WSGI_APPLICATION = "noticeboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "pickguard.attempts.AttemptsBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PICKGUARD_ATTEMPTS = {
    "store": "database",
    "limits": {"account": "5/15m", "address": "50/15m", "account+address": "5/15m"},
}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "notes:index"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"

FILES = "django.core.files.storage.FileSystemStorage"
STORAGES = {
    "default": {"BACKEND": FILES},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "backups": {"BACKEND": FILES, "OPTIONS": {"location": DATA_DIR / "backups"}},
}
# the secret halves lie with two people, on paper
RECOVERY_KEYS = os.environ.get(
    "RECOVERY_KEYS", "age1vvw79yyp5zu73q4cu6vmysx77rp7a65nng8ylr29xe80s42amgdsls3wvf"
)
PICKGUARD_BACKUPS = {
    "recipients": RECOVERY_KEYS.split(),
    "media": True,
    "drill_within_days": 7,
    "smoke": ["noticeboard.smoke.notes_have_owners", "GET /"],
}

LDAP_SERVER = "ldap://localhost"
LDAP_STRATEGY = "MOCK_SYNC"
LDAP_BASE = "ou=people,dc=example,dc=org"
LDAP_USER = "cn=reader,dc=example,dc=org"
LDAP_PASSWORD = os.environ.get("LDAP_PASSWORD", "demo")

PREVIEW_HOSTS = {"example.org", "www.example.org"}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

SITE_URL = "https://noticeboard.example.org"
SHOP_KEY = os.environ.get("SHOP_KEY", "")
FRIENDS = {"https://friends.example.org"}
