"""What the conditions of a middleware ask of a request's address or of its route's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from pickguard.site.access.view_marks import Marks

_FIXED = re.compile(r"[\w~./-]*")


class Asked(Struct, frozen=True):
    """What a middleware sees of a request for a route.

    Attributes:
        fixed: the beginning of the address that is the same in every request, without the slash.
        is_whole: whether that is all of the address.
        name: of the route, without its namespaces; empty for none.
        namespace: joined by colons.
        marks: the attributes that are set on its view, with their values.
    """

    fixed: str
    is_whole: bool
    name: str
    namespace: str
    marks: Marks = frozenset()


class Question(Struct, frozen=True):
    """What a condition asks of a request: whether `about` is, or begins with, one of the texts."""

    about: str
    texts: tuple[str, ...]
    is_beginning: bool

    def answer(self, request: Asked) -> bool | None:
        """Return the answer for a request; None where both are possible."""
        if self.about == "address":
            of_address = self._begins if self.is_beginning else self._is
            return any_of(of_address(request, text.removeprefix("/")) for text in self.texts)
        value = self._value(request)
        if self.is_beginning:
            return value.startswith(self.texts)
        return value in self.texts

    def _value(self, request: Asked) -> str:
        match self.about:
            case "url_name":
                return request.name
            case "namespace":
                return request.namespace
        return f"{request.namespace}:{request.name}".removeprefix(":")

    @staticmethod
    def _begins(request: Asked, text: str) -> bool | None:
        if request.fixed.startswith(text):
            return True
        may_follow = not request.is_whole and text.startswith(request.fixed)
        return None if may_follow else False

    @staticmethod
    def _is(request: Asked, text: str) -> bool | None:
        if request.is_whole:
            return request.fixed == text
        return None if text.startswith(request.fixed) else False


class Mark(Struct, frozen=True):
    """What a condition asks of a view: an attribute, and what it is where nobody has set it."""

    name: str
    unset: bool

    def answer(self, request: Asked) -> bool:
        """Return what is set on the view of a request."""
        return dict(request.marks).get(self.name, self.unset)


def asked(route: str, name: str | None, marks: Marks = frozenset()) -> Asked:
    """Return what a middleware sees of a request for a route."""
    plain = route.replace("^", "")
    fixed = _FIXED.match(plain)
    beginning = fixed[0] if fixed else ""
    is_whole = plain[len(beginning) :] in ("", "$", r"\Z")
    namespace, _, last = (name or "").rpartition(":")
    return Asked(beginning.removeprefix("/"), is_whole, last, namespace, marks)


def any_of(found: Iterable[bool | None]) -> bool | None:
    """Return whether one of the answers is true; None where that is open."""
    answers = list(found)
    return True if True in answers else None if None in answers else False
