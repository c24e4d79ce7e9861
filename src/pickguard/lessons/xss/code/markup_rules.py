"""XSS rules about HTML put together by hand, wherever it goes."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.callees.arguments import given
from pickguard.flow.stored.stored import is_text
from pickguard.flow.values.origin import Origin, Passed
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.named_anywhere import is_named_anywhere
from pickguard.kit.templates.list_items import lists
from pickguard.kit.values.sure import sure, weight
from pickguard.lessons.xss.cleaning.markdown_rules import CALLED_BY_TEMPLATES
from pickguard.lessons.xss.code.dollar_forms import FILLS
from pickguard.lessons.xss.code.markup import AS_TEXT, filled, named, reads_text, unescaped
from pickguard.lessons.xss.code.markup import is_text as says_text
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import FunctionSymbol, methods_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    access_path,
    called_by,
    func_of,
    given_to,
    operands,
    ways,
)
from pickguard.source.python.held_values import written_at
from pickguard.source.python.lower_expressions import FILLED, MARKUP
from pickguard.source.python.walk import inside

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)


@code_rule(
    "xss.formatted-markup",
    words=(MARKUP, FILLED, "format", *FILLS),
    title="a value is put into markup unescaped",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain="whoever can write the value runs scripts in the browser, and the session, of who sees it",
    mend='use `format_html("<b>{}</b>", value)`, which escapes the values',
)
def formatted_markup(code: Code) -> Iterator[Hit]:
    """Find values in constant markup that nothing escapes and that may be somebody's text."""
    if code.function is None or _is_no_page(code):
        return
    is_response = "HttpResponse" in code.words
    escaped = _escaped(code)
    made = list(filled(code))
    told = {id(found.node) for found in made}
    for found in made:
        if id(found.node) in escaped or _is_of_drawing(found.node):
            continue
        values = [
            one
            for one in unescaped(code, found)
            if not _is_told(code, one[0], told) and not _is_markup_itself(code, one[0])
        ]
        if is_response and any(origin.is_browser for _value, origin in values):
            continue
        if not values:
            continue
        value, origin = max(values, key=lambda one: weight(one[1]))
        written = replace(found.node, span=written_at(found.node))
        yield Hit(
            (code.spot(written),),
            f"{named(value)} is put into markup, and nothing escapes it",
            _sureness(code, origin, [v for v, _ in values]),
            code.symbol,
            flow=code.flow(origin, written, "is put into markup"),
        )


def _is_of_drawing(made: n.Expr) -> bool:
    """Whether it is a label that Graphviz draws: markup in angle brackets, `<<b>…</b>>`."""
    first = next((said for part in inside(made) if (said := text(part)) and said.strip()), "")
    return bool(_LABEL.match(first))


_LABEL = re.compile(r"\s*<\s*<\w")


def _is_markup_itself(code: Code, value: n.Expr) -> bool:
    """Whether a value, or what it was made of, is asked for a tag: `if "<body" not in page: page = f"<body>{page}"`."""
    asked = {
        tail(right)
        for compared in code.every(n.Compare)
        for op, right in zip(compared.ops, compared.rights, strict=True)
        if op in ("in", "not in") and _TAG.match(text(compared.left) or "")
    } - {""}
    return bool(asked) and any(tail(one) in asked for one in ways(value))


_TAG = re.compile(r"<[a-z]\w+", re.IGNORECASE)


def _is_told(code: Code, value: n.Expr, told: set[int]) -> bool:
    """Whether a value is made of markup that the body has put together before, and that is looked at there."""
    own = value.id if isinstance(value, n.Name) else None  # `head += "</head>"`
    made = list(_pieces(code, value))
    parts = [side for one in made for side in operands(one, "+") if tail(side) != own]
    return bool(parts) and all(id(part) in told or isinstance(part, n.Const) for part in parts)


