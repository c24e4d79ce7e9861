"""Pages that send the browser on by themselves: `<meta http-equiv="refresh" content="0;url={{ next }}">`."""

import re
from collections.abc import Iterator, Mapping, Sequence

from pickguard.flow.bodies.body import Body
from pickguard.kit import Code, Project
from pickguard.kit.templates.given import Given
from pickguard.site.templates.walk import variables
from pickguard.source.python import nodes as n
from pickguard.source.templates import record as r

# the text before an output that is where the page goes next, other outputs in it as a zero
_REFRESH = re.compile(
    r"<meta\b[^<>]*\bcontent\s*=\s*[\"']?\s*[\d.]+\s*[;,]\s*url\s*=\s*[\"']?\s*\Z", re.IGNORECASE
)
_LOOK_BACK = 200


def refreshed_to(code: Code) -> Iterator[n.Expr]:
    """Yield the values that code hands to pages as the address that they go to."""
    given = code.project.once(_given_by).get(code.body, ())
    yield from {one.value.span: one.value for one in given}.values()


def _given_by(project: Project) -> Mapping[Body, Sequence[Given]]:
    """Return what each body of code gives to pages as such an address."""
    found: dict[Body, list[Given]] = {}
    for path, record in project.template_map.records.items():
        for expression in _addresses(record):
            for variable in variables(expression):
                for given in project.template_values.of(path, variable):
                    found.setdefault(given.code.body, []).append(given)
    return found


def _addresses(record: r.TemplateRecord) -> Iterator[r.Expression]:
    said = ""
    for node in record.every:
        if isinstance(node, r.Text):
            said = (said + node.text)[-_LOOK_BACK:]
        elif isinstance(node, r.Output):
            if said.endswith(("=", "'", '"', " ")) and _REFRESH.search(said):
                yield from () if _is_encoded(node.expression) else (node.expression,)
            said += "0"


def _is_encoded(expression: r.Expression) -> bool:
    """Whether a filter leaves nothing of a host: `{{ next|urlencode }}`."""
    filters = expression.filters if isinstance(expression, r.Filtered) else ()
    return any(one.name == "urlencode" for one in filters)
