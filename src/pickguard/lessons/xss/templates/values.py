"""Values that can hold no script, told by how they are written; and where a value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum

import msgspec
from msgspec import Struct

from pickguard.flow.stored.fetched import is_fetched
from pickguard.flow.stored.stored import is_typed_input
from pickguard.flow.stored.writers import NOBODY
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.origin import TYPED
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Project, Spot
from pickguard.kit.code import argument, spot_of, tail
from pickguard.kit.templates.context_processors import setting_names
from pickguard.kit.templates.given import CLEANERS, Given
from pickguard.kit.templates.values import TemplateValues, reads_request
from pickguard.kit.templates.widgets import shows_value
from pickguard.lessons.xss.code.errors import quoting
from pickguard.lessons.xss.code.json_rules import encoded, encoded_origin
from pickguard.lessons.xss.templates.filters import is_harmless
from pickguard.lessons.xss.templates.form_fields import quotes_what_was_sent
from pickguard.lessons.xss.templates.messages import is_message, worst_message
from pickguard.site.models.models import Field, Model
from pickguard.site.templates.walk import ADDRESSING, carried_operands, carried_values, variables
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, items_of
from pickguard.source.templates import record as r

# names of numbers, of identifiers that the site makes, and of yes and no
_NUMBERS = re.compile(
    r"^(?:id|pk|\w*_(?:id|pk)|uuid|\w*count\w*|\w*counter0?|\w*index|\w*number|num_\w+|\w*total"
    r"|\w*length|width|height|\w*_(?:width|height)|size|\w*_size|page|level|depth|year|month|day"
    r"|hour|minute|\w*percent\w*|\w*_(?:max|min)|max|min|timestamp|latitude|longitude|lat|lng|lon"
    r"|position|rank|order|offset|limit|version|(?:is|has|can|show|with|use|enable)_\w+|enabled"
    r"|disabled|checked|active|csrf_token|\w*nonce|LANGUAGE_CODE|LANGUAGE_BIDI|timeout|interval"
    r"|duration|\w*_(?:ms|seconds|hash|md5|sha1)|debug|DEBUG|score|progress|value_now)$"
)
_SITE_MADE = frozenset(
    {
        "True",
        "False",
        "None",
        "forloop",
        "loop",
        "perms",
        "settings",
        "SETTINGS",
        "STATIC_URL",
        "config",
    }
)
# what a model says of itself, `opts` in the templates of Django's admin
_OF_MODELS = frozenset(
    {"model_name", "app_label", "object_name", "label", "label_lower", "app_config"}
    | {"verbose_name", "verbose_name_plural"}
)
# what a form's author calls a field, and what Django makes of that
_OF_FIELDS = frozenset({"html_name", "html_initial_name", "auto_id", "id_for_label"})
_OF_FORMS = frozenset(
    {
        ("widget", "clear_checkbox_label"),
        ("widget", "initial_text"),
        ("widget", "input_text"),
        ("widget", "name"),
        ("widget", "type"),
        ("attrs", "id"),
        ("form", "prefix"),
        ("formset", "prefix"),
    }
)
_MARKUP_OF_DJANGO = frozenset(
    {"super", "media", "as_p", "as_table", "as_ul", "as_div", "as_widget"}
)
_ADDRESSES = re.compile(
    r"^(?:get_absolute_url|\w*url|\w*_(?:href|link|uri|path)|url_\w+|href|link|src|image|logo\w*"
    r"|icon\w*|thumbnail|avatar\w*|action|\w*_action|path|get_full_path|build_absolute_uri)$",
    re.IGNORECASE,
)


_ADDRESS_FIELDS = re.compile("URL|File|Image|Email")
_TEXTS = re.compile(
    r"^(?:\w*_)?(?:title|name|text|label|description|value|query|q|email|username|comment|body"
    r"|content|message|note|search|subject|caption|placeholder|tooltip|user|abstract|summary)$"
)


class Evidence(Enum):
    """How a value stands to the browser."""

    HARMLESS = "written by the site, or no text"
    FROM_BROWSER = "from the browser"
    QUOTES_INPUT = "what a form shows again as it was sent, or an error that may quote it"
    STORED = "a stored text that the browser writes"
    PLAIN_TEXT = "a stored text that is by its name no markup, whoever writes it"
    SETTING = "a text that staff changes in the settings that the admin shows"
    JSON = "JSON that code makes of its data: it escapes no `<`"
    UNKNOWN = "unknown"


class Origin(Struct, frozen=True):
    """Where a value comes from, with its way into the template, and the code that gives it."""

    evidence: Evidence
    flow: tuple[Spot, ...] = ()
    given: Given | None = None


# a field's help, which is its author's; `request.GET.urlencode`
_PLAIN = frozenset({"help_text", "urlencode"})
# of Jinja2's environments: addresses by name, translations, Django's own writer of attributes
_MAKERS = ADDRESSING | TRANSLATIONS | {"flatatt"}
_HARMLESS = Origin(Evidence.HARMLESS)
_QUOTES_INPUT = Origin(Evidence.QUOTES_INPUT)
_UNKNOWN = Origin(Evidence.UNKNOWN)
_ADDING = frozenset({"add", "default", "default_if_none"})
# titles and names are written as they are read; descriptions and bodies may be meant as markup
_PLAIN_NAMES = re.compile(
    r"^(?:\w*_)?(?:title|name|label|caption|subject|username|email|tooltip|placeholder|keyword"
    r"|message)$"
)


def origin(project: Project, path: str, expression: r.Expression) -> Origin:
    """Return where the value of a template's expression comes from.

    This is the one place where rules learn it: from the expression itself and from what views are
    seen to hand to the template.
    """
    if isinstance(expression, r.Filtered) and any(
        is_harmless(item) or _only_tells(project, item.name) for item in expression.filters
    ):
        return _HARMLESS
    if _is_made_by_site(_carrying(expression)):
        return _HARMLESS
    made = _made_by_function(project, path, _carrying(expression))
    heads = () if made is not None else (_carrying(expression),)
    parts = (*heads, *_added(expression))
    values = [value for part in parts for value in carried_values(part)]
    found = [one for value in values for one in _origins_of(project, path, value)]
    found += [made] if made is not None else []
    found += _looked_up_by_filters(project, path, expression)
    for one in found:
        if one.evidence not in (Evidence.HARMLESS, Evidence.UNKNOWN):
            return one
    if is_written_harmless(expression):
        return _HARMLESS
    if found and all(one.evidence is Evidence.HARMLESS for one in found):
        return _HARMLESS
    return _UNKNOWN


# what it returns has no letter that means anything in markup or in a string
_WORDS_ALONE = frozenset({*CLEANERS, "slugify"})


def _only_tells(project: Project, name: str) -> bool:
    """Whether a filter of the site's own returns words of its own alone, whatever it is given."""
    functions = project.filter_functions(name)
    returned = (project.flow.returned(one, _WORDS_ALONE) for one in functions)
    return bool(functions) and all(one.is_constant and not one.params for one in returned)


