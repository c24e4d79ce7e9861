"""XSS rules about texts that are rendered to HTML: what comes out has to be cleaned, not what goes in."""

from collections.abc import Iterator
from itertools import islice

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_false, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_SAFE_MARKS = ("mark_safe", "SafeString", "SafeText", "Markup", "format_html")
# libraries that let HTML, or links to `javascript:`, through unless told otherwise
_RENDERERS = {
    "markdown": ("markdown", "convert"),
    "markdown2": ("markdown", "convert"),
    "mistune": ("html",),
    "commonmark": ("commonmark",),
    "textile": ("textile",),
    "docutils": ("publish_parts", "publish_string"),
}
_CLEANS = ("clean", "sanit", "bleach", "nh3", "ammonia", "escape", "strip_tags", "purif")
_OWN_TEXTS = frozenset({"open", "read_text", "get_template", "finders", "__doc__", "getdoc"})


@code_rule(
    "xss.markdown-unclean",
    words=_SAFE_MARKS,
    title="rendered Markdown is called safe without being cleaned",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 80),
    severity=Severity.HIGH,
    gain="Markdown lets `<script>` and `[x](javascript:…)` through: whoever writes the text runs scripts",
    mend="clean the HTML that comes out, with `nh3.clean(html)`; cleaning what goes in is not enough",
)
def markdown_unclean(code: Code) -> Iterator[Hit]:
    """Find `mark_safe(markdown(text))`, with or without a variable between them."""
    if code.words & _OWN_TEXTS or any(text(node) == "raw_enabled" for node in code.expressions):
        return
    for call in code.calls(*_SAFE_MARKS):
        if not code.is_from(call.func, "django.utils", "markupsafe", "jinja2"):
            continue
        for given in call.args:
            rendered = rendering(code, given)
            if rendered is None:
                continue
            source = rendered.args[0] if rendered.args else None
            origin = code.origin(source)
            if origin.is_constant:
                continue
            yield Hit(
                (code.spot(call), code.spot(rendered, "rendered here"), *_inside(code, rendered)),
                f"what `{tail(rendered.func)}` makes is called safe, and nothing cleans it",
                sure(origin, _doubted(code, rendered)),
                code.symbol,
                flow=code.flow(origin, call, "is called safe"),
            )
            break


def _inside(code: Code, rendered: n.Call) -> Iterator[Spot]:
    """Yield where a function of the site that renders a text calls the library."""
    function = None if _renders(code, rendered) else code.called(rendered)
    if function is not None:
        there = code.project.code_of(function)
        calls = (call for call in there.every(n.Call) if _renders(there, call))
        yield from (there.spot(call, "made HTML here") for call in islice(calls, 1))


def _doubted(code: Code, rendered: n.Call) -> Confidence:
    """Doubt what a function is handed that hands it on to a renderer: it may be the site's own words."""
    if _renders(code, rendered) or code.function is None:
        return Confidence.MEDIUM
    called = [tail(func_of(one)) for one in code.function.node.decorators]
    is_of_templates = not CALLED_BY_TEMPLATES.isdisjoint(called)
    is_handed = any(isinstance(arg, n.Name) and arg.id in code.body.params for arg in rendered.args)
    return Confidence.MEDIUM if is_of_templates or not is_handed else Confidence.LOW


CALLED_BY_TEMPLATES = frozenset({"filter", "simple_tag", "simple_block_tag", "assignment_tag"})


def rendering(code: Code, node: n.Expr, depth: int = 0) -> n.Call | None:
    """Return the call that renders a text, where its result arrives uncleaned; None elsewhere."""
    if depth > 4:
        return None
    if isinstance(node, n.Name):
        values = code.assigned(node.id)
        if any(_cleans(value) for value in values):
            return None
        found = (rendering(code, value, depth + 1) for value in values if value is not node)
        return next((one for one in found if one is not None), None)
    if _cleans(node):
        return None
    for part in inside(node):
        if isinstance(part, n.Call) and (_renders(code, part) or _hands_back(code, part, depth)):
            return part
        if isinstance(part, n.Name):
            found_there = rendering(code, part, depth + 1)
            if found_there is not None:
                return found_there
    return None


def _hands_back(code: Code, call: n.Call, depth: int) -> bool:
    """Tell whether a function of the site hands back what it renders, and cleans it nowhere."""
    function = code.called(call)
    if function is None or function == code.function or not _names_renderer(function):
        return False
    if _names_cleaner(function) and not _cleans_first(code.project.code_of(function)):
        return False
    if not _OWN_TEXTS.isdisjoint(function.node.words):
        return False
    there = code.project.code_of(function)
    returned = [s.value for s in there.statements if isinstance(s, n.Return)]
    return any(v is not None and rendering(there, v, depth + 1) is not None for v in returned)


