"""XSS rules about escaped values that Python puts where escaping does not help: scripts, handlers."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.pieces import Piece, by_percent, filled
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.templates.places import Danger, danger_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import put_in
from pickguard.source.templates.html_context import TEXT, Context, advance, after_output, place
from pickguard.source.templates.value_context import Part

_ESCAPES = frozenset({"escape", "conditional_escape", "force_escape"})
# what is fit for a string of a script, or holds no text of anybody's choice
_CLEARS = (
    "escapejs", "dumps", "reverse", "static", "get_token", "urlencode", "quote", "quote_plus",
    "slugify", "json_script", "hexdigest", "uuid4", "get_absolute_url", "flatatt",
)  # fmt: skip
_QUOTED = frozenset({Part.SINGLE_QUOTED, Part.DOUBLE_QUOTED})
_WHERE = {
    Danger.SCRIPT: "the code of a script",
    Danger.HANDLER: "an event handler: the browser undoes the escaping before it runs",
    Danger.SRCDOC: "`srcdoc`, where it is markup again",
    Danger.UNQUOTED: "an attribute without quotes, which a space ends",
}


@code_rule(
    "xss.escaped-out-of-place",
    words=("format_html", *_ESCAPES),
    title="an escaped value stands where escaping does not help",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="`format_html` and `escape` make a value fit for text and for attributes in quotes: anywhere else"
    " it still runs as a script in the session of who sees the page",
    mend="put the value into a `data-` attribute in quotes, and read it from there in the script",
)
def escaped_out_of_place(code: Code) -> Iterator[Hit]:
    """Find `format_html('<a onclick="f({})">', name)` and `"<a title=%s>" % escape(name)`."""
    for node, pieces in _made(code):
        for value, where in _endangered(pieces):
            origin = code.origin(value, *_CLEARS)
            if _is_text_of_others(origin):
                yield Hit(
                    (code.spot(value),),
                    f"`{tail(value) or 'a value'}` is escaped, and stands in {_WHERE[where]}",
                    sure(origin),
                    code.symbol,
                    flow=code.flow(origin, node, "is put into the page"),
                )


def _is_text_of_others(origin: Origin) -> bool:
    return sure(origin) is not Confidence.LOW


def _endangered(pieces: list[Piece]) -> Iterator[tuple[n.Expr, Danger]]:
    """Yield the values of a text that stand where escaping does not help."""
    context = TEXT
    for piece in pieces:
        if isinstance(piece, str):
            context = advance(context, piece)
            continue
        found = danger_of(place(context))
        if found in _WHERE and not _is_held(found, place(context)):
            yield piece, found
        context = after_output(context)


def _is_held(found: Danger, context: Context) -> bool:
    """Whether an escaped value cannot leave the string of a script: its quotes are entities."""
    return found is Danger.SCRIPT and context.part in _QUOTED


def _made(code: Code) -> Iterator[tuple[n.Expr, list[Piece]]]:
    """Yield the texts that are put together of constant markup and escaped values, in pieces."""
    for call in code.calls("format_html"):
        form = text(argument(call, 0, "format_string"))
        if form is not None and code.is_from(call.func, "django.utils.html"):
            named = {k.name: k.value for k in call.keywords if k.name}
            yield call, filled(form, call.args[1:], named)
    if not code.words.isdisjoint(_ESCAPES):
        for joined in code.every(n.Joined):
            yield joined, [_part(part) for part in joined.parts]
        for binary in code.every(n.Binary):
            form = text(binary.left) if binary.op == "%" else None
            if form is not None:
                parts = by_percent(form, binary.right)
                yield binary, [p if isinstance(p, str) else _escaped(p) for p in parts]


def _part(part: n.Expr) -> Piece:
    said = text(part)
    if said is not None:
        return said
    return _escaped(put_in(part))


def _escaped(value: n.Expr) -> n.Expr:
    """Return what an escaping function is given; a constant for a value that is not escaped."""
    if isinstance(value, n.Call) and tail(value.func) in _ESCAPES and value.args:
        return value.args[0]
    return n.Const(value.span, None)
