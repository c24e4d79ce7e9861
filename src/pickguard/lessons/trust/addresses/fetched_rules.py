"""Trust rules about addresses that the server fetches for somebody."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.requested import OWN_PATH
from pickguard.flow.values.beginning import BEGINNING
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.values.handed_in import handed_in
from pickguard.kit.values.sinks import Sunk, sunk
from pickguard.lessons.trust.addresses.address_looks import (
    ADDRESS_TESTS,
    is_asked_here,
    is_looked_at,
)
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside


@code_rule(
    "trust.ssrf",
    words=("getattr",),
    packages=("requests", "httpx", "urllib", "urllib3", "aiohttp"),
    sinks=(SinkKind.ADDRESS,),
    title="the browser names an address that the server fetches",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(918,),
    severity=Severity.HIGH,
    gain="through the server a stranger reaches what only the server can: metadata, databases, admin pages",
    mend="allow hosts by name, and refuse private addresses after the name is resolved",
)
def ssrf(code: Code) -> Iterator[Hit]:
    """Find outgoing requests whose host the request decides on."""
    if _connects_carefully(code) or any(map(_connects_carefully, _called_here(code))):
        return
    is_on_urllib3 = not _ON_URLLIB3.isdisjoint(code.packages)
    if is_on_urllib3 and code.project.once(_replaces_connections):
        return
    # a path begins with a slash, so the host before it stands
    clears = ("get_host", "build_absolute_uri", OWN_PATH, *code.clears(SinkKind.ADDRESS))
    for found in sunk(code, SinkKind.ADDRESS):
        origin = code.beginning(found.value, *clears)
        is_stored = origin.is_stored and origin.writer and not is_looked_at(code, origin)
        if (origin.is_browser or is_stored) and not _is_upload(code, found.value):
            if is_asked_here(code, found.value):
                continue
            who = "what the browser says" if origin.is_browser else "an address that is stored"
            fetched = _given(found)
            way = code.flow(origin, fetched, "is fetched by the server")
            others = handed_in(code.body, found.value, way, frozenset((BEGINNING, *clears)))
            yield Hit(
                (code.spot(fetched), *_sent(code, found), *others),
                f"`{tail(found.call.func)}(…)` fetches {who}",
                Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
                code.symbol,
                flow=way,
                cause=code.cause(origin),
            )


def _sent(code: Code, found: Sunk) -> Iterator[Spot]:
    """Yield where a request that is made beforehand goes out: `session.send(prepared)`."""
    if not tail(found.call.func).endswith("Request"):
        return
    for call in code.calls("send"):
        made = code.made(call.args[0]) if call.args else []
        if any(part is found.call for one in made for part in inside(one)):
            yield code.spot(call, "and goes out here")


def _given(found: Sunk) -> n.Expr:
    """Return the address as the call gives it, or the call: `Request(**options)` gives one from elsewhere."""
    items = (*found.call.args, *(keyword.value for keyword in found.call.keywords))
    return found.value if any(one is found.value for one in items) else found.call


_MOUNTS = frozenset({"mount"})


def _called_here(code: Code) -> Iterator[Code]:
    """Yield the functions that are called here and that mount something, such as one that makes the session."""
    for call in code.every(n.Call):
        function = code.called_with(call, _MOUNTS)
        if function is not None:
            yield code.project.code_of(function)


def _connects_carefully(code: Code) -> bool:
    """Whether a session has an adapter of the project's own that looks at the address it reaches."""
    if "mount" not in code.words:
        return False
    for call in code.calls("mount"):
        adapter = argument(call, 1, "adapter")
        symbol = code.resolve(func_of(adapter))
        if isinstance(symbol, ClassSymbol) and any(
            f.module == symbol.module and not ADDRESS_TESTS.isdisjoint(f.node.words)
            for f in code.project.flow.callers.functions
        ):
            return True
    return False


_ON_URLLIB3 = frozenset({"requests", "urllib3"})


def _replaces_connections(project: Project) -> bool:
    """Whether the site has a `create_connection` of its own for urllib3, which looks where it leads to."""
    looks = ADDRESS_TESTS | project.named_with(ADDRESS_TESTS)
    found = project.flow.callers.holding("create_connection", "getaddrinfo")
    return any(not looks.isdisjoint(function.node.words) for function in found)


def _is_upload(code: Code, value: n.Expr) -> bool:
    """Whether the value is an uploaded file itself: `pandas.read_csv(request.FILES["list"])`."""
    values = [value, *code.assigned(tail(value))] if isinstance(value, n.Name) else [value]
    return any(_is_file(one) or _is_of_row(code, one) for one in values)


def _is_of_row(code: Code, value: n.Expr) -> bool:
    """Whether it is by its name the file of a row, whatever row of the site: `self.row.list`."""
    return isinstance(value, n.Attr) and value.name in code.project.once(_file_names)


def _file_names(project: Project) -> frozenset[str]:
    """Return the names of fields that hold files in all models of the site that have them."""
    fields = [field for model in project.site.models.all for field in model.fields]
    others = {field.name for field in fields if not field.kind.endswith(_FILES)}
    return frozenset(field.name for field in fields) - others


_FILES = ("FileField", "ImageField")


def _is_file(value: n.Expr) -> bool:
    names = {tail(part) for part in inside(value)}
    return "FILES" in names and names.isdisjoint({"read", "chunks", "readlines", "open"})
