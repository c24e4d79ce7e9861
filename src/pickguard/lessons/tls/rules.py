"""Transport rules that look at settings."""

import re
from collections.abc import Iterator
from typing import Any

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, reading, rule
from pickguard.kit.settings.readings import Reading
from pickguard.lessons.tls.plain_clients import LOCAL, plain_logins, unencrypted_databases
from pickguard.site.symbols.unknown import UNKNOWN, default_of

_MONTH = 30 * 24 * 3600


def _has_logins(project: Project) -> bool:
    return any(app == "django.contrib.auth" for app in project.installed)


@rule(
    "tls.no-redirect",
    title="plain HTTP is answered instead of redirected",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(319,),
    severity=Severity.LOW,
    gain="whoever sits on the network reads and changes what is sent before the first HTTPS page",
    mend="set `SECURE_SSL_REDIRECT = True` (with `SECURE_PROXY_SSL_HEADER` behind a proxy)",
)
def no_redirect(project: Project) -> Iterator[Hit]:
    """Find a site with logins whose production settings redirect nothing to HTTPS."""
    found = reading(project, "SECURE_SSL_REDIRECT", False)
    if found is None or found.value is not False or _is_decided(project, found, "security.W008"):
        return
    if _has_logins(project):
        yield found.hit("; unless the server in front redirects, pages go out in clear text")


@rule(
    "tls.no-hsts",
    title="browsers are not told to insist on HTTPS",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(319, 523),
    severity=Severity.LOW,
    gain="a first request over plain HTTP can be caught and kept from ever reaching HTTPS",
    mend="set `SECURE_HSTS_SECONDS`, first to a day, later to a year",
)
def no_hsts(project: Project) -> Iterator[Hit]:
    """Find production settings without HSTS, or with less than a month of it."""
    found = reading(project, "SECURE_HSTS_SECONDS", 0)
    if found is None or not isinstance(found.value, int) or not _has_logins(project):
        return
    if found.value == 0 and not _is_decided(project, found, "security.W004"):
        yield found.hit("; unless the server in front sends it, there is no HSTS header")
    elif 0 < found.value < _MONTH and found.is_set:
        yield found.hit(
            f", {found.value / 86400:.1f} days: a visitor who returns later is unprotected"
        )


def _is_decided(project: Project, found: Reading, check: str) -> bool:
    """Whether a setting is left out by a project that silences Django's own check of it."""
    silenced = reading(project, "SILENCED_SYSTEM_CHECKS", ())
    known = silenced.value if silenced is not None else ()
    return not found.is_set and isinstance(known, list | tuple) and check in known


@rule(
    "tls.proxy-header-misuse",
    title="`SECURE_PROXY_SSL_HEADER` that never matches",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(16,),
    severity=Severity.MEDIUM,
    gain="Django takes HTTPS for HTTP: redirects loop, or secure cookies and HSTS are left out",
    mend='write it as in `request.META`: `("HTTP_X_FORWARDED_PROTO", "https")`',
)
def proxy_header_misuse(project: Project) -> Iterator[Hit]:
    """Find a header that is not written as WSGI writes it."""
    found = reading(project, "SECURE_PROXY_SSL_HEADER")
    if found is None or not isinstance(found.value, tuple | list) or len(found.value) != 2:
        return
    name = found.value[0]
    if isinstance(name, str) and not (name.startswith("HTTP_") and name == name.upper()):
        yield found.hit(", but `request.META` has no such key")


@rule(
    "tls.weak-referrer-policy",
    title="addresses are sent to other sites",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200,),
    severity=Severity.LOW,
    gain="reset links and private addresses show up in the logs of every site that is linked to",
    mend='use "same-origin", Django\'s default, or "strict-origin-when-cross-origin"',
)
def weak_referrer_policy(project: Project) -> Iterator[Hit]:
    """Find referrer policies that send whole addresses to other sites."""
    found = reading(project, "SECURE_REFERRER_POLICY")
    if found is None:
        return
    value = found.value if isinstance(found.value, str) else ""
    if found.value is None or value in ("unsafe-url", "no-referrer-when-downgrade"):
        yield found.hit(", so whole addresses reach other sites")


@rule(
    "tls.no-opener-policy",
    title="other sites keep a handle on the window",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(1021,),
    severity=Severity.LOW,
    gain="a page that opened yours can navigate it away, or tell from its frames what is shown",
    mend='use "same-origin", Django\'s default, or "same-origin-allow-popups"',
)
def no_opener_policy(project: Project) -> Iterator[Hit]:
    """Find `SECURE_CROSS_ORIGIN_OPENER_POLICY` switched off."""
    found = reading(project, "SECURE_CROSS_ORIGIN_OPENER_POLICY")
    if found is not None and found.value in (None, "unsafe-none"):
        yield found.hit(", so windows of other sites can reach this one")


