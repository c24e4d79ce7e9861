"""Trust rules about checks of paths that look right and are not."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.kit import Code, Hit, Spot, code_rule, reading
from pickguard.kit.code import tail, text
from pickguard.kit.values.spread import loops
from pickguard.lessons.trust.files.behind_prefix import PREFIXES, behind_prefix
from pickguard.lessons.trust.files.file_rules import opened_paths
from pickguard.lessons.trust.files.path_looks import SIGNED, looks_at_path, was_looked_at
from pickguard.lessons.trust.files.told_by_beginning import told_by_beginning
from pickguard.lessons.trust.files.unresolved_checks import (
    TELLING,
    looks_for_parents,
    told_unresolved,
)
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_ABSOLUTE = frozenset({"abspath", "realpath", "resolve", "normpath"})
_DEPTH = 4
# `..` alone is no such: cut out once, no two dots are left beside each other
_UP = frozenset({"../", "..\\", "/..", "/../"})


@code_rule(
    "trust.weak-path-check",
    words=("replace", "commonprefix", "startswith", *TELLING, *PREFIXES),
    title="a check of a path lets other paths through",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(22, 23, 184),
    severity=Severity.MEDIUM,
    gain="a stranger reads or writes files beside the folder",
    mend="resolve the path and ask `path.is_relative_to(folder)`, or use Django's `safe_join`",
)
def weak_path_check(code: Code) -> Iterator[Hit]:
    """Find `path.replace("../", "")`, and folders told by the first letters of a path, or by its parts as written."""
    if code.words & SIGNED:
        return  # nobody else can name it
    yield from _told_by_address(code)
    if code.is_of_command:
        return  # who calls it names the path; an address it has found in pages
    for call in code.calls("replace"):
        if _cuts_out(call) and not _is_repeated(code, call):
            origin = code.origin(receiver_of(call))
            if not origin.is_constant:
                yield Hit(
                    (code.spot(call),),
                    f"`{text(call.args[0])}` is cut out once: what is left around it can form another, as of `....//`",
                    Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, call, "is cleaned"),
                )
    yield from _told_by_letters(code)
    yield from _told_as_written(code)
    for place, origin in told_unresolved(code):
        yield Hit(
            (code.spot(place),),
            "the parts of a path are compared as they are written: after the folder `..` may follow",
            Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
            code.symbol,
            flow=code.flow(origin, place, "is compared"),
        )
    for place, origin in told_by_beginning(code):
        yield Hit(
            (code.spot(place),),
            "a path is let through for its beginning, and `..` may follow",
            Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, place, "is let through"),
        )


def _told_by_address(code: Code) -> Iterator[Hit]:
    for place, origin in behind_prefix(code):
        if not origin.is_constant and not (origin.is_browser and _is_opened(code, place)):
            yield Hit(
                (code.spot(place),),
                "what an address has behind its beginning names a file, `..` and all",
                Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, place, "names the file"),
            )


def _is_opened(code: Code, place: n.Expr) -> bool:
    """Whether the same code opens what was joined: what is wrong is told there, where the harm is done."""
    if looks_at_path(code):
        return False
    for _call, path in opened_paths(code):
        origin = code.origin(path, *code.clears(SinkKind.PATH))
        if origin.is_browser and not was_looked_at(code, origin):
            if any(made.span == place.span for made in code.made(path)):
                return True
    return False


def _cuts_out(call: n.Call) -> bool:
    given = [text(item) for item in call.args[:2]]
    return len(given) == 2 and given[0] in _UP and given[1] == ""


def _is_repeated(code: Code, call: n.Call) -> bool:
    """Whether it is done until nothing is left, or the name is refused or cut short as well."""
    if any(isinstance(s, n.While) for s in code.statements) or code.words & _LOOKS_AGAIN:
        return True
    # `Path(name.replace("../", "")).name`, and `name.replace("/", "")` after it
    is_cut = any(part.name == "name" and call in inside(part.value) for part in code.every(n.Attr))
    return is_cut or any(
        text(other.args[0]) in ("/", "\\") for other in code.calls("replace") if other.args
    )


_LOOKS_AGAIN = frozenset(
    {
        "safe_join",
        "is_relative_to",
        "commonpath",
        "basename",
        "secure_filename",
        "get_valid_filename",
    }
)


def _told_by_letters(code: Code) -> Iterator[Hit]:
    """Yield `commonprefix(…) == folder`, and `realpath(x).startswith(realpath(folder))`."""
    for compared in code.every(n.Compare):
        sides = (compared.left, *compared.rights)
        called = [side for side in sides if tail(getattr(side, "func", None)) == "commonprefix"]
        if called and not all(text(side) is not None for side in sides if side not in called):
            message = "`commonprefix` compares letters, not folders: `/srv/media-old` begins with `/srv/media`"
            yield Hit((code.spot(compared),), message, Confidence.MEDIUM, code.symbol)
    if "relative_to" in code.words:
        return  # raises for a path beside the folder
    for call in code.calls("startswith"):
        receiver = receiver_of(call)
        if (
            len(call.args) == 1
            and _is_absolute(code, receiver)
            and (_is_absolute(code, call.args[0]) or _is_of_settings(code, call.args[0]))
        ):
            message = (
                "a folder is told by the first letters of a path, without a separator after it"
            )
            yield Hit((code.spot(call),), message, Confidence.MEDIUM, code.symbol)


def _is_of_settings(code: Code, node: n.Expr) -> bool:
    """Whether it is one of the folders that a setting lists, not all of them with a separator at their ends."""
    for target, source in loops(code) if isinstance(node, n.Name) else ():
        if (
            tail(target) == tail(node)
            and isinstance(source, n.Attr)
            and tail(source.value) == "settings"
            and _FOLDERS.search(source.name)
        ):
            listed = reading(code.project, source.name, ())
            folders = listed.value if listed is not None else None
            known = folders if isinstance(folders, list | tuple) else ()
            return not known or not all(str(one).endswith("/") for one in known)
    return False


_FOLDERS = re.compile(r"(^|_)(PATH|DIR|DIRECTORIE|FOLDER|ROOT)S$")


# what a folder is called that a path has to begin with, and what tells whether it does
_FOLDER = re.compile(
    r"(^|_)(root|dir|directory|folder|base|basedir|home|location)s?(_|$)", re.IGNORECASE
)
_TELLS = re.compile(
    r"allow|permit|safe|valid|inside|within|under|contain|belongs|trusted|^is_|^check|^in_"
)
_UNWRITTEN = frozenset({*_ABSOLUTE, "is_relative_to", "commonpath", "safe_join", "relative_to"})


def _told_as_written(code: Code) -> Iterator[Hit]:
    """Yield `path.startswith(root)` of a path that still has its `..`, where a caller opens it then."""
    function = code.function
    if function is None or not _TELLS.search(function.node.name) or code.words & _UNWRITTEN:
        return
    params = {param.name for param in function.node.params}
    if looks_for_parents(code):
        return
    for call in code.calls("startswith"):
        receiver = receiver_of(call)
        is_given = isinstance(receiver, n.Name) and receiver.id in params
        if is_given and len(call.args) == 1 and _FOLDER.search(tail(call.args[0])):
            opened = _opened_by_caller(code, function)
            if opened is not None:
                yield Hit(
                    (code.spot(call), opened),
                    "a path is told by its beginning, and may leave the folder by `..` after it",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _opened_by_caller(code: Code, function: FunctionSymbol) -> Spot | None:
    """Return where a caller opens what it asked about; None where one resolves the path first, or none does."""
    opened = None
    for caller, call, _is_bound in code.project.flow.callers.of(function):
        if any(_is_resolving(other) for other in caller.every(n.Call)):
            return None
        asked = {tail(value) for value in call.args} - {""}
        for other in caller.every(n.Call):
            if tail(other.func) == "open" and other.args and tail(other.args[0]) in asked:
                opened = Spot(caller.module.path, other.span, "is opened then")
    return opened


def _is_resolving(call: n.Call) -> bool:
    """Whether a call takes the `..` out of a path, or refuses it; `variable.resolve(context)` is none."""
    name = tail(call.func)
    return name in _UNWRITTEN and (name != "resolve" or not call.args)


def _is_absolute(code: Code, node: n.Expr | None, depth: int = 0) -> bool:
    """Whether a path was resolved, so that no separator stands at its end."""
    if depth > _DEPTH:
        return False
    if isinstance(node, n.Name | n.Attr):
        values = code.made(node)
        is_said = values == [node]
        return not is_said and all(_is_absolute(code, value, depth + 1) for value in values)
    if not isinstance(node, n.Call):
        return False
    if tail(node.func) in ("str", "fspath") and node.args:
        return _is_absolute(code, node.args[0], depth + 1)
    return tail(node.func) in _ABSOLUTE or _is_from_resolver(code, node, depth)


def _is_from_resolver(code: Code, call: n.Call, depth: int) -> bool:
    """Whether a function of the project resolves a path, or hands a resolved one back as it is."""
    if len(call.args) != 1 or call.keywords:
        return False
    function = code.called(call)
    if function is None or (_ABSOLUTE.isdisjoint(function.node.words) and not _is_plain(function)):
        return False
    inner = code.project.code_of(function)
    return bool(inner.returned) and all(
        _is_absolute(code, call.args[0], depth + 1)
        if _is_given(function, value)
        else _is_absolute(inner, value, depth + 1)
        for value in inner.returned
    )


def _is_plain(function: FunctionSymbol) -> bool:
    """Whether a function only chooses which way the separators of a path lean."""
    return "replace" in function.node.words and len(function.node.params) == 1


def _is_given(function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether a value is what the function was given, at most with other separators."""
    if isinstance(value, n.Call) and tail(value.func) == "replace":
        value = receiver_of(value) or value
    return isinstance(value, n.Name) and value.id in {param.name for param in function.node.params}
