"""Trust rules about GraphQL: one address for every field, so that each has to ask by itself."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import effect_spot, tail
from pickguard.lessons.trust.openness import KNOWS_WHO, PUBLIC, UNSAFE
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.views.graphql import GraphqlField
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of

# Decorators that ask nobody anything
_NEUTRAL = frozenset(
    {"classmethod", "staticmethod", "atomic", "sync_to_async", "mutation", "field"}
)


@rule(
    "trust.open-mutation",
    title="a GraphQL mutation asks nobody who they are",
    areas=(Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(862, 306),
    severity=Severity.HIGH,
    gain="a stranger posts the mutation to the GraphQL address and changes or deletes rows",
    mend="look at `info.context.user` first, or use a decorator or permission class that does",
)
def open_mutation(project: Project) -> Iterator[Hit]:
    """Find mutations that change rows for whoever asks; surer where the site asks elsewhere."""
    mutations = [f for f in project.site.graphql if f.is_mutation]
    if not mutations or is_guarded_as_a_whole(project):
        return
    asking = {one.function for one in mutations if asks(project, one)}
    is_odd = bool(asking) or any(v.login for r, v in project.views() if not r.is_admin)
    for one in mutations:
        function = one.function
        if (
            function in asking
            or project.kind_of(function.module)
            or PUBLIC.search(function.qualname)
        ):
            continue
        effect = project.effects.change(function)
        if effect is not None:
            yield Hit(
                (Spot(function.module.path, function.node.span), effect_spot(effect)),
                f"the mutation `{_name(one)}` {effect.what}, and asks nobody who they are",
                Confidence.MEDIUM if is_odd else Confidence.LOW,
                function.name,
            )


def _name(one: GraphqlField) -> str:
    owner = one.function.owner
    return owner.node.name if owner and one.decorator is None else one.function.node.name


def is_guarded_as_a_whole(project: Project) -> bool:
    """Whether the address itself asks for a login, or middleware of the schema may."""
    views = [view for _route, view in project.views() if _answers_graphql(project, view.symbol)]
    if any(view.login or view.permissions for view in views):
        return True
    if any(UNSAFE.isdisjoint(view.methods or UNSAFE) for view in views):
        return True
    settings = project.production.get("GRAPHENE") if project.production else None
    return isinstance(settings, dict) and bool(_own(settings.get("MIDDLEWARE")))


def _answers_graphql(project: Project, symbol: object) -> bool:
    name = getattr(symbol, "name", "")
    if name.endswith(("GraphQLView", "GraphQLAsyncView")):
        return True
    return isinstance(symbol, ClassSymbol) and any(
        facts.resolves for facts in project.site.classes.library_line(symbol)
    )


def _own(middleware: object) -> list[object]:
    """Return the middleware of a schema that is not known to let everybody through."""
    items = middleware if isinstance(middleware, list | tuple) else ()
    harmless = ("graphql_jwt.", "graphene_django.")
    return [item for item in items if not (isinstance(item, str) and item.startswith(harmless))]


def asks(project: Project, one: GraphqlField) -> bool:
    """Whether a mutation, its class or a decorator looks at who is asking."""
    words = set(one.function.node.words)
    if one.function.owner is not None and one.decorator is None:
        words |= _words_of(project, one.function.owner)
    if words & (KNOWS_WHO | PERMISSION_WORDS) or asks_by_function(project, one):
        return True
    return any(not _is_neutral(decorator) for decorator in one.function.node.decorators)


def asks_by_function(project: Project, one: GraphqlField) -> bool:
    """Whether a function of the site, which is told of the request, looks at who asks: `signed_in(info)`."""
    code = project.code_of(one.function)
    for call in code.every(n.Call):
        if any(tail(given) in ("info", "request", "context") for given in call.args):
            function = code.called(call)
            if function is not None and set(function.node.words) & (KNOWS_WHO | PERMISSION_WORDS):
                return True
    return False


def _words_of(project: Project, owner: ClassSymbol) -> set[str]:
    words: set[str] = set()
    for ancestor in project.site.classes.own_line(owner):
        words |= set(ancestor.node.words)
        for member in project.site.names.class_scope(ancestor).values():
            if isinstance(member, n.Function | n.Class):
                words |= set(member.words)
    return words


def _is_neutral(decorator: n.Expr) -> bool:
    function = func_of(decorator)
    if isinstance(decorator, n.Call) and {k.name for k in decorator.keywords} & {
        "permission_classes",
        "extensions",
    }:
        return False
    return tail(function) in _NEUTRAL
