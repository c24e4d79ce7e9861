"""XSS rules about the source of templates: one that data writes runs what the data says."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.kit.values.sure import sure
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside

_ENGINE = re.compile("engine|env|jinja|template|backend", re.IGNORECASE)
_SANDBOX = re.compile("restricted|sandbox|safe", re.IGNORECASE)


class Engine(Struct, frozen=True):
    """What compiles a template.

    Attributes:
        is_jinja: a Jinja2 environment, whose templates reach every attribute of every object.
        is_closed: a sandbox, or an engine with less in it.
        is_of_site: one of those that the settings name, which has what the site registers.
        spot: where the settings name it, or None.
    """

    is_jinja: bool = False
    is_closed: bool = False
    is_of_site: bool = False
    spot: Spot | None = None


@code_rule(
    "xss.template-from-data",
    words=("Template", "from_string"),
    sinks=(SinkKind.TEMPLATE,),
    title="data is compiled as a template",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(1336, 94),
    severity=Severity.HIGH,
    gain="template tags read settings and objects; in Jinja2 they run any code on the server",
    mend="keep the template constant and pass the value in its context; where people are to write"
    " templates, use Jinja2's `SandboxedEnvironment`",
)
def template_from_data(code: Code) -> Iterator[Hit]:
    """Find `Template(request.POST[…])`, and stored texts compiled by a Jinja2 without a sandbox."""
    if any(_TAGS.search(text(call.args[0]) or "") for call in code.calls("replace") if call.args):
        return  # it takes the tags out, or writes them down
    for call, source, engine in compiled(code):
        if engine.is_closed:
            continue
        origin = code.origin(source, *code.clears(SinkKind.TEMPLATE))
        is_kept = origin.is_stored and (engine.is_jinja or _is_of_visitors(code, origin))
        if not origin.is_browser and not is_kept:
            continue
        what = "what the browser sent" if origin.is_browser else "a stored text"
        spots = [code.spot(call), *([engine.spot] if engine.spot else [])]
        yield Hit(
            tuple(spots),
            f"{what} is compiled as a template",
            Confidence.HIGH if origin.is_browser else _of_kept(source, origin, engine),
            code.symbol,
            flow=code.flow(origin, call, "is compiled as a template"),
        )


def _unused(code: Code) -> Iterator[n.Expr]:
    """Yield the values that are made and not kept, or kept under a name that nobody asks for."""
    targets = {id(t) for s in code.statements if isinstance(s, n.Assign) for t in s.targets}
    asked = {name.id for name in code.every(n.Name) if id(name) not in targets}
    asked.update(*(s.words for s in code.statements if isinstance(s, n.Function)))
    for statement in code.statements:
        if isinstance(statement, n.Do):
            yield statement.value
        elif isinstance(statement, n.Assign) and code.function is not None:
            names = [tail(t) for t in statement.targets if isinstance(t, n.Name)]
            if asked.isdisjoint((*names, "locals")) and len(names) == len(statement.targets):
                yield statement.value


def _only_read(code: Code) -> Iterator[n.Expr]:
    """Yield the templates of which only the tags are listed, none of them run: `Template(text).nodelist`."""
    return (each.value for each in code.every(n.Attr) if each.name == "nodelist")


def _is_of_visitors(code: Code, origin: Origin) -> bool:
    """Whether plain users write a stored text: no form for people who are asked what they may do."""
    places = {(step.path, step.span) for step in origin.steps}
    views = [
        view
        for symbol, taking in code.project.views_by_form.items()
        if (symbol.module.path, symbol.node.span) in places
        for view in taking
    ]
    return bool(origin.writer) and not (views and all(map(_asks_for_right, views)))


def _asks_for_right(view: View) -> bool:
    asked = set(view.permissions) - LOGIN_PERMISSIONS
    return bool(asked) or not PERMISSION_WORDS.isdisjoint(view.words)


_TAGS = re.compile(r"\{[{%]")


def _of_kept(source: n.Expr, origin: Origin, engine: Engine) -> Confidence:
    """Return how sure a stored template is a hole: Django's own tags reach less than Jinja2 does.

    What is put into a tag of the site's, `"{%% include '%s' %%}" % name`, may only be a name there.
    """
    if any(_TAGS.search(text(part) or "") for part in inside(source)):
        return Confidence.LOW
    return sure(origin) if engine.is_jinja else Confidence.MEDIUM


def compiled(code: Code) -> Iterator[tuple[n.Call, n.Expr, Engine]]:
    """Yield the calls that compile a template which is run, with its text and what compiles it, sandboxes included."""
    tried = {id(value) for value in (*_unused(code), *_only_read(code))}
    yield from (one for one in _compiled(code) if id(one[0]) not in tried)


def _compiled(code: Code) -> Iterator[tuple[n.Call, n.Expr, Engine]]:
    for call in code.calls("Template", "from_string"):
        source = argument(call, 0, "source", "template_code", "template_string")
        engine = _engine(code, call)
        if source is not None and engine is not None:
            yield call, source, engine
    for found in sunk(code, SinkKind.TEMPLATE):
        yield found.call, found.value, Engine()


def _engine(code: Code, call: n.Call) -> Engine | None:
    """Return what compiles the source; None where the call compiles no template."""
    name = code.name(call.func)
    given = argument(call, -1, "engine")
    made = func_of(given)
    if _SANDBOX.search(tail(made)):
        return Engine(is_closed=True)
    if name.startswith(("django.template", "jinja2")):
        is_jinja = name.startswith("jinja2")
        return Engine(is_jinja=is_jinja, is_of_site=not is_jinja and given is None)
    if tail(call.func) != "from_string" or name or not isinstance(call.func, n.Attr):
        return None
    receiver = call.func.value
    found = [_of_value(code, value) for value in code.made(receiver)]
    unknown = Engine() if _ENGINE.search(tail(receiver)) else None
    return next((engine for engine in found if engine is not None), unknown)


def _of_value(code: Code, value: n.Expr) -> Engine | None:
    """Return the engine that an expression is: one of the settings, or one that is made here."""
    named = _named_engine(code.project, inside(value))
    if named is not None or not isinstance(value, n.Call):
        return named
    symbol = code.resolve(value.func)
    if isinstance(symbol, FunctionSymbol):  # it hands one of the settings out, or an overlay of one
        named = _named_engine(code.project, code.project.code_of(symbol).every(n.Index))
        if named is not None:
            return named
    is_jinja = "jinja" in code.name(value.func).lower()
    return Engine(is_jinja=is_jinja, is_closed=_makes_sandbox(code, value, symbol))


def _named_engine(project: Project, parts: Iterable[n.Expr]) -> Engine | None:
    """Return the engine of the settings in `engines["jinja"].env`, or None."""
    for part in parts:
        if isinstance(part, n.Index) and tail(part.value) == "engines":
            alias = text(part.index) or ""
            # an app that stands alone has no settings
            named = _of_settings(project, alias)
            return named or Engine(is_jinja="jinja" in alias, is_of_site=True)
    return None


def _makes_sandbox(code: Code, call: n.Call, symbol: Symbol | None) -> bool:
    """Whether a call makes a sandbox: of a class that is one, or in a function that makes one."""
    if isinstance(symbol, ClassSymbol):
        return _is_sandbox_class(code.project, symbol)
    if not isinstance(symbol, FunctionSymbol):
        return "sandbox" in tail(call.func).lower()
    if any("sandbox" in word.lower() for word in symbol.node.words):
        return True
    made = (
        code.project.site.names.resolve(symbol.module, each.func)
        for each in code.project.code_of(symbol).every(n.Call)
    )
    return any(
        isinstance(one, ClassSymbol) and _is_sandbox_class(code.project, one) for one in made
    )


def _of_settings(project: Project, alias: str) -> Engine | None:
    production = project.production
    engines = production.get("TEMPLATES") if production else None
    for engine in engines if isinstance(engines, list | tuple) else ():
        backend = engine.get("BACKEND") if isinstance(engine, dict) else None
        if not isinstance(backend, str):
            continue
        # Django's default for a name is the module of the backend
        name = engine.get("NAME") or backend.rpartition(".")[0].rpartition(".")[2]
        if alias == name:
            return Engine(
                is_jinja="jinja" in backend.lower(),
                is_closed=_is_sandbox(project, engine.get("OPTIONS")),
                is_of_site=True,
                spot=project.setting_spot(production.values["TEMPLATES"], "the engine")
                if production
                else None,
            )
    return None


def _is_sandbox(project: Project, options: object) -> bool:
    """Whether the options of an engine name an environment that is a sandbox."""
    environment = options.get("environment") if isinstance(options, dict) else None
    if not isinstance(environment, str):
        return False
    if "sandbox" in environment.lower():
        return True
    symbol = project.site.names.dotted(environment)
    if isinstance(symbol, ClassSymbol):
        return _is_sandbox_class(project, symbol)
    words = symbol.node.words if isinstance(symbol, FunctionSymbol) else ()
    return any("sandbox" in word.lower() for word in words)


def _is_sandbox_class(project: Project, symbol: ClassSymbol) -> bool:
    return project.site.classes.inherits(
        symbol, "SandboxedEnvironment", "ImmutableSandboxedEnvironment"
    )
