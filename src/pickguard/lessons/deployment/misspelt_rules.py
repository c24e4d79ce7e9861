"""Deployment rules about settings whose names nobody reads."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.settings.environment import Setting
from pickguard.source.python import nodes as n

_COOKIE = ("AGE", "DOMAIN", "HTTPONLY", "NAME", "PATH", "SAMESITE", "SECURE")
# https://docs.djangoproject.com/en/stable/ref/settings/, of what keeps a site safe
_DJANGO = frozenset(
    {
        *(f"{cookie}_COOKIE_{part}" for cookie in ("SESSION", "CSRF", "LANGUAGE") for part in _COOKIE),
        "ALLOWED_HOSTS", "AUTHENTICATION_BACKENDS", "AUTH_PASSWORD_VALIDATORS", "AUTH_USER_MODEL",
        "CSRF_FAILURE_VIEW", "CSRF_HEADER_NAME", "CSRF_TRUSTED_ORIGINS", "CSRF_USE_SESSIONS",
        "DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS", "DATA_UPLOAD_MAX_NUMBER_FILES",
        "FILE_UPLOAD_DIRECTORY_PERMISSIONS", "FILE_UPLOAD_MAX_MEMORY_SIZE", "FILE_UPLOAD_PERMISSIONS",
        "INSTALLED_APPS", "MIDDLEWARE", "PASSWORD_HASHERS", "PASSWORD_RESET_TIMEOUT", "SECRET_KEY",
        "SECRET_KEY_FALLBACKS", "SECURE_BROWSER_XSS_FILTER", "SECURE_CONTENT_TYPE_NOSNIFF", "SECURE_CSP",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY", "SECURE_CSP_REPORT_ONLY", "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT",
        "SECURE_REFERRER_POLICY", "SECURE_SSL_HOST", "SECURE_SSL_REDIRECT", "SESSION_CACHE_ALIAS",
        "SESSION_ENGINE", "SESSION_EXPIRE_AT_BROWSER_CLOSE", "SESSION_FILE_PATH",
        "SESSION_SAVE_EVERY_REQUEST", "SESSION_SERIALIZER", "USE_X_FORWARDED_HOST", "X_FRAME_OPTIONS",
    }
)  # fmt: skip
# https://www.django-rest-framework.org/api-guide/settings/
_FRAMEWORK = frozenset({"DEFAULT_AUTHENTICATION_CLASSES", "DEFAULT_PERMISSION_CLASSES", "DEFAULT_THROTTLE_CLASSES",
                        "DEFAULT_THROTTLE_RATES", "DEFAULT_PARSER_CLASSES", "DEFAULT_RENDERER_CLASSES"})  # fmt: skip
_CLOSE = 0.92


@rule(
    "deployment.setting-misspelt",
    title="a setting has a name that nothing reads",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(1164, 16),
    severity=Severity.MEDIUM,
    gain="the protection looks switched on, and the default holds",
    mend="write the name as the documentation does",
)
def setting_misspelt(project: Project) -> Iterator[Hit]:
    """Find `SESSION_COOKIE_HTTP_ONLY`, `ALLOWED_HOST`, `DEFAULT_PERMISSION_CLASS`."""
    production = project.production
    if production is None:
        return
    meant = dict(_meant(production.values, _DJANGO))
    used = _used(project, frozenset(meant)) if meant else frozenset()
    for name, right in meant.items():
        if name not in used and right not in production.values:
            yield _hit(production.values[name], name, right)
    framework = production.values.get("REST_FRAMEWORK")
    if framework is not None and isinstance(framework.value, dict):
        for name, right in _meant(framework.value, _FRAMEWORK):
            if right not in framework.value:
                yield _hit(framework, name, right)


def _meant(names: Iterable[object], known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the names that are nearly known ones, with those."""
    for name in names:
        if isinstance(name, str) and name not in known and name.isupper():
            close = get_close_matches(name, known, 1, _CLOSE)
            if close:
                yield name, close[0]


def _used(project: Project, names: frozenset[str]) -> frozenset[str]:
    """Return those of some settings that the project reads itself: `settings.NAME`."""
    return frozenset(
        node.name
        for code, _words in project.code(names)
        for node in code.every(n.Attr)
        if node.name in names
    )


def _hit(setting: Setting, name: str, right: str) -> Hit:
    return Hit(
        (Spot(setting.module.path, setting.span),),
        f"nothing reads `{name}`",
        Confidence.HIGH,
        name,
        mend=f"did you mean `{right}`?",
    )
