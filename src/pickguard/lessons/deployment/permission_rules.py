"""Deployment rules about folders and files that others on the machine can write, or visitors read."""

from collections.abc import Iterator, Mapping
from typing import Any

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule, reading, rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument

_SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/")  # noqa: S108 - looked for, not used
_SERVED = ("MEDIA_ROOT", "STATIC_ROOT")
_OTHERS = 0o002
_STICKY = 0o1000
_OF_OTHERS = frozenset({"S_IWOTH", "S_IRWXO"})


@rule(
    "deployment.cache-in-open-folder",
    title="the files of a cache lie where others can write, or visitors read",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(379, 502, 552),
    severity=Severity.HIGH,
    gain="the files are pickles: whoever writes one runs code as the site, and who reads one sees pages of others",
    mend="give it a folder of its own that only the site's account can enter, such as `/var/cache/site`",
)
def cache_in_open_folder(project: Project) -> Iterator[Hit]:
    """Find `FileBasedCache` in a folder of all accounts, or in one that is served."""
    found = reading(project, "CACHES")
    caches = found.value if found is not None else None
    if found is None or not isinstance(caches, Mapping):
        return
    for alias, options in caches.items():
        place = _place(options)
        why = _shared(place) or _served(project, place)
        if why:
            yield Hit(
                (found.spot,),
                f"the cache `{alias}` keeps its files in `{place}`, {why}",
                found.confidence,
                "CACHES",
            )


def _place(options: Any) -> str:
    """Return the folder of a cache in files, or an empty text."""
    backend = options.get("BACKEND") if isinstance(options, Mapping) else None
    if not isinstance(backend, str) or not backend.endswith("FileBasedCache"):
        return ""
    location = options.get("LOCATION")
    return location if isinstance(location, str) else ""


def _shared(place: str) -> str:
    is_shared = f"{place.rstrip('/')}/".startswith(_SHARED)
    return "where every account of the machine may make it first" if place and is_shared else ""


def _served(project: Project, place: str) -> str:
    for name in _SERVED:
        root = project.production.get(name) if project.production else None
        if place and isinstance(root, str) and root.strip("/"):
            if f"{place.rstrip('/')}/".startswith(f"{root.rstrip('/')}/"):
                return f"inside of `{name}`, which is served"
    return ""


@code_rule(
    "deployment.world-writable",
    words=("chmod", "fchmod", "lchmod", "umask"),
    title="every account of the machine may change a file",
    areas=(Area.INTEGRITY,),
    cwe=(732, 276),
    severity=Severity.MEDIUM,
    gain="any other program on the machine replaces what the site reads, runs or serves",
    mend="use `0o644` for files, `0o755` for folders, and `0o022` as the mask, or less",
)
def world_writable(code: Code) -> Iterator[Hit]:
    """Find `os.chmod(path, 0o777)` and `os.umask(0)`."""
    for call in code.calls("chmod", "fchmod", "lchmod"):
        mode = argument(call, 1 if _is_of_os(code, call) else 0, "mode")
        bits = _bits(mode)
        if bits & _OTHERS and not bits & _STICKY:
            yield _hit(code, call, f"`{tail(call.func)}` with `{bits:#o}` lets everyone write")
    for call in code.calls("umask"):
        mask = argument(call, 0)
        if _is_of_os(code, call) and isinstance(mask, n.Const) and mask.value == 0:
            if not _is_put_back(code):
                yield _hit(code, call, "what is written under `umask(0)` everyone may change")


def _hit(code: Code, call: n.Call, message: str) -> Hit:
    return Hit((code.spot(call),), message, Confidence.HIGH, code.symbol)


def _is_of_os(code: Code, call: n.Call) -> bool:
    return code.is_from(call.func, "os", "posix")


def _is_put_back(code: Code) -> bool:
    """Whether the mask is only asked for: `os.umask(0)` returns the one before, which is set again."""
    return len(list(code.calls("umask"))) > 1


def _bits(node: n.Expr | None) -> int:
    """Return the bits of a mode, as far as they are written there."""
    match node:
        case n.Const() if type(node.value) is int:
            return node.value
        case n.Binary(op="|"):
            return _bits(node.left) | _bits(node.right)
        case n.Name() | n.Attr():
            return _OTHERS if tail(node) in _OF_OTHERS else 0
    return 0


@code_rule(
    "deployment.parents-stay-open",
    words=("makedirs", "mkdir"),
    title="only the last of the folders that are made is closed to others",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(276, 732),
    severity=Severity.LOW,
    gain="every account of the machine goes through the folders on the way, which got the usual mode",
    mend="set the mask while they are made, `os.umask(0o077)`, and put it back; since Python 3.7 the mode"
    " is that of the last folder alone",
)
def parents_stay_open(code: Code) -> Iterator[Hit]:
    """Find `os.makedirs(path, 0o700)`, and folders that are made under `umask(0)`: those everyone can write."""
    masks = [argument(call, 0) for call in code.calls("umask") if _is_of_os(code, call)]
    if masks and not any(isinstance(mask, n.Const) and mask.value == 0 for mask in masks):
        return
    for call in code.calls("makedirs", "mkdir"):
        mode = _mode_of_many(code, call)
        if mode is None or _is_for_all(mode) or (not masks and not _is_private(mode)):
            continue
        yield Hit(
            (code.spot(call),),
            f"`{tail(call.func)}` gives its mode to the last folder alone",
            Confidence.MEDIUM if masks else Confidence.LOW,
            code.symbol,
        )


def _mode_of_many(code: Code, call: n.Call) -> n.Expr | None:
    """Return the mode that a call is told which makes the folders on the way as well."""
    if tail(call.func) == "makedirs":
        return argument(call, 1, "mode") if _is_of_os(code, call) else None
    parents = argument(call, 1, "parents")
    makes_many = isinstance(parents, n.Const) and parents.value is True
    return argument(call, 0, "mode") if makes_many else None


def _is_for_all(mode: n.Expr) -> bool:
    """Whether a mode closes nothing, so that the folders on the way have no more to lose: `0o777`."""
    return isinstance(mode, n.Const) and type(mode.value) is int and mode.value & 0o777 == 0o777


def _is_private(mode: n.Expr) -> bool:
    """Whether a mode keeps all others out: `0o700`."""
    return isinstance(mode, n.Const) and type(mode.value) is int and not mode.value & 0o077
