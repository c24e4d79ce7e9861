"""XSS rules about uploads: the list of what may be sent has pages in it."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.walk import inside

# Endings and types that a browser runs the scripts of
_PAGES = frozenset({"htm", "html", "xhtml", "xht", "shtml", "text/html", "application/xhtml+xml"})
_PICTURES = frozenset({"svg", "svgz", "image/svg+xml", "image/svg"})
_ENDING = re.compile(r"\.?[a-z0-9]{1,6}", re.IGNORECASE)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+*-]+", re.IGNORECASE)
# What an ending is called, or makes one of a name, and what a type is called
_ENDINGS = re.compile(r"(^|_)(ext|extension|suffix|splitext)$", re.IGNORECASE)
_TYPES = re.compile(r"(^|_)(content_?type|mime_?type|mime)$", re.IGNORECASE)
_RESPONSES = ("FileResponse", "RangedFileResponse", "StreamingHttpResponse", "HttpResponse")
_REFUSING = ("ValidationError", "FILES")
_VALIDATOR = "FileExtensionValidator"
# What is sent only to be read: it is stored nowhere
_READS = re.compile(r"import|pars|read|convert|load", re.IGNORECASE)


class _Listed(Struct, frozen=True):
    """One kind of file that may be sent: where that is said, and what it is."""

    spot: Spot
    said: str


@rule(
    "xss.page-uploadable",
    title="pages are among the files that may be sent",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(434, 79),
    severity=Severity.MEDIUM,
    gain="an attached `x.html`, opened from the site's own address, runs its scripts in the reader's session",
    mend="leave pages and SVG out of the list, or hand all files out as attachments, or from another domain",
)
def page_uploadable(project: Project) -> Iterator[Hit]:
    """Find lists of endings or types of uploads with HTML in them, or SVG."""
    seen: set[tuple[str, int]] = set()
    for code, listed in _allowed(project):
        for one in listed:
            kind = one.said.lower().lstrip(".")
            place = (one.spot.path, one.spot.span)
            if kind not in _PAGES | _PICTURES or place in seen:
                continue
            seen.add(place)
            is_careful = project.once(_hands_out_with_care)
            yield Hit(
                (one.spot,),
                f"a file of the kind `{one.said}` may be sent, and is a page to a browser",
                Confidence.LOW if kind in _PICTURES or is_careful else Confidence.MEDIUM,
                code.symbol,
                None if kind in _PAGES else Severity.LOW,
            )


def _hands_out_with_care(project: Project) -> bool:
    """Whether the site shows files itself, with no rights of its own: `Content-Security-Policy: sandbox`."""
    functions = (f for word in _RESPONSES for f in project.flow.callers.holding(word))
    return any(
        "sandbox" in (text(said) or "")
        for function in functions
        for said in project.code_of(function).every(n.Const)
    )


def _allowed(project: Project) -> Iterator[tuple[Code, Sequence[_Listed]]]:
    """Yield what uploads are held against, with the code that does so."""
    for code, _words in project.code(frozenset({*_REFUSING, _VALIDATOR})):
        for call in code.calls(_VALIDATOR):
            given = argument(call, 0, "allowed_extensions")
            if given is not None:
                yield code, _listed(code, given, _ENDING)
        if code.function is None or _READS.search(code.symbol.rpartition(".")[2]):
            continue
        for statement in code.statements:
            if isinstance(statement, n.If):
                for compared, kind in _refused(statement):
                    yield code, _listed(code, compared, kind)


def _refused(statement: n.If) -> Iterator[tuple[n.Expr, re.Pattern[str]]]:
    """Yield the lists that an ending has to be in: `if ext not in KNOWN: raise …`."""
    last = statement.body[-1] if statement.body else None
    is_refusing = isinstance(last, n.Raise | n.Return)
    for part in inside(statement.test) if is_refusing else ():
        if isinstance(part, n.Compare) and part.ops[0] == "not in":
            names = [tail(one) for one in inside(part.left)]
            if any(map(_TYPES.search, names)):
                yield part.rights[0], _TYPE
            elif any(map(_ENDINGS.search, names)):
                yield part.rights[0], _ENDING


def _listed(code: Code, node: n.Expr, kind: re.Pattern[str]) -> Sequence[_Listed]:
    """Return what a list says, wherever it is written; nothing where it lists no kinds of files."""
    found = tuple(_written(code, node))
    return found if all(kind.fullmatch(one.said) for one in found) else ()


def _written(code: Code, node: n.Expr) -> Iterator[_Listed]:
    known = code.resolve(node) if isinstance(node, n.Name | n.Attr) else None
    if isinstance(known, ValueSymbol):
        yield from _items(known.module.path, known.value)
    elif isinstance(node, n.Attr) and tail(node.value) == "settings":
        yield from _set(code.project, node.name)
    else:
        for made in code.made(node):
            yield from _items(code.module.path, made)


def _items(path: str, value: n.Expr) -> Iterator[_Listed]:
    """Yield the items of a list, also of `getattr(settings, "KINDS", […])` and of `set([…])`."""
    if isinstance(value, n.Call) and tail(value.func) in ("getattr", "set", "frozenset", "tuple"):
        value = value.args[-1] if value.args else value
    for item in items_of(value):
        said = text(item)
        if said is not None and item is not value:
            yield _Listed(Spot(path, item.span), said)


def _set(project: Project, name: str) -> Iterator[_Listed]:
    """Yield the items of a list that production sets."""
    setting = project.production.values.get(name) if project.production is not None else None
    values = setting.default if setting is not None else ()
    for said in values if isinstance(values, list | tuple | set | frozenset) else ():
        if isinstance(said, str) and setting is not None:
            yield _Listed(Spot(setting.module.path, setting.span), said)
