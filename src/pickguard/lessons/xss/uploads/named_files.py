"""Uploads that `FileResponse` shows as what their names say: it guesses the type of a file by its name."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Spot
from pickguard.kit.code import argument, is_true, tail
from pickguard.lessons.xss.uploads.shown_files import file_field
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

_NAMED_BY_FILE = ("FileResponse", "RangedFileResponse")
_OPENS = frozenset({"open"})
_JOINS = frozenset({"join", "joinpath", "Path", "str"})
_DEEPEST = 6


def shown_by_name(code: Code) -> Iterator[Hit]:
    """Yield the responses that send a row's file and leave its type to its name, which anybody chose."""
    if "Content-Type" in code.words:
        return
    for call in code.calls(*_NAMED_BY_FILE):
        says_type = argument(call, -1, "content_type", "headers", "filename") is not None
        if says_type or is_true(argument(call, 1, "as_attachment")) or not call.args:
            continue
        file = _file_of(code, call.args[0])
        found = file_field(code, file) if file is not None else None
        way = _way(code, call, file, *found) if file is not None and found is not None else ()
        if way:
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` shows an upload as what its name says, HTML too",
                Confidence.MEDIUM,
                code.symbol,
                flow=(*way, code.spot(call, "is shown as what its name says")),
            )


def _way(code: Code, call: n.Call, file: n.Attr, model: Model, field: Field) -> tuple[Spot, ...]:
    """Return how a file of anybody's comes to a response; nothing where nobody sends one unasked."""
    if field.options.get("validators") or _is_asked(code, model.symbol, field):
        return ()
    origin = code.origin(file)
    if origin.is_stored and origin.writer:
        return code.flow(origin, call, "")[:-1]
    return _sender(code, model, field)


def _file_of(code: Code, node: n.Expr, depth: int = _DEEPEST) -> n.Attr | None:
    """Return the field of a row whose file is sent: `doc.file` of `open(doc.file.path, "rb")`."""
    if depth == 0:
        return None
    if isinstance(node, n.Name):
        found = (_file_of(code, made, depth - 1) for made in code.assigned(node.id))
        return next(filter(None, found), None)
    if isinstance(node, n.Attr):
        is_of_file = node.name in ("path", "name", "file")
        inner = _file_of(code, node.value, depth - 1) if is_of_file else None
        return inner or (node if file_field(code, node) is not None else None)
    if not isinstance(node, n.Call):
        return None
    if tail(node.func) in _OPENS and receiver_of(node) is not None and not node.args[:1]:
        return _file_of(code, node.func.value, depth - 1) if isinstance(node.func, n.Attr) else None
    if tail(node.func) in _OPENS | _JOINS:
        parts = [*node.args, *([node.func.value] if isinstance(node.func, n.Attr) else [])]
        return next(filter(None, (_file_of(code, part, depth - 1) for part in parts)), None)
    return None


def _sender(code: Code, model: Model, field: Field) -> tuple[Spot, ...]:
    """Return the form by which a view takes the file and asks nothing of it; nothing where there is none."""
    taken = code.project.views_by_form
    for form in code.project.site.forms.by_symbol.values():
        is_of_row = form.model is not None and form.model.symbol == model.symbol
        if not is_of_row or field.name not in (form.writes or ()) or form.symbol not in taken:
            continue
        if not _is_asked(code, form.symbol, field):
            where = form.symbol
            note = f"the browser sends `{model.name}.{field.name}` through this {form.kind}"
            return (Spot(where.module.path, where.node.span, note),)
    return ()


def _is_asked(code: Code, symbol: ClassSymbol, field: Field) -> bool:
    """Whether a form, or a model, has a method in which the file can be asked what it is."""
    asking = {f"clean_{field.name}", f"validate_{field.name}", "clean", "validate"}
    methods = code.project.site.classes.own_methods(symbol)
    return any(method.name in asking for method in methods)
