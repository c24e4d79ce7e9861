"""XSS rules about the settings that templates reach which people write: the secret key is among them."""

from collections.abc import Iterator
from typing import NamedTuple

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Origin, Passed
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.code import argument, tail
from pickguard.kit.templates.context_entries import entries
from pickguard.kit.templates.context_processors import processed
from pickguard.lessons.xss.code.source_rules import Engine, compiled
from pickguard.site.symbols.names import FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import heads, inside

_COMPILES = frozenset({"Template", "from_string"})
_OF_DJANGO = frozenset({"filter", "simple_tag", "simple_block_tag"})
_OF_JINJA = frozenset({"filter", "global_function"})
_NAMED = 2
_ASKS_NOTHING = frozenset({"hasattr", "isinstance", "upper", "lower"})
_DEPTH_LIMIT = 3
_CALLER_LIMIT = 12


class _Written(NamedTuple):
    """A template whose text somebody sends or stores.

    Attributes:
        code: where it is compiled.
        call: what compiles it.
        engine: what compiles and runs it.
        origin: of its text.
    """

    code: Code
    call: n.Call
    engine: Engine
    origin: Origin


@rule(
    "xss.settings-in-written-template",
    title="templates that people write reach every setting",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(1336, 497),
    severity=Severity.HIGH,
    gain="`{{ settings.SECRET_KEY }}` in a text of one's own shows the key that signs the sessions; a sandbox"
    " does not keep it away",
    mend="give such templates the few values that they may show, by name, and no object or filter that reads"
    " any setting",
)
def settings_in_written_template(project: Project) -> Iterator[Hit]:
    """Find contexts, filters and tags that hand any setting to a template which data writes."""
    written = project.once(_written)
    for one in written:
        yield from _in_context(one)
    by_request = next((one for one in written if _runs_processors(one)), None)
    if by_request is not None:
        for code, name, value in processed(project):
            if _is_settings(code, value):
                yield _hit(by_request, code.spot(value), f"`{name}` is all of the settings")
    yield from _by_registered(project, written)


def _written(project: Project) -> tuple[_Written, ...]:
    """Return the templates of a project whose text the browser writes, at once or stored before."""
    found = (
        _Written(code, call, engine, code.origin(source))
        for code, _ in project.code(_COMPILES)
        for call, source, engine in compiled(code)
    )
    return tuple(one for one in found if one.origin.is_browser or one.origin.writer)


def _hit(
    one: _Written, spot: Spot, what: str, *others: Spot, sure: Confidence = Confidence.MEDIUM
) -> Hit:
    return Hit(
        (spot, *others, one.code.spot(one.call, "compiles a text that somebody else writes")),
        f"{what}, and templates whose text somebody writes reach it",
        sure,
        one.code.symbol,
        flow=one.code.flow(one.origin, one.call, "is compiled as a template"),
    )


# Contexts


def _in_context(one: _Written) -> Iterator[Hit]:
    for call in one.code.calls("render"):
        for context in (*call.args, *(item.value for item in call.keywords if item.name)):
            for code, name, value in _entries(one.code, context):
                if _is_settings(code, value):
                    what = f"`{name}` is all of the settings"
                    yield _hit(one, code.spot(value), what, sure=Confidence.HIGH)


def _entries(code: Code, context: n.Expr) -> Iterator[tuple[Code, str, n.Expr]]:
    """Yield what a context holds, also where a function is given it: `render_text(text, {"note": note})`."""
    yield from entries(code, context)
    function = code.function
    names = {one.id for one in inside(context) if isinstance(one, n.Name)}
    if function is None or names.isdisjoint(p.name for p in function.node.params):
        return
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if caller.function is not None and caller.function != function:
            there = code.project.code_of(caller.function)
            for name in sorted(names):
                for value in given(function, call, Passed(name), is_bound=is_bound):
                    yield from entries(there, value)


def _runs_processors(one: _Written) -> bool:
    """Whether a template is shown for a request: what every page is given it has as well."""
    return any(one.code.calls("RequestContext")) or any(
        len(call.args) >= _NAMED or argument(call, -1, "request") is not None
        for call in one.code.calls("render")
        if not one.code.is_from(call.func, "django.shortcuts")
    )


