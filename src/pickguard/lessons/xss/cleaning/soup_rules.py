"""XSS rules about markup that was parsed: written again without entities, its texts are tags."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none

# of a tree, and where each takes what says how texts are written
_WRITERS = {
    "decode": 2,
    "encode": 2,
    "prettify": 1,
    "decode_contents": 2,
    "encode_contents": 2,
}
_FORMATTERS = ("HTMLFormatter", "XMLFormatter", "Formatter")
_CLEANERS = frozenset(
    {"clean", "sanitize", "sanitize_html", "nh3", "bleach", "escape", "conditional_escape"}
)


@code_rule(
    "xss.entities-undone",
    words=tuple(_WRITERS),
    packages=("bs4",),
    title="parsed markup is written again without its entities",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="a text that was escaped, `&lt;script&gt;`, comes out as a tag, and its script runs for who sees it",
    mend='write it with `formatter="minimal"`, the default, or give a formatter of your own'
    " `entity_substitution=EntitySubstitution.substitute_html`",
)
def entities_undone(code: Code) -> Iterator[Hit]:
    """Find `soup.decode(formatter=None)` of Beautiful Soup, and formatters that substitute nothing."""
    if not code.words.isdisjoint(_CLEANERS):
        return
    for call in code.calls(*_WRITERS):
        given = argument(call, _WRITERS[code.asked_name(call)], "formatter")
        if given is not None and _substitutes_nothing(code, given):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` writes what was `&lt;` as `<`",
                Confidence.MEDIUM,
                code.symbol,
            )


def _substitutes_nothing(code: Code, given: n.Expr) -> bool:
    """Whether a formatter is None, or one that is not told what to do with entities."""
    values = code.assigned(given.id) if isinstance(given, n.Name) else [given]
    return any(
        is_none(value) or (isinstance(value, n.Call) and _is_bare(code, value)) for value in values
    )


def _is_bare(code: Code, made: n.Call) -> bool:
    """Whether a formatter of Beautiful Soup, or a class of it, is made without a substitution."""
    if made.args or any(k.name in (None, "entity_substitution") for k in made.keywords):
        return False
    symbol = code.resolve(made.func)
    if not isinstance(symbol, ClassSymbol):
        return tail(made.func) in _FORMATTERS and code.is_from(made.func, "bs4")
    classes = code.project.site.classes
    bases = {tail(base) for owner in classes.own_line(symbol) for base in owner.node.bases}
    own = classes.method(symbol, "__init__") or classes.method(symbol, "substitute")
    return own is None and not bases.isdisjoint(_FORMATTERS)
