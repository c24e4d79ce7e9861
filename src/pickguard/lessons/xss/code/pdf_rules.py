"""XSS rules about PDFs: they are drawn from markup, with pictures from anywhere."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.code.markup import ESCAPES, is_text
from pickguard.site.symbols.names import ClassSymbol, External
from pickguard.source.python import nodes as n

_PACKAGE = "reportlab"
_PARAGRAPH = "Paragraph"
_ESCAPING = frozenset({"escape", "xml_escape", "conditional_escape", "clean"})


@rule(
    "xss.pdf-markup",
    title="a value is markup in a PDF",
    areas=(Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(79, 918),
    severity=Severity.MEDIUM,
    gain='`<img src="http://10.0.0.1/…">` in the value has the server fetch it, or read a file of its'
    " own, into the PDF; `<b` alone breaks every PDF that holds it",
    mend="escape it: `Paragraph(escape(name), style)`",
)
def pdf_markup(project: Project) -> Iterator[Hit]:
    """Find `Paragraph(name, style)` where somebody wrote the text, and `HTML(string=page)` of who sent it."""
    own = frozenset(s for s in project.site.classes.all if _is_paragraph(project, s))
    names = frozenset({_PARAGRAPH, *(symbol.node.name for symbol in own)})
    for code, _words in project.code(names.union(_PAGES)):
        for call in code.calls(*sorted(names)):
            if _draws(code, call, own):
                yield from _unescaped(code, call)
        for call in code.calls(*_PAGES):
            yield from _as_page(code, call)


# what makes a PDF of a page, with the package, and how the argument that is markup is called
_PAGES = {
    "HTML": ("weasyprint", -1, "string"),
    "from_string": ("pdfkit", 0, "input"),
    "CreatePDF": ("xhtml2pdf", 0, "src"),
    "pisaDocument": ("xhtml2pdf", 0, "src"),
}


def _as_page(code: Code, call: n.Call) -> Iterator[Hit]:
    """Yield a call that makes a PDF of markup which the browser sent, now or earlier, with all that it loads."""
    package, position, name = _PAGES[code.asked_name(call)]
    markup = argument(call, position, name)
    if markup is None or not code.is_from(call.func, package):
        return
    if any(keyword.name in ("url_fetcher", "link_callback") for keyword in call.keywords):
        return
    origin = code.origin(markup, *ESCAPES)
    if origin.is_browser or (origin.is_stored and origin.writer):
        what = "the browser sent" if origin.is_browser else f"{origin.writer} stored"
        yield Hit(
            (code.spot(call),),
            f"`{code.asked_name(call)}` reads what {what} as markup",
            sure(origin),
            code.symbol,
            flow=code.flow(origin, call, "is markup of a PDF"),
        )


def _is_paragraph(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class is a paragraph of reportlab that leaves the escaping to others."""
    if not any(tail(base).endswith(_PARAGRAPH) for base in symbol.node.bases):
        return False
    classes = project.site.classes
    return classes.inherits(symbol, _PARAGRAPH) and not any(
        isinstance(member, n.Function) and not _ESCAPING.isdisjoint(member.words)
        for ancestor in classes.own_line(symbol)
        for member in project.site.names.class_scope(ancestor).values()
    )


def _draws(code: Code, call: n.Call, own: frozenset[ClassSymbol]) -> bool:
    found = code.resolve(call.func)
    if isinstance(found, External):
        return found.name.startswith(_PACKAGE) and found.name.endswith(_PARAGRAPH)
    return found in own


def _of_unknown(origin: Origin) -> Confidence:
    """Doubt a value that is by its name no text: a code, a state, a language."""
    return Confidence.MEDIUM if sure(origin) is Confidence.HIGH else Confidence.LOW


def _unescaped(code: Code, call: n.Call) -> Iterator[Hit]:
    text = argument(call, 0, "text")
    if text is None:
        return
    origin = code.origin(text, *ESCAPES)
    if not (origin.is_browser or origin.is_stored):
        return
    yield Hit(
        (code.spot(call),),
        f"`{tail(call.func)}` reads what {'the browser sent' if origin.is_browser else 'was stored'}"
        " as markup",
        sure(origin) if is_text(code, text) else _of_unknown(origin),
        code.symbol,
        flow=code.flow(origin, call, "is markup of a PDF"),
    )
