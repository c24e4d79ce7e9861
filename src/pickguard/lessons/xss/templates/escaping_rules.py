"""XSS rules about escaping that is switched off for all templates of an engine."""

import re
from collections.abc import Iterator, Mapping

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule, reading, rule
from pickguard.kit.code import tail, text
from pickguard.lessons.xss.templates.left_out import LeftOut, left_out
from pickguard.site.symbols.names import ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, spread_into, start_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import blocks, expressions, inside, statements

_AREAS = (Area.INTEGRITY, Area.CONFIDENTIALITY)
_MAKERS = ("Environment", "SandboxedEnvironment", "ImmutableSandboxedEnvironment")
_TEMPLATE = "Template"
_LOADS = frozenset({"get_template", "select_template", "get_or_select_template"})
_ANSWERS = frozenset({"HttpResponse", "mark_safe", "Markup", "SafeString"})
_ALL = LeftOut((".html", ".htm", ".xhtml"), is_all=True)


@rule(
    "xss.unescaped-engine",
    title="the settings switch escaping off for all templates",
    areas=_AREAS,
    cwe=(79,),
    severity=Severity.HIGH,
    gain="each value on each page is markup of whoever wrote it",
    mend='leave `"autoescape"` out of the options, and switch it off block by block where it has to be',
)
def unescaped_engine(project: Project) -> Iterator[Hit]:
    """Find `"OPTIONS": {"autoescape": False}` in `TEMPLATES`."""
    found = reading(project, "TEMPLATES")
    for engine in found.value if found and isinstance(found.value, list | tuple) else ():
        options = engine.get("OPTIONS") if isinstance(engine, Mapping) else None
        if found and isinstance(options, Mapping) and options.get("autoescape") is False:
            yield Hit(
                (found.spot,),
                "`TEMPLATES` switches escaping off for all pages",
                found.confidence,
                "TEMPLATES",
            )


@code_rule(
    "xss.unescaped-environment",
    words=(*_MAKERS, _TEMPLATE),
    packages=("jinja2",),
    title="Jinja2 makes pages, and escapes nothing",
    areas=_AREAS,
    cwe=(79, 94),
    severity=Severity.HIGH,
    gain="Jinja2 escapes only where it is told to: each value on these pages is markup of whoever wrote it",
    mend="`Environment(autoescape=select_autoescape(), …)`, or Django's own backend for Jinja2",
)
def unescaped_environment(code: Code) -> Iterator[Hit]:
    """Find environments without `autoescape` in modules that make HTML of their templates."""
    for call in code.calls(*_MAKERS, _TEMPLATE):
        given = argument(call, -1, "autoescape")
        if _may_be_told_to(code, call):
            continue  # Django's backend hands its options on, `autoescape` among them
        rest = left_out(code, given) if code.is_from(call.func, "jinja2") else None
        if rest is None:
            continue
        if tail(call.func) == _TEMPLATE:
            yield from _template_alone(code, call) if rest.is_all else ()
            continue
        page = _page(code, rest)
        shown = (
            code.spot(page, "makes a page")
            if page is not None
            else _page_elsewhere(code, call, rest)
        )
        if shown is not None:
            yield Hit(
                (code.spot(call if given is None else given), shown),
                f"`{tail(call.func)}` escapes nothing, and its templates become pages"
                if rest.is_all
                else "`select_autoescape` leaves out the names of templates that become pages",
                Confidence.HIGH,
                code.symbol,
            )


def _may_be_told_to(code: Code, call: n.Call) -> bool:
    """Whether a call spreads options that may say `autoescape`: no caller is seen that leaves them out."""
    spread = spread_into(call)
    if not spread or code.function is None:
        return bool(spread)
    taken = {param.name for param in code.function.node.params if param.kind == "**"}
    is_silent = any(
        all(keyword.name not in (None, "autoescape") for keyword in made.keywords)
        for _body, made, _is_bound in code.project.flow.callers.of(code.function)
    )
    return not is_silent or any(tail(one) not in taken for one in spread)


