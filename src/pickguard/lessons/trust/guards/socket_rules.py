"""Trust rules about the consumers of Channels: a socket that was opened has passed no view's guard."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import effect_spot, text
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC
from pickguard.site.guards import PERMISSION_WORDS
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.routes import Route
from pickguard.site.view import View

# what a consumer, or what stands around it, knows a visitor by
_PROVING = re.compile(r"token|jwt|ticket|secret|api_?key|cookies|login|authenticate", re.IGNORECASE)


@rule(
    "trust.open-socket",
    title="a web socket asks nobody who they are",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger opens the socket and writes what only those who are logged in may write on the pages",
    mend='look at `self.scope["user"]` in `connect`, and close the socket of who is not logged in',
)
def open_socket(project: Project) -> Iterator[Hit]:
    """Find consumers that change rows for whoever writes to them; surer where pages ask for a login."""
    if not project.flow.callers.holding("accept") and not project.site.received:
        return
    if _proves_before(project):
        return
    yield from _of_staff(project)
    yield from _listened_to(project)
    is_odd = any(view.login for route, view in project.views() if not route.is_admin)
    for received in project.site.received:
        function, owner = received.function, received.function.owner
        if owner is None or project.kind_of(function.module) or PUBLIC.search(owner.name):
            continue
        effect = None if _asks(project, owner) else project.effects.change(function)
        if effect is not None:
            yield Hit(
                (
                    Spot(function.module.path, function.node.span),
                    effect_spot(effect),
                ),
                f"`{owner.node.name}` {effect.what} for whoever opens its socket",
                Confidence.MEDIUM if is_odd else Confidence.LOW,
                function.name,
            )


def _of_staff(project: Project) -> Iterator[Hit]:
    """Yield the consumers that put whoever opens their socket into a group that is called after the staff."""
    for owner in project.site.classes.of_kind("consumer"):
        method = project.site.classes.method(owner, "connect")
        if method is None or project.kind_of(owner.module) or _asks(project, owner):
            continue
        if _joins_staff(project, method):
            yield _hit(owner, method, "what only the staff is meant to read")


def _joins_staff(project: Project, connect: FunctionSymbol) -> bool:
    calls = project.code_of(connect).calls("group_add") if "accept" in connect.node.words else ()
    names = (text(part) or "" for call in calls for part in call.args[:1])
    return any(map(_STAFF.search, names))


_STAFF = re.compile(
    r"(^|[_\-.])(admins?|staff|moderators?|managers?|operators?|superusers?)([_\-.]|$)"
)


def _listened_to(project: Project) -> Iterator[Hit]:
    """Yield the consumers that tell whoever opens their socket what goes on, where nearly all pages ask for a login."""
    logins = [view.login for route, view in project.views() if not _is_open(route, view)]
    asking = sum(1 for login in logins if login)
    if asking < max(_FEWEST, _MOST_OPEN * (len(logins) - asking)):
        return
    for owner in project.site.classes.of_kind("consumer"):
        method = project.site.classes.method(owner, "connect")
        if method is None or project.kind_of(owner.module) or PUBLIC.search(owner.name):
            continue
        if not {"group_add", "accept"} <= set(method.node.words) or _asks(project, owner):
            continue
        if not _joins_staff(project, method):
            yield _hit(owner, method, "what the pages show to those who are logged in")


def _hit(owner: ClassSymbol, method: FunctionSymbol, heard: str) -> Hit:
    return Hit(
        (Spot(method.module.path, method.node.span),),
        f"`{owner.node.name}` tells whoever opens its socket what its group is sent",
        Confidence.MEDIUM,
        owner.name,
        Severity.MEDIUM,
        gain=f"a stranger opens the socket and listens to {heard}",
    )


_FEWEST = 3
_MOST_OPEN = 4
"""Pages that ask for each one that does not."""


def _is_open(route: Route, view: View) -> bool:
    """Whether a page is for strangers by its name, such as that of the login itself, or the admin's."""
    return route.is_admin or bool(PUBLIC.search(view.name.rpartition(".")[2]))


def _asks(project: Project, owner: ClassSymbol) -> bool:
    """Whether any method of a consumer looks at who has opened its socket."""
    words = {word for m in project.site.classes.own_methods(owner) for word in m.words}
    return bool(words & (KNOWS_WHO | PERMISSION_WORDS)) or any(map(_PROVING.search, words))


def _proves_before(project: Project) -> bool:
    """Whether something of the site's own stands around the sockets that may turn strangers away."""
    return any(
        _PROVING.search(word)
        for module in project.served()
        if "ProtocolTypeRouter" in module.record.words
        for word in module.record.words
    )
