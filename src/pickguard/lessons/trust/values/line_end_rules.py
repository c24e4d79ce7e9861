"""Trust rules about validators whose pattern takes a line break for the end of a text."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.values.pieces import pieces
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n

_COMPILES = frozenset({"compile", "_lazy_re_compile"})
_PATTERN = re.compile(r"(^|_)(re|regex|pattern)$", re.IGNORECASE)
# what such values become part of: headers, and requests that the site sends
_OF_HEADERS = re.compile(
    r"host|domain|url|uri|mail|header|address|origin|cookie|file_?name", re.IGNORECASE
)
# `$` at the end that no backslash takes its meaning from
_OPEN_END = re.compile(r"(?<!\\)(?:\\\\)*\$\)*$")
_LIBRARY = "RegexValidator"


@code_rule(
    "trust.line-break-passes",
    words=("compile", "_lazy_re_compile", "regex", _LIBRARY),
    title="a validator lets a line break through at the end",
    areas=(Area.INTEGRITY,),
    cwe=(93, 777),
    severity=Severity.LOW,
    gain="`$` fits before a last line break as well: `shop.example\\n` passes, and splits the header it goes into",
    mend="end the pattern with `\\Z`, or use `fullmatch`",
)
def line_break_passes(code: Code) -> Iterator[Hit]:
    """Find `regex = r"^…$"` in validators of hosts, addresses and the like, and those that are made so."""
    yield from _made_open(code)
    owner = code.owner
    if owner is None or not _is_validator(code, owner):
        return
    if any("fullmatch" in method.words for method in code.project.site.classes.own_methods(owner)):
        return
    for name, value in _named(code):
        if _PATTERN.search(name) and _is_open(code, value):
            yield Hit(
                (code.spot(value),),
                f"`{owner.node.name}` takes a text with a line break at its end",
                Confidence.MEDIUM,
                code.symbol,
            )


def _made_open(code: Code) -> Iterator[Hit]:
    """Yield `validate_host = RegexValidator(r"^…$")`, by its name one of what goes into headers."""
    for name, made in _named(code):
        if (
            not isinstance(made, n.Call)
            or tail(made.func) != _LIBRARY
            or not _OF_HEADERS.search(name)
        ):
            continue
        pattern = argument(made, 0, "regex")
        if pattern is not None and any(_is_open(code, one) for one in code.made(pattern)):
            yield Hit(
                (code.spot(made),),
                f"`{name}` takes a text with a line break at its end",
                Confidence.MEDIUM,
                code.symbol,
            )


def _is_validator(code: Code, owner: ClassSymbol) -> bool:
    """Whether a class checks what goes into headers: by its name, and by how it is called."""
    name = owner.node.name
    if not _OF_HEADERS.search(name):
        return False
    classes = code.project.site.classes
    is_called = classes.method(owner, "__call__") is not None and name.endswith("Validator")
    return is_called or classes.inherits(owner, _LIBRARY)


def _named(code: Code) -> Iterator[tuple[str, n.Expr]]:
    """Yield what is kept under a name, in the class or on the object."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from ((tail(target), statement.value) for target in statement.targets)


def _is_open(code: Code, value: n.Expr) -> bool:
    """Whether a pattern is to fit the whole text, and ends with `$`."""
    pattern = argument(value, 0, "pattern", "regex") if isinstance(value, n.Call) else value
    if isinstance(value, n.Call) and tail(value.func) not in _COMPILES:
        return False
    parts = pieces(pattern, said_by=code.body.said) if pattern is not None else []
    last = parts[-1] if parts else None
    return isinstance(last, str) and bool(_OPEN_END.search(last))
