"""All bodies of a site, and the ways of data between them.

Nothing is worked out until a rule asks: an answer is found backwards from the place that was asked
about, through what names stand for, what functions return, what callers give and what is stored.
Answers are kept. Depth and steps of one question are bounded; where a bound is met, the value is
unknown, and `gave_up` counts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pickguard.flow.arguments import given
from pickguard.flow.body import Body
from pickguard.flow.callers import Callers
from pickguard.flow.catalog import Catalog
from pickguard.flow.definitions import Checked, Definition, Extended, Merged, Value
from pickguard.flow.evaluate import definition_origin
from pickguard.flow.framework import Framework
from pickguard.flow.keys import keys_origin
from pickguard.flow.named import Named
from pickguard.flow.on_request import OnRequest
from pickguard.flow.origin import (
    KEYS,
    NOTHING,
    PARAMETER,
    TYPED,
    UNKNOWN,
    Kind,
    Origin,
    Part,
    Passed,
    Step,
    joined,
)
from pickguard.flow.predicates import Predicates
from pickguard.flow.stored import is_typed_input
from pickguard.flow.types import Types
from pickguard.flow.vocabulary import CLEANED, VALIDATORS
from pickguard.flow.writers import Writers
from pickguard.site.link import Site
from pickguard.site.models import Model
from pickguard.site.modules import Module
from pickguard.site.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail
from pickguard.source.python.lower import DEFINITION
from pickguard.source.python.lower import body as statements_of

DEPTH_LIMIT = 90
STEP_LIMIT = 6_000
CALLER_LIMIT = 24
_METHOD_LIMIT = 16
UrlOrigins = Callable[[FunctionSymbol], Mapping[str, Origin]]
Captured = Callable[[ClassSymbol], Mapping[str, Origin]]
TemplateArguments = Callable[[FunctionSymbol, str], Iterable[Origin]]


class Flow:
    """Follows data over one site.

    Args:
        site: the linked site.
        url_origins: what the routes bind of a view's parameters.
        served: the modules that a running site executes.
        template_arguments: what templates give to the parameters of filters and tags.
        catalog: what is known of libraries, and what the project says of its own functions.
        captured: what the routes bind of `self.kwargs` in a class.

    Attributes:
        gave_up: how often a bound was met.
    """

    def __init__(
        self,
        site: Site,
        url_origins: UrlOrigins,
        served: Iterable[Module],
        template_arguments: TemplateArguments = lambda _function, _name: (),
        catalog: Catalog | None = None,
        captured: Captured = lambda _symbol: {},
    ) -> None:
        self.site = site
        self.catalog = catalog or Catalog()
        self.template_arguments = template_arguments
        self.url_origins = url_origins
        self.captured = captured
        self.user_model = site.forms.user_model
        self.named = Named(site)
        self.on_request = OnRequest(self)
        self.types = Types(self)
        self.predicates = Predicates(self)
        self.framework = Framework(self)
        self.callers = Callers(self, tuple(served))
        self.writers = Writers(self)
        self.gave_up = 0
        self._bodies: dict[FunctionSymbol, Body] = {}
        self._nested: dict[FunctionSymbol, tuple[Body, ...]] = {}
        self._known: dict[Any, tuple[Origin, object]] = {}
        self._open: set[Any] = set()
        self._cycles: set[Any] = set()
        self._depth = 0
        self._steps = 0
        self._attributes: dict[tuple[ClassSymbol, str], list[tuple[Body, Definition]]] = {}

    # Bounds and memory

    def enter(self) -> bool:
        """Take one step deeper; False where a bound is met."""
        self._depth += 1
        self._steps += 1
        if self._depth > DEPTH_LIMIT or self._steps > STEP_LIMIT:
            self._depth -= 1
            self.gave_up += 1
            return False
        return True

    def leave(self) -> None:
        """Take the step back."""
        self._depth -= 1

    def once(self, key: Any, compute: Callable[[], Origin], keep: object = None) -> Origin:
        """Return what was computed for a key; inside its own computation, nothing.

        A result that rests on an unfinished one is not kept, so that what is kept does not depend
        on where the question began. `keep` is held as long as the result.
        """
        found = self._known.get(key)
        if found is not None:
            return found[0]
        if key in self._open:
            self._cycles.add(key)
            return NOTHING
        if not self.enter():
            return UNKNOWN
        self._open.add(key)
        try:
            result = compute()
        finally:
            self._open.discard(key)
            self.leave()
        self._cycles.discard(key)
        if not self._cycles:
            self._known[key] = (result, keep)
        return result

    def body(self, function: FunctionSymbol) -> Body:
        """Return the body of a function; each is decoded once."""
        found = self._bodies.get(function)
        if found is None:
            found = Body(
                self,
                function.module,
                statements_of(function.node),
                function=function,
                owner=function.owner,
            )
            self._bodies[function] = found
        return found

    def inner(self, outer: Body, function: FunctionSymbol) -> Body:
        """Return the body of a function that is written inside another one; it knows what is around it."""
        found = self._bodies.get(function)
        if found is None or found.enclosing is None:
            found = self._bodies[function] = Body(
                self,
                function.module,
                statements_of(function.node),
                function=function,
                owner=function.owner,
                enclosing=outer,
            )
        return found

    def nested(self, function: FunctionSymbol) -> tuple[Body, ...]:
        """Return the bodies of the functions that are written inside a function, at any depth."""
        found = self._nested.get(function)
        if found is None:
            found = self._nested[function] = tuple(self._inside(self.body(function)))
        return found

    def _inside(self, outer: Body) -> Iterator[Body]:
        function = outer.function
        if function is None or DEFINITION not in function.node.words:
            return
        for statement in outer.statements:
            if isinstance(statement, n.Function):
                name = f"{function.qualname}.{statement.name}"
                symbol = FunctionSymbol(function.module, statement, name, function.owner)
                body = self.inner(outer, symbol)
                yield body
                yield from self._inside(body)

    def blocks(self, module: Module) -> Iterator[Body]:
        """Yield the bodies of a module and of the classes in it."""
        yield Body(self, module, module.record.body)
        for symbol in self.site.classes.of_module(module):
            yield Body(self, module, symbol.node.body, owner=symbol)

    # Questions

    def origin(self, body: Body, node: n.Expr | None, clears: frozenset[str]) -> Origin:
        """Return where a value comes from, followed to the callers of its function."""
        if self._depth == 0:
            self._steps = 0
            self._cycles.clear()
        return self.resolved(body, body.local_origin(node, clears), clears)

    def resolved(self, body: Body, origin: Origin, clears: frozenset[str]) -> Origin:
        """Return an origin with the parameters of a body replaced by what callers give."""
        if not origin.params or body.function is None:
            return origin
        kinds = origin.kinds - {Kind.PARAMETER}
        found = [Origin(kinds, origin.source, origin.steps, (), origin.writer)]
        found += [
            self.passed(body.function, passed, clears).then(*passed.steps)
            for passed in origin.params
        ]
        return joined(found)

    def returned(
        self,
        function: FunctionSymbol,
        clears: frozenset[str],
        part: Part | None = None,
    ) -> Origin:
        """Return the origin of a function's result, its parameters left as they are.

        Args:
            function: of the site.
            clears: names of functions whose result is harmless.
            part: what of the result is asked for; all of it if None.
        """
        return self.once(
            ("returned", function, clears, part),
            lambda: self._returned(function, clears, part),
            function,
        )

    def returned_fully(self, function: FunctionSymbol, clears: frozenset[str]) -> Origin:
        """Return the origin of a function's result, its parameters followed to the callers."""
        return self.resolved(self.body(function), self.returned(function, clears), clears)

    def _returned(
        self, function: FunctionSymbol, clears: frozenset[str], part: Part | None
    ) -> Origin:
        body = self.body(function)
        if body.scope.gave_up:
            self.gave_up += 1
            return UNKNOWN
        return joined(
            [
                body.local_origin(_part_of(value, part), clears, env).then(
                    Step(body.module.path, span, f"returned by `{function.node.name}`")
                )
                for value, env, span in body.scope.returns
            ]
        )

    def passed(self, function: FunctionSymbol, passed: Passed, clears: frozenset[str]) -> Origin:
        """Return the origin of what callers give to a parameter."""
        return self.once(
            ("passed", function, passed.name, passed.key, clears),
            lambda: self._passed(function, passed, clears),
            function,
        )

    def _passed(self, function: FunctionSymbol, passed: Passed, clears: frozenset[str]) -> Origin:
        given_by_framework = self._from_framework(function, passed.name)
        if given_by_framework is not None:
            return given_by_framework
        sites = self.callers.of(function)
        found: list[Origin] = []
        for caller, call, is_bound in sites[:CALLER_LIMIT]:
            step = Step(caller.module.path, call.span, f"given to `{function.node.name}`")
            found += [
                self.resolved(caller, local, clears).then(step)
                for local in _given(caller, function, call, passed, clears, is_bound=is_bound)
            ]
        found += self.template_arguments(function, passed.name)
        if not found or len(sites) > CALLER_LIMIT:
            found.append(PARAMETER)
        return joined(found)

    def _from_framework(self, function: FunctionSymbol, name: str) -> Origin | None:
        """Return the origin of what a library hands to a method itself: submitted data."""
        sent = (Kind.BROWSER, f"`{name}`, from the browser")
        if name in CLEANED:
            return _handed(function, name, *sent)
        owner = function.owner
        if owner is None:
            is_sent = name == "credentials" and _hears_of_failed_logins(function)
            return _handed(function, name, *sent) if is_sent else None
        names = [param.name for param in function.node.params]
        if _logs_in(function, names) and name in _CREDENTIALS:
            return _handed(function, name, *sent)
        kinds = self.site.classes.kinds(owner)
        for handed in self.catalog.handed if kinds else ():
            if not handed.fits(kinds, function.node.name, names, name):
                continue
            if handed.stored:
                return _handed(function, name, Kind.STORED, f"`{name}`, as it was stored")
            if not handed.named_by:
                return _handed(function, name, *sent)
            fields = self.framework.naming(owner, handed.named_by, function.node.name)
            if fields and all(is_typed_input(kind) for kind in fields):
                return TYPED
            return _handed(function, name, *sent) if fields else None
        return None

    def attribute(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of `self.name` as the methods of a class set it; None where none does."""
        known = self.assigned_attributes(symbol, name)
        if not known:
            return self._constructed(symbol, name, clears)

        def compute() -> Origin:
            return joined(
                [
                    self.resolved(body, definition_origin(body, d, n.Name(0, name), clears), clears)
                    for body, d in known
                ]
            )

        return self.once(("attribute", symbol, name, clears), compute, symbol)

    def _constructed(self, symbol: ClassSymbol, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of a field that the constructor of a dataclass, or its like, fills."""
        fields = self.site.classes.fields(symbol)
        calls = self.callers.constructing(symbol) if name in fields else []
        if not calls or "schema" in self.site.classes.kinds(symbol):
            return None

        def compute() -> Origin:
            found: list[Origin] = []
            for caller, call in calls[:CALLER_LIMIT]:
                item = _field_given(call, fields.index(name), name)
                if item is not None:
                    step = Step(caller.module.path, call.span, f"given to `{symbol.node.name}`")
                    local = caller.local_origin(item, clears)
                    found.append(self.resolved(caller, local, clears).then(step))
            return joined(found) if found else UNKNOWN

        return self.once(("constructed", symbol, name, clears), compute, symbol)

    def assigned_attributes(self, symbol: ClassSymbol, name: str) -> list[tuple[Body, Definition]]:
        """Return what the methods of a class and its bases bind to `self.name`."""
        key = (symbol, name)
        found = self._attributes.get(key)
        if found is None:
            found = self._attributes[key] = []
            for ancestor in self.site.classes.own_line(symbol):
                for member, binding in self.site.names.class_scope(ancestor).items():
                    if not isinstance(binding, n.Function) or name not in binding.words:
                        continue
                    if len(found) >= _METHOD_LIMIT:
                        break
                    function = FunctionSymbol(
                        ancestor.module, binding, f"{ancestor.qualname}.{member}", ancestor
                    )
                    body = self.body(function)
                    found += [
                        (body, definition)
                        for definition in body.scope.bindings.get(f"self.{name}", ())
                        if isinstance(definition, Value | Merged | Checked) or _is_added(definition)
                    ]
        return found

    def writer(self, model: Model, name: str) -> tuple[str, tuple[Step, ...]]:
        """Return who writes a field with what the browser sent, and the way there."""
        return self.writers.of(model, name)

    @cached_property
    def reverse_relations(self) -> dict[tuple[str, str], Model]:
        """Models by the label of the one that they point at and the name under which it finds them."""
        found: dict[tuple[str, str], Model] = {}
        for model in self.site.models.by_label.values():
            for field in model.fields:
                target = self.types.named(field.target) if field.target else None
                if target is None:
                    continue
                related = field.options.get("related_name")
                name = related if isinstance(related, str) else f"{model.name.lower()}_set"
                found.setdefault((target.label.lower(), name), model)
        return found

    @cached_property
    def shown_models(self) -> dict[ClassSymbol, Model]:
        """The model of each view class and of each admin class, as the routes tell."""
        found: dict[ClassSymbol, Model] = {}
        for _route, view in self.site.routes:
            if view.model is not None and isinstance(view.symbol, ClassSymbol):
                found.setdefault(view.symbol, view.model)
        for registered in self.site.admins.registered:
            if registered.admin is not None and registered.model is not None:
                found.setdefault(registered.admin, registered.model)
        return found


_CREDENTIALS = frozenset({"username", "password", "email", "login", "identifier", "phone"})


def _logs_in(function: FunctionSymbol, names: list[str]) -> bool:
    """Whether a method is what Django hands the fields of a login form to."""
    return function.node.name in ("authenticate", "aauthenticate") and names[:2] == [
        "self",
        "request",
    ]


def _hears_of_failed_logins(function: FunctionSymbol) -> bool:
    """Whether a function is a receiver of Django's signal, which is given what was sent."""
    return any(
        isinstance(decorator, n.Call)
        and tail(decorator.func) == "receiver"
        and any(tail(given) == "user_login_failed" for given in decorator.args)
        for decorator in function.node.decorators
    )


def _is_added(definition: Definition) -> bool:
    """Whether a definition is a container with more in it, under no key of its own."""
    return isinstance(definition, Extended) and definition.index is None


def _handed(function: FunctionSymbol, name: str, kind: Kind, note: str) -> Origin:
    """Return the origin of a parameter that a library gives."""
    span = function.node.span
    step = Step(function.module.path, span, note)
    return Origin(frozenset({kind}), n.Name(span, name), (step,))


def _given(
    caller: Body,
    function: FunctionSymbol,
    call: n.Call,
    passed: Passed,
    clears: frozenset[str],
    *,
    is_bound: bool,
) -> Iterator[Origin]:
    """Yield the origins, inside the caller, of what a call gives to a parameter."""
    if passed.key == KEYS:
        for item in given(function, call, Passed(passed.name), is_bound=is_bound):
            yield keys_origin(caller, item, caller.scope.at(item.span), clears)
        return
    for item in given(function, call, passed, is_bound=is_bound):
        yield caller.local_origin(item, clears)


def _field_given(call: n.Call, position: int, name: str) -> n.Expr | None:
    """Return what the making of an object gives to a field; of one value, or a spread one, a part."""
    if tail(call.func) in VALIDATORS:
        return argument(call, 0)
    item = argument(call, position, name)
    if item is None and (spread := next((k.value for k in call.keywords if not k.name), None)):
        return n.Index(spread.span, spread, n.Const(spread.span, name))
    return item


def _part_of(value: n.Expr, part: Part | None) -> n.Expr:
    """Return one part of what is returned; the whole where it has no such parts."""
    if isinstance(part, str):
        return n.Index(value.span, value, n.Const(value.span, part))
    if part is not None and isinstance(value, n.Sequence) and len(value.items) == part[1]:
        return value.items[part[0]]
    return value
