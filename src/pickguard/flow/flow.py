"""All bodies of a site, and the ways of data between them.

Nothing is worked out until a rule asks: an answer is found backwards from the place that was asked
about, through what names stand for, what functions return, what callers give and what is stored.
Answers are kept. Depth and steps of one question are bounded; where a bound is met, the value is
unknown, and `gave_up` names the code that was asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pickguard.flow.bodies.attributes import Attributes
from pickguard.flow.bodies.body import Body
from pickguard.flow.bodies.callers import CALLER_LIMIT, Callers
from pickguard.flow.callees.aliases import Aliases
from pickguard.flow.callees.arguments import given
from pickguard.flow.callees.named import Named
from pickguard.flow.callees.poured import put_in, taking
from pickguard.flow.catalog import Catalog, SinkKind
from pickguard.flow.expressions.by_framework import handed_origin
from pickguard.flow.expressions.calls import callee, filled_in
from pickguard.flow.expressions.framework import Framework
from pickguard.flow.expressions.keys import keys_origin
from pickguard.flow.guards.predicates import Predicates
from pickguard.flow.guards.raised_checks import PARENTS
from pickguard.flow.stored.on_request import OnRequest
from pickguard.flow.stored.validated import Validated
from pickguard.flow.stored.writers import Writers
from pickguard.flow.types.types import Types
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.definitions import Env
from pickguard.flow.values.instance import Type
from pickguard.flow.values.origin import (
    KEYS,
    NOTHING,
    PARAMETER,
    UNKNOWN,
    Kind,
    Origin,
    Part,
    Passed,
    Step,
    joined,
)
from pickguard.flow.values.vocabulary import OF_MARKUP
from pickguard.site.link import Site
from pickguard.site.models.models import Model
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import DEFINITION
from pickguard.source.python.bodies import body as statements_of

DEPTH_LIMIT = 90
STEP_LIMIT = 6_000
UrlOrigins = Callable[[FunctionSymbol], Mapping[str, Origin]]
Captured = Callable[[ClassSymbol], Mapping[str, Origin]]
TemplateArguments = Callable[[FunctionSymbol, str], Iterable[Origin]]
TemplateTypes = Callable[[FunctionSymbol, str], Iterable[Type | None]]

_LOOKED_AT = frozenset({SCHEME, PARENTS})


class Flow:
    """Follows data over one site.

    Args:
        site: the linked site.
        url_origins: what the routes bind of a view's parameters.
        served: the modules that a running site executes.
        template_arguments: what templates give to the parameters of filters and tags.
        catalog: what is known of libraries, and what the project says of its own functions.
        captured: what the routes bind of `self.kwargs` in a class.
        template_types: of what type is what templates give to the parameters of filters and tags.

    Attributes:
        gave_up: the names of the code whose values were not followed to their end, in order.
    """

    def __init__(
        self,
        site: Site,
        url_origins: UrlOrigins,
        served: Iterable[Module],
        template_arguments: TemplateArguments = lambda _function, _name: (),
        catalog: Catalog | None = None,
        captured: Captured = lambda _symbol: {},
        template_types: TemplateTypes = lambda _function, _name: (),
    ) -> None:
        self.site = site
        self.catalog = catalog or Catalog()
        self.template_arguments = template_arguments
        self.template_types = template_types
        self.url_origins = url_origins
        self.captured = captured
        self.user_model = site.forms.user_model
        self.named = Named(site)
        self.on_request = OnRequest(self)
        self.types = Types(self)
        self.predicates = Predicates(self)
        self.framework = Framework(self)
        self.attributes = Attributes(self)
        modules = tuple(served)
        self.aliases = Aliases(site.classes, modules)
        self.callers = Callers(self, modules)
        self.writers = Writers(self)
        self.validated = Validated(self)
        self.gave_up: dict[str, None] = {}
        self._asked = ""
        self._bodies: dict[FunctionSymbol, Body] = {}
        self._nested: dict[FunctionSymbol, tuple[Body, ...]] = {}
        self._known: dict[Any, tuple[Origin, object]] = {}
        self._open: set[Any] = set()
        self._unfinished: frozenset[Any] = frozenset()  # what the answer to a question rests on
        self._resting: dict[Any, tuple[Origin, frozenset[Any], object]] = {}
        self._depth = 0
        self._steps = 0

    # Bounds and memory

    def enter(self) -> bool:
        """Take one step deeper; False where a bound is met."""
        self._depth += 1
        self._steps += 1
        if self._depth > DEPTH_LIMIT or self._steps > STEP_LIMIT:
            self._depth -= 1
            self.gave_up[self._asked] = None
            return False
        return True

    def leave(self) -> None:
        """Take the step back."""
        self._depth -= 1

    def once(self, key: Any, compute: Callable[[], Origin], keep: object = None) -> Origin:
        """Return what was computed for a key; inside its own computation, nothing.

        A result that rests on unfinished ones is kept until the first of them is finished, so that
        what is kept for good does not depend on where the question began. `keep` is held as long as
        the result.
        """
        found = self._known.get(key)
        if found is not None:
            return found[0]
        if key in self._open:
            self._unfinished |= {key}
            return NOTHING
        resting = self._resting.get(key)
        if resting is not None:
            self._unfinished |= resting[1]
            return resting[0]
        if not self.enter():
            return UNKNOWN
        return self._computed(key, compute, keep)

    def _computed(self, key: Any, compute: Callable[[], Origin], keep: object) -> Origin:
        around, self._unfinished = self._unfinished, frozenset()
        before = len(self._resting)
        self._open.add(key)
        try:
            result = compute()
        finally:
            self._open.discard(key)
            self.leave()
            rests_on, self._unfinished = self._unfinished, around
        if key in rests_on:
            rests_on -= {key}
            while len(self._resting) > before:
                self._resting.popitem()
        if rests_on:
            self._unfinished |= rests_on
            self._resting[key] = (result, rests_on, keep)
        else:
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
                owner=function.run_by or function.owner,
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
        if self._depth:
            return self._followed(body, node, clears)
        self._steps, self._asked = 0, body.symbol
        self._unfinished = frozenset()
        self._resting.clear()
        try:
            return self._followed(body, node, clears)
        except RecursionError:  # whoever asked stands deep in the interpreter's stack already
            self.gave_up[body.symbol] = None
            return UNKNOWN

    def _followed(self, body: Body, node: n.Expr | None, clears: frozenset[str]) -> Origin:
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
            self.gave_up[body.symbol] = None
            return UNKNOWN
        return joined(
            [
                body.local_origin(_part_of(value, part), clears, env).then(
                    Step(body.module.path, span, f"returned by `{function.node.name}`")
                )
                for value, env, span in body.scope.returns
            ]
        )

    def poured(
        self,
        body: Body,
        call: n.Call,
        name: str,
        env: Env,
        clears: frozenset[str],
        part: str = "",
    ) -> Origin:
        """Return the origin of what a call puts into what it is handed by a name: items, or one part."""
        target, is_bound = callee(body, call, env)
        if target is None or target == body.function:
            return NOTHING
        found: list[Origin] = []
        for taken in taking(target, call, name, is_bound=is_bound):
            put = self.put_in(target, taken, clears, part)
            found.append(filled_in(body, call, env, clears, target, put, is_bound=is_bound))
        return joined(found)

    def put_in(
        self, function: FunctionSymbol, name: str, clears: frozenset[str], part: str = ""
    ) -> Origin:
        """Return the origin of what a function puts into a parameter, its parameters left as they are."""
        return self.once(
            ("put in", function, name, clears, part),
            lambda: put_in(self.body(function), name, clears, part),
            function,
        )

    def passed(self, function: FunctionSymbol, passed: Passed, clears: frozenset[str]) -> Origin:
        """Return the origin of what callers give to a parameter."""
        return self.once(
            ("passed", function, passed.name, passed.key, clears),
            lambda: self._passed(function, passed, clears),
            function,
        )

    def _passed(self, function: FunctionSymbol, passed: Passed, clears: frozenset[str]) -> Origin:
        given_by_framework = handed_origin(self, function, passed.name)
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
        found += self.validated.origins(function, passed.name)
        if not found or len(sites) > CALLER_LIMIT:
            found.append(PARAMETER)
        return joined(found)

    def writer(
        self, model: Model, name: str, clears: frozenset[str] = frozenset()
    ) -> tuple[str, tuple[Step, ...]]:
        """Return who writes a field with what the browser sent, and the way there.

        Of what makes a value harmless, beginnings, `..` and markup matter: what is cleaned when it is written
        is clean when it is shown.
        """
        asked = clears & _LOOKED_AT
        if OF_MARKUP in clears:
            asked |= self.catalog.clears(SinkKind.HTML)
        return self.writers.of(model, name, asked)

    def is_kept_clean(self, model: Model, name: str, clears: frozenset[str]) -> bool:
        """Whether all who are seen to write a field take what harms in markup out of it first."""
        if OF_MARKUP not in clears or self.writers.is_open(model, name):
            return False
        if self.writer(model, name, clears)[0]:
            return False
        return bool(self.writer(model, name)[0])

    @cached_property
    def reverse_relations(self) -> dict[tuple[str, str], Model]:
        """Models by the label of the one that they point at and the name under which it finds them."""
        found: dict[tuple[str, str], Model] = {}
        for model in self.site.models.by_label.values():
            for field in model.fields:
                target = self.types.named(field.target) if field.target else None
                if target is None:
                    continue
                found.setdefault((target.label.lower(), model.found_by(field)), model)
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


def _part_of(value: n.Expr, part: Part | None) -> n.Expr:
    """Return one part of what is returned; the whole where it has no such parts."""
    if isinstance(part, str):
        return n.Index(value.span, value, n.Const(value.span, part))
    if part is not None and isinstance(value, n.Sequence) and len(value.items) == part[1]:
        return value.items[part[0]]
    return value
