"""Whether browsers send along by themselves what an API knows its callers by."""

from pickguard.kit import Project
from pickguard.lessons.csrf.header_keys import HEADERS, OF_VISITORS
from pickguard.site.access.guards import Applied
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View


def needs_no_cookie(project: Project, view: View) -> bool:
    """Whether callers are known by a header alone, which no link and no image brings: an API's, or a decorator's."""
    if any(map(_asks_for_header, view.guards)):
        return True
    is_api = view.kind in ("api", "viewset")
    return is_api and view.csrf is False and not project.once(_reads_cookies)


def _asks_for_header(applied: Applied) -> bool:
    """Whether a decorator of the site lets in whoever sends a key in `Authorization`."""
    symbol = applied.symbol
    if not isinstance(symbol, FunctionSymbol) or OF_VISITORS & set(symbol.node.words):
        return False
    return not HEADERS.isdisjoint(symbol.node.words)


def _reads_cookies(project: Project) -> bool:
    """Whether a class that finds out who is calling looks into cookies, one of the site's or a library's."""
    own = (f for f in project.flow.callers.holding("COOKIES") if f.owner is not None)
    if any("Authentication" in one.owner.name for one in own if one.owner is not None):
        return True
    framework = project.production.get("REST_FRAMEWORK") if project.production else None
    listed = framework.get("DEFAULT_AUTHENTICATION_CLASSES") if isinstance(framework, dict) else ()
    return any("cookie" in str(one).lower() for one in listed or ())
