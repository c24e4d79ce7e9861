"""Pages that every template links to for those alone who may, and that answer everybody who is logged in.

{% if perms.wiki.delete_article %}                  class ArticleDelete(LoginRequiredMixin, DeleteView):
<a href="{% url 'article-delete' article.pk %}">        model = Article
{% endif %}
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.site.templates.walk import every_node, variables
from pickguard.site.view import View
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


class _Link(Struct, frozen=True):
    """A link of a template to a page: its name, where, and the right that it is shown for, or an empty text."""

    name: str
    path: str
    span: int
    right: str


def of_hidden_links(project: Project) -> Iterator[Hit]:
    """Yield the pages that change rows and ask for a login alone, where each link to them asks for a right."""
    hidden = {
        name: links for name, links in _links(project).items() if all(one.right for one in links)
    }
    seen: set[object] = set()
    for route, view in project.views() if hidden else ():
        links = hidden.get((route.name or "").rpartition(":")[2])
        symbol = view.symbol
        if (
            links is None
            or route.name != links[0].name
            or symbol in seen
            or not isinstance(symbol, ClassSymbol | FunctionSymbol)
        ):
            continue
        seen.add(symbol)
        if not route.is_admin and _is_for_all(project, view) and _changes(project, view, symbol):
            yield Hit(
                (
                    Spot(symbol.module.path, symbol.node.span),
                    Spot(links[0].path, links[0].span, f"shown for `{links[0].right}`"),
                ),
                f"`{symbol.node.name}` asks for no more than a login; the templates link to it for"
                f" `{links[0].right}` alone",
                Confidence.MEDIUM,
                symbol.name,
            )


def _links(project: Project) -> dict[str, list[_Link]]:
    """Return all links of all templates, by the name of the page without its namespaces."""
    found: dict[str, list[_Link]] = {}
    for path, record in project.templates.items():
        for name, link in _linked(path, record.nodes, ""):
            found.setdefault(name, []).append(link)
    return found


def _linked(path: str, nodes: Sequence[r.Node], right: str) -> Iterator[tuple[str, _Link]]:
    """Yield the links among some nodes, with the right that is asked around them."""
    asking = [node for node in every_node(nodes) if isinstance(node, r.If)]
    rights = {id(node): _right(node) for node in asking}
    inner = {
        id(url): rights[id(node)]
        for node in asking
        if rights[id(node)]
        for url in every_node(node.branches[0].body)
    }
    for node in every_node(nodes):
        if isinstance(node, r.Url) and isinstance(node.name, r.Literal):
            name = str(node.name.value).rpartition(":")[2]
            yield name, _Link(str(node.name.value), path, node.span, inner.get(id(node), right))


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
    if view.login is not True or view.kind not in ("class", "function"):
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


def _looks(words: set[str]) -> bool:
    return bool(words & _KNOWS_WHO) or asks_who_may(words)
