"""The small tree that a Python file is lowered to.

Expressions and statements are frozen records that encode to MessagePack arrays. Each carries its
span as one integer (`pickguard.base.spans`); columns count UTF-8 bytes, as Python's own parser
does. What no rule and no flow asks about (complex numbers, type parameters) becomes `Opaque`;
docstrings are left out.
"""

from __future__ import annotations

from sys import intern
from typing import TypeAlias

import msgspec
from msgspec.structs import force_setattr


class _Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    span: int


class Const(_Node, frozen=True, tag=0):
    """A literal: text, number, boolean or None."""

    value: bool | int | float | str | None


class Bytes(_Node, frozen=True, tag=1):
    """A bytes literal."""

    value: bytes


class Name(_Node, frozen=True, tag=2):
    """A plain name."""

    id: str

    def __post_init__(self) -> None:
        force_setattr(self, "id", intern(self.id))


class Attr(_Node, frozen=True, tag=3):
    """`value.name`."""

    value: Expr
    name: str

    def __post_init__(self) -> None:
        force_setattr(self, "name", intern(self.name))


class Keyword(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`name=value` in a call; `name` is None for `**value`."""

    name: str | None
    value: Expr

    def __post_init__(self) -> None:
        if self.name:
            force_setattr(self, "name", intern(self.name))


class Call(_Node, frozen=True, tag=4):
    """`func(*args, **keywords)`."""

    func: Expr
    args: tuple[Expr, ...] = ()
    keywords: tuple[Keyword, ...] = ()


class Index(_Node, frozen=True, tag=5):
    """`value[index]`."""

    value: Expr
    index: Expr


class Binary(_Node, frozen=True, tag=6):
    """`left op right`, op as it is written."""

    op: str
    left: Expr
    right: Expr


class Unary(_Node, frozen=True, tag=7):
    """`op operand`; op is `not`, `-`, `+` or `~`."""

    op: str
    operand: Expr


class Logic(_Node, frozen=True, tag=8):
    """`a and b and c`, or the same with `or`."""

    op: str
    values: tuple[Expr, ...]


class Compare(_Node, frozen=True, tag=9):
    """`left op right op right …`."""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


class Joined(_Node, frozen=True, tag=10):
    """An f-string: constants and `Formatted` parts in order."""

    parts: tuple[Expr, ...]


class Formatted(_Node, frozen=True, tag=11):
    """One `{value!conversion:spec}` of an f-string."""

    value: Expr
    conversion: str
    spec: Expr | None


class Sequence(_Node, frozen=True, tag=12):
    """A list, tuple or set display; `kind` is `list`, `tuple` or `set`."""

    kind: str
    items: tuple[Expr, ...]


class Mapping(_Node, frozen=True, tag=13):
    """A dict display; a key of None stands for `**value`."""

    keys: tuple[Expr | None, ...]
    values: tuple[Expr, ...]


class Loop(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One `for target in source if …` of a comprehension."""

    target: Expr
    source: Expr
    tests: tuple[Expr, ...]


class Comprehension(_Node, frozen=True, tag=14):
    """A comprehension; `kind` is `list`, `set`, `dict` or `generator`; `key` is for dicts."""

    kind: str
    key: Expr | None
    value: Expr
    loops: tuple[Loop, ...]


class Lambda(_Node, frozen=True, tag=15):
    """`lambda params: value`."""

    params: tuple[Param, ...]
    value: Expr


class Choice(_Node, frozen=True, tag=16):
    """`then if test else other`."""

    test: Expr
    then: Expr
    other: Expr


class Wrapped(_Node, frozen=True, tag=17):
    """`await`, `yield`, `yield from` or `*` before a value."""

    kind: str
    value: Expr | None


class Walrus(_Node, frozen=True, tag=18):
    """`target := value`."""

    target: Expr
    value: Expr


class Slice(_Node, frozen=True, tag=19):
    """`start:stop:step` in an index."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Opaque(_Node, frozen=True, tag=20):
    """Something that is not looked into."""


Expr: TypeAlias = (
    Const
    | Bytes
    | Name
    | Attr
    | Call
    | Index
    | Binary
    | Unary
    | Logic
    | Compare
    | Joined
    | Formatted
    | Sequence
    | Mapping
    | Comprehension
    | Lambda
    | Choice
    | Wrapped
    | Walrus
    | Slice
    | Opaque
)


class Param(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A parameter; `kind` is `positional`, `keyword`, `*` or `**`."""

    name: str
    kind: str
    annotation: Expr | None = None
    default: Expr | None = None


class Assign(_Node, frozen=True, tag=30):
    """`target = target = value`."""

    targets: tuple[Expr, ...]
    value: Expr


class Augment(_Node, frozen=True, tag=31):
    """`target op= value`."""

    target: Expr
    op: str
    value: Expr


class Annotate(_Node, frozen=True, tag=32):
    """`target: annotation = value`."""

    target: Expr
    annotation: Expr
    value: Expr | None


class Do(_Node, frozen=True, tag=33):
    """An expression as a statement."""

    value: Expr


class Return(_Node, frozen=True, tag=34):
    """`return value`."""

    value: Expr | None


class If(_Node, frozen=True, tag=35):
    """`if test: body else: other`; an `elif` is an `If` alone in `other`."""

    test: Expr
    body: tuple[Stmt, ...]
    other: tuple[Stmt, ...]


class For(_Node, frozen=True, tag=36):
    """`for target in source: body else: other`, also `async for`."""

    target: Expr
    source: Expr
    body: tuple[Stmt, ...]
    other: tuple[Stmt, ...]


class While(_Node, frozen=True, tag=37):
    """`while test: body else: other`."""

    test: Expr
    body: tuple[Stmt, ...]
    other: tuple[Stmt, ...]


class WithItem(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One `context as target`."""

    context: Expr
    target: Expr | None


class With(_Node, frozen=True, tag=38):
    """`with items: body`, also `async with`."""

    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]


class Handler(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`except type as name: body`."""

    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]


class Try(_Node, frozen=True, tag=39):
    """`try: body except …: … else: other finally: final`."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    other: tuple[Stmt, ...]
    final: tuple[Stmt, ...]


class Raise(_Node, frozen=True, tag=40):
    """`raise value`."""

    value: Expr | None


class Assert(_Node, frozen=True, tag=41):
    """`assert test`."""

    test: Expr


class Delete(_Node, frozen=True, tag=42):
    """`del targets`."""

    targets: tuple[Expr, ...]


class Jump(_Node, frozen=True, tag=43):
    """`break` or `continue`."""

    kind: str


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`case pattern if guard: body`: the names that the pattern binds and the values it names."""

    names: tuple[str, ...]
    values: tuple[Expr, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]


class Match(_Node, frozen=True, tag=44):
    """`match subject: cases`."""

    subject: Expr
    cases: tuple[Case, ...]


class Import(_Node, frozen=True, tag=45):
    """One name that an import binds.

    `import a.b as c` binds `c` to module `a.b`; `import a.b` binds `a` to module `a`;
    `from .m import x as y` binds `y` to `x` of module `m`, one level up; a star binds `*`.
    """

    name: str
    module: str
    attribute: str | None
    level: int


class Function(_Node, frozen=True, tag=46):
    """A function or method.

    Attributes:
        span: of the whole definition, without decorators.
        words: every name, attribute, keyword and constant key in the body, sorted: a quick
            test of whether the body can hold what a rule looks for.
        code: the body, encoded until somebody asks for it; see `lower.body`.
    """

    name: str
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    is_async: bool
    words: tuple[str, ...]
    code: bytes | tuple[Stmt, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "words", tuple(map(intern, self.words)))


class Class(_Node, frozen=True, tag=47):
    """A class: what stands in its body, methods and nested classes among it.

    `words` are those of its own statements, as in `Function`.
    """

    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "words", tuple(map(intern, self.words)))


class Placed(_Node, frozen=True, tag=48):
    """An assignment whose value stands where it is read; see `held_values`."""


Stmt: TypeAlias = (
    Assign
    | Augment
    | Annotate
    | Do
    | Return
    | If
    | For
    | While
    | With
    | Try
    | Raise
    | Assert
    | Delete
    | Jump
    | Match
    | Import
    | Function
    | Class
    | Placed
)
