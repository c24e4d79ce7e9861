"""The origin of what a call returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pickguard.flow.callees.arguments import given
from pickguard.flow.callees.called import called_name
from pickguard.flow.callees.heirs import is_left_to_heirs, of_heirs
from pickguard.flow.callees.inherited import as_run_by
from pickguard.flow.callees.structured import structured
from pickguard.flow.catalog import Passage, SinkKind
from pickguard.flow.expressions.dumps import dumped_origin
from pickguard.flow.expressions.matches import group_origin, match_origin
from pickguard.flow.guards.held import held
from pickguard.flow.guards.said_keys import said_key
from pickguard.flow.stored.cleaned_data import is_cleaned
from pickguard.flow.stored.fetched import fetched_origin
from pickguard.flow.stored.shared import shared_origin
from pickguard.flow.stored.staff_settings import setting, setting_of
from pickguard.flow.stored.stored import field_origin, text_of, values_origin
from pickguard.flow.values.beginning import BEGINNING
from pickguard.flow.values.character_sets import SUBSTITUTES, is_chosen, is_reduced
from pickguard.flow.values.definitions import PLAIN, Env, Extended, Local, Parameter, Value
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import (
    CONSTANT,
    READ,
    TYPED,
    UNKNOWN,
    Kind,
    Origin,
    Part,
    Passed,
    Step,
    joined,
)
from pickguard.flow.values.vocabulary import (
    CARRIERS,
    CONSTANT_CALLS,
    DECODERS,
    LOOKUPS,
    OF_MARKUP,
    OF_PATHS,
    READERS,
    TYPES,
    UNSIGNING,
)
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    argument,
    given_to,
    is_false,
    is_super,
    receiver_of,
    tail,
    text,
)

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

# methods of forms, their fields and rows that share their names with what cleans a text
_OF_FORMS = frozenset({"clean"})
# methods of texts that functions of `shlex` share their names with
_OF_TEXTS = frozenset({"join", "split"})
# `map(str, values)`
_SAME_TEXTS = frozenset(
    {"str", "repr", "strip", "lower", "upper", "unquote", "unquote_plus"}
    | {"force_str", "smart_str", "force_text", "smart_text"}
)
# what a match holds of the text that was searched
_OF_MATCHES = frozenset({"group", "groups", "groupdict"})
# of a stored path: storages clean the names of the files that they keep
_OF_FILES = frozenset(
    f"{module}.{name}"
    for module in ("os.path", "posixpath")
    for name in ("basename", "split", "splitext")
)
_OF_ITEMS = frozenset({"map", "filter", "max", "min"})
_FUNCTION_AND_VALUES = 2
_TEXTS = frozenset({"str", "format", "join", "force_str", "smart_str", "force_text", "smart_text"})


def call_origin(
    body: Body,
    node: n.Call,
    env: Env,
    clears: frozenset[str],
    part: Part | None = None,
) -> Origin:
    """Return the origin of a call's result, or of one part of it."""
    if is_cleared(node, clears) or _is_named_cleaner(body, node, clears):
        return CONSTANT
    catalog = body.flow.catalog
    if catalog.own.passages:
        said = catalog.own.passages.get(called_name(body, node, env).replace("()", ""))
        if said is not None:
            return _by_passage(body, node, env, clears, said)
    of_site = _of_site(body, node, env, clears, part)
    if of_site is not None:
        return of_site
    if clears and is_reduced(body, node):
        return TYPED
    known = catalog.passage(body.name(node.func) or _of_object(body, node, env, catalog.methods))
    if known is not None:
        found = _by_passage(body, node, env, clears, known)
        is_kept = found.is_stored and not found.is_browser
        return UNKNOWN if is_kept and body.name(node.func) in _OF_FILES else found
    made = structured(body, node)
    if made is not None and _is_class(body, made.kind, env):
        return body.local_origin(made.value, clears, env)
    dumped = dumped_origin(body, node, env, clears)
    if dumped is not None:
        return dumped
    fetched = fetched_origin(body, node) if OF_MARKUP in clears else None
    return fetched or _answered(body, node, env, clears) or _by_its_name(body, node, env, clears)


def _is_class(body: Body, node: n.Expr, env: Env) -> bool:
    found = body.flow.types.of(body, node, env)
    return found is not None and found.sort is Sort.CLASS


