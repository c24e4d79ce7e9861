"""Pages that every template links to for those alone who may, and that answer everybody, logged in or not.

{% if perms.wiki.delete_article %}                  class ArticleDelete(LoginRequiredMixin, DeleteView):
<a href="{% url 'article-delete' article.pk %}">        model = Article
{% endif %}
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.templates.walk import variables
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions
from pickguard.source.templates import names_template
from pickguard.source.templates import record as r

_CHANGES = (
    ".CreateView",
    ".UpdateView",
    ".DeleteView",
    ".BaseCreateView",
    ".BaseUpdateView",
    ".BaseDeleteView",
)
_RANKS = frozenset({"is_staff", "is_superuser"})
# Anything that may tell one person from another
_KNOWS_WHO = frozenset({"user", "session", "owner", "get_queryset", "request_user", "current_user"})


# `<a href="/sales">` as it stands, the names of a route being in `{% url %}`
_ADDRESS = re.compile(r"""<a\s[^<>]*?href=["']/?([\w./-]+)/?["']""", re.IGNORECASE)


class _Link(Struct, frozen=True):
    """A link of a template: its name or an empty text, where, and the right that it is shown for, or an empty text."""

    name: str
    path: str
    span: int
    right: str


def of_hidden_links(project: Project) -> Iterator[Hit]:
    """Yield the pages that ask for a login at most, where each link to them asks for a right."""
    linked = _links(project)
    if not any(link.right for links in linked.values() for link in links):
        return
    seen: set[object] = set()
    for route, view in project.views():
        links = _to(route, linked)
        symbol = view.symbol
        if (
            not links
            or not all(link.right for link in links)
            or symbol in seen
            or not isinstance(symbol, ClassSymbol | FunctionSymbol)
        ):
            continue
        seen.add(symbol)
        confidence = None if route.is_admin else _gives_away(project, view, symbol)
        if confidence is not None:
            asked = "no more than a login" if view.login else "nothing"
            yield Hit(
                (
                    Spot(symbol.module.path, symbol.node.span),
                    Spot(links[0].path, links[0].span, f"shown for `{links[0].right}`"),
                ),
                f"`{symbol.node.name}` asks for {asked}; the templates link to it for"
                f" `{links[0].right}` alone",
                confidence,
                symbol.name,
            )


def _gives_away(
    project: Project, view: View, symbol: ClassSymbol | FunctionSymbol
) -> Confidence | None:
    """Return how sure it is that a page does for everybody what its links are shown to a few for."""
    if not _is_for_all(project, view):
        return None
    if view.login and _changes(project, view, symbol):
        return Confidence.MEDIUM
    is_list = isinstance(symbol, FunctionSymbol) and _shows_rows(project, symbol)
    return Confidence.LOW if is_list else None


def _to(route: Route, linked: dict[str, list[_Link]]) -> list[_Link]:
    """Return the links to a route, by its name and by its address."""
    named = linked.get((route.name or "").rpartition(":")[2], [])
    if named and named[0].name != route.name:
        return []
    address = (route.route or "").strip("/^$")
    return [*named, *(linked.get(f"/{address}", []) if address else ())]


def _links(project: Project) -> dict[str, list[_Link]]:
    """Return all links of all templates, by the name of the page without its namespaces, or by `/address`."""
    found: dict[str, list[_Link]] = {}
    for path, record in project.templates.items():
        for name, link in _linked(path, record.nodes, ""):
            found.setdefault(name, []).append(link)
    return found


def _linked(path: str, nodes: Sequence[r.Node], right: str) -> Iterator[tuple[str, _Link]]:
    """Yield the links among some nodes, with the right that is asked around them."""
    asking = [node for node in r.every_node(nodes) if isinstance(node, r.If)]
    rights = {id(node): _right(node) for node in asking}
    inner = {
        id(link): rights[id(node)]
        for node in asking
        if rights[id(node)]
        for link in r.every_node(node.branches[0].body)
    }
    for node in r.every_node(nodes):
        around = inner.get(id(node), right)
        if isinstance(node, r.Url) and isinstance(node.name, r.Literal):
            name = str(node.name.value)
            yield name.rpartition(":")[2], _Link(name, path, node.span, around)
        for found in _ADDRESS.finditer(node.text) if isinstance(node, r.Text) else ():
            yield f"/{found[1].strip('/')}", _Link("", path, node.span, around)


def _right(node: r.If) -> str:
    """Return the right that a condition asks for and nothing else: `perms.wiki.delete_article`, `user.is_staff`."""
    condition = node.branches[0].condition
    if condition is None or (isinstance(condition, r.Operation) and condition.operator != "and"):
        return ""
    for variable in variables(condition):
        if len(variable.path) == 3 and variable.path[0] == "perms":
            return ".".join(variable.path)
        if variable.path[-1:] and variable.path[-1] in _RANKS and "user" in variable.path:
            return ".".join(variable.path[-2:])
    return ""


def _is_for_all(project: Project, view: View) -> bool:
    if view.login is None or view.stopped or view.kind not in ("class", "function"):
        return False
    return (
        asks_login_alone(project, view) and not proves_itself(view) and not PUBLIC.search(view.name)
    )


def _changes(project: Project, view: View, symbol: ClassSymbol | FunctionSymbol) -> bool:
    """Whether a page changes rows, and nothing of it looks at who asks."""
    if view.methods is not None and not UNSAFE & set(view.methods):
        return False
    if isinstance(symbol, FunctionSymbol):
        return not _looks(set(symbol.node.words)) and any(
            effect.changes_rows for effect in project.effects.of(symbol)
        )
    words = {word for method in project.site.classes.own_methods(symbol) for word in method.words}
    names = {method.name for method in project.site.classes.own_methods(symbol)}
    if _looks(words | names) or project.site.classes.has_unknown_gate(symbol):
        return False
    if project.site.classes.inherits(symbol, *_CHANGES):
        return True
    return any(
        effect.changes_rows
        for method, function in view.handlers
        if method.upper() in UNSAFE
        for effect in project.effects.of(function, owner=symbol)
    )


def _shows_rows(project: Project, page: FunctionSymbol) -> bool:
    """Whether a page shows the rows of a model, and neither it nor its template looks at who asks."""
    words = set(page.node.words)
    if _looks(words) or MANAGERS.isdisjoint(words) or PAGES.isdisjoint(words):
        return False
    names = [
        node.value
        for node in expressions(body(page.node))
        if isinstance(node, n.Const) and isinstance(node.value, str) and names_template(node.value)
    ]
    shown = [
        record.nodes
        for path, record in project.templates.items()
        if any(path.endswith(f"/{name}") for name in names)
    ]
    return bool(shown) and not any(
        isinstance(node, r.If) and _right(node) for nodes in shown for node in r.every_node(nodes)
    )


def _looks(words: set[str]) -> bool:
    return bool(words & _KNOWS_WHO) or asks_who_may(words)
