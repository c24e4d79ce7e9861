"""One view of a site, as data."""

from __future__ import annotations

from msgspec import Struct

from pickguard.site.access.guards import Applied
from pickguard.site.forms.forms import Form
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol, Symbol

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


class View(Struct, frozen=True):
    """One view, as one route reaches it.

    Attributes:
        name: the full dotted name of the function or class.
        symbol: what it is; a library's view is `External`.
        kind: `function`, `class`, `api`, `viewset` or `library`.
        methods: HTTP methods in capitals, or None: any, or could not be told.
        login: whether it asks for a login, or None where that could not be told.
        permissions: what it asks for beyond a login, as far as it has a name.
        csrf: whether a request without a token is refused, or None.
        framing: `deny`, `sameorigin`, `exempt`, or None: as the settings say.
        forms: what it lets the browser write, and what it shows rows with.
        shown: those of the forms that it only shows rows with.
        writes: `app.Model.field` of all that, or None where that could not be told.
        model: the model that it shows or changes, or None.
        throttled: whether a limit on requests stands in front of it.
        handlers: the functions of the site that answer its requests, by method or action.
        entries: what those functions are called by, in the same order: a handler itself, or the
            one that leaves its whole work to it.
        stopped: whether a middleware of the project's own turns strangers away before it.
        late: the decorators on it that say what it asks for when that has been read already.
    """

    name: str
    symbol: Symbol | None
    kind: str
    methods: tuple[str, ...] | None
    login: bool | None
    permissions: tuple[str, ...]
    csrf: bool | None
    framing: str | None
    forms: tuple[Form, ...] = ()
    writes: tuple[str, ...] | None = ()
    model: Model | None = None
    throttled: bool = False
    handlers: tuple[tuple[str, FunctionSymbol], ...] = ()
    entries: tuple[FunctionSymbol, ...] = ()
    guards: tuple[Applied, ...] = ()
    stopped: bool = False
    late: tuple[Applied, ...] = ()
    shown: tuple[Form, ...] = ()

    @property
    def taken(self) -> tuple[Form, ...]:
        """The forms that it gives what the browser sent."""
        return tuple(form for form in self.forms if form not in self.shown)

    @property
    def words(self) -> frozenset[str]:
        """Every name, attribute and keyword in the functions that answer its requests."""
        return frozenset(
            word for _method, function in self.handlers for word in function.node.words
        )
