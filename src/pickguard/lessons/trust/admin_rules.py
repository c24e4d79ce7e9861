"""Trust rules about pages that a project adds to the admin."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.trust.openness import proves_itself
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.routes import Route
from pickguard.site.view import View

# Pages on the way in
_DOORS = re.compile(
    r"log_?in|log_?out|sign|password|sso|oauth|saml|callback|health|ping", re.IGNORECASE
)


@rule(
    "trust.admin-page-unguarded",
    title="a page of the admin is open to strangers",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(306, 862),
    severity=Severity.HIGH,
    gain="whoever knows or guesses the address gets what the page is for, without a login",
    mend="wrap it in `get_urls`: `self.admin_site.admin_view(self.page)`, and ask for the permission in it",
)
def admin_page_unguarded(project: Project) -> Iterator[Hit]:
    """Find `path("export/", self.export)` in `get_urls` of admin classes, with nothing around."""
    seen: set[FunctionSymbol | ClassSymbol] = set()
    for route, view in project.views():
        symbol = view.symbol
        if not isinstance(symbol, FunctionSymbol | ClassSymbol) or symbol in seen:
            continue
        if _is_added(project, route, symbol) and _is_open(view, symbol.name):
            seen.add(symbol)
            name = ".".join(symbol.qualname.split(".")[-2:])
            yield Hit(
                (
                    Spot(route.module.path, route.span),
                    Spot(symbol.module.path, symbol.node.span, "answers whoever asks"),
                ),
                f"`{name}` is a page of the admin, and strangers reach it",
                Confidence.HIGH,
                symbol.name,
            )


def _is_added(project: Project, route: Route, symbol: FunctionSymbol | ClassSymbol) -> bool:
    """Whether a page stands among those of the admin: a method of its class, or named so."""
    if isinstance(symbol, FunctionSymbol) and symbol.owner is not None:
        return "admin" in project.site.classes.kinds(symbol.owner)
    return route.name is not None and route.name.startswith("admin:")


def _is_open(view: View, name: str) -> bool:
    return view.login is False and not proves_itself(view) and not _DOORS.search(name)
