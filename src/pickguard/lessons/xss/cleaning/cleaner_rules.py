"""XSS rules about cleaners of HTML that are told to let scripts through."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_false, tail
from pickguard.kit.values.sure import sure
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_true

_PACKAGES = ("bleach", "nh3", "lxml", "lxml_html_clean")
_SETTINGS = ("BLEACH_ALLOWED_TAGS", "BLEACH_ALLOWED_ATTRIBUTES", "BLEACH_ALLOWED_PROTOCOLS")
# `<base href="https://evil/">` has the page load its own scripts from there
_TAGS = re.compile(r"script|base", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"on[a-z]{3,}|srcdoc", re.IGNORECASE)
_SCHEMES = re.compile(r"(javascript|vbscript):?", re.IGNORECASE)
# keyword, by whichever library: what it may not hold
_FORBIDDEN = {
    "tags": _TAGS,
    "attributes": _ATTRIBUTES,
    "tag_attribute_values": _ATTRIBUTES,
    "protocols": _SCHEMES,
    "url_schemes": _SCHEMES,
    "allow_tags": _TAGS,
    "safe_attrs": _ATTRIBUTES,
}
_POSITIONS = {"tags": 1, "attributes": 2, "protocols": 3}
# of lxml's cleaner; both are on by default
_SWITCHES = ("scripts", "javascript")
_COLLECTIONS = frozenset(
    {"set", "frozenset", "list", "tuple", "sorted", "dict", "deepcopy", "copy"}
)
_DEPTH_LIMIT = 8


@code_rule(
    "xss.cleaner-lets-scripts",
    words=("clean", "Cleaner", *_SETTINGS),
    title="HTML is cleaned, and scripts are let through",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 184),
    severity=Severity.HIGH,
    gain="`<b onclick=…>`, a link to `javascript:` or a `<base>` that has the page fetch its scripts elsewhere"
    " passes the cleaner, and scripts run in the session of who sees it",
    mend="allow neither `script` and `base`, nor attributes that begin with `on`, nor `javascript`: the"
    " defaults are safe",
)
def cleaner_lets_scripts(code: Code) -> Iterator[Hit]:
    """Find `bleach.clean(html, tags=["script"])`, `nh3.clean(html, url_schemes={"javascript"})` and the like."""
    for call in code.calls("clean", "Cleaner"):
        if not code.is_from(call.func, *_PACKAGES):
            continue
        through = next(_let_through(code, call), None)
        if through is not None:
            origin = code.origin(call.args[0] if call.args else None)
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` lets {through} through",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, call, "is cleaned of everything else"),
            )
    for statement in code.statements:
        if isinstance(statement, n.Assign) and tail(statement.targets[0]) in _SETTINGS:
            name = tail(statement.targets[0])
            found = _forbidden(code, statement.value, name.rpartition("_")[2].lower())
            if found:
                yield Hit(
                    (code.spot(statement),), f"`{name}` lets {found} through", Confidence.HIGH, name
                )


def _let_through(code: Code, call: n.Call) -> Iterator[str]:
    """Yield what a cleaner is told to leave that can run."""
    is_clean = tail(call.func) == "clean"
    for keyword in _FORBIDDEN:
        position = _POSITIONS.get(keyword, -1) if is_clean else -1
        given = argument(call, position, keyword)
        if given is None:
            continue
        if keyword == "attributes" and _takes_all(code, given, code.module):
            yield "every attribute"
        found = _forbidden(code, given, keyword)
        if found:
            yield found
    for switch in _SWITCHES:
        if not is_clean and is_false(argument(call, -1, switch)):
            yield "scripts"


def _takes_all(code: Code, given: n.Expr, module: Module, depth: int = 0) -> bool:
    """Tell whether attributes are asked of a function that says yes to each, or those of one tag are."""
    if depth > _DEPTH_LIMIT:
        return False
    if isinstance(given, n.Lambda):
        return is_true(given.value)
    if isinstance(given, n.Mapping):
        return any(_takes_all(code, value, module, depth + 1) for value in given.values)
    if not isinstance(given, n.Name | n.Attr):
        return False
    found = code.body.flow.site.names.resolve(module, given)
    if isinstance(found, FunctionSymbol):
        answers = code.project.code_of(found).returned
        return bool(answers) and all(is_true(answer) for answer in answers)
    return isinstance(found, ValueSymbol) and _takes_all(code, found.value, found.module, depth + 1)


def _forbidden(code: Code, given: n.Expr, keyword: str) -> str:
    """Return what a list holds that no cleaner should leave, or an empty text."""
    wanted = _FORBIDDEN[keyword]
    found = sorted(
        item for item in _texts(code, given, code.module, set()) if wanted.fullmatch(item)
    )
    if keyword in ("tags", "allow_tags"):
        found = [f"<{item}>" for item in found]
    return f"`{found[0]}`" if found else ""


def _texts(code: Code, node: n.Expr, module: Module, seen: set[int], depth: int = 0) -> set[str]:
    """Return the texts of a collection, also of one that is put together, or named elsewhere.

    Of a mapping, whose keys are tags, those of its values. What `seen` holds is not asked again.
    """
    if depth > _DEPTH_LIMIT or id(node) in seen:
        return set()
    seen.add(id(node))

    def of(*parts: n.Expr) -> set[str]:
        return set().union(*(_texts(code, part, module, seen, depth + 1) for part in parts))

    match node:
        case n.Const(value=str() as value):
            return {value}
        case n.Sequence():
            return of(*node.items)
        case n.Mapping():
            return of(*node.values)
        case n.Binary(op="-"):
            return of(node.left) - of(node.right)
        case n.Binary(op="+" | "|"):
            return of(node.left, node.right)
        case n.Call() if tail(node.func) in _COLLECTIONS:
            return of(*node.args)
        case n.Name() if module == code.module and code.function and code.assigned(node.id):
            return of(*code.assigned(node.id))
        case n.Name() | n.Attr():
            found = code.body.flow.site.names.resolve(module, node)
            if isinstance(found, ValueSymbol) and found.value is not None:
                return _texts(code, found.value, found.module, seen, depth + 1)
    return set()
