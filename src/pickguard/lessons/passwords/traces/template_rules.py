"""Password rules that look at the forms in templates."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.templates.files import is_page
from pickguard.source.templates.record import Element, Form

# beginnings of attributes by which a script takes a form over
_SCRIPTED = ("@", ":", "on")


@rule(
    "passwords.form-with-get",
    title="a form puts a password into the address",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(598,),
    severity=Severity.HIGH,
    gain="the password stands in the history, in the logs of every server on the way, and in the"
    " `Referer` of what is clicked next",
    mend='write `method="post"` and `{% csrf_token %}` into the form',
)
def form_with_get(project: Project) -> Iterator[Hit]:
    """Find forms with a password field that are sent by GET, which is what no method means."""
    for path, record in project.templates.items():
        for form in record.forms if is_page(path) else ():
            if _is_sent_by_get(form) and form.asks_for_password and not _is_scripted(form):
                yield Hit(
                    (Spot(path, form.span),),
                    "this form asks for a password and is sent by GET",
                    Confidence.HIGH if form.attribute("action") else Confidence.MEDIUM,
                )


def _is_sent_by_get(form: Form) -> bool:
    method = form.attribute("method")
    return method is None or method.value.lower() in ("", "get")


def _is_scripted(form: Form) -> bool:
    """Tell whether a script may send the form, or nothing does: there is no button."""
    if any(_is_for_script(item.name) for item in form.attributes):
        return True
    buttons = [field for field in form.fields if field.name == "button" or _submits(field)]
    return not buttons or any(
        item.name.startswith(("on", "@", "hx-", "formmethod"))
        for button in buttons
        for item in button.attributes
    )


def _is_for_script(name: str) -> bool:
    """Tell whether an attribute is not HTML's own, or an id by which a script finds the form."""
    if name.startswith(("aria-", "accept-")):
        return False
    return name == "id" or "-" in name or name.startswith(_SCRIPTED)


def _submits(field: Element) -> bool:
    kind = field.attribute("type")
    return kind is not None and kind.value.lower() in ("submit", "image")
