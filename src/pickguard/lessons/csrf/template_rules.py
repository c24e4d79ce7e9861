"""CSRF rules that look at the forms in templates."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import text
from pickguard.kit.templates.files import is_page
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.templates import FormPlace
from pickguard.site.templates.walk import variables
from pickguard.source.python import nodes as n
from pickguard.source.templates.record import Element, Form, Output, Text

_SUBMITS = frozenset({"button", "input"})
# their types by which nobody sends a form: a script does, if anything
_SENDING_NOTHING = frozenset({"hidden", "radio", "checkbox", "button", "reset"})
# attributes by which a script takes a form over; it may send the token in a header
_SCRIPTED = ("hx-", "data-", "x-", "v-", "@", "on", "up-", ":", "ng-", "action-xhr")
_MOST_FORGOTTEN = 10
_FROM_A_VARIABLE = ("{{", "{%")


@rule(
    "csrf.form-without-token",
    title="a form that changes state sends no token",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.MEDIUM,
    gain="either the form fails for everybody, or the view behind it is exempt and any page on the"
    " web can send it in a visitor's name",
    mend="put `{% csrf_token %}` inside the form",
)
def form_without_token(project: Project) -> Iterator[Hit]:
    """Find forms with method POST to this site that no token stands in, whoever includes them."""
    if project.once(_is_of_another_framework):
        return
    posted = [
        place
        for place in _posted(project)
        if not (_leaves_the_site(place.form) or _is_for_another_program(place.form))
    ]
    bare = [p for p in posted if p.token is False and not _is_sent_to_exempt(project, p)]
    # so many would fail for everybody: a script sends them, with the token in a header
    is_habit = len(bare) > max(_MOST_FORGOTTEN, len(posted) // 4)
    for place in bare:
        if _is_of_script(project, place.form) or _is_taken_over(project, place.form):
            continue
        yield Hit(
            (
                Spot(
                    place.path,
                    place.form.span,
                    "no `{% csrf_token %}` up to `</form>`",
                ),
            ),
            "this form is sent with POST and without a CSRF token",
            Confidence.LOW if is_habit else _confidence(place.form),
        )


def _is_of_another_framework(project: Project) -> bool:
    """Whether another framework answers the site's requests, and no module names Django."""
    named = [module.record.words for module in project.served()]
    is_of_other = any(not _FRAMEWORKS.isdisjoint(words) for words in named)
    return is_of_other and not any("django" in words for words in named)


_FRAMEWORKS = frozenset(
    {"flask", "fastapi", "starlette", "tornado", "bottle", "pyramid", "sanic", "quart"}
)


def _is_of_script(project: Project, form: Form) -> bool:
    """Whether a script is meant to send a form: it leads nowhere and has a name, and scripts are given the token."""
    action, name = form.attribute("action"), form.attribute("id")
    leads_nowhere = action is not None and action.value.strip() in ("", "#")
    return leads_nowhere and name is not None and project.once(_hands_out_token)


def _is_taken_over(project: Project, form: Form) -> bool:
    """Whether a script of any page sends the form by its name: `$("#names").ajaxForm(…)`."""
    name = form.attribute("id")
    if name is None or not _NAME.fullmatch(name.value):
        return False
    called = re.compile(rf"#{re.escape(name.value)}(?![\w-])")
    return any(called.search(script) for script in project.once(_sending_scripts))


_NAME = re.compile(r"[\w-]+")
_SENDS = re.compile(r"\.ajax(Form|Submit)\(")
# a page's own handler, which sends the fields by itself
_HANDLES = re.compile(r"""\.submit\(\s*(async\s*)?(function|\(|\w+\s*=>)|['"]submit['"]""")
_POSTS = re.compile(r"\$\.(post|ajax)\(|\bfetch\(")
_HEADER = re.compile(r"X-CSRF-?Token", re.IGNORECASE)


def _sending_scripts(project: Project) -> tuple[str, ...]:
    """Return the texts of pages whose scripts send forms, by a plugin of jQuery or with the token in a header."""
    pages = [
        "".join(node.text for node in record.every if isinstance(node, Text))
        for record in project.templates.values()
    ]
    sends_header = any(map(_HEADER.search, pages))
    return tuple(
        page
        for page in pages
        if _SENDS.search(page)
        or (
            sends_header
            and _HANDLES.search(page)
            and _POSTS.search(page)
            and "preventDefault" in page
        )
    )


