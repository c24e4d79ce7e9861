"""XSS rules about what a script asks a view for, and makes markup of."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.templates.answered import answered
from pickguard.lessons.xss.templates.page_scripts import scripts
from pickguard.lessons.xss.templates.script_markup import Asked, asked, written
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View


@rule(
    "xss.markup-of-answer",
    title="a script makes markup of what a view answers",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79,),
    severity=Severity.HIGH,
    gain="`<img onerror=…>` in what was sent runs in the session of whoever has the page open",
    mend="set `textContent` of an element, or `render: DataTable.render.text()` of a column: JSON escapes nothing",
)
def markup_of_answer(project: Project) -> Iterator[Hit]:
    """Find `list.innerHTML += "<li>" + note.text` where a view answers with a `text` that people write."""
    for path, script in scripts(project):
        values = {one.name: one for one in reversed(list(written(script)))}
        wanted = asked(script) if values else None
        for view in _views(project, wanted) if wanted is not None else ():
            for found in answered(project, view):
                value = values.pop(found.name, None)
                if value is not None:
                    shown = Spot(path, value.span, "becomes markup")
                    yield Hit(
                        (Spot(path, value.span),),
                        f"`{value.said}` becomes markup as it is; `{found.by.rpartition('.')[2]}` answers with what"
                        " people write",
                        Confidence.MEDIUM,
                        flow=(*found.way, shown) if found.way else (),
                    )


def _views(project: Project, wanted: Asked) -> Iterator[View]:
    """Yield the views that a script asks."""
    for route, view in project.views():
        if _is_wanted(route, wanted):
            yield view


def _is_wanted(route: Route, wanted: Asked) -> bool:
    if route.name is not None and route.name.rpartition(":")[2] in wanted.names:
        return True
    if route.route is None:
        return False
    begins, hole, _ = route.route.replace("(", "<").partition("<")
    wanted_ones = wanted.beginnings if hole else wanted.addresses
    return begins.strip("^$/") in wanted_ones
