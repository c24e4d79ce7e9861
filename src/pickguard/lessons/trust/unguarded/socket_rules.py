"""Trust rules about the consumers of Channels: a socket that was opened has passed no view's guard."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import effect_spot, text
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View

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
    """Find consumers that change rows for whoever writes to them, or answer where the ones beside them ask."""
    if not project.flow.callers.holding("accept") and not project.site.received:
        return
    if _proves_before(project):
        return
    yield from _of_staff(project)
    yield from _listened_to(project)
    beside = list(_beside_asking(project))
    yield from beside
    told = {hit.symbol for hit in beside}
    is_odd = any(view.login for route, view in project.views() if not route.is_admin)
    for received in project.site.received:
        function, owner = received.function, received.function.owner
        if owner is None or project.kind_of(function.module) or PUBLIC.search(owner.name):
            continue
        if owner.name in told:
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


def _beside_asking(project: Project) -> Iterator[Hit]:
    """Yield the consumers that answer whoever writes to them, where the one beside asks who opens its socket.

    Those of a group are told by what its messages are.
    """
    for owner in project.site.classes.of_kind("consumer"):
        method = project.site.classes.method(owner, "connect")
        if project.kind_of(owner.module) or PUBLIC.search(owner.name) or _asks(project, owner):
            continue
        if method is not None and (
            "accept" not in method.node.words or "group_add" in method.node.words
        ):
            continue
        asking = [other for other in _beside(project, owner) if _asks(project, other)]
        if asking and _answers(project, owner):
            yield Hit(
                (Spot(owner.module.path, owner.node.span),),
                f"`{owner.node.name}` answers whoever opens its socket, `{asking[0].node.name}` beside it asks who",
                Confidence.MEDIUM,
                owner.name,
                gain="a stranger opens the socket, and is sent what only those who are logged in are meant to read",
            )


def _beside(project: Project, owner: ClassSymbol) -> Iterator[ClassSymbol]:
    """Yield the other consumers of a module that are neither above nor below one."""
    classes = project.site.classes
    for other in classes.of_kind("consumer"):
        is_kin = other in classes.own_line(owner) or owner in classes.own_line(other)
        if other.module is owner.module and not is_kin:
            yield other


def _answers(project: Project, owner: ClassSymbol) -> bool:
    """Whether a consumer sends something back, and what it is sent says what."""
    methods = list(project.site.classes.own_methods(owner))
    words = {word for method in methods for word in method.words}
    is_asked = any(
        method.name in _RECEIVING and any(param.name in method.words for param in method.params[1:])
        for method in methods
    )
    return is_asked and not _SENDING.isdisjoint(words)


_RECEIVING = frozenset({"receive", "receive_json", "websocket_receive"})
_SENDING = frozenset({"send", "send_json", "websocket_send"})


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
