"""Deployment rules about sizes that the browser decides on: pages, and what unpacks to more."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.lessons.deployment.amounts.sent_numbers import BOUNDING, is_bounded, sent_number
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_none, receiver_of
from pickguard.source.python.walk import inside

_AREAS = (Area.AVAILABILITY,)
_BOUNDING = frozenset(
    {"min", "max_length", "max_size", "unconsumed_tail", "output_buffer_limit", "max_output_size"}
)


@code_rule(
    "deployment.unbounded-decompression",
    words=("ZipFile",),
    sinks=(SinkKind.DECOMPRESSED,),
    title="what the browser sent is unpacked, however much comes out",
    areas=_AREAS,
    cwe=(409, 400),
    severity=Severity.MEDIUM,
    gain="a megabyte that unpacks to a gigabyte takes the memory of a worker, and ten of them the site",
    mend="unpack in pieces and stop at a limit: `zlib.decompressobj().decompress(data, LIMIT)`",
)
def unbounded_decompression(code: Code) -> Iterator[Hit]:
    """Find `gzip.decompress(request.body)` and its like."""
    if code.words & _BOUNDING:
        return
    yield from _unpacked_whole(code)
    for found in sunk(code, SinkKind.DECOMPRESSED):
        origin = code.origin(found.value, *code.clears(SinkKind.DECOMPRESSED))
        if origin.is_browser:
            yield Hit(
                (code.spot(found.call),),
                f"`{found.sink.name}` unpacks what the browser sent, without a limit",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, found.call, "is unpacked"),
            )


def _unpacked_whole(code: Code) -> Iterator[Hit]:
    """Find archives of the browser's whose members are read or unpacked, however large they are."""
    if "ZipFile" not in code.words or "file_size" in code.words:
        return
    for call in code.calls("extractall", "extract", "read"):
        receiver = receiver_of(call)
        for made in code.made(receiver):
            if not isinstance(made, n.Call) or not code.is_from(made.func, "zipfile"):
                continue
            archive = argument(made, 0, "file")
            kept = _stored_upload(code, archive)
            origin = code.origin(archive if kept is None else kept)
            is_one = origin.is_browser or (kept is not None and origin.is_stored)
            if is_one and (call.args or tail(call.func) == "extractall"):
                whose = "of the browser's" if origin.is_browser else "that somebody uploaded"
                yield Hit(
                    (code.spot(call),),
                    f"`{tail(call.func)}` unpacks an archive {whose}, without a look at its sizes",
                    Confidence.HIGH if origin.is_browser else Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, call, "is unpacked"),
                    mend="add up `file_size` of `archive.infolist()` first, and refuse what is too much",
                )


def _stored_upload(code: Code, archive: n.Expr | None) -> n.Expr | None:
    """Return the column of a row's file that an archive is: `row.file` of `row.file.path`, `row.file.open()`."""
    node = archive
    if isinstance(node, n.Call) and tail(node.func) == "open":
        node = receiver_of(node)
    if (
        isinstance(node, n.Attr)
        and node.name in ("path", "file")
        and isinstance(node.value, n.Attr)
    ):
        node = node.value
    if not isinstance(node, n.Attr):
        return None
    body = code.body
    row = body.flow.types.of(body, node.value, body.scope.at(node.span))
    model = row.model if row is not None else None
    field = model.field(node.name) if model is not None else None
    if model is None or field is None or not field.holds_file:
        return None
    return node if _is_uploaded(code.project, model, node.name) else None


def _is_uploaded(project: Project, model: Model, name: str) -> bool:
    """Whether a form that a view takes has the file: others are made by the site itself, or by its staff."""
    return any(
        form.model is not None
        and form.model.label == model.label
        and name in (form.writes or ())
        and bool(project.views_by_form.get(form.symbol))
        for form in project.site.forms.all
    )


@code_rule(
    "deployment.page-size-from-browser",
    words=("Paginator", "paginate_by", "get_paginate_by", "int"),
    title="the browser says how many rows a page has",
    areas=_AREAS,
    cwe=(770, 400),
    severity=Severity.LOW,
    gain="`?per_page=10000000` has the database read, and the worker keep, the whole table",
    mend="take the smaller of it and a limit of yours: `min(int(size), 100)`",
)
def page_size_from_browser(code: Code) -> Iterator[Hit]:
    """Find `Paginator(rows, request.GET["n"])` with nothing that bounds the number."""
    if code.words & BOUNDING:
        return
    yield from _cut_short(code)
    yield from _kept_by_view(code)
    for call in code.calls("Paginator"):
        size = argument(call, 1, "per_page")
        origin = code.origin(sent_number(code, size) or size) if size is not None else None
        if origin is not None and origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "the browser says how many rows the page has",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "is the size of a page"),
            )


def _kept_by_view(code: Code) -> Iterator[Hit]:
    """Yield `self.paginate_by = int(self.request.GET["n"])` of a list, which Django cuts its pages by."""
    owner = code.owner
    if owner is None or "view" not in code.project.site.classes.kinds(owner):
        return
    for statement in code.statements:
        if not isinstance(statement, n.Assign) or not any(map(_is_size, statement.targets)):
            continue
        origin = code.origin(sent_number(code, statement.value) or statement.value)
        if origin.is_browser and not is_bounded(code, statement.value):
            yield Hit(
                (code.spot(statement),),
                "the browser says how many rows the page has",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, statement.value, "is the size of a page"),
            )


