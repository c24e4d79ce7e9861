"""What a context holds, name by name: `{"q": q}`, `context["q"] = q`, `context.update(extra(request))`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.flow.callees.poured import handed_in, taking
from pickguard.flow.expressions.calls import callee
from pickguard.flow.guards.said_keys import said_names
from pickguard.kit.code import Code, tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

Entry = tuple[Code, str, n.Expr]
_CONTEXTS = ("Context", "RequestContext", "make_context")
_ADDING = ("update", "setdefault", "push")
_DEPTH_LIMIT = 5


def entries(code: Code, context: n.Expr, depth: int = 0) -> Iterator[Entry]:
    """Yield the names of a context with their values, each with the code that it stands in."""
    if depth > _DEPTH_LIMIT:
        return
    match context:
        case n.Mapping():
            for key, value in zip(context.keys, context.values, strict=True):
                yield from ((code, name, value) for name in said_names(code.body, key))
                if key is None:
                    yield from entries(code, value, depth + 1)
        case n.Comprehension(kind="dict", key=key, value=value):
            yield from ((code, name, value) for name in said_names(code.body, key))
        case n.Name():
            yield from _of_name(code, context.id, depth + 1)
        case n.Binary(op="|"):
            yield from entries(code, context.left, depth + 1)
            yield from entries(code, context.right, depth + 1)
        case n.Call():
            yield from _of_call(code, context, depth + 1)
        case n.Wrapped(kind="await", value=awaited) if awaited is not None:
            yield from entries(code, awaited, depth + 1)


def _of_call(code: Code, call: n.Call, depth: int) -> Iterator[Entry]:
    called = tail(call.func)
    if called == "locals":
        yield from _of_locals(code, call)
    elif called in _CONTEXTS:
        for item in call.args:
            yield from entries(code, item, depth)
    elif called in ("dict", "get_context_data"):
        yield from given_by_name(code, call, depth)
        for item in call.args[:1]:
            yield from entries(code, item, depth)
    else:
        function = _called(code, call.func)
        if function is not None and "render" not in function.node.words:
            yield from returned(code.project.code_of(function), depth)


def _called(code: Code, func: n.Expr) -> FunctionSymbol | None:
    """Return the function of the site that is called, also a method of the same class."""
    if isinstance(func, n.Attr) and tail(func.value) == "self":
        owner = code.owner
        return code.project.site.classes.method(owner, func.name) if owner is not None else None
    found = code.resolve(func) if isinstance(func, n.Name | n.Attr) else None
    return found if isinstance(found, FunctionSymbol) else None


def given_by_name(code: Code, call: n.Call, depth: int = 0) -> Iterator[Entry]:
    """Yield what a call is given by keyword, and by what `**` spreads."""
    for item in call.keywords:
        if item.name:
            yield code, item.name, item.value
        else:
            yield from entries(code, item.value, depth + 1)


def _of_locals(code: Code, call: n.Call) -> Iterator[Entry]:
    """Yield every name that a function has bound where it hands all of them on."""
    for name in code.body.scope.bindings:
        if name.isidentifier() and name not in ("self", "cls", "request"):
            yield code, name, n.Name(call.span, name)


def _of_name(code: Code, name: str, depth: int) -> Iterator[Entry]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from _assigned(code, statement, name, depth)
        elif isinstance(statement, n.Augment) and tail(statement.target) == name:
            yield from entries(code, statement.value, depth)
    for call in code.calls(*_ADDING):
        target = receiver_of(call)
        if isinstance(target, n.Name) and target.id == name:
            yield from given_by_name(code, call, depth)
            if tail(call.func) == "setdefault" and len(call.args) > 1:
                yield from (
                    (code, key, call.args[1]) for key in said_names(code.body, call.args[0])
                )
                continue
            for item in call.args[:1]:
                yield from entries(code, item, depth)
    for call in code.every(n.Call):
        if name in handed_in(call):
            yield from _put_in(code, call, name, depth)


def _put_in(code: Code, call: n.Call, name: str, depth: int) -> Iterator[Entry]:
    """Yield what a function puts into the context that it is handed: `add_menu(context, request)`."""
    function, is_bound = callee(code.body, call, code.body.scope.at(call.span))
    if function is None or function == code.function or depth > _DEPTH_LIMIT:
        return
    for taken in taking(function, call, name, is_bound=is_bound):
        yield from _of_name(code.project.code_of(function), taken, depth + 1)


def _assigned(code: Code, statement: n.Assign, name: str, depth: int) -> Iterator[Entry]:
    for target in statement.targets:
        if isinstance(target, n.Name) and target.id == name:
            if tail(statement.value) != name:
                yield from entries(code, statement.value, depth)
        elif isinstance(target, n.Index) and tail(target.value) == name:
            yield from ((code, key, statement.value) for key in said_names(code.body, target.index))
        elif isinstance(target, n.Index) and isinstance(target.value, n.Index):
            key = text(target.value.index) if tail(target.value.value) == name else None
            if key:  # `context["widget"]["shown"] = value`
                inner = n.Mapping(target.span, (target.index,), (statement.value,))
                yield code, key, inner


def returned(code: Code, depth: int = 0) -> Iterator[Entry]:
    """Yield what is put into the context that `get_context_data`, or an inclusion tag, returns."""
    for statement in code.statements:
        if isinstance(statement, n.Return) and statement.value is not None:
            yield from entries(code, statement.value, depth)
    for call in code.calls("get_context_data"):
        yield from given_by_name(code, call, depth)
