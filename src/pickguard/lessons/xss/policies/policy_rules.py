"""XSS rules about content security policies in the settings: those nobody sends, those that let all in."""

from collections.abc import Iterator
from typing import Any

from pickguard.base.scales import Area, Severity
from pickguard.kit import Hit, Project, Reading, reading, rule
from pickguard.kit.settings.policies import allowed
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import text

# Django's own since 6.0, those of django-csp 4, those of django-csp 3
_DJANGO, _LATER, _EARLIER = "SECURE_CSP", "CONTENT_SECURITY_POLICY", "CSP_SCRIPT_SRC"
_SENDERS = ("csp", "contentsecurity", "content_security", "securitypolicy", "security_policy")
_SCRIPTS = ("script-src", "default-src")
_INLINE = "'unsafe-inline'"
_WIDE = frozenset({_INLINE, "*", "https:", "http:", "data:", "blob:"})
# With one of these a browser runs none but the scripts that bear it
_NARROW = ("'nonce-", "'sha256-", "'sha384-", "'sha512-", "<CSP_NONCE_SENTINEL>")
_STRICT = "'strict-dynamic'"


@rule(
    "xss.policy-not-sent",
    title="a content security policy is written down, and nothing sends it",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(693, 1021),
    severity=Severity.MEDIUM,
    gain="the policy looks switched on, and no browser hears of it: scripts run, and pages are framed",
    mend="put the policy's middleware into `MIDDLEWARE`: "
    "`django.middleware.csp.ContentSecurityPolicyMiddleware`, or `csp.middleware.CSPMiddleware`",
)
def policy_not_sent(project: Project) -> Iterator[Hit]:
    """Find settings of a policy without a middleware that has its name from policies."""
    middleware = project.middleware
    if not middleware or any(_sends(name) for name in middleware):
        return
    for found, _ in _enforced(project):
        if found.value and not _is_read(project, found.name):
            yield found.hit(", and no middleware sends it")


def _sends(middleware: str) -> bool:
    return any(word in middleware.lower() for word in _SENDERS)


def _is_read(project: Project, name: str) -> bool:
    """Whether the site's own code asks for a setting, to send the policy by itself."""
    as_attribute = (
        node.name == name
        for code, _ in project.code(frozenset({name}))
        for node in code.every(n.Attr)
    )
    as_text = (
        text(node) == name
        for code, _ in project.code(frozenset({"getattr"}))
        for node in code.every(n.Const)
    )
    return any(as_attribute) or any(as_text)


@rule(
    "xss.policy-lets-scripts-in",
    title="a content security policy lets any script run",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(693, 79),
    severity=Severity.LOW,
    gain="a script that gets into a page by any hole runs as if there were no policy",
    mend="mark the site's own scripts with a nonce, `CSP.NONCE`, and leave the rest to `'self'`",
)
def policy_lets_scripts_in(project: Project) -> Iterator[Hit]:
    """Find policies in force whose sources of scripts are as wide as the web, or the page itself."""
    for found, sources in _enforced(project):
        wide = sorted(_WIDE.intersection(sources))
        if wide and UNKNOWN not in sources and not _is_narrowed(project, found, sources):
            said = ", ".join(f"`{one}`" for one in wide)
            says = f"the policy in `{found.name}` allows scripts from {said}"
            yield Hit((found.spot,), says, found.confidence, found.name)


def _enforced(project: Project) -> Iterator[tuple[Reading, list[Any]]]:
    """Yield each policy that browsers obey, with where it allows scripts to come from."""
    for name in (_DJANGO, _LATER):
        found = reading(project, name)
        if found is not None and isinstance(found.value, dict):
            yield found, allowed(found.value, *_SCRIPTS)
    found = reading(project, _EARLIER) or reading(project, "CSP_DEFAULT_SRC")
    only_reports = reading(project, "CSP_REPORT_ONLY", False)
    if found is not None and only_reports is not None and not only_reports.value:
        yield found, allowed(found.value, *_SCRIPTS)


def _is_narrowed(project: Project, found: Reading, sources: list[Any]) -> bool:
    """Whether a nonce or a hash makes browsers leave `'unsafe-inline'` and its kin aside."""
    marked = any(str(one).startswith(_NARROW) for one in sources)
    if found.name.startswith("CSP_"):
        nonces = reading(project, "CSP_INCLUDE_NONCE_IN")
        marked = marked or (nonces is not None and "script-src" in str(nonces.value))
    is_inline = _WIDE.intersection(sources) == {_INLINE}
    return marked and (is_inline or _STRICT in sources)