def _is_size(target: n.Expr) -> bool:
    return (
        isinstance(target, n.Attr) and target.name == "paginate_by" and tail(target.value) == "self"
    )


def _cut_short(code: Code) -> Iterator[Hit]:
    """Yield `rows[: int(request.GET["n"])]`: the database reads as many rows as that says."""
    for node in code.every(n.Index):
        last = node.index.stop if isinstance(node.index, n.Slice) else None
        sent = sent_number(code, last) if last is not None else None
        origin = code.origin(sent) if sent is not None else None
        if last is None or origin is None or not origin.is_browser or is_bounded(code, last):
            continue
        found = code.type_of(node.value, node)
        if found is not None and found.sort is Sort.ROWS and found.model is not None:
            yield Hit(
                (code.spot(node),),
                "the browser says how many rows are read",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, node, "is the number of rows"),
            )


@rule(
    "deployment.unbounded-page-size",
    title="clients choose the size of a page, without a limit",
    areas=_AREAS,
    cwe=(770, 400),
    severity=Severity.LOW,
    gain="`?page_size=10000000` has the database read, and the worker keep, the whole table",
    mend="set `max_page_size` beside `page_size_query_param`",
)
def unbounded_page_size(project: Project) -> Iterator[Hit]:
    """Find DRF pagination classes with no `max_page_size`, and lists that are as long as the address says."""
    yield from _paginated_by_address(project)
    yield from _limited_by_address(project)
    classes = project.site.classes
    for symbol in classes.all:
        if "page_size_query_param" not in symbol.node.words or not _is_pagination(project, symbol):
            continue
        value = classes.value(symbol, "page_size_query_param")
        limit = classes.value(symbol, "max_page_size")
        is_set = limit is not None and not is_none(limit.value)
        is_set = is_set or classes.method(symbol, "max_page_size") is not None
        made = classes.method(symbol, "__init__") if limit is None else None
        is_set = is_set or (made is not None and "max_page_size" in made.node.words)
        if value is None or text(value.value) is None or is_set:
            continue
        yield Hit(
            (Spot(value.module.path, value.value.span),),
            f"`{symbol.node.name}` takes any size of a page",
            Confidence.MEDIUM,
            symbol.name,
        )


def _paginated_by_address(project: Project) -> Iterator[Hit]:
    """Yield `get_paginate_by` of a list that returns what the address says."""
    for function in project.flow.callers.holding("GET"):
        if function.node.name != "get_paginate_by" or project.kind_of(function.module) is not None:
            continue
        code = project.code_of(function)
        if any(True for _ in code.every(n.Compare)) or any(True for _ in code.calls("min")):
            continue
        for value in code.returned:
            if any(code.origin(part).is_browser for part in inside(value)):
                yield Hit(
                    (code.spot(value),),
                    "the list is as long as the address says",
                    Confidence.MEDIUM,
                    code.symbol,
                    mend='take the lesser: `min(int(self.request.GET.get("per_page", 50)), 200)`',
                )


def _limited_by_address(project: Project) -> Iterator[Hit]:
    """Yield what `get_limit` of a pagination returns as it was sent, whatever it returns else."""
    for function in project.flow.callers.holding("query_params"):
        owner = function.owner
        is_size = function.node.name in _SIZES and owner is not None
        if not is_size or project.kind_of(function.module) is not None:
            continue
        code = project.code_of(function)
        if owner is None or not project.site.classes.inherits(owner, *_PAGINATIONS):
            continue
        sizes = (size for value in code.returned for size in _choices(value))
        for size in sizes:
            if isinstance(size, n.Name) and _is_as_sent(code, size):
                yield Hit(
                    (code.spot(size),),
                    "the page is as long as the address says",
                    Confidence.MEDIUM,
                    code.symbol,
                    mend="return the lesser: `min(limit, self.max_limit)`",
                )
                break


_SIZES = frozenset({"get_limit", "get_page_size"})
_PAGINATIONS = ("LimitOffsetPagination", "PageNumberPagination", "BasePagination")


def _choices(value: n.Expr) -> Iterator[n.Expr]:
    if isinstance(value, n.Choice):
        yield from (*_choices(value.then), *_choices(value.other))
    else:
        yield value


def _is_as_sent(code: Code, size: n.Name) -> bool:
    """Whether a number is what was sent, with nothing that bounds it from above."""
    made = code.assigned(size.id)
    if len(made) != 1 or tail(func_of(made[0])) not in ("int", "_positive_int"):
        return False
    if not any(code.origin(part).is_browser for part in inside(made[0])):
        return False
    if any(k.name == "cutoff" for one in made if isinstance(one, n.Call) for k in one.keywords):
        return False
    lesser = (tail(given) for call in code.calls("min") for given in call.args)
    return size.id not in lesser and not any(
        _bounds(node, size.id) for node in code.every(n.Compare)
    )


def _bounds(node: n.Compare, name: str) -> bool:
    """Whether a comparison asks whether a number is too large: `limit > self.max_limit`."""
    sides = (node.left, *node.rights)
    return any(
        (op in (">", ">=") and tail(left) == name) or (op in ("<", "<=") and tail(right) == name)
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False)
    )


def _is_pagination(project: Project, symbol: ClassSymbol) -> bool:
    return project.site.classes.inherits(symbol, "PageNumberPagination")