def _origins_of(project: Project, path: str, value: r.Expression) -> list[Origin]:
    """Return the evidence for a value: for what a function of the project returns, or for each variable in it."""
    made = _made_by_function(project, path, value)
    if made is not None:
        return [made]
    return [_variable_origin(project, path, item) for item in variables(value)]


def is_written_harmless(expression: r.Expression) -> bool:
    """Tell whether an expression is a constant, a number or the like by how it is written."""
    match expression:
        case r.Literal():
            return True
        case r.Filtered(head=head, filters=filters):
            if any(is_harmless(item) for item in filters):
                return True
            return all(is_written_harmless(part) for part in (head, *_added(expression)))
        case r.Variable(path=path):
            return _is_site_made(path)
        case r.Operation():
            return all(is_written_harmless(item) for item in carried_operands(expression))
        case r.Call():
            return _is_made_by_site(expression)
    return False


def _is_made_by_site(expression: r.Expression) -> bool:
    """Tell whether a call returns what the site made, whatever goes in: an address, a number."""
    match expression:
        case r.Call(callee=r.Variable(path=path)):
            return path[-1] in _MAKERS
    return False


def _made_by_function(project: Project, path: str, expression: r.Expression) -> Origin | None:
    """Return the evidence for what a function of the project returns: `{{ order_url(order) }}` of Jinja2.

    None for any other expression, and where the function gives back what it is given.
    """
    match expression:
        case r.Call(callee=r.Variable(path=(name,))):
            functions = project.flow.callers.named(name)
        case _:
            return None
    returned = [project.flow.returned(one, frozenset(CLEANERS)) for one in functions]
    if not returned or any(one.params for one in returned):
        return None
    for one in returned:
        if one.is_browser or (one.is_stored and one.writer):
            step = Spot(path, expression.span, f"`{name}`, called by the template")
            kind = Evidence.FROM_BROWSER if one.is_browser else Evidence.STORED
            return Origin(kind, (*(spot_of(each) for each in one.steps), step))
    return _HARMLESS if all(one.is_constant for one in returned) else _UNKNOWN