def _is_settings(code: Code, node: n.Expr) -> bool:
    return code.name(node) == "django.conf.settings"


# Filters and tags


def _by_registered(project: Project, written: tuple[_Written, ...]) -> Iterator[Hit]:
    """Yield the filters and tags that look any setting up, for the engine that runs such templates."""
    known = {one.engine.is_jinja: one for one in reversed(written) if one.engine.is_of_site}
    for function in project.flow.callers.functions if known else ():
        is_jinja = _registered(project, function)
        names = frozenset(param.name for param in function.node.params)
        for kind in is_jinja & known.keys() if names else ():
            found = _read(project.code_of(function), names)
            if found is not None:
                spot = Spot(function.module.path, function.node.span)
                what = f"`{function.node.name}` looks any setting up"
                yield _hit(known[kind], spot, what, found)


def _registered(project: Project, function: FunctionSymbol) -> frozenset[bool]:
    """Return for which templates a function is a filter or a tag: True for those of Jinja2."""
    made = [func_of(one) for one in function.node.decorators]
    return frozenset(
        is_jinja
        for one in made
        if isinstance(one, n.Attr)
        for is_jinja, kinds in ((False, _OF_DJANGO), (True, _OF_JINJA))
        if one.name in kinds and _is_of_jinja(project, function, one.value) == is_jinja
    )


def _is_of_jinja(project: Project, function: FunctionSymbol, register: n.Expr) -> bool:
    found = project.site.names.resolve(function.module, register)
    value = found.value if isinstance(found, ValueSymbol) else None
    made = project.site.names.resolve(function.module, func_of(value)) if value else found
    return "jinja" in getattr(made, "name", "")


def _read(code: Code, names: frozenset[str], depth: int = 0) -> Spot | None:
    """Return where one of the parameters names the setting that is read, here or in what this calls."""
    for call in code.calls("getattr"):
        is_read = len(call.args) >= _NAMED and _is_settings(code, call.args[0])
        if is_read and _named(call.args[1]) in names and not _is_asked(code, call, names):
            return code.spot(call, "reads the setting")
    for call in code.every(n.Call) if depth < _DEPTH_LIMIT else ():
        function = code.called(call) if names & set(map(_named, _values(call))) else None
        if function is None or function == code.function or _is_asked(code, call, names):
            continue
        is_bound = isinstance(call.func, n.Attr)
        handed = frozenset(
            param.name
            for param in function.node.params
            if any(
                _named(value) in names
                for value in given(function, call, Passed(param.name), is_bound=is_bound)
            )
        )
        found = _read(code.project.code_of(function), handed, depth + 1) if handed else None
        if found is not None:
            return found
    return None


def _values(call: n.Call) -> Iterator[n.Expr]:
    yield from call.args
    yield from (item.value for item in call.keywords)


def _named(node: n.Expr) -> str:
    """Return the name of a value that is as it was given: `name`, and `name.upper()`."""
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "upper":
        node = node.func.value
    return node.id if isinstance(node, n.Name) else ""


def _is_asked(code: Code, call: n.Call, names: frozenset[str]) -> bool:
    """Whether something is asked of the name before, other than whether there is such a setting."""
    return any(_asks(part, names) for test in _tests(code, call) for part in inside(test))


def _tests(code: Code, call: n.Call) -> Iterator[n.Expr]:
    """Yield what is asked on the way to a call."""
    for statement in code.statements:
        parts = [part for head in heads(statement) for part in inside(head)]
        if isinstance(statement, n.If):
            yield statement.test
        if any(part is call for part in parts):
            yield from (part.test for part in parts if isinstance(part, n.Choice))
            return


def _asks(node: n.Expr, names: frozenset[str]) -> bool:
    """Whether it is `name in PUBLIC`, `is_public(name)` or `name.startswith("SITE_")`."""
    if isinstance(node, n.Compare):
        return _named(node.left) in names and not {"is", "is not"} & set(node.ops)
    if not isinstance(node, n.Call) or tail(node.func) in _ASKS_NOTHING:
        return False
    receiver = node.func.value if isinstance(node.func, n.Attr) else None
    asked = {_named(value) for value in (*_values(node), *([receiver] if receiver else []))}
    return not names.isdisjoint(asked)
