"""XSS rules about links that Python puts together: escaping does not take `javascript:` away."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.templates.entity_links import entity_links
from pickguard.lessons.xss.templates.shown_links import is_shown_field, widget_links
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

# the first place of an attribute that is followed when somebody clicks, or when a frame loads
_PLACES = re.compile(
    r"""(?P<link>(?:(?:xlink:)?href|formaction|action)\s*=\s*["']?\{(?P<name>\w*)\})|\{(?P<other>\w*)[^{}]*\}"""
)


@code_rule(
    "xss.link-from-data",
    words=("format_html", "create_element", "get_context"),
    title="a value is the address of a link that Python makes",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 83),
    severity=Severity.MEDIUM,
    gain="`format_html` escapes quotes, not schemes: an address that begins with `javascript:` runs when"
    " somebody follows it",
    mend="let through `http` and `https` alone: a `URLField`, or a look at `urlsplit(url).scheme`",
)
def link_from_data(code: Code) -> Iterator[Hit]:
    """Find `format_html('<a href="{}">', url)` where somebody else chose how the address begins.

    And links of rich text that begin with whatever the editor sends: the form that it was written in
    looks at them in the browser alone.
    """
    if "URLValidator" in code.words:
        return
    for value in entity_links(code):
        yield Hit(
            (code.spot(value),),
            "an editor chooses the scheme of a link in rich text",
            Confidence.MEDIUM,
            code.symbol,
        )
    for value in widget_links(code):
        yield Hit(
            (code.spot(value),),
            "a widget links to its value, whatever it begins with",
            Confidence.MEDIUM,
            code.symbol,
        )
    for call in code.calls("format_html"):
        if not code.is_from(call.func, "django.utils.html"):
            continue
        for value in _addresses(call):
            origin = code.scheme(value)
            if is_shown_field(code, value):
                yield Hit(
                    (code.spot(value),),
                    f"{_named(value)} of any row chooses the scheme of a link",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                continue
            # `value.url` is the address of a stored file
            is_of_file = isinstance(value, n.Attr) and value.name == "url"
            is_shown = origin.is_stored and _is_of_widget(code) and not is_of_file
            if (_is_free(origin) and not _is_checked(code, origin)) or is_shown:
                yield Hit(
                    (code.spot(value),),
                    f"{_named(value)} chooses the scheme of a link",
                    sure(origin),
                    code.symbol,
                    flow=code.flow(origin, value, "is the address of a link"),
                )


def _addresses(call: n.Call) -> Iterator[n.Expr]:
    """Yield the values that stand at the beginning of an address."""
    form = text(argument(call, 0, "format_string"))
    named = {keyword.name: keyword.value for keyword in call.keywords}
    for position, place in enumerate(_PLACES.finditer(form or "")):
        name = place["name"] if place["link"] else None
        if name is None:
            continue
        index = int(name) if name.isdigit() else position
        value = named.get(name) if name and not name.isdigit() else argument(call, index + 1)
        if value is not None:
            yield value


# what is called an address, where a row has one
_CALLED = re.compile(r"ur[li]|href|link|web|site|homepage|domain|address|src", re.IGNORECASE)
_OWN = frozenset({"path", "path_info", "get_full_path", "build_absolute_uri"})


def _is_free(origin: Origin) -> bool:
    """Whether somebody else chose the address as a whole: not a path of the site's own."""
    if origin.is_browser:
        parts = inside(origin.source) if origin.source is not None else ()
        return _OWN.isdisjoint(tail(part) for part in parts)
    return origin.is_stored and bool(origin.writer) and bool(_CALLED.search(tail(origin.source)))


def _is_of_widget(code: Code) -> bool:
    """Whether a widget shows its value, which any field may have, as a link."""
    classes = code.project.site.classes
    return (
        code.owner is not None
        and "widget" in classes.kinds(code.owner)
        and not classes.inherits(code.owner, "URLInput", "AdminURLFieldWidget")
    )


def _is_checked(code: Code, origin: Origin) -> bool:
    """Whether the address is a field that takes addresses of the web alone, or of a file."""
    name = tail(origin.source)
    return any(
        field.name == name and re.search("URL|File|Image", field.kind)
        for model in code.project.site.models.all
        for field in model.fields
    )


def _named(value: n.Expr) -> str:
    return f"`{tail(value)}`" if tail(value) else "a value"
