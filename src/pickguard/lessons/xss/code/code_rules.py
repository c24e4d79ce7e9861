"""XSS rules that look at Python: text that is called safe, and HTML put together by hand."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.requested import BESIDE_LINKS
from pickguard.flow.values.origin import CONSTANT, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.kit.values.sure import sure, weight
from pickguard.lessons.xss.cleaning.markdown_rules import (
    CALLED_BY_TEMPLATES,
    cleaning_renderers,
    rendering,
)
from pickguard.lessons.xss.code.bare_scripts import bare_in_scripts
from pickguard.lessons.xss.code.errors import quoting
from pickguard.lessons.xss.code.imported import is_made_on_import
from pickguard.lessons.xss.code.markup import (
    AS_TEXT,
    gains_tags,
    looks_harmless,
    named,
    names_row,
    reads_text,
)
from pickguard.lessons.xss.code.pieces import (
    HARMLESS,
    holds_markup,
    is_made,
    unescaped_parts,
    worst_part,
)
from pickguard.lessons.xss.code.word_lists import leaves_typed_words, replaced
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, operands, put_in, receiver_of
from pickguard.source.python.bodies import body as body_of
from pickguard.source.python.walk import inside, statements

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)
# what is HTML already, by its name
_HTML_NAME = re.compile(
    r"html|render|widget|content|markup|icon|svg|link|rows|snippet|fragment|safe|attrs|_tag|button"
    r"|img|output|body|block|join|super|template|escap|clean|toolbar|errors",
    re.IGNORECASE,
)
_GAIN = "whoever can write the value runs scripts in the browser, and the session, of who sees it"


@code_rule(
    "xss.mark-safe",
    words=("mark_safe", "SafeString", "SafeText", "format_html", "extra_tags"),
    sinks=(SinkKind.HTML,),
    title="a text with an unescaped value is called safe",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend='use `format_html("<b>{}</b>", value)`, which escapes the values',
)
def mark_safe(code: Code) -> Iterator[Hit]:
    """Find `mark_safe` of something that is not constant."""
    for call, value in _marked(code):
        clears = (*HARMLESS, *code.clears(SinkKind.HTML), *cleaning_renderers(code, value))
        origin = code.origin(value, *clears)
        if origin.is_constant:
            origin = _stripped(code, value)
        if is_made_on_import(code, call, origin) or _is_escaped_by_words(code, value, clears):
            continue
        if not origin.is_constant and rendering(code, value) is None:
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` is given {_what(code, value)}",
                _sure_of(code, value, origin),
                code.symbol,
                None if origin.is_browser or origin.writer else Severity.MEDIUM,
                code.flow(origin, call, "is called safe"),
            )


def _what(code: Code, value: n.Expr) -> str:
    """Return what a text is told by: the piece of it that weighs most, where that has a name."""
    parts = [one for one in unescaped_parts(code, value) if not looks_harmless(_last_name(one[0]))]
    part = max(parts, key=lambda one: weight(one[1]))[0] if parts else value
    name = named(_unmade(part))
    return f"{name}, and nothing escapes it" if name[0] == "`" else f"{name} that nothing escapes"


def _is_escaped_by_words(code: Code, value: n.Expr, clears: tuple[str, ...]) -> bool:
    """Whether each word of a text is replaced by what is escaped."""
    found = replaced(code, value)
    if found is None or found.passes_over:
        return False
    return all(code.origin(put, *clears).is_constant for put in found.values)


def _stripped(code: Code, value: n.Expr) -> Origin:
    """Return the origin of a text that only lost its tags: an unclosed one stays, and runs."""
    kept = [name for name in HARMLESS if name != "strip_tags"]
    is_stripped = "strip_tags" in code.words and code.is_from(n.Name(0, "strip_tags"), "django")
    found = code.origin(value, *kept, *code.clears(SinkKind.HTML) - {"strip_tags"})
    return found if is_stripped and (found.is_browser or found.is_stored) else CONSTANT


def _marked(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls("mark_safe", "SafeString", "SafeText"):
        if call.args and code.is_from(call.func, "django.utils"):
            yield call, call.args[0]
    for call in code.calls("format_html"):  # with nothing to fill in it escapes nothing
        is_whole = len(call.args) == 1 and not call.keywords and not is_made(call.args[0])
        if is_whole and code.is_from(call.func, "django.utils.html"):
            yield call, call.args[0]
    for found in sunk(code, SinkKind.HTML):
        yield found.call, found.value
    for call in code.calls(*_MESSAGES) if "extra_tags" in code.words else ():
        tags = text(argument(call, -1, "extra_tags")) or ""
        message = argument(call, 2 if tail(call.func) == "add_message" else 1, "message")
        if message is not None and "safe" in tags.split():
            yield call, message


# of `django.contrib.messages`; by convention templates print those tagged so as they are
_MESSAGES = ("success", "error", "warning", "info", "debug", "add_message")


def _sure_of(code: Code, value: n.Expr, origin: Origin) -> Confidence:
    """Tell a text that is put together from a stored one that is meant to be HTML as it stands."""
    if not origin.is_browser and not origin.writer and quoting(code, value) is not None:
        return Confidence.MEDIUM
    words = replaced(code, value)
    if words is not None and leaves_typed_words(code, words):
        return sure(origin, Confidence.MEDIUM)
    is_whole = isinstance(value, n.Attr | n.Index | n.Name) and not any(
        is_made(v) for v in code.assigned(tail(value))
    )
    if is_whole and not origin.is_browser and not origin.writer:
        return Confidence.LOW
    return sure(origin, _of_markup(code, value))


# who names one of them escapes on some ways at least
_ESCAPING = frozenset(
    {"escape", "conditional_escape", "force_escape", "html_escape", "strip_tags"}
    | {"striptags", "clean", "sanitize", "bleach", "nh3", "urlize", "linebreaks", "highlight"}
)


def _of_markup(code: Code, value: n.Expr) -> Confidence:
    """Tell plain data put between tags from pieces of HTML that are put together."""
    made = [value, *code.assigned(tail(value))] if isinstance(value, n.Name) else [value]
    if code.words.isdisjoint(_ESCAPING) and any(gains_tags(v) or names_row(code, v) for v in made):
        return Confidence.MEDIUM
    if any(holds_markup(v) or _begins_indented(code, v) for v in made):
        for part, _origin in unescaped_parts(code, value):
            is_plain = not _HTML_NAME.search(_named(part))
            if not is_plain or (looks_harmless(_last_name(part)) and not _is_of_page(code, part)):
                continue
            if _is_of_templates(code) or reads_text(code, part):
                return Confidence.MEDIUM
    if _is_of_templates(code) and _is_wrapped_elsewhere(code, value):
        return Confidence.MEDIUM
    return Confidence.LOW


def _begins_indented(code: Code, value: n.Expr) -> bool:
    """Whether a name that stands in a text was given markup to repeat: `indent = "&nbsp;" * row.depth`."""
    places = value.parts if isinstance(value, n.Joined) else operands(value, "+")
    names = (put_in(part) for part in places)
    return any(
        isinstance(given, n.Binary) and given.op == "*" and holds_markup(given)
        for name in names
        if isinstance(name, n.Name)
        for given in code.assigned(name.id)
    )


def _is_wrapped_elsewhere(code: Code, value: n.Expr) -> bool:
    """Whether another function puts tags around what the template gives: `parts.append(as_code(item))`."""
    function = code.function
    params = function.node.params if function is not None else ()
    given = {passed.name for passed in code.body.local_origin(value, frozenset(HARMLESS)).params}
    if not params or params[0].name not in given:
        return False
    for call in code.every(n.Call):
        called = code.called(call)
        there = code.project.code_of(called) if called is not None else None
        if there is None or not there.words.isdisjoint(_ESCAPING):
            continue
        for made in there.returned:
            if holds_markup(made) and any(
                there.body.local_origin(part, frozenset(HARMLESS)).params
                and not looks_harmless(_last_name(part))
                for part, _origin in unescaped_parts(there, made)
            ):
                return True
    return False


def _is_of_templates(code: Code) -> bool:
    """Whether templates call a function themselves, and nothing in it escapes what they give it."""
    if code.function is None or not code.function.node.params:
        return False
    if not code.words.isdisjoint(_ESCAPING):
        return False
    decorators = code.function.node.decorators
    called = (func_of(one) for one in decorators)
    return any(tail(one) in CALLED_BY_TEMPLATES for one in called)


# names of what a site writes itself, as a rule; what a page is given may come out of a form
_OF_LOOKS = re.compile(r"(^|_)(class(es)?|style|colou?r|kind|type|align\w*)$")


def _is_of_page(code: Code, part: n.Expr) -> bool:
    """Whether a tag reads a value from the context of the page, whatever it is called there."""
    if not _OF_LOOKS.search(_last_name(part)):
        return False
    local = code.body.local_origin(part, frozenset())
    return any(passed.name == "context" for passed in local.params)


def _last_name(part: n.Expr) -> str:
    """Return the name that an expression ends with: a number, an address or the like tells itself."""
    return tail(func_of(_unmade(part)))


def _unmade(part: n.Expr) -> n.Expr:
    """Return what is put in a place, or made a text for it: `str(row.pk)`."""
    value = put_in(part)
    is_made_text = (
        isinstance(value, n.Call) and tail(value.func) in AS_TEXT and len(value.args) == 1
    )
    return value.args[0] if isinstance(value, n.Call) and is_made_text else value


def _named(part: n.Expr) -> str:
    """Return the names in an expression, a method's before its receiver's."""
    return " ".join(tail(p) for p in inside(part) if isinstance(p, n.Name | n.Attr))


@code_rule(
    "xss.format-html",
    words=("format_html", "format_html_join"),
    title="`format_html` is given a text that is already formatted",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="leave the braces to `format_html`: `format_html('<a href=\"{}\">', url)`",
)
def format_html(code: Code) -> Iterator[Hit]:
    """Find `format_html(f"…")` and `format_html("…" % x)`."""
    for call in code.calls("format_html", "format_html_join"):
        position = 1 if tail(call.func) == "format_html_join" else 0
        form = argument(call, position, "format_string")
        if form is None or not code.is_from(call.func, "django.utils.html"):
            continue
        origin = worst_part(code, form)
        if origin is not None:
            yield Hit(
                (code.spot(form),),
                "the value is in the text before `format_html` can escape it",
                _is_plain(form, origin),
                code.symbol,
                flow=code.flow(origin, form, "is formatted without being escaped"),
            )


def _is_plain(form: n.Expr, origin: Origin) -> Confidence:
    """Tell the plain mistake from a text that is composed and then has its values filled in."""
    has_places = any(isinstance(p, n.Const) and "{" in str(p.value) for p in inside(form))
    if isinstance(form, n.Joined | n.Binary) and holds_markup(form) and not has_places:
        return Confidence.HIGH
    return sure(origin)


_RESPONSES = (
    "HttpResponse", "HttpResponseBadRequest", "HttpResponseNotFound", "HttpResponseForbidden",
    "HttpResponseServerError", "HttpResponseGone", "StreamingHttpResponse",
)  # fmt: skip


@code_rule(
    "xss.html-response",
    words=_RESPONSES,
    title="an HTML page is put together from what the browser sent",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain="whoever follows a crafted link runs the attacker's script in their own session",
    mend="render a template, or escape the value, or answer as `text/plain`",
)
def html_response(code: Code) -> Iterator[Hit]:
    """Find `HttpResponse(f"<p>{request.GET[…]}")`, and what is written into one later."""
    if _is_signed(code):
        return
    sets_type = _sets_type(code)
    for value in _answered(code):
        origin = code.origin(value, BESIDE_LINKS, *HARMLESS)
        if any(isinstance(p, n.Call) and tail(p.func) == "format_exc" for p in inside(value)):
            message = "a traceback quotes what the browser sent, and goes out as HTML"
            yield Hit((code.spot(value),), message, Confidence.MEDIUM, code.symbol)
            continue
        quoted = None if origin.is_browser else quoting(code, value)
        if quoted is not None and not sets_type:
            message = "the text of an error, which quotes what the browser sent, goes out as HTML"
            way = code.flow(quoted, value, "goes out as HTML")
            yield Hit((code.spot(value),), message, Confidence.MEDIUM, code.symbol, flow=way)
            continue
        if not origin.is_browser and not sets_type:
            yield from _bare_in_scripts(code, value)
            yield from _without_tags(code, value) if origin.is_constant else ()
        if not (origin.is_browser or origin.is_stored) or sets_type:
            continue
        what = "what the browser sent goes back" if origin.is_browser else "a stored text goes out"
        yield Hit(
            (code.spot(value),),
            f"{what} as HTML, unescaped",
            sure(origin),
            code.symbol,
            flow=code.flow(origin, value, "goes out as HTML"),
            gain="" if origin.is_browser else _STORED,
        )


def _bare_in_scripts(code: Code, value: n.Expr) -> Iterator[Hit]:
    for part, origin in bare_in_scripts(code, value):
        yield Hit(
            (code.spot(part),),
            "what the browser sent stands in a script, where escaping it as HTML changes nothing",
            Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, part, "is code of the script"),
            mend="make it a number, `int(value)`, or write it as JSON with `json_script`",
        )


def _without_tags(code: Code, value: n.Expr) -> Iterator[Hit]:
    origin = _stripped(code, value)
    if origin.is_browser:
        yield Hit(
            (code.spot(value),),
            "what the browser sent lost its tags alone: an unclosed one stays, and a quote ends an attribute",
            Confidence.MEDIUM,
            code.symbol,
            flow=code.flow(origin, value, "goes out as HTML"),
        )


_STORED = "whoever can write the text runs scripts in the session of everybody who sees it"


def _is_signed(code: Code) -> bool:
    """Whether a message of another machine is answered, which signs what it sends: nobody else makes such a link."""
    tests = [s.test for s in code.statements if isinstance(s, n.If)]
    tests += [choice.test for choice in code.every(n.Choice)]
    return any(_SIGNED.search(tail(part)) for test in tests for part in inside(test))


_SIGNED = re.compile(
    r"^(?:hub_|msg_)?signature$|(?:check|verif\w*|valid\w*)_(?:\w+_)?signature|^compare_digest$",
    re.IGNORECASE,
)


def _answered(code: Code) -> Iterator[n.Expr]:
    """Yield what goes out as HTML."""
    answers: set[int] = set()
    for call in code.calls(*_RESPONSES):
        if not code.is_from(call.func, "django.http") or not _is_html(call):
            continue
        content = argument(call, 0, "content", "streaming_content")
        if content is not None:
            yield content
        answers.add(id(call))
    yield from _written_later(code, answers)


_RUNS_SCRIPTS = re.compile("html|svg")


def _is_html(call: n.Call) -> bool:
    headers = _headers(call)
    if "content-disposition" in headers:
        return False
    kind = headers.get("content-type", argument(call, 1, "content_type", "mimetype"))
    if kind is not None:
        return bool(_RUNS_SCRIPTS.search(text(kind) or ""))
    return True


def _headers(call: n.Call) -> dict[str, n.Expr]:
    """Return the headers that are handed to an answer, by their names in lower case."""
    given = argument(call, -1, "headers")
    if not isinstance(given, n.Mapping):
        return {}
    pairs = zip(given.keys, given.values, strict=True)
    return {(text(key) or "").lower(): value for key, value in pairs}


def _written_later(code: Code, answers: set[int]) -> Iterator[n.Expr]:
    """`response = HttpResponse()`, and then `response.write(text)` or `response.content = text`."""
    assigns = [statement for statement in code.statements if isinstance(statement, n.Assign)]
    answered = (s for s in assigns if id(s.value) in answers)
    names = {tail(t) for s in answered for t in s.targets if type(t) is n.Name}
    if not names:
        return
    for written in code.calls("write", "writelines"):
        receiver = receiver_of(written)
        if isinstance(receiver, n.Name) and receiver.id in names and written.args:
            yield written.args[0]
    for statement in assigns:
        for target in statement.targets:
            if isinstance(target, n.Attr) and target.name == "content":
                if isinstance(target.value, n.Name) and target.value.id in names:
                    yield statement.value


def _sets_type(code: Code) -> bool:
    """Whether the code sets `response["Content-Type"]` itself, or makes the answer a download."""
    return any(
        isinstance(target, n.Index) and (text(target.index) or "").lower() in _KIND_HEADERS
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )


_KIND_HEADERS = ("content-type", "content-disposition")


@code_rule(
    "xss.unsafe-filter",
    words=("filter", "is_safe"),
    title="a template filter says that it is safe and adds markup to unescaped text",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain=_GAIN,
    mend="escape the text first (`conditional_escape`) and build the markup with `format_html`",
)
def unsafe_filter(code: Code) -> Iterator[Hit]:
    """Find `@register.filter(is_safe=True)` functions that put markup round what they are told beside their value.

    Django calls the result safe only where the value was. Round that alone, markup is either welcome or escaped.
    """
    for statement in code.statements:
        if not isinstance(statement, n.Function) or not _claims_safety(statement):
            continue
        if (
            len([param for param in statement.params if param.name != "autoescape"])
            < _WITH_ARGUMENT
        ):
            continue
        if set(statement.words) & {"escape", "conditional_escape", "format_html", "mark_safe"}:
            continue
        for inner in statements(body_of(statement)):
            if (
                isinstance(inner, n.Return)
                and inner.value is not None
                and holds_markup(inner.value)
            ):
                yield Hit(
                    (code.spot(inner),),
                    f"the filter `{statement.name}` claims `is_safe` and adds markup to its value",
                    Confidence.MEDIUM,
                    f"{code.module.name}.{statement.name}",
                )
                break


_WITH_ARGUMENT = 2  # the value, and what stands behind the colon


def _claims_safety(function: n.Function) -> bool:
    return any(
        isinstance(decorator, n.Call)
        and tail(decorator.func) == "filter"
        and is_true(argument(decorator, -1, "is_safe"))
        for decorator in function.decorators
    )
