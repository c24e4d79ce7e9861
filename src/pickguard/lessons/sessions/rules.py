"""Session rules that look at settings."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, reading, rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.settings.readings import entry_spot, written
from pickguard.lessons.sessions.token_lives import long_lived_tokens
from pickguard.site.symbols.names import ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_DAY = 24 * 3600
_LONGEST = 90 * _DAY


@rule(
    "sessions.insecure-cookie",
    title="the session or CSRF cookie also travels over plain HTTP",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(614,),
    severity=Severity.MEDIUM,
    gain="whoever listens on the network once takes over the session",
    mend="set `SESSION_COOKIE_SECURE = True` and `CSRF_COOKIE_SECURE = True` in production",
)
def insecure_cookie(project: Project) -> Iterator[Hit]:
    """Find production settings whose cookies lack `Secure`."""
    own = _session_middleware(project)
    if not own:
        return
    of_session = list(_sent_in_clear(project, "SESSION_COOKIE_SECURE", own))
    of_token: list[Hit] = []
    if not _token_in_session(project) and _sends_token(project):
        of_token = list(_sent_in_clear(project, "CSRF_COOKIE_SECURE", own))
    if of_session and [hit.spots for hit in of_session] == [hit.spots for hit in of_token]:
        yield replace(of_session[0], message=_BOTH)  # neither is set
        return
    yield from of_session
    yield from (replace(hit, severity=Severity.LOW, gain=_FORGED) for hit in of_token)


def _sends_token(project: Project) -> bool:
    """Whether a middleware asks for the token of CSRF, so that there is a cookie with it."""
    return project.middleware is None or any("Csrf" in name for name in project.middleware)


_BOTH = "`SESSION_COOKIE_SECURE` and `CSRF_COOKIE_SECURE` are not set, so both cookies are sent over plain HTTP as well"
_FORGED = "whoever listens on the network reads the token, and a form that they forge is believed"


def _sent_in_clear(project: Project, name: str, own: str) -> Iterator[Hit]:
    found = reading(project, name, False)
    if found is not None and found.value is False:
        if found.is_set or own == _SESSIONS:  # a class of the site's own may set the flags itself
            yield found.hit(", so the cookie is sent over plain HTTP as well")
    elif found is None and _is_for_debugging(written(project, name)):
        setting = project.production.values[name] if project.production else None
        if setting is not None:
            message = f"`{name}` is on only while debugging"
            yield Hit((project.setting_spot(setting),), message, Confidence.MEDIUM, name)


def _is_for_debugging(value: n.Expr | None) -> bool:
    """Whether a value is that of a switch for debugging itself: `config.getboolean("site", "debug")`."""
    if value is None:
        return False
    parts = list(inside(value))
    if any(isinstance(part, n.Unary | n.Compare | n.Choice | n.Logic) for part in parts):
        return False
    return any(
        isinstance(part, n.Const | n.Name | n.Attr)
        and (text(part) or tail(part)).lower() == "debug"
        for part in parts
    )


_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"


def _session_middleware(project: Project) -> str:
    """Return the middleware that keeps the sessions, Django's or a class of the site's own; or an empty text."""
    names = (name for name in project.middleware or () if name.endswith(".SessionMiddleware"))
    return next(names, "")


def _token_in_session(project: Project) -> bool:
    found = reading(project, "CSRF_USE_SESSIONS", False)
    return found is not None and found.value is True


@rule(
    "sessions.script-readable-cookie",
    title="scripts can read the session cookie",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(1004,),
    severity=Severity.HIGH,
    gain="one injected script sends the session key to the attacker, who then is the user",
    mend="remove the setting; `SESSION_COOKIE_HTTPONLY` is `True` by default",
)
def script_readable_cookie(project: Project) -> Iterator[Hit]:
    """Find `SESSION_COOKIE_HTTPONLY = False`."""
    found = reading(project, "SESSION_COOKIE_HTTPONLY")
    if found is not None and found.value is False:
        yield found.hit(", so any script on the page can read the session key")


@rule(
    "sessions.cross-site-cookie",
    title="the session cookie is sent with requests from other sites",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(1275,),
    severity=Severity.MEDIUM,
    gain="requests that other sites start carry the session, so only the CSRF token stands between",
    mend='use "Lax", Django\'s default, or "Strict"',
)
def cross_site_cookie(project: Project) -> Iterator[Hit]:
    """Find `SESSION_COOKIE_SAMESITE` switched off."""
    found = reading(project, "SESSION_COOKIE_SAMESITE")
    if found is not None and found.is_set and found.value in ("None", "none", False, None):
        yield found.hit(", so other sites' requests carry the session")


@rule(
    "sessions.pickle-serializer",
    title="sessions are unpickled",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(502,),
    severity=Severity.HIGH,
    gain="whoever can write a session, or knows the secret key, runs code on the server",
    mend="use the default, `django.contrib.sessions.serializers.JSONSerializer`",
)
def pickle_serializer(project: Project) -> Iterator[Hit]:
    """Find a `SESSION_SERIALIZER` that unpickles."""
    found = reading(project, "SESSION_SERIALIZER")
    if found is not None and isinstance(found.value, str) and "pickle" in found.value.lower():
        yield found.hit(", which unpickles what the session holds")


@rule(
    "sessions.lives-too-long",
    title="sessions live for very long",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613,),
    severity=Severity.LOW,
    gain="a key that leaked months ago still opens the account",
    mend="keep `SESSION_COOKIE_AGE` to days or weeks, or renew it on each request",
)
def lives_too_long(project: Project) -> Iterator[Hit]:
    """Find sessions of more than 90 days, tokens of an OAuth server, signed ones of more than a week, and links."""
    yield from _set_by_code(project)
    yield from long_lived_tokens(project)
    yield from _reset_links(project)
    found = reading(project, "SESSION_COOKIE_AGE")
    if found is not None and isinstance(found.value, int | float) and found.value > _LONGEST:
        yield found.hit(f", {found.value / _DAY:.0f} days")
    server = reading(project, "OAUTH2_PROVIDER")
    options = server.value if server is not None and isinstance(server.value, dict) else {}
    seconds = options.get("ACCESS_TOKEN_EXPIRE_SECONDS")
    if server is not None and isinstance(seconds, int | float) and seconds > _LONGEST:
        message = f"access tokens of `OAUTH2_PROVIDER` live {seconds / _DAY:.0f} days"
        mend = "let `ACCESS_TOKEN_EXPIRE_SECONDS` be hours, and have refresh tokens renew them"
        yield Hit((server.spot,), message, server.confidence, "OAUTH2_PROVIDER", mend=mend)


_RESETS = {"PASSWORD_RESET_TIMEOUT": 1, "PASSWORD_RESET_TIMEOUT_DAYS": _DAY}
_LONGEST_LINK = 30 * _DAY


def _reset_links(project: Project) -> Iterator[Hit]:
    """Yield `PASSWORD_RESET_TIMEOUT` of months: mailboxes are read by others later on."""
    for name, seconds in _RESETS.items():
        found = reading(project, name)
        if found is not None and isinstance(found.value, int | float):
            days = found.value * seconds / _DAY
            if days * _DAY > _LONGEST_LINK:
                says = f"a link that sets a password is good for {days:.0f} days by `{name}`"
                mend = "let such links be good for an hour: `PASSWORD_RESET_TIMEOUT = 3600`"
                gain = "whoever comes upon an old mail sets the password of the account"
                yield Hit((found.spot,), says, found.confidence, name, gain=gain, mend=mend)


def _set_by_code(project: Project) -> Iterator[Hit]:
    """Yield `request.session.set_expiry(10 * 365 * 24 * 3600)`: seconds that stand in the code."""
    for function in project.flow.callers.holding("set_expiry"):
        code = project.code_of(function)
        for call in code.calls("set_expiry"):
            for given in code.made(argument(call, 0, "value")):
                seconds = evaluate(given, partial(_constant, code))
                if isinstance(seconds, int | float) and seconds > _LONGEST:
                    says = f"this session lives {seconds / _DAY:.0f} days"
                    yield Hit((code.spot(call),), says, Confidence.MEDIUM, code.symbol)


def _constant(code: Code, node: n.Expr) -> Any:
    """Return what a constant of the site is worth, as far as its own text tells."""
    found = code.resolve(node)
    return (
        evaluate(found.value, lambda _name: UNKNOWN) if isinstance(found, ValueSymbol) else UNKNOWN
    )


@rule(
    "sessions.code-without-proof-key",
    title="an OAuth code is exchanged by whoever has it",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(287, 346),
    severity=Severity.MEDIUM,
    gain="another app on the phone, or whoever reads the address, exchanges the code for the user's token",
    mend='leave `"PKCE_REQUIRED"` at `True`: only who asked for the code can exchange it then',
)
def code_without_proof_key(project: Project) -> Iterator[Hit]:
    """Find an OAuth server of django-oauth-toolkit that asks for no proof key (PKCE)."""
    found = reading(project, "OAUTH2_PROVIDER")
    options = found.value if found is not None and isinstance(found.value, dict) else {}
    if found is not None and options.get("PKCE_REQUIRED", True) is False:
        message = "`OAUTH2_PROVIDER` asks for no proof key (PKCE) where a code is exchanged"
        spot = entry_spot(project, "OAUTH2_PROVIDER", "PKCE_REQUIRED") or found.spot
        yield Hit((spot,), message, Confidence.MEDIUM, "OAUTH2_PROVIDER")


@rule(
    "sessions.signed-with-known-key",
    title="sessions in signed cookies, and the key in the repository",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(798, 565),
    severity=Severity.HIGH,
    gain="whoever has read the repository signs a session for any user",
    mend="take `SECRET_KEY` from the environment, and change the one that was committed",
    quotes_secret=True,
)
def signed_with_known_key(project: Project) -> Iterator[Hit]:
    """Find the signed-cookies backend together with a secret key that is written down."""
    engine = reading(project, "SESSION_ENGINE")
    key = reading(project, "SECRET_KEY")
    if engine is None or key is None or not isinstance(engine.value, str):
        return
    written = key.confidence is not Confidence.LOW and isinstance(key.value, str) and key.value
    if engine.value.endswith("signed_cookies") and written:
        yield Hit(
            (engine.spot, key.spot),
            "sessions live in cookies signed with a `SECRET_KEY` that stands in the repository",
            key.confidence,
            "SESSION_ENGINE",
        )
