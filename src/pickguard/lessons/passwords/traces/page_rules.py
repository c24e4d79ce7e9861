"""Password rules about pages: a secret of the settings that a template prints is everybody's."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.settings.secret_settings import is_own_secret, setting_name
from pickguard.kit.templates.files import is_page
from pickguard.kit.templates.given import Given
from pickguard.site.templates.walk import variables
from pickguard.source.python import nodes as n
from pickguard.source.templates import record as r

# what a page calls a secret that it prints; one under another name is not looked for
_CALLED = re.compile(r"secret|passw|passphrase|private|token|key", re.IGNORECASE)
_MEASURED = frozenset({"length", "yesno", "length_is", "pluralize"})


@rule(
    "passwords.secret-in-page",
    title="a page prints a secret of the settings",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.HIGH,
    gain="whoever opens the page and looks at its source has the secret, and uses it as the site does",
    mend="keep the secret on the server: let a view of the site call the other service, or sign what the page needs",
)
def secret_in_page(project: Project) -> Iterator[Hit]:
    """Find `{{ client_secret }}` where the context holds `settings.PAYPAL_CLIENT_SECRET`."""
    for path, record in project.templates.items():
        for node in record.every if is_page(path) else ():
            if isinstance(node, r.Output) and not _is_measured(node.expression):
                for variable in variables(node.expression):
                    yield from _printed(project, path, node, variable)


def _is_measured(expression: r.Expression) -> bool:
    """Whether a page tells of a value only how long it is, or that it is there."""
    return isinstance(expression, r.Filtered) and any(
        one.name in _MEASURED for one in expression.filters
    )


def _printed(project: Project, path: str, node: r.Output, variable: r.Variable) -> Iterator[Hit]:
    if not _CALLED.search(variable.path[-1]):
        return
    for given in project.template_values.of(path, variable):
        secret = _secret(given)
        if secret is not None:
            yield Hit(
                (Spot(path, node.span), given.code.spot(secret, "the secret")),
                f"`{setting_name(secret)}` is printed into the page",
                Confidence.HIGH,
            )
            return


def _secret(given: Given) -> n.Expr | None:
    """Return the setting that a value is, itself or by a name that it got."""
    values = [given.value]
    if isinstance(given.value, n.Name):
        values += given.code.assigned(given.value.id)
    return next((value for value in values if is_own_secret(value)), None)
