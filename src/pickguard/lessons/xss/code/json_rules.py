"""XSS rules about JSON: it escapes no `<`, so it is neither HTML nor fit for a script."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.code.imported import is_made_on_import
from pickguard.lessons.xss.code.markup import filled
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)
_RESPONSES = (
    "HttpResponse", "HttpResponseBadRequest", "HttpResponseNotFound", "HttpResponseForbidden",
    "HttpResponseServerError", "StreamingHttpResponse",
)  # fmt: skip
_SAFE_MARKS = ("mark_safe", "SafeString", "SafeText", "Markup")
_ENCODERS = ("dumps", "serialize")
_FOR_SCRIPTS = ("safe", "html", "escap", "script")


@code_rule(
    "xss.json-as-html",
    words=_RESPONSES,
    packages=_ENCODERS,
    title="JSON is sent as an HTML page",
    areas=_AREAS,
    cwe=(79, 116),
    severity=Severity.MEDIUM,
    gain="a link to the address shows the JSON as a page, and runs the scripts that its texts hold",
    mend="answer with `JsonResponse(data)`, which says `application/json`",
)
def json_as_html(code: Code) -> Iterator[Hit]:
    """Find `HttpResponse(json.dumps(…))` without a content type."""
    for call in code.calls(*_RESPONSES):
        if not call.args or not code.is_from(call.func, "django.http") or _names_type(call):
            continue
        made = encoded(code, call.args[0])
        if made is None or _sets_type(code):
            continue
        origin = encoded_origin(code, made)
        if not origin.is_constant:
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` sends JSON as `text/html`",
                _sure_of(code, made, origin),
                code.symbol,
                flow=code.flow(origin, call, "is sent as HTML"),
            )


@code_rule(
    "xss.json-marked-safe",
    words=(*_SAFE_MARKS, "dumps"),
    packages=_ENCODERS,
    title="JSON is called safe HTML",
    areas=_AREAS,
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="a text with `</script>` in it ends the script that the JSON stands in, and begins another",
    mend="use the `json_script` filter, and read the element from the script",
)
def json_marked_safe(code: Code) -> Iterator[Hit]:
    """Find `mark_safe(json.dumps(…))`; encoders that escape `<` are left alone."""
    for call in code.calls(*_SAFE_MARKS):
        if not call.args or not code.is_from(call.func, "django.utils", "markupsafe", "jinja2"):
            continue
        made = encoded(code, call.args[0])
        origin = encoded_origin(code, made) if made is not None else None
        if (
            origin is not None
            and not origin.is_constant
            and not is_made_on_import(code, call, origin)
        ):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` is given JSON, which escapes no `<`",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, call, "is called safe"),
            )
    yield from _in_scripts(code)
    yield from _in_parsed_scripts(code)


def _in_scripts(code: Code) -> Iterator[Hit]:
    """Yield JSON that is put into the text of a script: `"<script>let data = %s" % json.dumps(…)`."""
    for found in filled(code):
        if not any(
            isinstance(p, n.Const) and "<script" in str(p.value) for p in inside(found.node)
        ):
            continue
        for value in found.values:
            made = encoded(code, value)
            origin = encoded_origin(code, made) if made is not None else None
            if origin is not None and not origin.is_constant:
                yield Hit(
                    (code.spot(found.node),),
                    "JSON, which escapes no `<`, is put into a script",
                    sure(origin),
                    code.symbol,
                    flow=code.flow(origin, found.node, "is put into the script"),
                )
                break


def _in_parsed_scripts(code: Code) -> Iterator[Hit]:
    """Yield JSON that is the text of an element of Beautiful Soup, which escapes nothing in a script."""
    for statement in code.statements if "new_tag" in code.words else ():
        if not isinstance(statement, n.Assign) or not _is_text_of_script(code, statement):
            continue
        for made in _dumped(code, statement.value):
            origin = encoded_origin(code, made)
            if not origin.is_constant:
                yield Hit(
                    (code.spot(statement),),
                    "JSON, which escapes no `<`, is the text of a script",
                    sure(origin, Confidence.MEDIUM),
                    code.symbol,
                    flow=code.flow(origin, statement.value, "is put into the script"),
                )
                break


def _is_text_of_script(code: Code, statement: n.Assign) -> bool:
    """Whether it sets `tag.string` of `tag = soup.new_tag("script")`."""
    return any(
        isinstance(target, n.Attr)
        and target.name == "string"
        and isinstance(made, n.Call)
        and tail(made.func) == "new_tag"
        and text(argument(made, 0, "name")) == "script"
        for target in statement.targets
        for made in (code.assigned(tail(target.value)) if isinstance(target, n.Attr) else ())
    )


def _dumped(code: Code, node: n.Expr, depth: int = 0) -> Iterator[n.Call]:
    """Yield the JSON in a text that is put together of others, step by step."""
    if isinstance(node, n.Name) and depth < 5:
        for value in code.assigned(node.id):
            yield from _dumped(code, value, depth + 1)
    elif isinstance(node, n.Joined):
        for part in node.parts:
            yield from _dumped(code, part, depth)
    elif isinstance(node, n.Formatted):
        yield from _dumped(code, node.value, depth)
    elif isinstance(node, n.Binary):
        yield from _dumped(code, node.left, depth)
        yield from _dumped(code, node.right, depth)
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "decode":
        yield from _dumped(code, node.func.value, depth)
    elif (made := encoded(code, node)) is not None:
        yield made


def encoded(code: Code, node: n.Expr, depth: int = 0) -> n.Call | None:
    """Return the call that made the JSON that an expression is."""
    if isinstance(node, n.Name) and depth < 3:
        values = code.assigned(node.id)
        found = [encoded(code, value, depth + 1) for value in values]
        return found[0] if found and all(found) else None
    if not isinstance(node, n.Call):
        return None
    called = tail(node.func)
    if called == "serialize":
        return node if text(argument(node, 0, "format")) == "json" else None
    if called != "dumps" or not code.is_from(node.func, "json", "simplejson", "ujson", "orjson"):
        return None
    encoder = argument(node, -1, "cls")
    return None if any(word in tail(encoder).lower() for word in _FOR_SCRIPTS) else node


def encoded_origin(code: Code, made: n.Call) -> Origin:
    """Return where the data comes from that a call makes JSON of."""
    given = argument(made, 1 if tail(made.func) == "serialize" else 0, "obj", "queryset")
    return code.origin(given, "escape", "escapejs", "conditional_escape", "reverse", "get_token")


def _sure_of(code: Code, made: n.Call, origin: Origin) -> Confidence:
    found = sure(origin, Confidence.MEDIUM)
    is_doubtful = found is Confidence.MEDIUM and _tells_numbers(code, made)
    return Confidence.LOW if is_doubtful else found


def _tells_numbers(code: Code, made: n.Call) -> bool:
    """Whether all keys of the data are by their names those of numbers, states and the like."""
    given = argument(made, 0, "obj")
    keys: list[n.Expr | None] = []
    for value in code.made(given):
        keys += value.keys if isinstance(value, n.Mapping) else [None]
    for statement in code.statements if isinstance(given, n.Name) else ():
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if isinstance(target, n.Index) and tail(target.value) == tail(given):
                keys.append(target.index)
    return bool(keys) and all(_NUMBERS.search(text(key) or "") for key in keys)


_NUMBERS = re.compile(
    r"(^|_)(ids?|pk|uuid|count|total|num|number|size|status|state|success|ok|rows|pages?|limit|offset"
    r"|percent|progress|version|time|date)$|^(is|has|num|n)_",
    re.IGNORECASE,
)


def _names_type(call: n.Call) -> bool:
    named = {keyword.name for keyword in call.keywords}
    return len(call.args) > 1 or bool(named & {"content_type", "mimetype", "headers", None})


def _sets_type(code: Code) -> bool:
    """Whether the code sets `response["Content-Type"]` itself."""
    return any(
        isinstance(target, n.Index) and (text(target.index) or "").lower() == "content-type"
        for statement in code.statements
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )
