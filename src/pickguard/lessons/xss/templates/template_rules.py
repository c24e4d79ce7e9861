"""XSS rules that look at the outputs of templates, each for one kind of place in a page."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.base.spans import Span, pack, unpack
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.lessons.xss.templates.beginnings import begins_with_browser, is_begun_by_filter
from pickguard.lessons.xss.templates.filters import takes_plain_text
from pickguard.lessons.xss.templates.frames import is_text_in_frame, runs_no_script
from pickguard.lessons.xss.templates.json_values import ends_with_own_json, has_json_filter, is_json
from pickguard.lessons.xss.templates.places import Danger, Dangerous, dangerous
from pickguard.lessons.xss.templates.script_strings import ends_string, followed_by_scripts, is_run
from pickguard.lessons.xss.templates.values import (
    Evidence,
    Origin,
    is_address_of_site,
    is_checked_address,
    is_made_address,
    is_text,
    is_wrapped,
    is_written_harmless,
    origin,
)
from pickguard.source.templates import record as r
from pickguard.source.templates.value_context import Part

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)
_GAIN = "whoever can choose the value runs a script in the sessions of those who see the page"
_QUOTED = frozenset({Part.SINGLE_QUOTED, Part.DOUBLE_QUOTED})
_IN_STRINGS = _QUOTED | {Part.TEMPLATE, Part.HOLE}
# filters that make a value fit into a script's string
_FOR_STRINGS = frozenset(
    {"urlencode", "escapejs", "escapejs_filter", "js", "addslashes_js", "jsattr"}
)
# Django's: it leaves letters, brackets, `$` and `{` as they are
_FOR_QUOTED = frozenset({"escapejs", "escapejs_filter"})
_FOR_ADDRESSES = frozenset({"urlencode", "urlize", "iriencode", "safe_url", "safelink", "absolute"})


@rule(
    "xss.unescaped-output",
    title="a value goes out unescaped",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="drop `|safe`; Django then escapes the value. Where it has to hold markup, clean it with"
    " `nh3` before it is stored",
)
def unescaped_output(project: Project) -> Iterator[Hit]:
    """Find `|safe` and `autoescape off` on values that the site did not write itself."""
    for item, found in _found(project, Danger.UNESCAPED):
        marked = item.outcome.by
        label = "goes out as HTML, escaping switched off"
        where = "`autoescape off`" if marked is None else f"`|{marked.name}`"
        hit = _hit(
            item,
            found,
            f"{_named(item.expression)} goes out unescaped through {where}",
            Confidence.MEDIUM
            if _is_plain(item, found) or _is_handled_as_text(project, item)
            else Confidence.LOW,
            Spot(item.place.path, _span(item), label),
        )
        yield replace(hit, mend=_MEND_BLOCK) if marked is None else hit


def _is_plain(item: Dangerous, found: Origin) -> bool:
    """Tell whether a value is by its making no markup: a plain text, JSON, a text between tags."""
    return found.evidence in (Evidence.PLAIN_TEXT, Evidence.JSON) or is_wrapped(item.expression)


def _is_handled_as_text(project: Project, item: Dangerous) -> bool:
    """Tell whether a filter takes it for plain text, and escapes nothing in `autoescape off`."""
    if item.outcome.by is not None:  # `|safe`: somebody meant it to be markup
        return False
    filters = item.expression.filters if isinstance(item.expression, r.Filtered) else ()
    return any(takes_plain_text(one, project.template_map.library) for one in filters)


_MEND_BLOCK = "move it out of `{% autoescape off %}`, or escape it there: `{{ value|escape }}`"


@rule(
    "xss.script-output",
    title="a value stands inside a script",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend='hand it over as data: `{{ value|json_script:"id" }}` and `JSON.parse` in the script',
)
def script_output(project: Project) -> Iterator[Hit]:
    """Find outputs in `<script>`: HTML escaping does not help there."""
    for item, found in _found(project, Danger.SCRIPT):
        if item.context.part in _QUOTED and not item.outcome.raw and not _is_sure(found):
            continue
        if any(_is_own_escape(name) for name in item.filters):
            continue
        runs = is_run(project, item)
        if item.passes(_FOR_QUOTED) and not _runs(item) and not runs:
            continue
        if not item.outcome.raw and has_json_filter(project, item.expression):
            continue
        if item.context.part is Part.CODE and ends_with_own_json(project, item.expression):
            continue
        if _fits_string(item) and not runs:
            continue
        where = "in a text that is run as" if runs else f"{_WHERE[item.context.part]} of"
        hit = _hit(
            item,
            found,
            f"{_named(item.expression)} stands {where} a script",
            Confidence.MEDIUM
            if _breaks_out(item) or _is_json_of_rows(item, found) or _is_raw_text(item, found)
            else Confidence.LOW,
        )
        is_mild = item.context.part in _QUOTED and not item.outcome.raw and not runs
        yield _milder(project, item, hit) if is_mild else hit


def _fits_string(item: Dangerous) -> bool:
    """Tell whether a filter makes a value fit into the string that it stands in."""
    if item.context.part is Part.TEMPLATE and item.passes(_FOR_QUOTED):
        return not _runs(item)
    return item.context.part in _IN_STRINGS and item.passes(_FOR_STRINGS)


def _runs(item: Dangerous) -> bool:
    """Tell whether a value runs that is fit for a string in quotes: `x = alert(1)`, or `${alert(1)}`."""
    is_only_there = len(item.place.contexts) == 1
    return is_only_there and item.context.part in (Part.CODE, Part.TEMPLATE)


def _milder(project: Project, item: Dangerous, hit: Hit) -> Hit:
    """Return the hit of an escaped value in a string: its quotes are escaped, a backslash is not."""
    runs = ends_string(project, item) and _is_followed(project, hit.spots[0])
    return replace(
        hit,
        confidence=Confidence.MEDIUM,
        severity=Severity.MEDIUM if runs else Severity.LOW,
        gain="a backslash at the end of the value takes the quote with it, and the second value of the line runs"
        if runs
        else "a backslash or a line break in the value breaks the script, for whoever sees the page",
    )


def _is_followed(project: Project, spot: Spot) -> bool:
    """Whether another value goes out later in the line: the string of the first goes on up to it."""
    place = unpack(spot.span)
    outputs = (
        unpack(node.span)
        for node in project.template_map.records[spot.path].every
        if isinstance(node, r.Output) and not is_written_harmless(node.expression)
    )
    return any(one.line == place.line and one.column > place.column for one in outputs)


def _breaks_out(item: Dangerous) -> bool:
    """Tell whether a text ends the string that it stands in, whoever writes it."""
    is_marked = item.outcome.raw and item.outcome.by is not None
    is_in_string = item.context.part in _QUOTED and is_text(item.expression)
    return (is_marked and is_in_string) or _breaks_out_of_literal(item)


def _breaks_out_of_literal(item: Dangerous) -> bool:
    """Tell whether `${...}` in a text runs: nothing escapes it in a template literal."""
    is_only_there = len(item.place.contexts) == 1
    return item.context.part is Part.TEMPLATE and is_only_there and is_text(item.expression)


def _is_json_of_rows(item: Dangerous, found: Origin) -> bool:
    """Tell whether a value is plain JSON of stored texts: `</script>` in one of them ends the script."""
    if not item.outcome.raw or found.evidence is not Evidence.JSON or found.given is None:
        return False
    return found.given.origin.is_stored


def _is_raw_text(item: Dangerous, found: Origin) -> bool:
    """Tell whether a stored text that is no markup goes out as it is: JSON that is put together by hand."""
    return item.outcome.raw and found.evidence is Evidence.PLAIN_TEXT


_WHERE = {
    **dict.fromkeys(Part, "in the code"),
    Part.SINGLE_QUOTED: "in a string",
    Part.DOUBLE_QUOTED: "in a string",
    Part.TEMPLATE: "in a template literal",
    Part.REGEX: "in a regular expression",
}


@rule(
    "xss.handler-output",
    title="a value stands inside an event handler",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="put it into a `data-` attribute and read it from there in the handler; `|escapejs` is"
    " the least that makes it fit into a string",
)
def handler_output(project: Project) -> Iterator[Hit]:
    """Find outputs in handlers: the browser undoes HTML escaping before the script runs."""
    for item, found in _found(project, Danger.HANDLER):
        part = item.context.part
        if _fits_string(item) and not is_run(project, item):
            continue
        if part not in _IN_STRINGS and is_json(project, item.place.path, item.expression):
            continue
        in_string = part in _IN_STRINGS and is_text(item.expression)
        yield _hit(
            item,
            found,
            f"{_named(item.expression)} stands {_WHERE[part]} of `{item.context.attribute}`:"
            " the browser undoes the escaping before the script runs",
            Confidence.MEDIUM if in_string and _is_native(item) else Confidence.LOW,
        )


def _is_native(item: Dangerous) -> bool:
    return item.context.attribute.startswith("on") or item.context.attribute == "href"


@rule(
    "xss.srcdoc-output",
    title="a value stands inside `srcdoc`",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="escape it once more (`|force_escape`), or give the frame a `sandbox` without"
    " `allow-scripts`",
)
def srcdoc_output(project: Project) -> Iterator[Hit]:
    """Find outputs in `srcdoc`: what is escaped once is markup again inside the frame."""
    for item, found in _found(project, Danger.SRCDOC):
        if not is_text_in_frame(project, item) and not runs_no_script(project, item):
            yield _hit(
                item,
                found,
                f"{_named(item.expression)} is markup inside the frame of `srcdoc`",
                Confidence.MEDIUM,
            )


@rule(
    "xss.unquoted-attribute",
    title="a value stands in an attribute without quotes",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.MEDIUM,
    gain="a value with a space starts an attribute of its own, such as `onmouseover`",
    mend='put quotes around it: `class="{{ value }}"`',
)
def unquoted_attribute(project: Project) -> Iterator[Hit]:
    """Find outputs as attribute values without quotes: a space ends them."""
    for item, found in _found(project, Danger.UNQUOTED):
        if item.context.attribute in ("colspan", "rowspan", "tabindex", "maxlength"):
            continue
        yield _hit(
            item,
            found,
            f"{_named(item.expression)} is the value of `{item.context.attribute}` without quotes",
            Confidence.MEDIUM if is_text(item.expression) else Confidence.LOW,
        )


@rule(
    "xss.javascript-url",
    title="a value is the start of an address",
    areas=_AREAS,
    cwe=(79, 83),
    severity=Severity.MEDIUM,
    gain="an address that begins with `javascript:` runs as a script when it is followed",
    mend="let through `http` and `https` alone before the address is shown or stored",
)
def javascript_url(project: Project) -> Iterator[Hit]:
    """Find outputs that an address begins with, so that they choose its scheme."""
    for item, found in (*_found(project, Danger.ADDRESS), *followed_by_scripts(project)):
        is_cleaned = item.outcome.cleaned and bool(item.context.attribute)
        if item.passes(_FOR_ADDRESSES) or is_cleaned:
            continue
        if _is_sure(found) and found.given and not begins_with_browser(found.given):
            continue
        if is_checked_address(project, item.place.path, item.expression):
            continue
        if is_begun_by_filter(project, item.expression):
            continue
        is_given = found.evidence is Evidence.STORED and bool(found.given)
        if is_given and is_address_of_site(item.expression):
            continue
        if is_made_address(item.expression) or _is_mail_address(project, item):
            continue
        if _is_sure(found) or not is_address_of_site(item.expression):
            yield _hit(
                item,
                found,
                f"{_named(item.expression)} {_chooses(item)}",
                Confidence.LOW,
            )


def _is_mail_address(project: Project, item: Dangerous) -> bool:
    """Whether a value is an address of mail by its column: before the `@` stands no colon but in quotes."""
    if not isinstance(item.expression, r.Variable):
        return False
    found = project.template_values.field(item.place.path, item.expression)
    return found is not None and found[1].kind == "EmailField"


def _chooses(item: Dangerous) -> str:
    """Tell what the beginning of an address decides."""
    if item.context.tag == "script" and item.context.attribute == "src":
        return "chooses the script that is loaded"
    return f"chooses the scheme of `{item.context.attribute or 'location'}`"


@rule(
    "xss.style-output",
    title="a value stands inside a style",
    areas=_AREAS,
    cwe=(79, 116),
    severity=Severity.LOW,
    gain="whoever can choose the value redraws the page, and reads parts of it through selectors",
    mend="let through only values of a known form (a colour, a number), or choose a class instead",
)
def style_output(project: Project) -> Iterator[Hit]:
    """Find outputs in styles."""
    for item, found in _found(project, Danger.STYLE):
        hit = _hit(item, found, f"{_named(item.expression)} stands inside a style", Confidence.LOW)
        is_colour = found.evidence is Evidence.STORED and _COLOUR.search(hit.message)
        yield replace(
            hit, severity=None, confidence=Confidence.LOW if is_colour else hit.confidence
        )


# chosen with a picker, and by those who run the site
_COLOUR = re.compile(r"colou?r", re.IGNORECASE)


@rule(
    "xss.name-output",
    title="a value is part of a tag outside of any attribute's value",
    areas=_AREAS,
    cwe=(79, 83),
    severity=Severity.MEDIUM,
    gain="a value with a space and an equals sign is an attribute, such as `onclick`",
    mend="write the name into the template and choose it with `{% if %}`",
)
def name_output(project: Project) -> Iterator[Hit]:
    """Find outputs that are names of elements or attributes, or whole attributes."""
    for item, found in _found(project, Danger.NAME):
        yield _hit(
            item,
            found,
            f"{_named(item.expression)} is part of a tag, outside of any attribute's value",
            Confidence.LOW,
        )


def _found(project: Project, danger: Danger) -> Iterator[tuple[Dangerous, Origin]]:
    for item in project.once(dangerous):
        if item.danger is danger:
            found = origin(project, item.place.path, item.expression)
            if found.evidence is not Evidence.HARMLESS:
                yield item, found


_CONFIDENCE = {
    Evidence.FROM_BROWSER: Confidence.HIGH,
    Evidence.STORED: Confidence.HIGH,
    Evidence.QUOTES_INPUT: Confidence.MEDIUM,
    Evidence.SETTING: Confidence.MEDIUM,
}


def _is_sure(found: Origin) -> bool:
    return found.evidence in (Evidence.FROM_BROWSER, Evidence.STORED)


def _hit(
    item: Dangerous,
    found: Origin,
    message: str,
    otherwise: Confidence,
    spot: Spot | None = None,
) -> Hit:
    """Return a hit: sure where the value is from the browser, `otherwise` where nobody knows."""
    place = spot or Spot(item.place.path, _span(item))
    sure = _is_sure(found)
    return Hit(
        (place,),
        message,
        _CONFIDENCE.get(found.evidence, otherwise),
        severity=None if sure else Severity.MEDIUM,
        flow=found.flow,
        cause=_cause(item, sure=sure),
    )


def _cause(item: Dangerous, *, sure: bool) -> str:
    """Return what a value has in common with itself elsewhere: in the template, or in the line if much is known."""
    name = _named(item.expression)
    line = unpack(item.expression.span).line if sure else ""
    return f"{name} {item.outcome.raw} {line}" if name.startswith("`") else ""


def _span(item: Dangerous) -> int:
    """Return where the expression stands, from its name to the filter that marks it."""
    start = unpack(item.expression.span)
    if item.outcome.by is None:
        return item.expression.span
    end = unpack(item.outcome.by.span)
    return pack(Span(start.line, start.column, end.end_line, end.end_column))


def _named(expression: r.Expression) -> str:
    head = expression.head if isinstance(expression, r.Filtered) else expression
    if isinstance(head, r.Call):
        head = head.callee
    name = f"`{'.'.join(head.path)}`" if isinstance(head, r.Variable) else "a value"
    added = next(_added(expression), None)
    return name if added is None else f"{name} with `{'.'.join(added.path)}`"


def _added(expression: r.Expression) -> Iterator[r.Variable]:
    """Yield what has a name and is added to a value: `|add:photo.caption`."""
    for one in expression.filters if isinstance(expression, r.Filtered) else ():
        for given in one.arguments if one.name == "add" else ():
            if isinstance(given.value, r.Variable):
                yield given.value


def _is_own_escape(name: str) -> bool:
    """Whether a filter is the project's own for scripts; Django's are for HTML."""
    return "escape" in name and name not in _OF_DJANGO


_OF_DJANGO = frozenset({"escape", "force_escape", "escapeseq"}) | _FOR_QUOTED
