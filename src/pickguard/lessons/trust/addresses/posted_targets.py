"""Addresses that come with a form: whoever follows a link sends none, unless the page puts it into the form.

    <input type="hidden" name="next" value="{{ next }}">

The CSRF check lets nobody else send the form. Then it is the visitor who names the address, to themselves.
"""

import re
from collections.abc import Iterator

from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Project
from pickguard.kit.around import decorators
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside
from pickguard.source.templates import record as r
from pickguard.source.templates.record import Element, TemplateRecord

_FIELDS = ("input", "textarea", "select", "button")
_OWN_ADDRESS = re.compile(
    r"\{\{\s*request\.(get_full_path|path|path_info)(\(\))?\s*(\|[^}]*)?\}\}|\{%-?\s*url\s[^%]*%\}"
)
_LEADS = re.compile(r"next|redirect|return|back|url|path|goto|success", re.IGNORECASE)
_FORM = "form"
_ANY = ""


def is_the_senders_own(code: Code, origin: Origin) -> bool:
    """Whether an address that was posted can be nobody's but that of whoever posts it.

    Args:
        code: what leads there.
        origin: of the address; its source is `request.POST`.
    """
    filled = code.project.once(_filled_in)
    keys = _keys(code.project, origin)
    if filled is None or not keys or keys & filled or _ANY in (*filled, *keys):
        return False
    return _is_checked(code)


def _keys(project: Project, origin: Origin) -> set[str]:
    """Return the names of the fields that are read where an address comes from, `""` where that is not told."""
    source, first = origin.source, origin.steps[0] if origin.steps else None
    if source is None or first is None:
        return set()
    return {
        text(key) or _ANY
        for function in project.flow.callers.holding("POST")
        if function.module.path == first.path
        for node in project.code_of(function).expressions
        for holder, key in _read(node)
        if holder.span == source.span
    }


def _read(node: n.Expr) -> Iterator[tuple[n.Expr, n.Expr]]:
    """Yield what is read by a key, and the key: `POST.get("next")`, `POST["next"]`."""
    if isinstance(node, n.Index):
        yield node.value, node.index
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.args:
        yield node.func.value, node.args[0]


def _is_checked(code: Code) -> bool:
    """Whether a page of another site cannot send the form to a view that runs this code."""
    project = code.project
    if project.middleware is not None and not any("Csrf" in one for one in project.middleware):
        return False
    if any(tail(part) == "csrf_exempt" for one in _decorators(code) for part in inside(one)):
        return False
    return not any(
        view.csrf is False
        for _route, view in project.views()
        if any(function == code.function for _method, function in view.handlers)
        or (code.owner is not None and view.symbol == code.owner)
    )


def _decorators(code: Code) -> Iterator[n.Expr]:
    yield from decorators(code.project, code.function) if code.function is not None else ()
    yield from code.owner.node.decorators if code.owner is not None else ()


def _filled_in(project: Project) -> frozenset[str] | None:
    """Return the names of the fields that pages fill in, `""` among them where any may be; None without forms."""
    fields = [(path, one) for path, record in project.templates.items() for one in _fields(record)]
    if not fields:
        return None
    written = {
        _name(one) for path, one in fields if _is_filled(one) and not _is_own(project, path, one)
    }
    forms = (form for form in project.site.forms.all if form.kind == _FORM)
    declared = {name for form in forms for name in form.declared}
    return frozenset(written | declared)


def _is_own(project: Project, path: str, field: Element) -> bool:
    """Whether views put the address of the page itself, or another of the site's own, into a field."""
    value = field.attribute("value")
    name = _PRINTED.fullmatch(value.value.strip()) if value is not None else None
    if name is None:
        return False
    given = project.template_values.of(path, r.Variable(field.span, (name[1],)))
    return bool(given) and all(tail(func_of(one.value)) in _OWN for one in given)


_PRINTED = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_OWN = frozenset({"build_absolute_uri", "get_full_path", "path", "path_info", "reverse"})


def _fields(record: TemplateRecord) -> Iterator[Element]:
    yield from (field for form in record.forms for field in form.fields)
    yield from (one for one in record.elements if one.name in _FIELDS)


def _name(field: Element) -> str:
    name = field.attribute("name")
    return name.value if name is not None and not name.dynamic else _ANY


def _is_filled(field: Element) -> bool:
    """Whether a page writes something into a field, other than an address of the site's own."""
    name, value = field.attribute("name"), field.attribute("value")
    if name is None or value is None or (name.dynamic and not _LEADS.search(name.value)):
        return False
    return value.dynamic and not _OWN_ADDRESS.fullmatch(value.value.strip())