def _answered(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin | None:
    """Return the origin of what somebody else answers whom the browser has chosen, or told what to say.

    That is the page behind an address that the browser begins, and the output of a command of its.
    """
    for kind, also in _ASKED.items():
        sinks = body.flow.catalog.sinks(kind).get(tail(node.func), ())
        name = called_name(body, node, env) if sinks else ""
        for sink in sinks:
            value = argument(node, sink.position, *([sink.keyword] if sink.keyword else []))
            if name and sink.fits(name) and value is not None:
                asked = body.local_origin(value, clears | also, env)
                if asked.is_browser:
                    return asked.then(Step(body.module.path, node.span, "answers"))
    return None


_ASKED = {SinkKind.ADDRESS: frozenset({BEGINNING}), SinkKind.SHELL: frozenset[str]()}


def _of_site(
    body: Body, node: n.Call, env: Env, clears: frozenset[str], part: Part | None
) -> Origin | None:
    """Return the origin of what a function of the site returns; None where none is called."""
    target, is_bound = callee(body, node, env)
    runs = list(of_heirs(body, node.func))
    if target is not None and not (runs and is_left_to_heirs(body, target)):
        own = as_run_by(body.flow.site.classes, _receiver(body, node.func, env), target)
        runs.insert(0, own)
    if runs:
        is_bound = is_bound or target is None
        return joined(
            _returned(body, node, env, clears, one, part, is_bound=is_bound) for one in runs
        )
    return None


def _receiver(body: Body, func: n.Expr, env: Env) -> ClassSymbol | None:
    """Return the class of the object whose method is called, or None."""
    if not isinstance(func, n.Attr):
        return None
    if is_super(func.value):
        return body.owner
    found = body.flow.types.of(body, func.value, env)
    return found.symbol if found is not None and found.sort is Sort.INSTANCE else None


def _by_its_name(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of what a function or a method returns that means the same everywhere."""
    called = tail(node.func)
    if called in TYPES and not (called == "all" and isinstance(node.func, n.Attr)):
        return TYPED
    if called in CONSTANT_CALLS:
        return CONSTANT
    if called == "open":
        return _opened(body, node, env, clears)
    if called == "getattr" and len(node.args) > 1:
        return _attribute_by_name(body, node, env, clears)
    if isinstance(node.func, n.Name) and called in _OF_ITEMS:
        return _of_items(body, node, env, clears)
    if isinstance(node.func, n.Attr):
        found = (
            _method(body, node, node.func, env, clears)
            or shared_origin(body, node, clears)
            or match_origin(body, node, env, clears)
        )
        if found is not None:
            return found
    if called in CARRIERS or is_typed_dict(body, node.func):
        return _carried(body, node, env, clears)
    if called in _TABLES and isinstance(node.func, n.Attr):
        if is_false(argument(node, -1, "escape")):  # otherwise it escapes the cells
            return body.local_origin(node.func.value, clears, env)
    return _of_receiver(body, node, env, clears)


# What makes a table of markup of its object: `frame.to_html(escape=False)`
_TABLES = frozenset({"to_html"})


def _attribute_by_name(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of `getattr(note, "title")`, and of `getattr(config, name)`."""
    name = text(node.args[1])
    if name:
        return body.local_origin(n.Attr(node.span, node.args[0], name), clears, env)
    return setting_of(body, node, node.args[0]) or UNKNOWN


def _opened(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of what stands in the file of a row: `row.file.open("rb")`, `open(row.file.path)`."""
    holders = [node.func.value] if isinstance(node.func, n.Attr) else []
    places = [place for place in node.args[:1] if isinstance(place, n.Attr)]
    holders += [place.value for place in places if place.name in ("path", "name")]
    files = (body.local_origin(holder, clears, env) for holder in holders)
    return next((file for file in files if file.is_stored), UNKNOWN)


def _of_receiver(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of `upload.read()`, and of `(folder / name).resolve()`."""
    called = tail(node.func)
    if not isinstance(node.func, n.Attr) or called not in READERS | OF_PATHS | _OF_MATCHES:
        return UNKNOWN
    if called in _OF_MATCHES:
        found = group_origin(body, node, env, clears)
        if found is not None:
            return found
    receiver = body.local_origin(node.func.value, clears, env)
    return _read(body, node, receiver) if called in READERS else receiver


def is_typed_dict(body: Body, func: n.Expr) -> bool:
    """Whether a call makes a dictionary whose keys a `TypedDict` of the site names."""
    found = body.resolve(func) if tail(func)[:1].isupper() else None
    return isinstance(found, ClassSymbol) and body.flow.site.classes.inherits(found, "TypedDict")


def _of_items(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    """Return the origin of `filter(test, values)`, `max(values)`, and of `map(lambda v: v.strip(), values)`."""
    called, args = tail(node.func), node.args
    if called in ("max", "min"):
        return joined([body.local_origin(item, clears, env) for item in args])
    if len(args) != _FUNCTION_AND_VALUES:
        return UNKNOWN
    if clears and is_chosen(node):
        return TYPED
    function, values = args
    if called == "filter" and isinstance(function, n.Lambda) and len(function.params) == 1:
        return _kept_by(body, node, function, values, env, clears)
    if called == "filter" or tail(function) in _SAME_TEXTS:
        return body.local_origin(values, clears, env)
    if not isinstance(function, n.Lambda) or len(function.params) != 1:
        return UNKNOWN
    inner = env.bind(function.params[0].name, Value(values, env, node.span, "iterated"))
    return body.local_origin(function.value, clears, inner)


def _kept_by(
    body: Body, node: n.Call, test: n.Lambda, values: n.Expr, env: Env, clears: frozenset[str]
) -> Origin:
    """Return the origin of what `filter(lambda url: is_safe(url), urls)` keeps."""
    name = n.Name(node.span, test.params[0].name)
    inner = env.bind(name.id, Value(values, env, node.span, "iterated"))
    return body.local_origin(name, clears, held(inner, test.value, True, body.conditions))


def _read(body: Body, node: n.Call, source: Origin) -> Origin:
    """Return the origin of what is read of something: of a file, of a stream, of the request itself."""
    if source.is_browser or source.is_stored:
        return source
    if Kind.REQUEST in source.kinds:
        step = Step(body.module.path, node.span, "read from the request")
        return Origin(frozenset({Kind.BROWSER}), node, (step,))
    params = tuple(Passed(p.name, READ if p.key is None else p.key, p.steps) for p in source.params)
    return replace(source, params=params) if params else UNKNOWN


def is_cleared(node: n.Call, clears: frozenset[str]) -> bool:
    """Whether a call makes a value harmless: `shlex.join(words)`, but not the `" ".join(words)` of a text."""
    name = tail(node.func)
    if name not in clears or (name in _OF_FORMS and _is_of_form(node)):
        return False
    is_method = name in _OF_TEXTS and isinstance(node.func, n.Attr)
    return not is_method or _is_module(node.func)


def _is_named_cleaner(body: Body, node: n.Call, clears: frozenset[str]) -> bool:
    """Whether a function that makes a value harmless goes by another name: `esc = conditional_escape`.

    So Django's documentation writes filters that are told of `autoescape`, with `esc = lambda x: x` beside it.
    """
    if not isinstance(node.func, n.Name) or not clears:
        return False
    given = body.assigned.get(node.func.id, ())
    return any(
        isinstance(value, n.Name | n.Attr) and tail(value) in clears for value, _span in given
    )


def _is_of_form(node: n.Call) -> bool:
    """Whether it is `form.clean()`, `super().clean(value)` or `self.clean(value)`."""
    holder = receiver_of(node)
    is_inherited = is_super(holder)
    return not given_to(node) or is_inherited or tail(holder) == "self"


def _is_module(func: n.Expr) -> bool:
    return isinstance(func, n.Attr) and tail(func.value) == "shlex"


def _of_object(body: Body, node: n.Call, env: Env, methods: frozenset[str]) -> str:
    """Return the full name of a method of a library's object, where the catalogue knows one so called."""
    if not isinstance(node.func, n.Attr) or node.func.name not in methods:
        return ""
    return called_name(body, node, env).replace("()", "")


def callee(
    body: Body, node: n.Call, env: Env, depth: int = 0
) -> tuple[FunctionSymbol | None, bool]:
    """Return the site's function that a call runs, and whether its first parameter is the object.

    Args:
        body: where the call stands.
        node: the call.
        env: what names stand for there.
        depth: how deep the question is nested that asks what type something has.
    """
    func = node.func
    if isinstance(func, n.Attr):
        if is_super(func.value):
            return _inherited(body, func.name), True
        found = body.flow.types.of(body, func.value, env, depth)
        if found is not None and found.sort is Sort.ROWS:
            return body.flow.types.managers.method(found.symbol, func.name), True
        if found is not None:
            method_of = body.flow.site.classes.method
            method = method_of(found.symbol, func.name)
            if method is None and (behind := body.flow.types.delegate(found)) is not None:
                method = method_of(behind.symbol, func.name)
            return method, found.sort is Sort.INSTANCE or _is_of_class(method)
    called = body.flow.callers.called_object(body, func, env)
    if called is not None:
        return called, True
    nested = _nested(body, func, env)
    if nested is not None:
        return nested, False
    symbol = body.resolve(func)
    if not isinstance(symbol, FunctionSymbol):
        symbol = body.flow.named.loaded(body, func, env)
    if isinstance(symbol, FunctionSymbol):
        return symbol, symbol.owner is not None and _is_of_class(symbol)
    return None, False


def _nested(body: Body, func: n.Expr, env: Env) -> FunctionSymbol | None:
    """Return the function that a name stands for which is written in the body itself."""
    found = env.get(func.id) if isinstance(func, n.Name) else None
    around = body.function
    if not isinstance(found, Local) or not isinstance(found.node, n.Function) or around is None:
        return None
    name = f"{around.qualname}.{found.node.name}"
    symbol = FunctionSymbol(body.module, found.node, name, around.owner)
    body.flow.inner(body, symbol)  # it knows what is around it
    return symbol


def _is_of_class(method: FunctionSymbol | None) -> bool:
    return method is not None and any(tail(d) == "classmethod" for d in method.node.decorators)


def _inherited(body: Body, name: str) -> FunctionSymbol | None:
    if body.owner is None:
        return None
    written_in = body.function.owner if body.function is not None else None
    return body.flow.site.classes.next_method(body.owner, written_in or body.owner, name)


def _returned(
    body: Body,
    node: n.Call,
    env: Env,
    clears: frozenset[str],
    target: FunctionSymbol,
    part: Part | None,
    *,
    is_bound: bool,
) -> Origin:
    """Return what a function of the site returns, its parameters replaced by what is given here."""
    summary = body.flow.returned(target, clears, part)
    found = filled_in(body, node, env, clears, target, summary, is_bound=is_bound)
    is_cleared_there = target.node.name in clears or target.node.name in UNSIGNING
    return CONSTANT if is_cleared_there else found


def filled_in(
    body: Body,
    node: n.Call,
    env: Env,
    clears: frozenset[str],
    target: FunctionSymbol,
    summary: Origin,
    *,
    is_bound: bool,
) -> Origin:
    """Return what is known of a function, its parameters replaced by what a call gives."""
    own = Origin(
        summary.kinds - {Kind.PARAMETER}, summary.source, summary.steps, (), summary.writer
    )
    found = [UNKNOWN if _reads_what_is_left_out(target, node, own, is_bound=is_bound) else own]
    here = Step(body.module.path, node.span, f"through `{target.node.name}`")
    for passed in summary.params:
        for item in given(target, node, passed, is_bound=is_bound):
            origin = body.local_origin(item, clears, env)
            found.append(origin.then(here, *passed.steps))
    return joined(found)


def _reads_what_is_left_out(
    target: FunctionSymbol, node: n.Call, own: Origin, *, is_bound: bool
) -> bool:
    """Whether a function reads the browser's words of `request=None`, and a call gives it no request."""
    name = _beginning(own.source) if own.is_browser else ""
    param = next((p for p in target.node.params if p.name == name), None)
    if param is None or not isinstance(param.default, n.Const) or param.default.value is not None:
        return False
    return not any(given(target, node, Passed(name), is_bound=is_bound))


def _beginning(source: n.Expr | None) -> str:
    """Return `request` of `request.GET.get("next")`."""
    while isinstance(source, n.Attr | n.Index | n.Call):
        source = source.func if isinstance(source, n.Call) else source.value
    return source.id if isinstance(source, n.Name) else ""


def _by_passage(
    body: Body, node: n.Call, env: Env, clears: frozenset[str], known: Passage
) -> Origin:
    match known:
        case Passage.TYPED:
            return TYPED
        case Passage.CONSTANT:
            return CONSTANT
        case Passage.BROWSER:
            step = Step(body.module.path, node.span, "from outside")
            return Origin(frozenset({Kind.BROWSER}), node, (step,))
        case Passage.STORED:
            return setting(body, node)
        case Passage.ESCAPES if OF_MARKUP in clears and _escapes(node):
            return CONSTANT
        case Passage.CARRIES if _names_view(node):
            return CONSTANT
        case Passage.CARRIES | Passage.ESCAPES:
            items = given_to(node)
            return joined([_put_in(body, node, item, env, clears) for item in items])


def _names_view(node: n.Call) -> bool:
    """Whether it is `resolve_url("detail", pk)`, an address of the site; alone, an address stays what it is."""
    return tail(node.func) == "resolve_url" and len(given_to(node)) > 1


def _escapes(node: n.Call) -> bool:
    """Whether a renderer of texts is left to escape the tags in them: `markdown(text)`, not `markdown(text, False)`."""
    return not is_false(argument(node, 1, "escape")) and argument(node, -1, "renderer") is None


def _put_in(body: Body, call: n.Call, item: n.Expr, env: Env, clears: frozenset[str]) -> Origin:
    """Return what an argument adds to a text: `lambda match: …` of `re.sub` what it makes of the text."""
    if not isinstance(item, n.Lambda) or tail(call.func) not in SUBSTITUTES or not item.params:
        return text_of(body, item, env, clears)
    searched = [one for one in call.args if one is not item][-1:]
    found = Value(searched[0], env, call.span, "assigned") if searched else PLAIN
    return body.local_origin(item.value, clears, env.bind(item.params[0].name, found))


def _method(
    body: Body, node: n.Call, func: n.Attr, env: Env, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of a method's result where the receiver's type tells; None otherwise."""
    key = said_key(body, node.args[0], env) if func.name in ("get", "pop") and node.args else None
    if isinstance(key, n.Const):
        entry = _entry(body, n.Index(func.span, func.value, key), env, clears)
        if entry is not None:
            fallback = [body.local_origin(item, clears, env) for item in node.args[1:2]]
            return joined([entry, *fallback])
    as_function = body.flow.catalog.passage(f"re.{func.name}") if node.args else None
    if as_function is not None and body.is_compiled(
        func.value
    ):  # `WORD.sub(…)` does as `re.sub(…)`
        return _by_passage(body, node, env, clears, as_function)
    if func.name in _SAME_COLUMNS and _chooses_columns(func.value):
        return body.local_origin(func.value, clears, env)
    found = body.flow.types.of(body, func.value, env)
    if found is None:
        return None
    if found.sort is Sort.ROWS:
        if func.name in ("values", "values_list", "dates"):
            return values_origin(body, node, found)
        return UNKNOWN
    if found.model is not None and func.name.startswith("get_") and func.name.endswith("_display"):
        return TYPED
    if found.model is not None and func.name in ("get_username", "get_full_name", "get_short_name"):
        return field_origin(body, func, found, "username")
    if isinstance(found.symbol, ClassSymbol) and func.name == "clean":
        return None
    return None


# what leaves the columns of `rows.values("title")` as they are
_SAME_COLUMNS = frozenset(
    {"iterator", "aiterator", "filter", "exclude", "order_by", "distinct", "all", "first", "last"}
    | {"reverse", "using", "afirst", "alast", "get", "aget", "earliest", "latest"}
)


def _chooses_columns(node: n.Expr) -> bool:
    """Whether rows have come out of `values` or `values_list` before."""
    while isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        if node.func.name in ("values", "values_list"):
            return True
        node = node.func.value
    return False


def _entry(body: Body, node: n.Index, env: Env, clears: frozenset[str]) -> Origin | None:
    """Return the origin of `d.get("key")` where it is that of `d["key"]`."""
    holder = node.value
    definition = env.get(holder.id) if isinstance(holder, n.Name) else None
    is_handed = isinstance(definition, Parameter) and definition.param.name not in body.url
    is_written = isinstance(definition, Value | Extended) and definition.env is not None
    if is_handed or is_written or is_cleaned(body, holder):
        return body.local_origin(node, clears, env)
    return None


def _carried(body: Body, node: n.Call, env: Env, clears: frozenset[str]) -> Origin:
    called = tail(node.func)
    arguments = list(given_to(node))
    parts: list[n.Expr] = [node.func.value] if isinstance(node.func, n.Attr) else []
    if called in LOOKUPS:  # `session.get(url, headers=headers)` looks nothing up
        arguments = [*node.args[1:2], *(k.value for k in node.keywords if k.name == "default")]
    if called in DECODERS:
        parts = []
    if called in _TEXTS:
        return joined([text_of(body, item, env, clears) for item in (*parts, *arguments)])
    if called == "next" or called in ("strip", "lstrip", "rstrip", "split", "splitlines"):
        arguments = arguments[:1] if called == "next" else []
    return joined([body.local_origin(item, clears, env) for item in (*parts, *arguments)])
