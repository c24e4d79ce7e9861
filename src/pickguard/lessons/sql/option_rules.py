"""SQL rules about the parts of a database backend: the names of options go into a statement as they are."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_WRITES_SQL = re.compile(r"(Operations|Compiler|SchemaEditor)$")
# what refuses a name, or puts it between quotes
_LOOKS = frozenset(
    {"pop", "fullmatch", "match", "isidentifier", "isalnum", "isalpha", "quote_name"}
)


@code_rule(
    "sql.option-names",
    words=("items", "keys"),
    title="the names of options are written into a statement",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(89,),
    severity=Severity.HIGH,
    gain="`queryset.explain(**{name: True})` with a name of the browser's goes on as SQL after a bracket",
    mend="take the options that you know out by name, and refuse the rest",
)
def option_names(code: Code) -> Iterator[Hit]:
    """Find methods of a backend that write each name of `**options` into the SQL that they return."""
    if code.function is None or code.owner is None or code.words & _LOOKS:
        return
    options = {param.name for param in code.function.node.params if param.kind == "**"}
    if not options or not any(
        _WRITES_SQL.search(one.node.name) for one in code.project.site.classes.own_line(code.owner)
    ):
        return
    made = [node for node in code.expressions if _is_made(node)]
    for comprehension in code.every(n.Comprehension):
        name = _name_of(comprehension, options)
        if name and made and _returns_text(code) and not _is_asked(code, name):
            yield Hit(
                (code.spot(made[-1]), code.spot(comprehension, "keeps every name")),
                f"each name of `**{min(options)}` becomes part of a statement",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _name_of(comprehension: n.Comprehension, options: set[str]) -> str:
    """Return what a comprehension calls the names that it keeps; an empty text where it keeps none or tests them."""
    loop = comprehension.loops[0]
    source = loop.source
    holder = receiver_of(source) if isinstance(source, n.Call) else source
    if tail(holder) not in options or loop.tests:
        return ""
    name = tail(loop.target.items[0]) if isinstance(loop.target, n.Sequence) else tail(loop.target)
    kept = comprehension.key if comprehension.key is not None else comprehension.value
    return name if any(tail(part) == name for part in inside(kept)) else ""


def _is_made(node: n.Expr) -> bool:
    """Whether a text is put together of others."""
    if isinstance(node, n.Joined):
        return True
    is_percent = isinstance(node, n.Binary) and node.op == "%" and isinstance(node.left, n.Const)
    return is_percent or (isinstance(node, n.Call) and tail(node.func) in ("format", "join"))


def _returns_text(code: Code) -> bool:
    return any(isinstance(s, n.Return) and s.value is not None for s in code.statements)


def _is_asked(code: Code, name: str) -> bool:
    """Whether a name is looked for among those that are allowed."""
    return any(
        {"in", "not in"} & set(node.ops) and tail(node.left) == name
        for node in code.every(n.Compare)
    )
