"""What one template says, as plain data that depends on the file's bytes alone.

Spans are packed with `pickguard.base.spans`. The span of a block node is that of its opening tag.
Trees are never deeper than `MAX_DEPTH`: what is nested deeper is read flat, and reported.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

MAX_DEPTH = 100


class Engine(StrEnum):
    """The language that a template is written in."""

    DJANGO = "django"
    JINJA2 = "jinja2"


class _Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    span: int


# Expressions


class Variable(_Node, frozen=True, tag="var"):
    """A name and the attributes looked up on it: `user.email` is `("user", "email")`."""

    path: tuple[str, ...]


class Literal(_Node, frozen=True, tag="lit"):
    """A constant; `translated` where it is written `_("...")`."""

    value: str | int | float | bool | None
    translated: bool = False


class Filter(_Node, frozen=True):
    """A filter with its arguments: `|date:"Y-m-d"`; the span covers name and arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()


class Filtered(_Node, frozen=True, tag="filtered"):
    """An expression that goes through filters, in order."""

    head: Expression
    filters: tuple[Filter, ...]


class Call(_Node, frozen=True, tag="call"):
    """A call, in Jinja2 or with a tag's arguments."""

    callee: Expression
    arguments: tuple[Argument, ...]


class Operation(_Node, frozen=True, tag="op"):
    """Expressions joined by operators: `a and not b` has the operator `and not`."""

    operator: str
    operands: tuple[Expression, ...]


class Opaque(_Node, frozen=True, tag="opaque"):
    """An expression that could not be read."""

    text: str


class Argument(_Node, frozen=True):
    """A word of a tag, or an argument of a call; `name` is empty for a positional one."""

    name: str
    value: Expression


Expression = Variable | Literal | Filtered | Call | Operation | Opaque


# What a template is made of


class Text(_Node, frozen=True, tag="text"):
    """What goes out as it stands."""

    text: str


class Output(_Node, frozen=True, tag="out"):
    """`{{ expression }}`."""

    expression: Expression


class Branch(_Node, frozen=True):
    """One way through an `If`; the condition is None for `else`."""

    condition: Expression | None
    body: tuple[Node, ...]


class If(_Node, frozen=True, tag="if"):
    """`{% if %}` with its branches, in order."""

    branches: tuple[Branch, ...]


class For(_Node, frozen=True, tag="for"):
    """`{% for targets in iterable %}`; `otherwise` is what stands after `empty` or `else`."""

    targets: tuple[str, ...]
    iterable: Expression
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


class With(_Node, frozen=True, tag="with"):
    """`{% with name=value %}`."""

    assignments: tuple[Argument, ...]
    body: tuple[Node, ...]


class Block(_Node, frozen=True, tag="block"):
    """`{% block name %}`."""

    name: str
    body: tuple[Node, ...]


class Extends(_Node, frozen=True, tag="extends"):
    """`{% extends template %}`."""

    template: Expression


class Include(_Node, frozen=True, tag="include"):
    """`{% include template with name=value only %}`; `context` is false after `only`."""

    template: Expression
    assignments: tuple[Argument, ...] = ()
    context: bool = True


class Load(_Node, frozen=True, tag="load"):
    """`{% load library %}` or `{% load name from library %}`."""

    libraries: tuple[str, ...]
    names: tuple[str, ...] = ()


class Autoescape(_Node, frozen=True, tag="autoescape"):
    """`{% autoescape on %}`; `on` is None where it depends on an expression."""

    on: bool | None
    body: tuple[Node, ...]


class FilterBlock(_Node, frozen=True, tag="filter"):
    """`{% filter name %}`: its body goes through filters."""

    filters: tuple[Filter, ...]
    body: tuple[Node, ...]


class CsrfToken(_Node, frozen=True, tag="csrf"):
    """`{% csrf_token %}`, and what does the same in Jinja2."""


class Url(_Node, frozen=True, tag="url"):
    """`{% url name arguments as bound %}`."""

    name: Expression
    arguments: tuple[Argument, ...] = ()
    bound: str = ""


class Translate(_Node, frozen=True, tag="trans"):
    """`{% translate message as bound %}`."""

    message: Expression
    bound: str = ""


class BlockTranslate(_Node, frozen=True, tag="blocktrans"):
    """`{% blocktranslate with name=value %}`; `plural` is what stands after `plural`."""

    assignments: tuple[Argument, ...]
    body: tuple[Node, ...]
    plural: tuple[Node, ...] = ()
    bound: str = ""


class Tag(_Node, frozen=True, tag="tag"):
    """Any other tag, as its name and words."""

    name: str
    arguments: tuple[Argument, ...] = ()
    bound: str = ""