def _cleans_first(code: Code) -> bool:
    """Whether all that is cleaned is what goes into a renderer: nothing looks at what comes out."""
    sources = [
        part
        for call in code.every(n.Call)
        if _renders(code, call)
        for given in call.args[:1]
        for name in inside(given)
        for value in (name, *code.assigned(tail(name)))
        for part in inside(value)
    ]
    within = {id(part) for part in sources}
    cleaned = [call for call in code.every(n.Call) if _names_cleaning(tail(call.func))]
    return bool(cleaned) and all(id(call) in within for call in cleaned)


def _names_renderer(function: FunctionSymbol) -> bool:
    return not _RENDERERS.keys().isdisjoint(function.node.words)


def _names_cleaner(function: FunctionSymbol) -> bool:
    """Whether a function has a cleaner at hand; a setting that is named after one cleans nothing."""
    named = {word for word in function.node.words if _names_cleaning(word)}
    if not named:
        return False
    settings = (
        node.name
        for node in expressions(body(function.node))
        if isinstance(node, n.Attr) and tail(node.value) == "settings"
    )
    return bool(named.difference(settings))


def cleaning_renderers(code: Code, node: n.Expr) -> frozenset[str]:
    """Return the names of what a value is made with that renders a text and cleans it, in one place."""
    values = [node, *(value for name in inside(node) for value in code.assigned(tail(name)))]
    calls = {part for value in values for part in inside(value) if isinstance(part, n.Call)}
    return frozenset(
        tail(call.func)
        for call in calls
        if isinstance(function := code.resolve(call.func), FunctionSymbol)
        and _names_renderer(function)
        and _names_cleaner(function)
    )


def _renders(code: Code, call: n.Call) -> bool:
    if argument(call, -1, "safe_mode") is not None or _extended_to_clean(call):
        return False
    package, _, _rest = code.name(call.func).partition(".")
    if package in _RENDERERS:
        return tail(call.func) in _RENDERERS[package]
    words = (code.words, code.module.record.words)
    if tail(call.func) in _OF_MARKDOWN_IT and any("MarkdownIt" in one for one in words):
        return _keeps_tags(code, call)
    is_method = isinstance(call.func, n.Attr) and call.func.name == "convert"
    return is_method and bool(code.words & {"Markdown"})


_OF_MARKDOWN_IT = ("render", "renderInline")
_KEEPING_TAGS = frozenset({"commonmark", "gfm-like", "gfm-like2"})


def _keeps_tags(code: Code, call: n.Call) -> bool:
    """Whether a renderer of markdown-it leaves tags in a text as they are: its presets do, all but `js-default`."""
    for made in code.made(receiver_of(call)):
        maker: n.Expr | None = made
        while isinstance(maker, n.Call) and isinstance(maker.func, n.Attr):
            if code.name(maker.func).startswith(_MARKDOWN_IT):
                break
            maker = maker.func.value  # `MarkdownIt().enable("table")`
        if isinstance(maker, n.Call) and code.name(maker.func).startswith(_MARKDOWN_IT):
            preset, options = argument(maker, 0, "config"), argument(maker, 1, "options_update")
            is_open = preset is None or text(preset) in _KEEPING_TAGS
            return is_open and not _turns_tags_off(options)
    return False


_MARKDOWN_IT = "markdown_it."


def _turns_tags_off(options: n.Expr | None) -> bool:
    """Whether options are `{"html": False}`, or cannot be read."""
    if not isinstance(options, n.Mapping):
        return options is not None
    told = dict(zip(map(text, options.keys), options.values, strict=True))
    return is_false(told.get("html"))


def _extended_to_clean(call: n.Call) -> bool:
    """Whether an extension of the renderer cleans: `extensions=["site.markdown.escape_html"]`."""
    extensions = argument(call, -1, "extensions")
    parts = inside(extensions) if extensions is not None else ()
    return any(_names_cleaning(text(part) or tail(part)) for part in parts)


def _names_cleaning(word: str) -> bool:
    return any(clean in word.lower() for clean in _CLEANS)


def _cleans(node: n.Expr) -> bool:
    return any(
        isinstance(part, n.Call) and _names_cleaning(tail(part.func)) for part in _outer(node)
    )


def _outer(node: n.Expr) -> Iterator[n.Expr]:
    """Yield a call and what it is given, down to the renderer: what stands inside it came before."""
    yield node
    if isinstance(node, n.Call) and not any(tail(node.func) in f for f in _RENDERERS.values()):
        for given in node.args:
            yield from _outer(given)
