"""Session rules that look at what is shown: templates, and the answers of APIs."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.sessions.page_keys import handed_keys
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import ValueSymbol
from pickguard.site.templates.walk import variables
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates import record as r


@rule(
    "sessions.key-in-page",
    title="the session key is shown",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200,),
    severity=Severity.HIGH,
    gain="scripts, other sites' logs and whoever looks at the page can take the session over",
    mend="use a value of its own where something must name the session, such as a random id in it",
)
def key_in_page(project: Project) -> Iterator[Hit]:
    """Find `{{ request.session.session_key }}`, sessions named by their key in addresses, and APIs that answer it."""
    yield from _answered(project)
    for read, printed, name in handed_keys(project):
        shown = Spot(printed.path, printed.span, "where it is printed")
        said = f"the session key goes into a page, which prints `{name}`"
        yield Hit((read, shown), said, Confidence.HIGH)
    for path, record in project.templates.items():
        keyed: frozenset[str] | None = None
        for node in record.every:
            for variable in _shown(node):
                if variable.path[-2:] == ("session", "session_key"):
                    yield _hit(path, node, "the session key is printed into the page")
                elif len(variable.path) == 2 and variable.path[1] in ("pk", "id", "session_key"):
                    keyed = _sessions(project, record) if keyed is None else keyed
                    if variable.path[0] in keyed:
                        said = ".".join(variable.path)
                        yield _hit(
                            path, node, f"`{said}` is the key of a session, and stands in the page"
                        )


def _answered(project: Project) -> Iterator[Hit]:
    """Yield the serializers that show the column with the key of a session."""
    for form in project.site.forms.all:
        model = form.model
        if form.kind != "serializer" or model is None or model.field("session_key") is None:
            continue
        spot = form.meta or form.symbol
        value = spot.value if isinstance(spot, ValueSymbol) else spot.node
        if _shows_key(form) and project.views_by_form.get(form.symbol):
            yield Hit(
                (Spot(spot.module.path, value.span),),
                f"`{form.symbol.node.name}` answers with the keys of sessions",
                Confidence.HIGH,
                form.symbol.name,
                gain="whoever may read the list puts a key into a cookie, and is logged in as its owner",
            )


def _shows_key(form: Form) -> bool:
    if "session_key" in form.declared or "extra_kwargs" in form.symbol.node.words:
        return False
    return "session_key" in form.chosen


def _hit(path: str, node: r.Node, message: str) -> Hit:
    return Hit((Spot(path, node.span),), message, Confidence.HIGH)


def _shown(node: r.Node) -> Iterator[r.Variable]:
    """Yield the variables that a node writes into the page, as they are or in an address."""
    if isinstance(node, r.Output):
        yield from variables(node.expression)
    elif isinstance(node, r.Url):
        for argument in node.arguments:
            yield from variables(argument.value)


def _sessions(project: Project, record: TemplateRecord) -> frozenset[str]:
    """Return the names in a template that stand for rows whose primary key is the session key."""
    if not project.once(_has_keyed_sessions):
        return frozenset()
    read = (
        variable
        for node in record.every
        if isinstance(node, r.If)
        for branch in node.branches
        if branch.condition is not None
        for variable in variables(branch.condition)
    )
    written = (v for node in record.every for v in _shown(node))
    both = (*read, *written)
    return frozenset(v.path[0] for v in both if len(v.path) == 2 and v.path[1] == "session_key")


def _has_keyed_sessions(project: Project) -> bool:
    """Whether every model of the site that has a session key has it for its primary key."""
    fields = [
        field
        for model in project.site.models.all
        for field in model.fields
        if field.name == "session_key" and not model.is_library
    ]
    return bool(fields) and all(field.options.get("primary_key") is True for field in fields)
