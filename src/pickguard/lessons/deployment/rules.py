"""Deployment rules that look at settings."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, reading, rule
from pickguard.kit.code import text
from pickguard.lessons.deployment.host_gates import turns_away_hosts
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions

_DEBUG_TOOLS = re.compile(
    r"^(debug_toolbar|silk|django_extensions\.debug|werkzeug_debugger_runserver|devserver|template_profiler_panel)"
)


@rule(
    "deployment.debug",
    title="`DEBUG` is on in production",
    areas=(Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(489, 215),
    severity=Severity.HIGH,
    gain="any error page shows settings, code, queries and local variables to whoever provokes it",
    mend="set `DEBUG = False` in the production settings, or take it from the environment, off by default",
)
def debug(project: Project) -> Iterator[Hit]:
    """Find production settings with `DEBUG`."""
    found = reading(project, "DEBUG")
    if found is None or found.value is not True:
        return
    if found.confidence is Confidence.LOW:
        yield Hit((found.spot,), found.says, Confidence.MEDIUM, "DEBUG", Severity.MEDIUM)
    elif _is_overridden(project):
        yield Hit((found.spot,), found.says, Confidence.LOW, "DEBUG")
    else:
        yield found.hit(" in the settings taken for those of production")


def _is_overridden(project: Project) -> bool:
    """Whether other settings modules hint that this one is only a base."""
    return len(project.site.settings) > 1 and not re.search(
        r"prod|live|deploy", project.site.settings[0].module.name
    )


@rule(
    "deployment.any-host",
    title="every `Host` header is accepted",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(20, 644),
    severity=Severity.MEDIUM,
    gain="a forged `Host` header ends up in password reset links and poisons caches",
    mend="name the hosts of the site in `ALLOWED_HOSTS`",
)
def any_host(project: Project) -> Iterator[Hit]:
    """Find `ALLOWED_HOSTS = ["*"]`."""
    found = reading(project, "ALLOWED_HOSTS")
    if found is None:
        return
    # older releases of Django take a text too, letter by letter
    if found.value == "*" or (isinstance(found.value, list | tuple) and "*" in found.value):
        if turns_away_hosts(project):
            message = f"{found.says}, and a middleware of the site's alone looks at the host"
            yield Hit((found.spot,), message, Confidence.LOW, found.name)
        else:
            yield found.hit(", so the `Host` header may say anything")


@rule(
    "deployment.no-security-middleware",
    title="`SecurityMiddleware` is missing, or stands too late",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(693,),
    severity=Severity.MEDIUM,
    gain="redirect to HTTPS, HSTS, nosniff and referrer policy are set up and never sent",
    mend="put `django.middleware.security.SecurityMiddleware` first in `MIDDLEWARE`",
)
def no_security_middleware(project: Project) -> Iterator[Hit]:
    """Find middleware without `SecurityMiddleware`, or with pages answered before it."""
    names = project.middleware
    found = reading(project, "MIDDLEWARE")
    if names is None or found is None:
        return
    if not any(name.endswith("SessionMiddleware") for name in names):
        return
    position = next((i for i, x in enumerate(names) if x.endswith("SecurityMiddleware")), None)
    if position is None:
        yield Hit(
            (found.spot,),
            "`MIDDLEWARE` has no `SecurityMiddleware`",
            found.confidence,
            "MIDDLEWARE",
        )
        return
    early = [x for x in names[:position] if x.endswith("CommonMiddleware")]
    if early:
        yield Hit(
            (found.spot,),
            f"`SecurityMiddleware` stands after `{early[0].rpartition('.')[2]}`, whose answers it does not cover",
            Confidence.LOW,
            "MIDDLEWARE",
            Severity.LOW,
        )


@rule(
    "deployment.shared-cache",
    title="a cache for the whole site keeps one visitor's page for the next",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(524, 525),
    severity=Severity.HIGH,
    gain="a page made for one user, with what only they may see, is served to others from the cache",
    mend="put `UpdateCacheMiddleware` before whatever adds to `Vary`: first in `MIDDLEWARE`",
)
def shared_cache(project: Project) -> Iterator[Hit]:
    """Find the cache's middleware after those that say on what an answer depends."""
    names = project.middleware
    found = reading(project, "MIDDLEWARE")
    if names is None or found is None or _UPDATE_CACHE not in names:
        return
    before = names[: names.index(_UPDATE_CACHE)]
    late = next((name for name in before if name in _VARIES), None)
    if late is not None:
        yield Hit(
            (found.spot,),
            f"`UpdateCacheMiddleware` stands after `{late.rpartition('.')[2]}`, whose `Vary` it does not see",
            found.confidence,
            "MIDDLEWARE",
        )


# Middleware runs backwards on the way out: what stands before the cache adds to `Vary` too late.
# https://docs.djangoproject.com/en/stable/topics/cache/#order-of-middleware
_UPDATE_CACHE = "django.middleware.cache.UpdateCacheMiddleware"
_VARIES = frozenset(
    {
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.gzip.GZipMiddleware",
    }
)