def _pieces(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield what a name is assigned, or what `"".join(items)` strings together."""
    if isinstance(value, n.Name):
        yield from code.assigned(value.id)
    elif isinstance(value, n.Call) and tail(value.func) == "join" and len(value.args) == 1:
        for made in lists(code, value.args[0]):
            yield from _items(made)


def _items(made: n.Expr) -> tuple[n.Expr, ...]:
    if isinstance(made, n.Comprehension):
        return (made.value,)
    return made.items if isinstance(made, n.Sequence) else (made,)


# each of these has a rule of its own
_CLAIMS = frozenset(
    {"mark_safe", "SafeString", "SafeText", "Markup", "help_text", "html_message"}
    | {"attach_alternative"}
)
_ELSEWHERE = frozenset(
    {"print", "stdout", "stderr", "echo", "feed", "fromstring", "HTMLParser", "BeautifulSoup"}
)


def _is_no_page(code: Code) -> bool:
    """Whether the text goes to a terminal, a parser or a PDF, or another rule looks at where it is called safe."""
    if code.is_of_command or "/cli/" in code.module.path or _is_called_by_templates(code):
        return True
    if code.function is not None and code.function.node.name in ("__repr__", "__str__"):
        return True  # `<Option name: value>`
    return "reportlab" in code.packages or bool(code.words & (_CLAIMS | _ELSEWHERE))


def _is_called_by_templates(code: Code) -> bool:
    """Whether it is a filter or a simple tag: Django escapes what such a function does not call safe.

    Before 1.9 it printed what a simple tag returns: https://docs.djangoproject.com/en/1.9/releases/1.9/
    """
    decorators = code.function.node.decorators if code.function is not None else ()
    named = {tail(func_of(one)) for one in decorators}
    if "simple_tag" in named and _is_of_old_django(code.module):
        return False
    return not CALLED_BY_TEMPLATES.isdisjoint(named)


def _is_of_old_django(module: Module) -> bool:
    """Whether a module imports what Django had in the days of 1.8 and has no more."""
    imports = (one for one in module.record.body if isinstance(one, n.Import))
    return any(one.module in _REMOVED for one in imports)


_REMOVED = ("django.core.urlresolvers", "django.conf.urls.defaults", "django.utils.importlib")


# what takes the scripts out of markup that was put together before
_CLEANERS = ("clean", "clean_html", "sanitize", "sanitize_html", "strip_tags", "escape")


def _escaped(code: Code) -> set[int]:
    """Return what is cleaned as a whole, raised, or handed to `format_html`, whose form another rule looks at."""
    found = {id(part) for raised in _raised(code) for part in inside(raised)}
    for call in code.calls("format_html", "format_html_join", *_CLEANERS):
        for part in inside(call):
            found.add(id(part))
            if isinstance(part, n.Name):
                found.update(id(value) for value in code.assigned(part.id))
    for value in _escaped_elsewhere(code):
        found.add(id(value))
        if isinstance(value, n.Name):
            found.update(id(made) for made in code.assigned(value.id))
    return found


def _escaped_elsewhere(code: Code) -> Iterator[n.Expr]:
    """Yield what functions of the site are given and put into the form of a `format_html`, which escapes it."""
    for call in code.every(n.Call):
        function = code.called_with(call, _FORMATS)
        if function is None or function == code.function:
            continue
        there = code.project.code_of(function)
        filling = {tail(value) for made in there.calls(*_FORMATS) for value in given_to(made)[1:]}
        is_bound = function.owner is not None
        for param in function.node.params:
            if param.name in filling and not there.assigned(param.name):
                yield from given(function, call, Passed(param.name), is_bound=is_bound)


_FORMATS = frozenset({"format_html"})


def _raised(code: Code) -> Iterator[n.Call]:
    """Yield the exceptions that are raised: what they say names tags, and is no page."""
    for statement in code.statements:
        if isinstance(statement, n.Raise) and isinstance(statement.value, n.Call):
            yield statement.value


def _sureness(code: Code, origin: Origin, values: list[n.Expr]) -> Confidence:
    is_shown_row = _is_shown_row(code, values)
    if _is_shown_nowhere(code) and not is_shown_row:
        return Confidence.LOW
    if sure(origin) is Confidence.HIGH:
        return Confidence.HIGH
    # only a text that an object keeps is doubted: what is handed in may have been escaped before
    is_read = any(reads_text(code, value) and _may_be_kept(code, value) for value in values)
    return Confidence.MEDIUM if is_read or is_shown_row else Confidence.LOW


def _may_be_kept(code: Code, value: n.Expr) -> bool:
    """Whether what is read has the name of a text that rows of the site have, or is one of their rows or items.

    What a page of the admin shows is a row, whatever model's it is.
    """
    kept = code.project.once(_kept_texts)
    if code.owner is not None and "admin" in code.project.site.classes.kinds(code.owner):
        return True
    parts = (part for part in code.parts(value) if isinstance(part, n.Attr | n.Index))
    read = {called_by(part) for part in parts if says_text(code, part)}
    return not kept.isdisjoint(read) if read else bool(kept - _OF_ACCOUNTS)


def _kept_texts(project: Project) -> frozenset[str]:
    """Return the names of the texts in the models of a site, and of the methods of its rows."""
    models = [model for model in project.site.models.all if not model.symbol.module.holds_tests]
    fields = {field.name for model in models for field in model.fields if is_text(field)}
    methods = {method.node.name for model in models for method in methods_of(model.symbol)}
    return frozenset(fields | methods | _OF_ACCOUNTS)


# what Django's own accounts have
_OF_ACCOUNTS = frozenset({"username", "first_name", "last_name", "email", "get_full_name", "get_username"})  # fmt: skip


def _is_shown_nowhere(code: Code) -> bool:
    """Whether it is a method of a row that neither code nor a template of the site names."""
    function = code.function
    return (
        function is not None
        and _is_of_row(code)
        and not is_named_anywhere(code.project, function.node.name)
    )


def _is_shown_row(code: Code, values: list[n.Expr]) -> bool:
    """Whether the admin shows a row, or a part of it, as markup: `title.allow_tags = True` says so."""
    function = code.function
    shown = {
        access_path(part).partition(".")[0] for value in values for part in _said_by(code, value)
    }
    params = function.node.params if function is not None else ()
    # the admin hands a method the row alone, whatever else it could be told
    rows = {param.name for param in params if param.default is None}
    if function is None or shown.isdisjoint(rows if _is_of_row(code) else rows - {"self"}):
        return False
    return any(
        isinstance(target, n.Attr)
        and target.name == "allow_tags"
        and tail(target.value) == function.node.name
        for statement in _block_around(code, function)
        if isinstance(statement, n.Assign)
        for target in statement.targets
    )


def _said_by(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield a value, and what its name was given: `row` of `label = str(row) if text is None else text`."""
    yield value
    for made in code.made(value) if isinstance(value, n.Name) else ():
        for way in ways(made):
            is_said = isinstance(way, n.Call) and tail(way.func) in AS_TEXT and len(way.args) == 1
            yield way.args[0] if is_said and isinstance(way, n.Call) else way


def _is_of_row(code: Code) -> bool:
    """Whether it is a method of a model: `self` is the row."""
    return code.owner is not None and "model" in code.project.site.classes.kinds(code.owner)


def _block_around(code: Code, function: FunctionSymbol) -> tuple[n.Stmt, ...]:
    """Return the statements that a function stands among: what is said of it stands there."""
    if code.enclosing is not None:
        return code.enclosing.block
    return function.owner.node.body if function.owner else function.module.record.body
