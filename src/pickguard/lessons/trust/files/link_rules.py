"""Trust rules about links in folders that other people fill: what reads them reads any file of the server."""

import re
from collections.abc import Iterator
from itertools import islice

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.spread import carries, loops, names_of, spread
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, receiver_of
from pickguard.source.python.walk import expressions, inside

_LISTS = frozenset({"walk", "rglob", "glob", "iglob", "iterdir", "scandir"})
_LOOKS = frozenset(
    {"islink", "is_symlink", "realpath", "resolve", "lstat", "readlink", "S_ISLNK"}
    | {"is_relative_to", "commonpath", "follow_symlinks", "copytree"}
)
_ANSWERS = frozenset({"HttpResponse", "FileResponse", "StreamingHttpResponse"})
_LIBRARIES = frozenset({"git", "pygit2", "dulwich", "hglib", "pysvn"})
# of a folder that holds what others have written and linked
_FILLED = re.compile(
    r"(?<![a-z])(repos?|repository|repositories|vcs|git|hg|svn|clones?|worktrees?)(?![a-z])"
)
_REACH = 2
_LONGEST = 60  # letters of a name, or of a path
_CALLER_LIMIT = 12


@code_rule(
    "trust.link-followed-into-archive",
    words=("ZipFile", "make_archive"),
    title="an archive takes along what links in a repository lead to",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(59, 61),
    severity=Severity.HIGH,
    gain="whoever puts a link to `/srv/site/settings.py` into the repository gets that file with the next download",
    mend="leave links out (`if os.path.islink(path): continue`), or take only what still lies in the folder once it"
    " is resolved",
)
def link_followed_into_archive(code: Code) -> Iterator[Hit]:
    """Find `ZipFile.write` of what lies in a checkout, where nothing asks whether it is a link."""
    taken = next(_taken(code), None)
    if taken is None or code.is_of_command or not _is_answered(code):
        return
    if any(there.words & _LOOKS for there in code.reached(_REACH)):
        return
    if _names_checkout(code) and code.project.once(_keeps_checkouts):
        yield Hit(
            (code.spot(taken),),
            "a link in the folder is followed: the archive holds the file that it leads to",
            Confidence.MEDIUM,
            code.symbol,
        )


def _taken(code: Code) -> Iterator[n.Call]:
    """Yield the calls that put the files of a folder into a zip file."""
    for call in code.calls("make_archive"):
        if text(argument(call, 1, "format")) == "zip":
            yield call
    found = set[str]()
    for target, source in loops(code):
        if any(_lists(code, one) for one in (source, *code.made(source))):
            found |= names_of(target)
    held = spread(code, found, lambda call: tail(call.func) in _READS)
    for call in code.calls("write") if held else ():
        if call.args and carries(call.args[0], held, lambda call: tail(call.func) in _READS):
            if any(_is_zip(value) for value in code.made(receiver_of(call))):
                yield call


_READS = frozenset({"read", "read_bytes", "read_text", "dumps"})


def _is_zip(value: n.Expr) -> bool:
    return isinstance(value, n.Call) and tail(value.func) == "ZipFile"


def _lists(code: Code, node: n.Expr) -> bool:
    """Whether an expression lists a folder, or has a function of the site do so."""
    calls = [part for part in inside(node) if isinstance(part, n.Call)]
    return any(
        tail(call.func) in _LISTS or code.called_with(call, _LISTS) is not None for call in calls
    )


def _is_answered(code: Code) -> bool:
    """Whether the archive goes to a browser, from here or from what calls this."""
    return bool(code.words & _ANSWERS) or any(
        there.words & _ANSWERS for there, _call in _callers(code)
    )


def _callers(code: Code) -> Iterator[tuple[Code, n.Call]]:
    function = code.function
    callers = code.project.flow.callers.of(function) if function is not None else ()
    for caller, call, _is_bound in islice(callers, _CALLER_LIMIT):
        if caller.function is not None and caller.function != function:
            yield code.project.code_of(caller.function), call


def _names_checkout(code: Code) -> bool:
    """Whether the folder is by its name one of a repository, here or where this is called."""
    here = [one for there in code.reached(1) for one in there.expressions]
    here += [
        part for one in code.every(n.Name) for value in code.made(one) for part in inside(value)
    ]
    given = [part for _, call in _callers(code) for one in given_to(call) for part in inside(one)]
    return any(_FILLED.search(_said(one).lower()) for one in (*here, *given))


def _said(node: n.Expr) -> str:
    said = tail(node) if isinstance(node, n.Name | n.Attr) else text(node) or ""
    return said if len(said) < _LONGEST else ""


def _keeps_checkouts(project: Project) -> bool:
    """Whether a site fetches repositories: by a library, or with `["clone", address]`."""
    return any(
        not _LIBRARIES.isdisjoint(project.imported_packages(module))
        or any(map(_fetches, expressions(module.record.body, into_functions=True)))
        for module in project.served()
    )


def _fetches(node: n.Expr) -> bool:
    """Whether it is the command line `["git", "clone", address]`, or the part behind the program's name."""
    return isinstance(node, n.Sequence) and "clone" in map(text, node.items[:2])