def _looked_up_by_filters(
    project: Project, path: str, expression: r.Expression
) -> Iterator[Origin]:
    """Yield the evidence for what filters of the project look up: `{{ "BANNER"|setting|safe }}`."""
    filters = expression.filters if isinstance(expression, r.Filtered) else ()
    for item in filters:
        for function in project.filter_functions(item.name):
            known = project.flow.returned(function, frozenset(CLEANERS))
            if known.is_stored and (known.writer or known.is_setting):
                kind = Evidence.STORED if known.writer else Evidence.SETTING
                step = Spot(path, expression.span, f"looked up by the filter `{item.name}`")
                yield Origin(kind, (*(spot_of(each) for each in known.steps), step))


def is_address_of_site(expression: r.Expression) -> bool:
    """Tell whether a value is by its name an address that the site itself makes."""
    head = expression.head if isinstance(expression, r.Filtered) else expression
    return bool(_ADDRESSES.match(_last_name(head)))


def is_made_address(expression: r.Expression) -> bool:
    """Tell whether a value is what a method so named of a made object returns: `state.add(tag).full_url()`."""
    is_made = isinstance(expression, r.Call) and isinstance(expression.callee, r.Operation)
    return is_made and is_address_of_site(expression)


def _last_name(head: r.Expression) -> str:
    match head:
        case r.Call(callee=callee):
            return _last_name(callee)
        case r.Operation(operator=".", operands=(_, r.Literal(value=str() as name))):
            return name
        case r.Variable(path=path):
            return path[-1]
    return ""


def is_checked_address(project: Project, path: str, expression: r.Expression) -> bool:
    """Tell whether a value is a field that takes addresses of the web alone, or names a file."""
    head = _carrying(expression)
    if not isinstance(head, r.Variable):
        return False
    kinds = _cleaned_kinds(project, head.path)
    if kinds and all(map(_ADDRESS_FIELDS.search, kinds)):
        return True
    chains = (head.path, head.path[:-1])  # `profile.website`, `profile.picture.url`
    values = project.template_values
    found = [
        values.field(where, behind)
        for chain in chains
        if chain
        for where, behind in _behind(values, path, msgspec.structs.replace(head, path=chain))
    ]
    return any(
        f is not None and (_ADDRESS_FIELDS.search(f[1].kind) or _asks_for_address(project, *f))
        for f in found
    )


def _asks_for_address(project: Project, model: Model, field: Field) -> bool:
    """Whether a validator of a field, or whoever writes it, lets addresses of the web through alone."""
    writer = project.flow.writer
    if writer(model, field.name) != NOBODY == writer(model, field.name, frozenset({SCHEME})):
        return True
    declared = project.site.classes.value(model.symbol, field.name)
    made = declared.value if declared is not None else None
    given = argument(made, -1, "validators") if isinstance(made, n.Call) else None
    return any(_ADDRESS_VALIDATORS.search(tail(func_of(item))) for item in items_of(given))


