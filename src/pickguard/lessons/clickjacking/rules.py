"""Clickjacking rules."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, reading, rule
from pickguard.kit.around import decorators
from pickguard.kit.code import tail
from pickguard.kit.gone_through import acts_for_nobody
from pickguard.kit.settings.policies import allowed
from pickguard.lessons.clickjacking.code_rules import EVERY_SITE
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python.walk import inside

_MEANT = re.compile(r"iframe|embed|widget|frame", re.IGNORECASE)
_POLICIES = ("SECURE_CSP", "CONTENT_SECURITY_POLICY", "CSP_FRAME_ANCESTORS")


@rule(
    "clickjacking.no-protection",
    title="pages can be framed by any site",
    areas=(Area.INTEGRITY,),
    cwe=(1021,),
    severity=Severity.MEDIUM,
    gain="a foreign page lays your page, invisible, over its own buttons and steals the clicks",
    mend="put `django.middleware.clickjacking.XFrameOptionsMiddleware` back into `MIDDLEWARE`",
)
def no_protection(project: Project) -> Iterator[Hit]:
    """Find production settings without the middleware and without a policy for frames."""
    middleware = project.middleware
    found = reading(project, "MIDDLEWARE")
    if middleware is None or found is None or _has_policy(project):
        return
    if not any(name.endswith("SessionMiddleware") for name in middleware):
        return
    if not any("frame" in name.lower() or "csp" in name.lower() for name in middleware):
        yield Hit(
            (found.spot,),
            "`MIDDLEWARE` has no `XFrameOptionsMiddleware`, and no policy forbids framing",
            found.confidence,
            "MIDDLEWARE",
        )


def _has_policy(project: Project) -> bool:
    return any(
        "frame-ancestors" in repr(found.value) or name.endswith("ANCESTORS")
        for name in _POLICIES
        if (found := reading(project, name)) is not None
    )


@rule(
    "clickjacking.allowed-by-setting",
    title="`X_FRAME_OPTIONS` allows framing",
    areas=(Area.INTEGRITY,),
    cwe=(1021,),
    severity=Severity.MEDIUM,
    gain="a foreign page lays your page, invisible, over its own buttons and steals the clicks",
    mend='use "DENY", Django\'s default, or "SAMEORIGIN"',
)
def allowed_by_setting(project: Project) -> Iterator[Hit]:
    """Find values that browsers do not know, or that let every site in."""
    for name in _POLICIES:
        policy = reading(project, name)
        if policy is not None and EVERY_SITE & set(allowed(policy.value, "frame-ancestors")):
            yield policy.hit(
                ", which lets every site frame each page, whatever `X_FRAME_OPTIONS` says"
            )
            return
    found = reading(project, "X_FRAME_OPTIONS")
    if found is None or _has_policy(project):
        return
    value = found.value.upper() if isinstance(found.value, str) else ""
    if value not in ("DENY", "SAMEORIGIN"):
        yield found.hit(", which browsers do not take as a protection")


@rule(
    "clickjacking.exempt-view",
    title="a page that acts, or shows private data, may be framed",
    areas=(Area.INTEGRITY,),
    cwe=(1021,),
    severity=Severity.MEDIUM,
    gain="a foreign page lays this one, invisible, over its own buttons and steals the clicks",
    mend="remove `xframe_options_exempt`, or allow the one framing site with `frame-ancestors`",
)
def exempt_view(project: Project) -> Iterator[Hit]:
    """Find exempt views that ask for a login or write something."""
    seen: set[Spot] = set()
    for _route, view in project.views():
        if view.framing != "exempt" or not (view.login or view.writes or view.forms):
            continue
        if not view.login and acts_for_nobody(project, view):
            continue  # who has a visitor send it could have sent it themselves
        spot = _spot(project, view)
        if spot is not None and spot not in seen:
            seen.add(spot)
            why = "asks for a login" if view.login else "writes what the browser sends"
            yield Hit(
                (spot,),
                f"`{view.name.rpartition('.')[2]}` {why} and may be framed by any site",
                Confidence.LOW if _MEANT.search(view.name) else Confidence.MEDIUM,
                view.name,
            )


def _spot(project: Project, view: View) -> Spot | None:
    symbol = view.symbol
    owners = [symbol] if isinstance(symbol, FunctionSymbol | ClassSymbol) else []
    if isinstance(symbol, ClassSymbol):
        owners = list(project.site.classes.own_line(symbol))
        dispatch = project.site.classes.method(symbol, "dispatch")
        owners += [dispatch] if dispatch else []
    for owner in owners:
        own = owner.node.decorators
        for mark in decorators(project, owner) if isinstance(owner, FunctionSymbol) else own:
            if any(tail(part) == "xframe_options_exempt" for part in inside(mark)):
                return Spot(owner.module.path, mark.span)
    return None