@rule(
    "tls.plain-connection",
    title="mail, database or cache are reached without TLS",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(319,),
    severity=Severity.MEDIUM,
    gain="whoever sits between the servers reads passwords, mails and rows",
    mend="switch TLS on: `EMAIL_USE_TLS`, `sslmode`, `rediss://`",
)
def plain_connection(project: Project) -> Iterator[Hit]:
    """Find remote servers that the settings, or code, reach in clear text."""
    yield from _mail(project)
    yield from _mailers(project)
    yield from _databases(project)
    yield from _caches(project)
    for code, call, client in plain_logins(project):
        says = f"a password goes to another server in the clear, by `{client}(…)`"
        yield Hit((code.spot(call),), says, Confidence.MEDIUM, code.symbol, mend=_CLIENTS[client])
    for code, call, mode in unencrypted_databases(project):
        says = f"a database is reached with `sslmode={mode}`"
        yield Hit((code.spot(call),), says, Confidence.MEDIUM, code.symbol)


_CLIENTS = {
    "SMTP": "call `starttls(context=ssl.create_default_context())` first, or take `SMTP_SSL`",
    "FTP": "take `FTP_TLS`, and call `prot_p()`; or SFTP",
    "initialize": "take `ldaps://`, or call `start_tls_s()` before the bind",
}


def _mail(project: Project) -> Iterator[Hit]:
    host = reading(project, "EMAIL_HOST")
    if host is None or not isinstance(host.value, str) or LOCAL.match(host.value):
        return
    for name in ("EMAIL_USE_TLS", "EMAIL_USE_SSL"):
        found = reading(project, name, False)
        if found is None or found.value:
            return
    password = reading(project, "EMAIL_HOST_PASSWORD", "")
    says = " with a password" if password is None or password.value else ""
    yield host.hit(f", and mail goes there without TLS{says}")


def _mailers(project: Project) -> Iterator[Hit]:
    """Yield the servers of `MAILERS`, which Django 6.1 has in the place of `EMAIL_HOST` and its kin."""
    found = reading(project, "MAILERS")
    for alias, mailer in _items(found.value if found else None):
        options = mailer.get("OPTIONS")
        if found is None or not isinstance(options, dict) or UNKNOWN in options:
            continue
        host = options.get("host")
        if isinstance(host, str) and not LOCAL.match(host) and not _may_be_encrypted(options):
            says = f"mail goes to `{host}` without TLS, by the mailer `{alias}`"
            yield Hit((found.spot,), says, found.confidence, "MAILERS")


def _may_be_encrypted(options: dict[Any, Any]) -> bool:
    switches = (default_of(options.get(name)) for name in ("use_tls", "use_ssl"))
    return any(switch is UNKNOWN or switch for switch in switches)


def _databases(project: Project) -> Iterator[Hit]:
    found = reading(project, "DATABASES")
    for alias, options in _items(found.value if found else None):
        inner = options.get("OPTIONS")
        mode = inner.get("sslmode") if isinstance(inner, dict) else None
        if mode in ("disable", "allow") and found is not None:
            yield Hit(
                (found.spot,),
                f"the database `{alias}` is reached with `sslmode={mode}`",
                found.confidence,
                "DATABASES",
            )


def _caches(project: Project) -> Iterator[Hit]:
    found = reading(project, "CACHES")
    for alias, options in _items(found.value if found else None):
        for address in _texts(options.get("LOCATION")):
            match = re.match(r"redis://(?:[^@/]*@)?([^:/]+)", address)
            if match and not LOCAL.match(match[1]) and found is not None:
                yield Hit(
                    (found.spot,),
                    f"the cache `{alias}` at `{match[1]}` is reached without TLS",
                    min(found.confidence, Confidence.MEDIUM, key=lambda c: -c.rank),
                    "CACHES",
                )


def _items(value: Any) -> Iterator[tuple[str, dict[Any, Any]]]:
    for key, options in value.items() if isinstance(value, dict) else ():
        if isinstance(key, str) and isinstance(options, dict):
            yield key, options


def _texts(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, str)]


@rule(
    "tls.login-over-http",
    title="the login page is addressed with `http://`",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(319,),
    severity=Severity.HIGH,
    gain="whoever listens on the network reads the password",
    mend="use a route's name, or an address that begins with `https://`",
)
def login_over_http(project: Project) -> Iterator[Hit]:
    """Find `LOGIN_URL` and its kin with a plain address."""
    for name in ("LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL"):
        found = reading(project, name)
        if found is None or not isinstance(found.value, str):
            continue
        host = found.value.removeprefix("http://").partition("/")[0].partition(":")[0]
        if found.value.startswith("http://") and not LOCAL.match(host):
            yield found.hit(", which is plain HTTP")
