"""What a name stands for at a place in a body: definitions, and the environment that holds them.

A definition keeps the expression that was bound, and the environment that it was bound in; nothing
is evaluated until somebody asks. Environments are never changed, only extended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from pickguard.source.python import nodes as n

_LAYER = 32


class Env:
    """Definitions by name or access path (`form.instance`, `context['q']`), in thin layers."""

    __slots__ = ("own", "parent")

    def __init__(self, own: dict[str, Definition] | None = None, parent: Env | None = None) -> None:
        self.own: dict[str, Definition] = own or {}
        self.parent = parent

    def get(self, name: str) -> Definition | None:
        """Return what a name stands for, or None."""
        env: Env | None = self
        while env is not None:
            found = env.own.get(name)
            if found is not None:
                return found
            env = env.parent
        return None

    def bind(self, name: str, definition: Definition) -> Env:
        """Return the environment with one more definition."""
        if len(self.own) < _LAYER:
            return Env({**self.own, name: definition}, self.parent)
        return Env({name: definition}, self)

    def layers(self) -> Iterator[Env]:
        """Yield the layers, the newest first."""
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent


class Value:
    """A name bound to an expression.

    Attributes:
        part: the position in an unpacked value and how many there are, or None.
        how: `assigned`, `iterated` (an item of the value) or `entered` (by `with`).
    """

    __slots__ = ("env", "expr", "how", "part", "span")

    def __init__(
        self,
        expr: n.Expr,
        env: Env,
        span: int,
        how: str = "assigned",
        part: tuple[int, int] | None = None,
    ) -> None:
        self.expr = expr
        self.env = env
        self.span = span
        self.how = how
        self.part = part


class Parameter:
    """A parameter of the function."""

    __slots__ = ("param",)

    def __init__(self, param: n.Param) -> None:
        self.param = param


class Checked:
    """What was checked on the way here: a member of a known set, a number, a safe address.

    Attributes:
        base: what the name stood for before.
        only: what alone was looked at, one of the names that clear a value; empty where all was.
    """

    __slots__ = ("base", "only")

    def __init__(self, base: Definition | None, only: str = "") -> None:
        self.base = base
        self.only = only

    def holds(self, clears: frozenset[str]) -> bool:
        """Tell whether it was looked at for what a value is asked for."""
        if not self.only or self.only in clears:
            return True
        return isinstance(self.base, Checked) and self.base.holds(clears)


class Extended:
    """A container with more in it.

    Attributes:
        index: the key that it was put under, or None.
        is_item: whether it is one more item, as with `append`, and not items of another container.
    """

    __slots__ = ("base", "env", "expr", "index", "is_item", "span")

    def __init__(
        self,
        base: Definition | None,
        expr: n.Expr,
        env: Env,
        span: int,
        index: n.Expr | None = None,
        *,
        is_item: bool = False,
    ) -> None:
        self.base = base
        self.expr = expr
        self.env = env
        self.span = span
        self.index = index
        self.is_item = is_item

    @property
    def key(self) -> object:
        """The constant key, or None."""
        return self.index.value if isinstance(self.index, n.Const) else None


class Poured(Extended):
    """A list or a stream that a function was handed, which may have put something into it.

    Attributes:
        expr: the call.
        name: what the list or stream is called here.
    """

    __slots__ = ("call", "name")

    def __init__(
        self, base: Definition | None, call: n.Call, name: str, env: Env, span: int
    ) -> None:
        super().__init__(base, call, env, span)
        self.call = call
        self.name = name


class Merged:
    """One of several definitions, by the way that was taken."""

    __slots__ = ("options",)

    def __init__(self, options: list[Definition]) -> None:
        self.options = options


class Bound:
    """Something that is bound here and not followed: a caught exception, a pattern's name."""

    __slots__ = ()


class Local:
    """A function or class that is defined in the body, with what is defined where it stands."""

    __slots__ = ("env", "node")

    def __init__(self, node: n.Function | n.Class, env: Env) -> None:
        self.node = node
        self.env = env


class Imported:
    """An import inside the body."""

    __slots__ = ("statement",)

    def __init__(self, statement: n.Import) -> None:
        self.statement = statement


class Raised:
    """An exception that `except kind as name` has caught."""

    __slots__ = ("env", "kind")

    def __init__(self, kind: n.Expr, env: Env) -> None:
        self.kind = kind
        self.env = env


class Plain:
    """Nothing of its own: the expression is what its parts make it."""

    __slots__ = ()


Definition: TypeAlias = (
    Value | Parameter | Checked | Extended | Merged | Bound | Local | Imported | Raised | Plain
)
BOUND = Bound()
PLAIN = Plain()


def made_by(node: n.Expr, env: Env) -> tuple[n.Call, Env] | None:
    """Return the call that a name was assigned, and what names stood for there: `way = Way(url)`; else None."""
    found = env.get(node.id) if isinstance(node, n.Name) else None
    if (
        not isinstance(found, Value)
        or found.how != "assigned"
        or not isinstance(found.expr, n.Call)
    ):
        return None
    return found.expr, found.env


def merge(envs: list[Env]) -> Env | None:
    """Return the environment after several ways have come together; None where none has."""
    distinct = list({id(env): env for env in envs}.values())
    if not distinct:
        return None
    result = distinct[0]
    for other in distinct[1:]:
        result = _merge_two(result, other)
    return result


def _merge_two(one: Env, two: Env) -> Env:
    known = {id(env) for env in one.layers()}
    shared = next((env for env in two.layers() if id(env) in known), None)
    result = one
    for name in dict.fromkeys((*_names(one, shared), *_names(two, shared))):
        first, second = one.get(name), two.get(name)
        if first is second:
            continue
        options = [PLAIN if d is None else d for d in (first, second)]
        real = [d for d in options if d is not PLAIN]
        if len(real) == 1 and isinstance(real[0], Value | Local | Imported):
            options = real if name.isidentifier() else options
        result = result.bind(name, options[0] if len(options) == 1 else Merged(options))
    return result


def _names(env: Env, shared: Env | None) -> Iterator[str]:
    for layer in env.layers():
        if layer is shared:
            return
        yield from layer.own
