"""One body of code, and where its values come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from pickguard.base.spans import holds
from pickguard.flow.callees.poured import handed_in
from pickguard.flow.expressions.evaluate import evaluate
from pickguard.flow.expressions.evaluate import inside as within_loops
from pickguard.flow.expressions.keys import is_display, keys_origin
from pickguard.flow.guards.guards import Conditions
from pickguard.flow.guards.known_beginnings import WORDS as BEGINNING_WORDS
from pickguard.flow.scopes import bound
from pickguard.flow.scopes.scope import Scope
from pickguard.flow.stored.fetched import selects_texts
from pickguard.flow.values.definitions import Definition, Env, Value
from pickguard.flow.values.gone_over import taken
from pickguard.flow.values.origin import Origin
from pickguard.flow.values.vocabulary import CLEANED, REQUEST_CALLS, REQUEST_NAMES, REQUEST_PARTS
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_super, put_in, tail, text
from pickguard.source.python.bodies import Block
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import heads, own, statements, within

if TYPE_CHECKING:
    from pickguard.flow.flow import Flow

_E = TypeVar("_E")
_COMPILERS = frozenset({"compile", "_lazy_re_compile"})
_OF_WORDS = frozenset({"escape", "join"})
_QUOTING = frozenset({"values", "items", "as_data"})
_REQUEST_TYPES = frozenset({"HttpRequest", "Request", "WSGIRequest", "ASGIRequest"})


_TEXT_KEYS = frozenset({"CharField", "TextField", "SlugField", "EmailField"})


class Body:
    """A function, the body of a class, or of a module, as data flows through it.

    Args:
        flow: all bodies of the site.
        module: the file.
        block: the statements.
        function: the function, or None.
        owner: the class around it, or None.
        enclosing: the body of the function around a nested one.
    """

    def __init__(
        self,
        flow: Flow,
        module: Module,
        block: tuple[n.Stmt, ...],
        *,
        function: FunctionSymbol | None = None,
        owner: ClassSymbol | None = None,
        enclosing: Body | None = None,
    ) -> None:
        self.flow = flow
        self.module = module
        self.block = block
        self.function = function
        self.owner = owner
        self.enclosing = enclosing
        self.params = {p.name: p for p in (function.node.params if function else ())}
        self.url: Mapping[str, Origin] = flow.url_origins(function) if function else {}

    @cached_property
    def scope(self) -> Scope:
        """What names stand for, place by place."""
        params = self.function.node.params if self.function else ()
        conditions = self._judged_by(self._reads)
        has_walrus = bool(self.every(n.Walrus))
        return Scope(params, self.block, conditions, has_walrus=has_walrus)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name, attribute and keyword in it; none where it is no function."""
        return frozenset(self.function.node.words) if self.function is not None else frozenset()

    @cached_property
    def statements(self) -> tuple[n.Stmt, ...]:
        """All statements, nested blocks included, other functions' and classes' bodies not."""
        return tuple(own(self.block))

    @cached_property
    def expressions(self) -> tuple[n.Expr, ...]:
        """All expressions of the statements, in order."""
        return tuple(within(head for s in self.statements for head in heads(s)))

    @cached_property
    def selects_texts(self) -> bool | None:
        """Whether a statement of SQL in it selects what people wrote; None where it executes none."""
        return selects_texts(self)

    @property
    def symbol(self) -> str:
        """The dotted name of what holds the code."""
        return (self.function or self.owner or self.module).name

    def every(self, kind: type[_E]) -> Sequence[_E]:
        """Return the expressions of one kind, in order."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[type, list[Any]]:
        found: dict[type, list[Any]] = {}
        for node in self.expressions:
            kind = type(node)
            known = found.get(kind)
            if known is None:
                found[kind] = [node]
            else:
                known.append(node)
        return found

    @cached_property
    def handing(self) -> dict[str, list[n.Call]]:
        """The calls that names are handed to, by these, in order."""
        found: dict[str, list[n.Call]] = {}
        for call in self.every(n.Call):
            for name in dict.fromkeys(handed_in(call)):
                found.setdefault(name, []).append(call)
        return found

    def rest(self) -> None:
        """Let go of what is quickly made again: most code is asked about once."""
        for name in ("words", "statements", "expressions", "_by_kind", "assigned", "handing"):
            self.__dict__.pop(name, None)
        if type(self.block) is Block:
            self.block.expressions = None

    @cached_property
    def imports(self) -> dict[str, n.Import]:
        """What the body imports itself."""
        return {s.name: s for s in statements(self.block) if isinstance(s, n.Import)}

    @cached_property
    def assigned(self) -> dict[str, list[tuple[n.Expr, int]]]:
        """Everything that is assigned to a name or path anywhere in the body."""
        return bound.assigned(self.statements, self.every(n.Walrus))

    @cached_property
    def kept_paths(self) -> frozenset[str]:
        """The names and paths (`self.rows`) that it may bind, or add to."""
        return bound.kept_paths(self.statements)

    def returned(self) -> Iterator[n.Expr]:
        """Yield what it returns or yields, in order."""
        return bound.returned(self.statements)

    @cached_property
    def _bound(self) -> frozenset[str]:
        """The names that the function binds: `x.POST` of one is a request's, whatever it is called."""
        targets = (t for s in statements(self.block) if isinstance(s, n.Assign) for t in s.targets)
        return frozenset({*self.params, *(t.id for t in targets if isinstance(t, n.Name))})

    def _is_made_here(self, node: n.Expr) -> bool:
        """Whether a name is given something that the function makes itself: `errors = defaultdict(list)`."""
        assigned = (s for s in statements(self.block) if isinstance(s, n.Assign))
        return isinstance(node, n.Name) and any(
            isinstance(target, n.Name) and target.id == node.id
            for statement in assigned
            if not isinstance(statement.value, n.Attr)
            for target in statement.targets
        )

    # Where values come from

    def origin(self, node: n.Expr | None, clears: frozenset[str] = frozenset()) -> Origin:
        """Return where a value comes from, followed to the callers of the function.

        Args:
            node: any expression of the body.
            clears: names of functions whose result is harmless here, whatever goes in.
        """
        return self.flow.origin(self, node, clears)

    def keys(self, node: n.Expr) -> Origin:
        """Return where the keys of a mapping come from, followed to the callers."""
        known = keys_origin(self, node, self.at(node.span), frozenset())
        return self.flow.resolved(self, known, frozenset())

    def local_origin(
        self, node: n.Expr | None, clears: frozenset[str], env: Env | None = None
    ) -> Origin:
        """Return where a value comes from, the function's parameters left as they are."""
        if env is None:
            env = self.at(node.span) if node is not None else self.scope.start
        return evaluate(self, node, env, clears)

    def at(self, span: int) -> Env:
        """Return the environment in which an expression at a span is evaluated, also inside comprehensions.

        What the conditions of a comprehension say of its names holds where its value is made.
        """
        env = self.scope.at(span)
        for node in self._comprehensions:
            if node.span <= span and _binds(node, span):
                env = within_loops(self, node, env)
        return env

    @cached_property
    def _comprehensions(self) -> list[n.Comprehension]:
        """Its comprehensions, outer ones first."""
        return sorted(self.every(n.Comprehension), key=lambda one: one.span)

    def inner_binding(self, name: n.Name) -> Definition | None:
        """Return what a comprehension or a pattern inside the body binds to a name: the nearest one around it."""
        known = self._inner.get(name.id, ())
        if len(known) > 1:
            around = [one for one in known if _binds(one[0], name.span)]
            return max(around, key=lambda one: one[0].span)[1] if around else known[0][1]
        return known[0][1] if known else None

    @cached_property
    def _inner(self) -> dict[str, list[tuple[n.Comprehension, Definition]]]:
        found: defaultdict[str, list[tuple[n.Comprehension, Definition]]] = defaultdict(list)
        for node in self._comprehensions:
            env = self.scope.at(node.span)
            for loop in node.loops:
                for name, value in _targets(loop, env, node.span):
                    found[name].append((node, value))
        return dict(found)

    # What names mean

    def resolve(self, node: n.Expr | None) -> Symbol | None:
        """Return what a name or a chain of attributes means here."""
        return self.flow.site.names.resolve(self.module, node, self._locals)

    def imported(self, statement: n.Import) -> Symbol | None:
        """Return what an import inside the body binds."""
        return self.flow.site.names.imported(self.module, statement)

    @cached_property
    def _locals(self) -> dict[str, n.Import | None]:
        found: dict[str, n.Import | None] = {}
        if self.enclosing is not None:
            found.update(self.enclosing._locals)  # noqa: SLF001 - the same class
        if self.function is not None:
            found.update(dict.fromkeys(self.params))
            found.update(bound.names(self.statements, self.every(n.Walrus)))
        return found

    def name(self, node: n.Expr | None) -> str:
        """Return the full dotted name of what an expression means, or an empty text."""
        found = self.resolve(node)
        return getattr(found, "name", "") if found is not None else ""

    def path(self, node: n.Expr) -> str:
        """Return the access path of an expression (`a.b['c']`), or an empty text."""
        return access_path(node)

    # The request

    @cached_property
    def conditions(self) -> Conditions:
        """What conditions of the body are judged by."""
        return self._judged_by(self.reads_request)

    def _judged_by(self, reads: Callable[[n.Expr], bool]) -> Conditions:
        proves = partial(self.flow.predicates.proved, self)
        speaks = self.function is not None and not BEGINNING_WORDS.isdisjoint(
            self.function.node.words
        )
        guards = self.flow.catalog.guards
        completes = partial(self.flow.predicates.completed, self)
        return Conditions(
            reads,
            guards,
            self.pattern,
            proves,
            speaks,
            self._is_table,
            completes,
            partial(self.flow.predicates.overlooks_host, self),
            self._stated_outside,
            self._is_keyed_by_text,
        )

    def _is_keyed_by_text(self, rows: n.Expr) -> bool:
        """Whether the model of some rows has a text of its own for its primary key; asked while the scope is made."""
        holder = rows.value if isinstance(rows, n.Attr) and rows.name in MANAGERS else rows
        found = self.flow.site.names.resolve(self.module, holder, dict(self.imports))
        model = self.flow.site.models.of(found)
        keys = (one for one in model.fields if one.options.get("primary_key")) if model else ()
        return any(one.kind in _TEXT_KEYS for one in keys)

    def _is_table(self, node: n.Expr) -> bool:
        """Whether a name is that of a dictionary that a module writes out; asked while the scope is made."""
        if not isinstance(node, n.Name) or node.id in self._bound:
            return False
        found = self.flow.site.names.resolve(self.module, node, dict(self.imports))
        return isinstance(found, ValueSymbol) and is_display(found.value)

    def said(self, node: n.Expr) -> str | None:
        """Return the constant text of an expression, also of a name of the module or the class."""
        known = text(node)
        if known is not None or not isinstance(node, n.Name | n.Attr):
            return known
        found = self.named(node)
        return text(found.value) if found is not None else None

    def named(self, node: n.Expr) -> ValueSymbol | None:
        """Return the value that the module, or the class, gives to a name."""
        site = self.flow.site
        if isinstance(node, n.Attr) and tail(node.value) in ("self", "cls") and self.owner:
            return site.classes.value(self.owner, node.name)
        found = site.names.resolve(self.module, node)
        return found if isinstance(found, ValueSymbol) else None

    def pattern(self, node: n.Expr) -> str | None:
        """Return the regular expression that an expression stands for: a text, or a compiled one."""
        value = self._stated(node)
        if _compiles(value):
            return self._spelled(value.args[0]) if value.args else None
        return self._spelled(value)

    def _spelled(self, node: n.Expr) -> str | None:
        r"""Return the constant text of an expression, also of `BEGINNING + r"\d+"` and `rf"{WORD}+"`.

        What is escaped, or joined by `|`, stands for a word.
        """
        if isinstance(node, n.Joined):
            parts = [*map(put_in, node.parts)]
        elif isinstance(node, n.Binary) and node.op == "+":
            parts = [node.left, node.right]
        elif isinstance(made := self._stated(node), n.Call) and tail(made.func) in _OF_WORDS:
            return r"\w+"
        else:
            return self.said(node)
        texts = [self._spelled(part) for part in parts]
        return None if None in texts else "".join(filter(None, texts))

    def is_compiled(self, node: n.Expr) -> bool:
        """Whether an expression stands for `re.compile(…)`."""
        return _compiles(self._stated(node))

    def _stated(self, node: n.Expr) -> n.Expr:
        """Return what the module or the class states under a name; any other expression as it is."""
        found = self.named(node) if isinstance(node, n.Name | n.Attr) else None
        return found.value if found is not None else node

    def _stated_outside(self, node: n.Expr) -> n.Expr:
        """Return what the module or the class states under a name that the function does not bind itself."""
        is_own = isinstance(node, n.Name) and node.id in self._bound
        return node if is_own else self._stated(node)

    def reads_request(self, node: n.Expr) -> bool:
        """Whether an expression reads a part of the request that the browser writes, not one put in its place."""
        if not self._reads(node):
            return False
        return access_path(node) not in self.assigned  # an entry more leaves the others

    def _reads(self, node: n.Expr) -> bool:
        if isinstance(node, n.Attr):
            if node.name in REQUEST_PARTS:
                is_shouted = node.name.isupper() and tail(node.value) in self._bound
                return is_shouted or self.is_request(node.value)
            if node.name in CLEANED:
                return True
            is_captured = node.name == "kwargs" and tail(node.value) == "self"
            return is_captured and isinstance(node.value, n.Name) and "request" in self.params
        if isinstance(node, n.Call) and tail(node.func) == "getattr" and len(node.args) > 1:
            # `getattr(request, request.method)`
            return "method" in tail(node.args[1]) and self.is_request(node.args[0])
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
            if node.func.name == "clean":  # what a form's own `clean` is handed on
                receiver = node.func.value
                return is_super(receiver)
            if node.func.name in _QUOTING and tail(node.func.value) == "errors":
                # `"<b>" is not a valid choice.` quotes what was sent
                return not self._is_made_here(node.func.value)
            return node.func.name in REQUEST_CALLS and self.is_request(node.func.value)
        return False

    def is_request(self, node: n.Expr) -> bool:
        """Whether an expression is the request itself."""
        if isinstance(node, n.Name):
            param = self.params.get(node.id)
            kind = param.annotation if param is not None else None
            if node.id in REQUEST_NAMES:
                return kind is None or not self._is_of_another_kind(kind)
            return kind is not None and tail(kind) in _REQUEST_TYPES
        if isinstance(node, n.Index | n.Call):
            return _is_of_context(node)
        if not isinstance(node, n.Attr):
            return False
        return node.name in ("request", "_request") or self._keeps_request(node)

    def _keeps_request(self, node: n.Attr) -> bool:
        """Whether a method of the class keeps the request as an attribute: `self.r = request`."""
        if self.owner is None or tail(node.value) != "self":
            return False
        return self.flow.attributes.is_request(self.owner, node.name)

    def _is_of_another_kind(self, annotation: n.Expr) -> bool:
        """Whether a parameter is no request of the browser's by its annotation: a class of the site's own."""
        if tail(annotation).endswith("HttpRequest") or tail(annotation) in _REQUEST_TYPES:
            return False
        found = self.resolve(annotation) if isinstance(annotation, n.Name | n.Attr) else None
        if not isinstance(found, ClassSymbol):
            return False
        return all(isinstance(one, ClassSymbol) for one in self.flow.site.classes.line(found))


def _is_of_context(node: n.Index | n.Call) -> bool:
    """Whether an expression is `context["request"]`, or `self.context.get("request")`."""
    if isinstance(node, n.Index):
        return text(node.index) == "request" and tail(node.value) == "context"
    func = node.func
    is_asked = isinstance(func, n.Attr) and func.name == "get" and tail(func.value) == "context"
    return is_asked and bool(node.args) and text(node.args[0]) == "request"


def _targets(loop: n.Loop, env: Env, span: int) -> Iterator[tuple[str, Value]]:
    for name, source, part in taken(loop.target, loop.source):
        yield name, Value(source, env, span, "iterated", part)


def _binds(node: n.Comprehension, span: int) -> bool:
    """Whether what stands at a span is inside a comprehension, and not what its first loop goes over."""
    return holds(node.span, span) and not holds(node.loops[0].source.span, span)


def _compiles(node: n.Expr) -> TypeGuard[n.Call]:
    return isinstance(node, n.Call) and tail(node.func) in _COMPILERS