@rule(
    "deployment.sniffed-content",
    title="browsers may guess content types",
    areas=(Area.INTEGRITY,),
    cwe=(430,),
    severity=Severity.LOW,
    gain="an uploaded text or picture is run as a script or shown as HTML",
    mend="leave `SECURE_CONTENT_TYPE_NOSNIFF` at `True`",
)
def sniffed_content(project: Project) -> Iterator[Hit]:
    """Find `SECURE_CONTENT_TYPE_NOSNIFF = False`."""
    found = reading(project, "SECURE_CONTENT_TYPE_NOSNIFF")
    if found is not None and found.value is False:
        yield found.hit(", so browsers may take an upload for HTML")


@rule(
    "deployment.debug-tool",
    title="a debugging tool is part of production",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(489,),
    severity=Severity.MEDIUM,
    gain="the tool shows queries, settings and requests of other users to whoever reaches it",
    mend="install it in the development settings only",
)
def debug_tool(project: Project) -> Iterator[Hit]:
    """Find debug tools among the production apps."""
    found = reading(project, "INSTALLED_APPS")
    if found is None:
        return
    for app in project.installed:
        if _DEBUG_TOOLS.match(app) and not _asks_who(project, app):
            confidence = found.confidence if found.confidence is Confidence.HIGH else Confidence.LOW
            yield Hit(
                (found.spot,), f"`{app}` is installed in production", confidence, "INSTALLED_APPS"
            )


def _asks_who(project: Project, app: str) -> bool:
    """Whether the tool asks for a login and a right: django-silk does, where it is told to."""
    asked = (reading(project, name) for name in _SILK_ASKS)
    return app == "silk" and all(one is not None and one.value is True for one in asked)


# https://github.com/jazzband/django-silk#authenticationauthorisation
_SILK_ASKS = ("SILKY_AUTHENTICATION", "SILKY_AUTHORISATION")


@rule(
    "deployment.open-permissions",
    title="uploaded files may be changed by every account of the machine",
    areas=(Area.INTEGRITY,),
    cwe=(732,),
    severity=Severity.MEDIUM,
    gain="any other program on the machine can replace what the site serves",
    mend="use `0o644` for files and `0o755` for folders, or less",
)
def open_permissions(project: Project) -> Iterator[Hit]:
    """Find upload permissions that let others write."""
    for name in ("FILE_UPLOAD_PERMISSIONS", "FILE_UPLOAD_DIRECTORY_PERMISSIONS"):
        found = reading(project, name)
        if found is not None and isinstance(found.value, int) and found.value & 0o002:
            yield Hit(
                (found.spot,),
                f"`{name}` is `{found.value:#o}`, which lets everyone write",
                found.confidence,
                name,
            )


@rule(
    "deployment.unlimited-upload",
    title="the limit on request bodies is lifted",
    areas=(Area.AVAILABILITY,),
    cwe=(770,),
    severity=Severity.MEDIUM,
    gain="a few large requests fill the memory of every worker",
    mend="leave the limits on, or raise them to a number",
)
def unlimited_upload(project: Project) -> Iterator[Hit]:
    """Find upload limits set to None."""
    for name, becomes in _LIMITS.items():
        found = reading(project, name)
        if found is not None and found.value is None and found.is_set:
            yield found.hit(f", so a request may {becomes} as its sender likes")


_LIMITS = {
    "DATA_UPLOAD_MAX_MEMORY_SIZE": "be as large",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": "have as many fields",
}


@rule(
    "deployment.admin-at-default",
    title="the admin stands at `/admin/` with no limit on logins",
    areas=(Area.AVAILABILITY, Area.CONFIDENTIALITY),
    cwe=(307,),
    severity=Severity.LOW,
    gain="robots that try passwords at `/admin/` find this one",
    mend="move it to another path, and limit the attempts",
)
def admin_at_default(project: Project) -> Iterator[Hit]:
    """Find the admin at its default place where nothing limits attempts."""
    if project.production is None or project.limits_attempts:
        return
    for route, _view in project.views():
        if route.is_admin and route.route in ("admin/login/", "^admin/login/"):
            spot = _admin_spot(project)
            if spot is not None:
                message = "the admin is at `/admin/`, and nothing limits the login attempts"
                yield Hit((spot,), message, Confidence.MEDIUM, "urlpatterns")
            return


def _admin_spot(project: Project) -> Spot | None:
    production = project.production
    root = production.get("ROOT_URLCONF") if production else None
    module = project.site.modules.find(root) if isinstance(root, str) else None
    for node in expressions(module.record.body) if module else ():
        if isinstance(node, n.Call) and node.args and text(node.args[0]) in ("admin/", "^admin/"):
            return Spot(module.path, node.span)  # type: ignore[union-attr]  # only with a module
    return None