_ADDRESS_VALIDATORS = re.compile(r"ur[il]|http|scheme|web_?(site|address)", re.IGNORECASE)


def _behind(
    values: TemplateValues, path: str, variable: r.Variable
) -> tuple[tuple[str, r.Variable], ...]:
    """Return a variable with its template, and what it is where that one is included."""
    return ((path, variable), *values.handing.of(path, variable))


def is_text(expression: r.Expression) -> bool:
    """Tell whether a value is by its name a text that somebody writes."""
    head = _carrying(expression)
    return isinstance(head, r.Variable) and bool(_TEXTS.match(head.path[-1]))


def is_wrapped(expression: r.Expression) -> bool:
    """Tell whether filters put a text between tags: `"<b>"|add:name|add:"</b>"`."""
    if not isinstance(expression, r.Filtered) or not isinstance(expression.head, r.Literal):
        return False
    return "<" in str(expression.head.value) and any(
        isinstance(part, r.Variable) and _TEXTS.match(part.path[-1]) for part in _added(expression)
    )


def _is_site_made(path: tuple[str, ...]) -> bool:
    if path[-2:-1] == ("opts",) and path[-1] in _OF_MODELS:
        return True
    if path[0] in _SITE_MADE or path[-1] in _MARKUP_OF_DJANGO or path[-1] in _PLAIN:
        return True
    if path[-1] in _OF_FIELDS or path[-2:] in _OF_FORMS:
        return True
    if path[-1] == "label" and len(path) > 1:
        return True
    if path[-1] == "name" and path[-3:-2] and path[-3].endswith("form"):  # of a field
        return True
    return bool(_NUMBERS.match(path[-1]))


def _carrying(expression: r.Expression) -> r.Expression:
    """Return the part of an expression whose text goes out: not the arguments of filters."""
    return expression.head if isinstance(expression, r.Filtered) else expression


def _added(expression: r.Expression) -> tuple[r.Expression, ...]:
    """Return what filters add to a value, or put in its place: `"<b>"|add:name|default:title`."""
    filters = expression.filters if isinstance(expression, r.Filtered) else ()
    return tuple(a.value for f in filters if f.name in _ADDING for a in f.arguments)


def _variable_origin(project: Project, path: str, variable: r.Variable) -> Origin:
    if project.template_map.is_constant(path, variable) or _names_file(variable):
        return _HARMLESS
    read = _request_origin(project, path, variable)
    if read is not None:
        return read
    if shows_value(project, path, variable):
        step = Spot(path, variable.span, "what a form shows again as it was sent")
        return Origin(Evidence.STORED, (step,))
    given = project.template_values.of(path, variable)
    sent = _sent(project, given)
    if sent is not None:
        return sent
    stored = project.template_values.stored(path, variable)
    if stored is not None:
        if stored.is_constant:
            return _HARMLESS
        if stored.is_browser or stored.writer:
            kind = Evidence.FROM_BROWSER if stored.is_browser else Evidence.STORED
            return Origin(kind, tuple(spot_of(step) for step in stored.steps))
        if stored.is_stored and _PLAIN_NAMES.match(variable.path[-1]):
            return Origin(Evidence.PLAIN_TEXT, tuple(spot_of(step) for step in stored.steps))
    shown = _setting(project, path, variable, given) or _quoting_input(
        project, path, variable, given
    )
    if shown is not None:
        return shown
    if is_message(project, path, variable):
        return _of_messages(project)
    encoded_ones = [item for item in given if _is_plain_json(item)]
    if encoded_ones:
        return Origin(Evidence.JSON, given=max(encoded_ones, key=_is_of_rows))
    for item in given:
        is_plain = bool(_PLAIN_NAMES.match(tail(item.origin.source)))
        if item.origin.is_stored and (is_plain or _is_any_cell(variable, item)):
            return Origin(Evidence.PLAIN_TEXT, _way(item), item)
    if given and all(item.origin == TYPED or item.origin.is_constant for item in given):
        return _HARMLESS
    return _UNKNOWN