def _hands_out_token(project: Project) -> bool:
    """Whether a page holds `{{ csrf_token }}` outside of its forms: `<meta name="csrf-token" content="…">`."""
    return any(
        variable.path == ("csrf_token",)
        for record in project.templates.values()
        for node in record.every
        if isinstance(node, Output)
        and not any(form.span < node.span < form.end for form in record.forms)
        for variable in variables(node.expression)
    )


def _posted(project: Project) -> Iterator[FormPlace]:
    for path in project.templates:
        if is_page(path):
            for place in project.template_map.forms(path):
                method = place.form.attribute("method")
                if method is not None and method.value.lower() == "post":
                    yield place


def _is_sent_to_exempt(project: Project, place: FormPlace) -> bool:
    """Whether a form goes back to the view that shows it, which is exempt from the check: that one is told itself."""
    if place.form.attribute("action") is not None:
        return False
    names = project.template_map.names.names(place.path)
    return not project.once(_shown_by_exempt).isdisjoint(names)


def _shown_by_exempt(project: Project) -> frozenset[str]:
    """Return what the views that are exempt say in texts, the names of their templates among them."""
    found: set[str] = set()
    for _route, view in project.views():
        if view.csrf is not False:
            continue
        for _method, function in view.handlers:
            said = (one.value for one in project.code_of(function).every(n.Const))
            found.update(one for one in said if isinstance(one, str))
        if isinstance(view.symbol, ClassSymbol):
            named = project.site.classes.value(view.symbol, "template_name")
            found.add(text(named.value) or "" if named is not None else "")
    return frozenset(found)


def _leaves_the_site(form: Form) -> bool:
    action = form.attribute("action")
    return action is not None and bool(_foreign_host(action.value))


def _is_for_another_program(form: Form) -> bool:
    """Whether something else than Django takes a form on this host: `forms/contact.php`."""
    action = form.attribute("action")
    return action is not None and bool(_OF_OTHERS.search(action.value))


_OF_OTHERS = re.compile(r"\.(php|aspx?|jsp|cgi)([?#]|$)")


def _foreign_host(address: str) -> str:
    """Return the host of an address that is written out in full, empty for any other."""
    if not address.startswith(("http://", "https://", "//")) or "{" in address.partition("?")[0]:
        return ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _confidence(form: Form) -> Confidence:
    """Sure of a plain form; not of one that a script sends or whose target is not known."""
    if any(item.name.startswith(_SCRIPTED) for item in form.attributes):
        return Confidence.LOW
    if not any(map(_sends, form.fields)):
        return Confidence.LOW
    if any(field.attribute("formaction") for field in form.fields):
        return Confidence.LOW
    action = form.attribute("action")
    if action is None or not action.value.startswith(_FROM_A_VARIABLE):
        return Confidence.HIGH
    return Confidence.HIGH if action.value.startswith("{% url ") else Confidence.LOW


def _sends(field: Element) -> bool:
    """Whether who uses a field can send the form by it: a button, or a line of text where Enter is pressed."""
    kind = field.attribute("type")
    named = kind.value.strip().lower() if kind is not None else ""
    return field.name in _SUBMITS and named not in _SENDING_NOTHING


@rule(
    "csrf.token-to-another-site",
    title="a form hands the CSRF token to another site",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(352, 201),
    severity=Severity.MEDIUM,
    gain="the other site learns each visitor's token and can send requests in the visitor's name",
    mend="remove the token from forms whose `action` is another site",
)
def token_to_another_site(project: Project) -> Iterator[Hit]:
    """Find forms with a token whose action is a full address of another host."""
    for place in _posted(project):
        action = place.form.attribute("action")
        if place.token is not True or action is None or not _leaves_the_site(place.form):
            continue
        host = _foreign_host(action.value)
        yield Hit(
            (Spot(place.path, place.form.span, "a token stands in this form"),),
            f"the CSRF token goes to `{host}` with this form",
            Confidence.HIGH,
        )
