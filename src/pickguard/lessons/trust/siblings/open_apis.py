"""APIs that show strangers what every page of the site shows behind a login alone.

class HostViewSet(ModelViewSet):                      @login_required
    queryset = Host.objects.all()                     def host_list(request):
    permission_classes = [IsAuthenticatedOrReadOnly]      return render(…, {"hosts": Host.objects.all()})
"""

from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.lessons.trust.openness import PUBLIC, proves_itself
from pickguard.lessons.trust.owners.owner_classes import looks_anywhere
from pickguard.lessons.trust.siblings.row_siblings import everything
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.views.view import View

_OPEN = frozenset({"AllowAny", "IsAuthenticatedOrReadOnly", "DjangoModelPermissionsOrAnonReadOnly"})
_FEWEST = 2
_MOST_SHOWN = 12


def of_open_apis(project: Project) -> Iterator[Hit]:
    """Yield the APIs that strangers read, where all pages of the same model ask for a login: told once."""
    pages = _pages(project)
    found: dict[ClassSymbol, tuple[Spot, Model]] = {}
    for _route, view in project.views():
        symbol, model = view.symbol, view.model
        if not isinstance(symbol, ClassSymbol) or symbol in found or model is None:
            continue
        logins = pages.get(model.name, [])
        if len(logins) < _FEWEST or not all(logins) or not _is_read_by_strangers(view):
            continue
        spot = everything(project, symbol) if not looks_anywhere(project, symbol) else None
        if spot is not None:
            found[symbol] = (spot, model)
    if found:
        yield _hit(found, pages)


def _pages(project: Project) -> dict[str, list[bool]]:
    """Return, by the names that pages mention, whether each page asks for a login."""
    found: dict[str, list[bool]] = defaultdict(list)
    seen: set[str] = set()
    for _route, view in project.views():
        is_page = view.kind in ("function", "class") and view.login is not None
        if not is_page or view.name in seen or (view.methods and "GET" not in view.methods):
            continue
        seen.add(view.name)
        names = {*view.words, *([view.model.name] if view.model is not None else [])}
        for name in names:
            found[name].append(bool(view.login))
    return found


def _is_read_by_strangers(view: View) -> bool:
    """Whether an API asks strangers for nothing where they only read, and is not called public."""
    if view.kind not in ("api", "viewset") or view.login is not False or proves_itself(view):
        return False
    is_read = view.methods is None or "GET" in view.methods
    is_open = bool(view.permissions) and set(view.permissions) <= _OPEN
    return is_read and is_open and not PUBLIC.search(view.name.rpartition(".")[2])


def _hit(found: dict[ClassSymbol, tuple[Spot, Model]], pages: dict[str, list[bool]]) -> Hit:
    (first, (spot, model)), *others = found.items()
    more = f", and {len(others)} more like it" if others else ""
    return Hit(
        (
            spot,
            *(
                Spot(other.path, other.span, "and here")
                for _symbol, (other, _model) in others[:_MOST_SHOWN]
            ),
        ),
        f"`{first.node.name}` shows every `{model.name}` to strangers{more};"
        f" the {len(pages[model.name])} pages about it ask for a login",
        Confidence.MEDIUM,
        first.name,
    )