def _template_alone(code: Code, call: n.Call) -> Iterator[Hit]:
    """Find a template that is compiled by itself and is a page: by what is made of it, or by what it says."""
    page = _page(code, _ALL) if code.function is None else _page_in(code.block, _ALL)
    if page is None and (code.is_of_command or not _is_page_as_written(code, call)):
        return
    spots = [code.spot(call), *([code.spot(page, "makes a page")] if page is not None else [])]
    yield Hit(
        tuple(spots),
        f"`{_TEMPLATE}` of Jinja2 escapes nothing, and what it renders {'becomes' if page else 'is'} a page",
        Confidence.HIGH if page is not None else Confidence.MEDIUM,
        code.symbol,
        mend="`Template(source, autoescape=True)`, or a template file that Django's `render` shows",
    )


_PAGE_START = re.compile(r"<(html|body|head)\b", re.IGNORECASE)
_PRINTED_AS_IT_IS = re.compile(r"\{\{[^}|]*\}\}")


def _is_page_as_written(code: Code, call: n.Call) -> bool:
    """Whether the source is a whole page, and prints something without a filter."""
    source = argument(call, 0, "source")
    said = (text(value) or "" for value in code.made(source))
    return any(_PAGE_START.search(one) and _PRINTED_AS_IT_IS.search(one) for one in said)


def _page(code: Code, rest: LeftOut) -> n.Call | None:
    """Return where the module makes HTML of a template: by the template's name, or in an answer."""
    found = (_page_in(block, rest) for block in _bodies(code))
    return next((page for page in found if page is not None), None)


def _page_elsewhere(code: Code, maker: n.Call, rest: LeftOut) -> Spot | None:
    """Return where another module makes a page of a template of an environment that this one makes."""
    for other, _words in code.project.code(_LOADS):
        for call in other.calls(*_LOADS) if other.module is not code.module else ():
            if _is_page(call, set(), rest) and _is_of(code, maker, _holder(other, call)):
                return other.spot(call, "makes a page")
    return None


def _holder(code: Code, call: n.Call) -> object:
    """Return what a template is loaded of: what a name stands for, or the function that returns it."""
    start = start_of(call.func)
    made = [v for v in code.made(start) if isinstance(v, n.Call)] if start is not call.func else []
    return code.resolve(start) or next((code.resolve(one.func) for one in made), None)


def _is_of(code: Code, maker: n.Call, holder: object) -> bool:
    """Whether a symbol is an environment that a call makes, or the function that returns it."""
    if isinstance(holder, ValueSymbol) and holder.module is code.module:
        made = holder.value
        if made is maker or not isinstance(made, n.Call):
            return made is maker
        holder = code.project.site.names.resolve(holder.module, made.func)
    return code.function is not None and holder == code.function


def _page_in(block: tuple[n.Stmt, ...], rest: LeftOut) -> n.Call | None:
    """Return where a block makes HTML of a template."""
    rendered = {
        tail(target)
        for statement in statements(block)
        if isinstance(statement, n.Assign) and _renders(statement.value)
        for target in statement.targets
    }
    for node in expressions(block):
        if isinstance(node, n.Call) and _is_page(node, rendered - {""}, rest):
            return node
    return None


def _renders(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) == "render"


def _bodies(code: Code) -> Iterator[tuple[n.Stmt, ...]]:
    yield code.module.record.body
    for node in _functions(code.module.record.body):
        if set(node.words) & (_LOADS | _ANSWERS) and "render" in node.words:
            yield body(node)


def _functions(block: tuple[n.Stmt, ...]) -> Iterator[n.Function]:
    for statement in block:
        if isinstance(statement, n.Function):
            yield statement
        elif isinstance(statement, n.Class):
            yield from _functions(statement.body)
        else:
            for part in blocks(statement):
                yield from _functions(part)


def _is_page(call: n.Call, rendered: set[str], rest: LeftOut) -> bool:
    name = tail(call.func)
    if name in _LOADS:
        said = (text(part) or "" for item in call.args for part in inside(item))
        return any(one.lower().endswith(rest.endings) for one in said)
    if not rest.is_all:
        return False  # what it is called is not to be seen
    kind = text(argument(call, 1, "content_type"))
    if name not in _ANSWERS or (kind is not None and "html" not in kind):
        return False
    return any(
        _renders(part) or (isinstance(part, n.Name) and part.id in rendered)
        for item in call.args
        for part in inside(item)
    )
