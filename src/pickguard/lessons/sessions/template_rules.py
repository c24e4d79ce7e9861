"""Session rules that look at templates."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.site.templates.walk import every_node, variables
from pickguard.source.templates import record as r


@rule(
    "sessions.key-in-page",
    title="the session key is printed into a page",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200,),
    severity=Severity.HIGH,
    gain="scripts, other sites' logs and whoever looks at the page can take the session over",
    mend="use a value of its own where something must name the session, such as a random id in it",
)
def key_in_page(project: Project) -> Iterator[Hit]:
    """Find `{{ request.session.session_key }}`."""
    for path, record in project.templates.items():
        for node in every_node(record.nodes):
            if not isinstance(node, r.Output):
                continue
            for variable in variables(node.expression):
                if variable.path[-2:] == ("session", "session_key"):
                    yield Hit(
                        (Spot(path, node.span, bytes=False),),
                        "the session key is printed into the page",
                        Confidence.HIGH,
                    )
