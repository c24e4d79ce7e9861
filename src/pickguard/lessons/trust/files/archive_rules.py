"""Trust rules about archives: whoever packs one chooses the names of its members."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.values.spread import carries, loops, names_of, spread
from pickguard.lessons.trust.files.absolute_paths import TELLS_SLASH
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import inside

_LISTINGS = ("getmembers", "getnames", "namelist", "infolist")
# An archive of `ar`, by arpy
_TABLE = "archived_files"
_ARCHIVES = ("ZipFile", "TarFile", "zipfile", "tarfile")
_WRITES = frozenset(
    {"open", "makedirs", "mkdir", "write_bytes", "write_text", "copyfileobj", "copyfile", "symlink"}
    | {"ensure_dir", "touch", "rename", "move"}
)
_CLEANERS = frozenset(
    {"basename", "safe_join", "secure_filename", "get_valid_filename", "slugify", "int", "len"}
    | {"hexdigest", "splitext", "read", "getinfo", "extractfile"}
)
_RESOLVES = ("normpath", "abspath", "realpath", "resolve")
_CHECKS = frozenset({"commonpath", "commonprefix", "is_relative_to", "relative_to", "data_filter"})
_CHECK = re.compile(
    r"(safe|secure|valid|check|assert|ensure|verif|within|inside|contain|travers|sanit|suspicious|is_sub)"
)


@code_rule(
    "trust.archive-member-path",
    words=(*_LISTINGS, _TABLE, *_ARCHIVES),
    title="a member of an archive is written where its name says",
    areas=(Area.INTEGRITY,),
    cwe=(22,),
    severity=Severity.HIGH,
    gain="a member called `../../srv/site/views.py` is written there, and runs as the site",
    mend="resolve the joined path and refuse it unless `is_relative_to` the folder, or use `safe_join`",
)
def archive_member_path(code: Code) -> Iterator[Hit]:
    """Find names of members joined to a folder and written to, with no check of where that is."""
    if not code.words & _WRITES or code.words & _CHECKS:
        return
    members = _members(code, partial(_lists, code))
    if not members:
        return
    held = spread(code, members, _clears)
    checks = set(_checks(code, held))
    if True in checks or _only_makes_folders(code, held):
        return
    for joined in code.expressions:
        if checks and not _starts_anew(joined):
            continue
        if any(carries(part, held, _clears) for part in _appended(code, joined)):
            yield Hit(
                (code.spot(joined),),
                "a member's name that begins with a slash decides where a file is written: only `..` is refused"
                if checks
                else "the name of an archive's member decides where a file is written",
                # a storage refuses names that lead out of it
                Confidence.LOW if "default_storage" in code.words else Confidence.MEDIUM,
                code.symbol,
            )
            return


def _only_makes_folders(code: Code, held: frozenset[str]) -> bool:
    """Whether only folders are written, none by the name of a member: `extract` looks at its names itself."""
    if code.words & _WRITES - _FOLDERS:
        return False
    return not any(
        carries(part, held, lambda _call: False)
        for call in code.calls(*_FOLDERS)
        for part in (call.func, *given_to(call))
    )


_FOLDERS = frozenset({"makedirs", "mkdir"})


def _members(code: Code, lists: Callable[[n.Expr], bool]) -> set[str]:
    """Return the names of loops over the members of an archive."""
    held: set[str] = set()
    for target, source in loops(code):
        values = [source, *(code.assigned(source.id) if isinstance(source, n.Name) else ())]
        if any(map(lists, values)):
            held |= names_of(target)
    return held


def _lists(code: Code, node: n.Expr) -> bool:
    """Whether an expression lists the members, or has a function of the site do so."""
    calls = [part for part in inside(node) if isinstance(part, n.Call)]
    return _lists_itself(node) or any(_hands_on(code, call) for call in calls)


def _lists_itself(node: n.Expr) -> bool:
    return any(
        (isinstance(part, n.Call) and tail(part.func) in _LISTINGS and not part.args)
        or (isinstance(part, n.Attr) and part.name == _TABLE)
        for part in inside(node)
    )


def _hands_on(code: Code, call: n.Call) -> bool:
    """Whether a function of the site hands the members on, and looks at their names nowhere."""
    function = code.called(call)
    if function is None or function == code.function:
        return False
    words = frozenset(function.node.words)
    if (
        words.isdisjoint((*_LISTINGS, _TABLE))
        or words & _CHECKS
        or _CHECK.search(function.node.name.lower())
    ):
        return False
    there = code.project.code_of(function)
    held = spread(there, _members(there, _lists_itself), _clears)
    if list(_checks(there, held)):
        return False
    return any(carries(value, held, _clears) or _lists_itself(value) for value in there.returned)


def _clears(call: n.Call) -> bool:
    called = tail(call.func)
    return called in _CLEANERS or bool(_CHECK.search(called.lower()))


def _appended(code: Code, node: n.Expr) -> tuple[n.Expr, ...]:
    """Return what an expression puts behind a folder."""
    if isinstance(node, n.Call) and tail(node.func) in ("join", "joinpath"):
        is_path = code.is_from(node.func, "os") or tail(node.func) == "joinpath"
        return node.args[-1:] if is_path and node.args else ()
    if isinstance(node, n.Binary) and node.op == "/":
        return (node.right,)
    if isinstance(node, n.Binary) and node.op == "+" and _ends_folder(node.left):
        return (node.right,)
    if isinstance(node, n.Joined) and any((text(p) or "").endswith("/") for p in node.parts):
        return node.parts
    return ()


def _ends_folder(node: n.Expr) -> bool:
    """Whether a text ends with the sign behind a folder: `"/srv/"`, `folder + "/"`, `folder + os.sep`."""
    if isinstance(node, n.Binary) and node.op == "+":
        node = node.right
    return (text(node) or "").endswith("/") or tail(node) == "sep"


def _starts_anew(node: n.Expr) -> bool:
    """Whether what is joined makes a path of its own where it begins with a slash: `os.path.join`, `folder / name`."""
    return isinstance(node, n.Call) or (isinstance(node, n.Binary) and node.op == "/")


def _checks(code: Code, held: frozenset[str]) -> Iterator[bool]:
    """Yield a value for each look at a name: whether it tells all names that lead elsewhere, not `..` alone."""
    tells_slash = not TELLS_SLASH.isdisjoint(code.words)
    for node in code.expressions:
        if isinstance(node, n.Compare):
            if any(isinstance(p, n.Call) and tail(p.func) in _RESOLVES for p in inside(node)):
                yield True
            elif any(text(part) == ".." for part in inside(node)):
                yield tells_slash
        if not isinstance(node, n.Call):
            continue
        given = given_to(node)
        if tail(node.func) == "startswith" and any(_is_folder(argument) for argument in given):
            yield True
        if _CHECK.search(tail(node.func).lower()):
            if any(carries(argument, held, lambda _call: False) for argument in given):
                yield tells_slash or not _looks_for_parents_alone(code, node)


def _looks_for_parents_alone(code: Code, call: n.Call) -> bool:
    """Whether a function of the site's refuses `..`, and looks at nothing else of a path."""
    function = code.called(call)
    if function is None or not TELLS_SLASH.isdisjoint(function.node.words):
        return False
    there = code.project.code_of(function)
    if there.words & (_CHECKS | _CLEANERS | set(_RESOLVES)) or any(
        map(there.called, there.every(n.Call))
    ):
        return False
    compared = [text(side) for node in there.every(n.Compare) for side in (node.left, *node.rights)]
    return ".." in compared and "/" not in compared


def _is_folder(node: n.Expr) -> bool:
    """Whether a path must begin with this: a folder, not a prefix that sorts the members."""
    if isinstance(node, n.Call):
        return tail(node.func) in ("abspath", "realpath", "str", "join", "fspath", "resolve")
    if isinstance(node, n.Binary):
        return _is_folder(node.left)
    said = text(node)
    if said is not None:
        return said in ("/", "..", "../", "\\")
    return bool(re.search(r"(dir|root|path|folder|target|dest|base|location)$", tail(node).lower()))