class BlockTag(_Node, frozen=True, tag="blocktag"):
    """Any other tag that has an end tag; `bodies` are what stands between `else` and the like."""

    name: str
    arguments: tuple[Argument, ...]
    bodies: tuple[tuple[Node, ...], ...]
    bound: str = ""


# What only Jinja2 has


class Macro(_Node, frozen=True, tag="macro"):
    """`{% macro name(parameters) %}`."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[Node, ...]


class CallBlock(_Node, frozen=True, tag="callblock"):
    """`{% call macro() %}`."""

    call: Expression
    body: tuple[Node, ...]


class Import(_Node, frozen=True, tag="import"):
    """`{% import template as alias %}` or `{% from template import name as alias %}`.

    `names` are pairs of a name and what it is called here.
    """

    template: Expression
    alias: str
    names: tuple[tuple[str, str], ...] = ()


class Set(_Node, frozen=True, tag="set"):
    """`{% set targets = value %}`, or with a body that is captured."""

    targets: tuple[str, ...]
    value: Expression | None
    filters: tuple[Filter, ...] = ()
    body: tuple[Node, ...] = ()


Node = (
    Text
    | Output
    | If
    | For
    | With
    | Block
    | Extends
    | Include
    | Load
    | Autoescape
    | FilterBlock
    | CsrfToken
    | Url
    | Translate
    | BlockTranslate
    | Tag
    | BlockTag
    | Macro
    | CallBlock
    | Import
    | Set
)


# Markup, as it is written in the file: branches stand one after the other


class Attribute(_Node, frozen=True):
    """An attribute of an element, its value as written; `dynamic` where the value holds a tag."""

    name: str
    value: str
    dynamic: bool = False


class Element(_Node, frozen=True):
    """The start tag of an element that a rule may ask for."""

    name: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """Return the first attribute of that name."""
        return next((item for item in self.attributes if item.name == name), None)


class Form(_Node, frozen=True):
    """A form: its start tag, its fields, and the span of `</form>`, 0 where there is none.

    Packed spans sort by where they start, so a node stands in the form where
    `form.span < node.span < form.end`. `comments` are where HTML comments of the form begin and
    end, in turn: browsers see nothing of what tags print there.
    """

    attributes: tuple[Attribute, ...]
    fields: tuple[Element, ...]
    end: int = 0
    comments: tuple[int, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """Return the first attribute of that name."""
        return next((item for item in self.attributes if item.name == name), None)

    def shows(self, node: Node) -> bool:
        """Whether a node stands in no HTML comment of the form."""
        return bisect(self.comments, node.span) % 2 == 0

    @property
    def asks_for_password(self) -> bool:
        """Whether one of its fields takes a password and has a name, without which nothing of it is sent."""
        named = (field for field in self.fields if field.attribute("name") is not None)
        kinds = (field.attribute("type") for field in named)
        return any(kind is not None and kind.value.lower() == "password" for kind in kinds)


class Problem(_Node, frozen=True):
    """Something in the template that could not be read as meant."""

    message: str


class TemplateRecord(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """One template.

    Attributes:
        engine: the language that it was read as.
        lines: how many lines the file has.
        nodes: what it is made of.
        forms: its forms, in the order of the file.
        elements: other elements that rules ask for: scripts, frames, links to elsewhere.
        problems: what could not be read as meant.
    """

    engine: Engine
    lines: int
    nodes: tuple[Node, ...]
    forms: tuple[Form, ...] = ()
    elements: tuple[Element, ...] = ()
    problems: tuple[Problem, ...] = ()

    @cached_property
    def every(self) -> tuple[Node, ...]:
        """Each node in the order of the file, the outer ones first."""
        return tuple(every_node(self.nodes))


_BODIES: dict[type, Callable[[Any], Iterable[Sequence[Node]]]] = {
    If: lambda node: [branch.body for branch in node.branches],
    For: lambda node: (node.body, node.otherwise),
    BlockTranslate: lambda node: (node.body, node.plural),
    BlockTag: lambda node: node.bodies,
    **dict.fromkeys(
        (With, Block, Autoescape, FilterBlock, Macro, CallBlock, Set),
        lambda node: (node.body,),
    ),
}


def every_node(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield each node in the order of the file, the outer ones first."""
    waiting = [iter(nodes)]
    while waiting:
        for node in waiting[-1]:
            yield node
            inner = _BODIES.get(type(node))
            if inner is not None:
                waiting.append(chain.from_iterable(inner(node)))
                break
        else:
            waiting.pop()