def _names_file(variable: r.Variable) -> bool:
    """Whether it is the name or the address of a stored file: Django keeps letters, digits, dots and hyphens alone."""
    return (
        len(variable.path) > 1
        and variable.path[-1] in ("name", "url")
        and bool(_FILES.search(variable.path[-2]))
    )


_FILES = re.compile(r"(^|_)(file|image|picture|photo|avatar|attachment|document|thumbnail|upload)$")


def _setting(
    project: Project, path: str, variable: r.Variable, given: Sequence[Given]
) -> Origin | None:
    """Return the evidence that a variable is a setting that staff changes while the site runs."""
    if variable.path[0] in project.once(setting_names) and len(variable.path) > 1:
        return Origin(
            Evidence.SETTING, (Spot(path, variable.span, "a setting that staff changes"),)
        )
    for item in given:
        if item.origin.is_setting:
            return Origin(Evidence.SETTING, _way(item), item)
    return None


def _quoting_input(
    project: Project, path: str, variable: r.Variable, given: Sequence[Given]
) -> Origin | None:
    """Return the evidence that a variable is a form's error or value, or an error that quotes what was sent."""
    if quotes_what_was_sent(project, path, variable):
        return _QUOTES_INPUT
    for item in given:
        found = quoting(item.code, item.value)
        if found is not None:
            way = item.code.flow(found, item.value, f"into the template as `{item.name}`")
            return Origin(Evidence.QUOTES_INPUT, way, item)
    return None


def _request_origin(project: Project, path: str, variable: r.Variable) -> Origin | None:
    """Return the evidence that a variable is a part of the request, by whatever name it is known."""
    for where, behind in _behind(project.template_values, path, variable):
        if reads_request(behind.path):
            if (kinds := _cleaned_kinds(project, behind.path)) is not None:
                if not kinds:
                    return _UNKNOWN  # a field of a form that is not the site's
                if all(map(is_typed_input, kinds)):
                    return _HARMLESS
            step = Spot(where, behind.span, "from the browser")
            return Origin(Evidence.FROM_BROWSER, (step,))
    return None


def _cleaned_kinds(project: Project, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the classes of the field in `form.cleaned_data.url`, whichever form it is; None of anything else."""
    if "cleaned_data" not in path[:-1]:
        return None
    return project.site.forms.kinds_of(path[path.index("cleaned_data") + 1])


def _sent(project: Project, given: Sequence[Given]) -> Origin | None:
    """Return the evidence that the browser writes one of several values, at once or stored before."""
    for item in given:
        if item.origin.is_browser:
            return Origin(Evidence.FROM_BROWSER, _way(item), item)
    for item in given:
        if item.origin.is_stored and (item.origin.writer or _is_of_widget(project, item)):
            return Origin(Evidence.STORED, _way(item), item)
    return None


def _is_any_cell(variable: r.Variable, given: Given) -> bool:
    """Tell whether a loop shows all cells of rows that a statement of SQL has selected, texts among them."""
    return len(variable.path) == 1 and is_fetched(given.origin)


def _is_of_widget(project: Project, given: Given) -> bool:
    """Tell whether a value is what a widget shows: a form shows again what was sent, as it was sent."""
    owner = given.code.owner
    return owner is not None and "widget" in project.site.classes.kinds(owner)


def _is_plain_json(given: Given) -> bool:
    """Tell whether a value is JSON as `json.dumps` leaves it: `</script>` in a text ends the script."""
    made = encoded(given.code, given.value)
    return made is not None and not encoded_origin(given.code, made).is_constant


def _is_of_rows(given: Given) -> bool:
    return given.origin.is_stored


def _of_messages(project: Project) -> Origin:
    known = project.once(worst_message)
    if known is None:
        return _UNKNOWN
    found, way = known
    if found.is_browser:
        return Origin(Evidence.FROM_BROWSER, way)
    return Origin(Evidence.STORED if found.writer else Evidence.PLAIN_TEXT, way)


def _way(given: Given) -> tuple[Spot, ...]:
    note = f"into the template as `{given.name}`"
    return given.code.flow(given.origin, given.value, note)
