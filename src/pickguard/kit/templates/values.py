"""What views hand to templates: which value a name of a template's context has, and from where.

Seen are contexts written as dictionaries beside the template's name, and those of class-based views
with a `template_name`. A value goes on to the templates that are extended and included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.flow.catalog import SinkKind
from pickguard.flow.stored.stored import is_text, is_typed
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.origin import CONSTANT, TYPED, UNKNOWN, Kind, Origin, Step, joined
from pickguard.kit.code import Code, text
from pickguard.kit.templates import contexts
from pickguard.kit.templates.cms import cms_rows
from pickguard.kit.templates.context_entries import Entry, entries, given_by_name, returned
from pickguard.kit.templates.context_processors import processed
from pickguard.kit.templates.given import CLEANERS, Given, places, taken_out
from pickguard.kit.templates.handing import Handing, TagEntry
from pickguard.kit.templates.in_code import columns
from pickguard.kit.templates.list_items import type_at, type_of_item
from pickguard.kit.templates.of_classes import ClassTemplates
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.templates import Edge, EdgeKind, TemplateMap
from pickguard.site.templates.library import Registered
from pickguard.site.templates.walk import bindings, carried, carried_operands
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.templates import record as r

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_ESCAPING_FILTERS = frozenset(
    {
        "escape",
        "force_escape",
        "e",
        "striptags",
        "slugify",
        "urlencode",
        "length",
        "date",
        "escapejs",
        "urlize",
        "urlizetrunc",
        "linebreaks",
        "linebreaksbr",
    }
)
_REQUEST_PARTS = frozenset({"GET", "POST", "COOKIES", "headers", "body", "query_params", "data"})


def reads_request(path: tuple[str, ...]) -> bool:
    """Tell whether a variable of a template is a part of the request that the browser writes."""
    if path[0] != "request" or len(path) < 2:
        return "cleaned_data" in path or _is_of_bound_form(path)
    if path[1] == "META":
        return path[-1].startswith("HTTP_") and path[-1] not in ("HTTP_REFERER", "HTTP_HOST")
    return path[1] in _REQUEST_PARTS and len(path) > 2 and path[-1] != "urlencode"


def _is_of_bound_form(path: tuple[str, ...]) -> bool:
    """Whether it is a field of a form as it was sent: `form.data.title`."""
    return path[0].endswith("form") and path[1:2] == ("data",) and bool(path[2:])


_NAME_LIMIT = 5
_LOOP_LIMIT = 3
_GENERIC = (".ListView", ".DetailView", ".FormView", ".CreateView", ".UpdateView", ".DeleteView")
_ADDRESS = re.compile(r"(url|uri|href|link|path)$", re.IGNORECASE)


class TemplateValues:
    """The values that templates are rendered with.

    Args:
        project: the code and the templates.
    """

    def __init__(self, project: Project) -> None:
        self._templates: TemplateMap = project.template_map
        self._classes = project.site.classes
        self._given: dict[str, dict[str, dict[Given, None]]] = {}  # in order, each once
        self._local: dict[str, Mapping[str, tuple[tuple[str, ...], ...]]] = {}
        self._project = project
        self._flow = project.flow
        self._typed: dict[str, dict[str, Type]] = {}
        self._chain_types: dict[tuple[str, tuple[str, ...]], Type | None] = {}
        self._rendered = ClassTemplates(project)
        self._renamed: dict[str, Mapping[str, r.Variable]] = {}
        self.handing = Handing(self._templates, project.tag_uses)
        self._asked: set[tuple[str, tuple[str, ...]]] = set()
        self._chains: dict[str, Mapping[str, tuple[tuple[tuple[str, ...], bool], ...]]] = {}
        self._by_tags: dict[str, dict[str, list[str]]] = {}
        self._taken_apart: dict[str, Mapping[str, list[tuple[int, r.Variable]]]] = {}
        for code, _words in project.code(contexts.WORDS):
            for path, given in self._in_code(code):
                self._add(path, given.name, given)
        for path, given in self._in_tags():
            self._add(path, given.name, given)
        self._note_views()
        for path, types in columns(project):
            self._typed.setdefault(path, {}).update(types)
        for name, rows in cms_rows(project):
            for path in self._templates.resolve(name):
                self._typed.setdefault(path, {}).update(rows)

    def of(self, path: str, variable: r.Variable, depth: int = 0) -> tuple[Given, ...]:
        """Return what a variable of a template may be, as far as it was seen; `depth` is for loops in loops."""
        first, *rest = variable.path
        returned = self._of_tags(path, first)
        if not returned and not self._given.get(path) and not self._processed:
            return ()
        found: list[tuple[Given, tuple[str, ...]]]
        found = [(item, ()) for item in (*self._named(path, first), *returned)]
        for name, *between in self._aliases(path).get(first, ()):
            at = {position for position, _iterable in self._places(path).get(first, ())}
            if between[-1:] == ["items"]:
                at = set()
            named = self._named(path, name)
            found += [(place, tuple(between)) for item in named for place in places(item, at)]
            if not named and name != first and depth < _LOOP_LIMIT:
                outer = self.of(path, r.Variable(0, (name, *between)), depth + 1)
                found += [(place, ()) for item in outer for place in places(item, at)]
        return tuple(
            part for item, between in found for part in taken_out(item, between, tuple(rest))
        )

    def _of_tags(self, path: str, name: str) -> list[Given]:
        """Return what the functions of tags return that a template gives a name: `{% latest n as notes %}`."""
        return [
            Given(code, name, value)
            for tag in self._tagged(path).get(name, ())
            for code in map(self._project.code_of, self._project.tag_functions(tag))
            for value in code.returned
        ]

    def _tagged(self, path: str) -> Mapping[str, list[str]]:
        """Return the names that a template gives to what tags return, with the tags."""
        if path not in self._by_tags:
            found = self._by_tags[path] = {}
            for node in self._templates.records[path].every:
                if isinstance(node, r.Tag) and node.bound:
                    found.setdefault(node.bound, []).append(node.name)
        return self._by_tags[path]

    def _named(self, path: str, name: str) -> Sequence[Given]:
        """Return what a template is given under a name: by those who render it, else to all of them."""
        own = self._given.get(path, {}).get(name)
        if own or name in self._typed.get(path, {}) or name in self._aliases(path):
            return tuple(own or ())
        return self._processed.get(name, ())

    @cached_property
    def _processed(self) -> Mapping[str, list[Given]]:
        """What context processors give to every template, by its name."""
        found: dict[str, list[Given]] = {}
        for code, name, value in processed(self._project):
            found.setdefault(name, []).append(Given(code, name, value))
        return found

    def field(self, path: str, variable: r.Variable) -> tuple[Model, Field] | None:
        """Return the field that `note.body` prints, where `note` is known to be a row."""
        known = self._field(path, variable.path)
        if known is None and len(variable.path) > 2:  # `note.data.title`, of a field of JSON
            known = self._field(path, variable.path[:-1])
            return known if known is not None and "JSON" in known[1].kind else None
        return known

    def _field(self, path: str, names: tuple[str, ...]) -> tuple[Model, Field] | None:
        owner = self._type(path, names[:-1])
        if owner is None or owner.sort is not Sort.INSTANCE or owner.model is None:
            return None
        field = owner.model.field(names[-1])
        return (owner.model, field) if field is not None else None

    def stored(self, path: str, variable: r.Variable) -> Origin | None:
        """Return the origin of `note.body` where `note` is known to be a row; None elsewhere."""
        variable = self._behind(path, variable)
        known = self.field(path, variable)
        if known is None:
            return self._returned(path, variable) or self._where_included(path, variable)
        model, field = known
        if not is_text(field):
            return TYPED if is_typed(field) else None
        # what takes the tags out of an address leaves its scheme
        clears = frozenset[str]() if _ADDRESS.search(field.name) else self._cleaners
        if self._flow.is_kept_clean(model, field.name, clears):
            return TYPED
        writer, steps = self._flow.writer(model, field.name, clears)
        note = f"`{model.name}.{field.name}`, from storage"
        here = Step(path, variable.span, note)
        source = n.Name(variable.span, variable.path[-1])
        return Origin(frozenset({Kind.STORED}), source, (*steps, here), (), writer)

    def _where_included(self, path: str, variable: r.Variable) -> Origin | None:
        """Return the origin of what the templates that include one hand to it; None where none tells."""
        asked = (path, variable.path)
        if asked in self._asked:
            return None
        self._asked.add(asked)
        found = [self.stored(*behind) for behind in self.handing.of(path, variable)]
        self._asked.discard(asked)
        known = [one for one in found if one is not None]
        is_told = len(known) == len(found) or any(one.is_stored for one in known)
        return joined(known) if known and is_told else None

    def _returned(self, path: str, variable: r.Variable) -> Origin | None:
        """Return the origin of `note.summary` where that is a method, or a property, of a row."""
        method = self.called(path, variable)
        if method is None:
            method = self._method(path, variable.path, "__str__")
        if method is None or _ADDRESS.search(variable.path[-1]):
            return None  # only the beginning of an address can be a scheme
        found = self._flow.returned_fully(method, self._cleaners)
        here = Step(path, variable.span, f"`{method.qualname}`, called by the template")
        return found.then(here) if found.is_stored or found.is_browser else None

    @cached_property
    def _cleaners(self) -> frozenset[str]:
        """What makes a text harmless as markup."""
        return frozenset(CLEANERS) | self._project.catalog.clears(SinkKind.HTML)

    def called(self, path: str, variable: r.Variable) -> FunctionSymbol | None:
        """Return the method, or property, that `note.summary` calls where `note` is known to be a row."""
        return self._method(path, variable.path[:-1], variable.path[-1])

    def _method(self, path: str, names: tuple[str, ...], called: str) -> FunctionSymbol | None:
        """Return a method of the row that a chain of names in a template is known to be."""
        owner = self._type(path, names)
        if owner is None or owner.sort is not Sort.INSTANCE or owner.is_guess:
            return None
        return self._classes.method(owner.symbol, called)

    def _behind(self, path: str, variable: r.Variable) -> r.Variable:
        """Return what a variable stands for that the template itself has given a name to."""
        for _ in range(_NAME_LIMIT):
            known = self._same(path).get(variable.path[0]) if len(variable.path) == 1 else None
            if known is None:
                break
            variable = known
        return variable

    def _same(self, path: str) -> Mapping[str, r.Variable]:
        """Return the names that a template gives to other values as they are: `{% with a=b.c %}`."""
        if path not in self._renamed:
            self._renamed[path] = {
                name: expression
                for node in self._templates.records[path].every
                if not isinstance(node, r.For)
                for name, expression in bindings(node)
                if isinstance(expression, r.Variable)
            }
        return self._renamed[path]

    def origin(self, path: str, expression: r.Expression) -> Origin:
        """Return where the value of an expression comes from, as far as its variables tell."""
        match expression:
            case r.Literal():
                return CONSTANT
            case r.Filtered(head=head, filters=filters):
                if any(item.name in _ESCAPING_FILTERS for item in filters):
                    return CONSTANT
                return self.origin(path, head)
            case r.Operation():
                parts = carried_operands(expression)
                return joined(self.origin(path, x) for x in parts) if parts else CONSTANT
            case r.Variable():
                return self._of_variable(path, expression)
        return UNKNOWN

    def type(self, path: str, expression: r.Expression) -> Type | None:
        """Return the type of what an expression stands for: a row, rows; None where it is not known."""
        return self._type(path, expression.path) if isinstance(expression, r.Variable) else None

    def _of_variable(self, path: str, variable: r.Variable) -> Origin:
        if reads_request(variable.path):
            step = Step(path, variable.span, "from the browser")
            return Origin(frozenset({Kind.BROWSER}), n.Name(variable.span, "request"), (step,))
        stored = self.stored(path, variable)
        if stored is not None:
            return stored
        given = self.of(path, variable)
        return joined(item.origin for item in given) if given else UNKNOWN

    def _type(self, path: str, names: tuple[str, ...]) -> Type | None:
        """Return the type of a chain of names in a template; None for one that stands on itself."""
        if not names:
            return None
        key = (path, names)
        if key not in self._chain_types:
            self._chain_types[key] = None
            self._chain_types[key] = self._type_of_chain(path, names)
        return self._chain_types[key]

    def _type_of_chain(self, path: str, names: tuple[str, ...]) -> Type | None:
        found = self._type_of_name(path, names[0])
        if found is None and len(names) > 1:
            return self._type_of_entry(path, names)
        for name in names[1:]:
            if found is None:
                return None
            is_one = found.sort is Sort.ROWS and name in (
                "first",
                "last",
                "get",
                "earliest",
                "latest",
            )
            found = found.item() if is_one else self._flow.types.in_template(found, name)
        return found

    def _type_of_name(self, path: str, name: str) -> Type | None:
        for given in self._named(path, name):
            body = given.code.body
            found = self._flow.types.of(body, given.value, body.scope.at(given.value.span))
            if found is not None:
                return found
        if name in self._typed.get(path, {}):
            return self._typed[path][name]
        for behind, is_item in self._bound(path).get(name, ()):
            found = self._type(path, behind)
            if found is not None:
                return found.item() if is_item else found
        return self._type_of_place(path, name)

    def _type_of_entry(self, path: str, names: tuple[str, ...]) -> Type | None:
        """Return the type of `row.note`, where the rows are dictionaries that code writes out."""
        for given in self.of(path, r.Variable(0, names)):
            found = type_of_item(given.code, given.value)
            if found is not None:
                return found
        return None

    def _type_of_place(self, path: str, name: str) -> Type | None:
        """Return the type of `note` in `{% for note, count in pairs %}`, and in `{% for key, note in all.items %}`."""
        for position, iterable in self._places(path).get(name, ()):
            of_pairs = iterable.path[1:][-1:] == ("items",)
            chain = iterable.path[:-1] if of_pairs else iterable.path
            for given in self.of(path, r.Variable(iterable.span, chain)):
                found = type_at(given.code, given.value, position, of_pairs=of_pairs)
                if found is not None:
                    return found
        return None

    def _places(self, path: str) -> Mapping[str, list[tuple[int, r.Variable]]]:
        """Return the names that a loop gives to the places of its items, with what it goes through."""
        if path not in self._taken_apart:
            found: dict[str, list[tuple[int, r.Variable]]] = {}
            for node in self._templates.records[path].every:
                if isinstance(node, r.For) and len(node.targets) > 1:
                    if isinstance(node.iterable, r.Variable):
                        for position, name in enumerate(node.targets):
                            found.setdefault(name, []).append((position, node.iterable))
            self._taken_apart[path] = found
        return self._taken_apart[path]

    def _bound(self, path: str) -> Mapping[str, tuple[tuple[tuple[str, ...], bool], ...]]:
        """Return the names that a template binds, with the chains behind them; items of, or they."""
        if path not in self._chains:
            found: dict[str, tuple[tuple[tuple[str, ...], bool], ...]] = {}
            for node in self._templates.records[path].every:
                for name, expression in bindings(node):
                    behind = tuple(
                        (item.path, isinstance(node, r.For)) for item in carried(expression)
                    )
                    found[name] = (*found.get(name, ()), *behind)
            self._chains[path] = found
        return self._chains[path]

    def _note_views(self) -> None:
        """Note the rows that generic class-based views put into their templates themselves."""
        for _route, view in self._project.site.routes:
            if not isinstance(view.symbol, ClassSymbol):
                continue
            self._note_itself(view.symbol)
            if view.model is None:
                continue
            row = self._flow.types.of_model(view.model)
            rows = self._flow.types.of_model(view.model, Sort.ROWS)
            lower = view.model.name.lower()
            names = {"object": row, lower: row, "page_obj": rows}
            names |= {"object_list": rows, f"{lower}_list": rows}
            own = self._classes.value(view.symbol, "context_object_name")
            called = text(own.value) if own else None
            if called:
                is_list = self._classes.inherits(view.symbol, "ListView", "MultipleObjectMixin")
                names[called] = rows if is_list else row
            chosen = self._rendered.named(view.symbol)
            for template in chosen or self._rendered.by_model(view.symbol, view.model):
                for path in self._templates.resolve(template):
                    self._typed.setdefault(path, {}).update(
                        {name: found for name, found in names.items() if found is not None}
                    )

    def _note_itself(self, symbol: ClassSymbol) -> None:
        """Note what templates of a class-based view know as `view`."""
        if self._classes.inherits(symbol, ".base.ContextMixin", ".TemplateView", *_GENERIC):
            for template in self._rendered.named(symbol):
                for path in self._templates.resolve(template):
                    self._typed.setdefault(path, {}).setdefault("view", Type(Sort.INSTANCE, symbol))
                    for given in self._captured(symbol):
                        self._add(path, given.name, given)
                    for given in (self._with_kwargs(symbol), *self._extra(symbol)):
                        self._add(path, given.name, given)

    def _captured(self, symbol: ClassSymbol) -> Iterator[Given]:
        """Yield what a `TemplateView` hands on of its address: `{{ word }}` of `<str:word>/`."""
        if self._classes.inherits(symbol, ".TemplateView") and not self._classes.method(
            symbol, "get"
        ):
            code = Code(self._project, symbol.module, owner=symbol)
            for name, value in self._of_address(symbol):
                yield Given(code, name, value)

    def _extra(self, symbol: ClassSymbol) -> Iterator[Given]:
        """Yield what a view adds to its context without a method: `extra_context = {"notes": Note.objects.all()}`."""
        stated = self._classes.value(symbol, "extra_context")
        if stated is None or not isinstance(stated.value, n.Mapping):
            return
        code = Code(self._project, stated.module, owner=symbol)
        for key, value in zip(stated.value.keys, stated.value.values, strict=True):
            name = text(key)
            if name is not None:
                yield Given(code, name, value)

    def _with_kwargs(self, symbol: ClassSymbol) -> Given:
        """Return what a template finds behind `view.kwargs`: the parts of the address by their names."""
        named = dict(self._of_address(symbol))
        span = symbol.node.span
        keys = tuple(n.Const(span, name) for name in named)
        kwargs = n.Mapping(span, keys, tuple(named.values()))
        whole = n.Mapping(span, (n.Const(span, "kwargs"),), (kwargs,))
        return Given(Code(self._project, symbol.module, owner=symbol), "view", whole)

    def _of_address(self, symbol: ClassSymbol) -> Iterator[tuple[str, n.Expr]]:
        """Yield the names of a view's parts of its address, with what the view reads them by."""
        span = symbol.node.span
        for name in self._flow.captured(symbol):
            kwargs = n.Attr(span, n.Name(span, "self"), "kwargs")
            yield name, n.Index(span, kwargs, n.Const(span, name))

    def _aliases(self, path: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """Return the names that a template binds itself, with the chains of names behind them."""
        if path not in self._local:
            found: dict[str, tuple[tuple[str, ...], ...]] = {}
            for node in self._templates.records[path].every:
                for name, expression in bindings(node):
                    behind = tuple(
                        item.path for item in carried(expression) if not _is_key(node, name, item)
                    )
                    found[name] = (*found.get(name, ()), *behind)
            self._local[path] = found
        return self._local[path]

    def _add(self, path: str, name: str, given: Given) -> None:
        waiting = [(path, name)]
        while waiting:
            at, called = waiting.pop()
            known = self._given.setdefault(at, {}).setdefault(called, {})
            if given in known:
                continue
            known[given] = None
            for edge in self._templates.edges(at):
                for handed in _handed_on(edge, called):
                    waiting.extend(
                        (target, handed)
                        for target in edge.targets
                        if edge.kind is not EdgeKind.EXTENDS or self._is_shown(at, target, handed)
                    )
            waiting.extend(
                (one.target, one.param)
                for one in self.handing.macros.given_by(at)
                if isinstance(one.value, r.Variable) and one.value.path == (called,)
            )

    def _is_shown(self, child: str, parent: str, name: str) -> bool:
        """Whether a name may be shown by what a template leaves of the one that it extends."""
        names = self._templates.shown_names(child, parent)
        return names is None or name in names

    def _in_code(self, code: Code) -> Iterator[tuple[str, Given]]:
        own = self._rendered.all_of(code.owner) if code.owner else []
        for where, names, context in contexts.rendered(code, own):
            yield from self._pairs(names, entries(where, context))
        function = code.function
        if function and function.node.name in ("get_context_data", "get_context") and code.owner:
            yield from self._pairs(own, returned(code))
        elif own:
            for call in code.calls("get_context_data"):
                yield from self._pairs(own, given_by_name(code, call))
        for names, view in contexts.decorated(code):
            yield from self._pairs(names, returned(self._project.code_of(view)))

    def _in_tags(self) -> Iterator[tuple[str, Given]]:
        """Yield what the functions of inclusion tags give to the templates of these tags."""
        library = self._templates.library
        holding = {path for path, _name in library.functions}
        for module in self._project.site.modules if holding else ():
            for statement in module.record.body if module.path in holding else ():
                known = library.functions.get((module.path, getattr(statement, "name", "")))
                facts = library.tags.get(known.name) if known is not None else None
                if facts is not None and facts.templates and isinstance(statement, n.Function):
                    function = FunctionSymbol(module, statement, statement.name)
                    code = Code(self._project, module, function=function)
                    for path, given in self._pairs(list(facts.templates), returned(code)):
                        self._note_entry(path, given, known)
                        yield path, given

    def _note_entry(self, path: str, given: Given, known: Registered | None) -> None:
        """Note a name that an inclusion tag gives to a parameter as it is: `{"text": note.body}`."""
        names = (access_path(given.value) or "").split(".")
        function = given.code.function
        params = [param.name for param in function.node.params] if function is not None else []
        if known is None or names[0] not in params or names[0] in given.code.body.assigned:
            return
        position = params.index(names[0]) - known.takes_context
        if position >= 0:
            entry = TagEntry(known.name, names[0], position, tuple(names[1:]))
            self.handing.note(path, given.name, entry)

    def _pairs(self, names: list[str], found: Iterable[Entry]) -> Iterator[tuple[str, Given]]:
        paths = [path for name in names for path in self._templates.resolve(name)]
        if not paths:
            return
        for code, key, value in found:
            given = Given(code, key, value)
            yield from ((path, given) for path in paths)


def _is_key(node: r.Node, name: str, variable: r.Variable) -> bool:
    """Whether a loop takes a name out of a dictionary's keys, which the site most often writes itself."""
    if not isinstance(node, r.For) or len(node.targets) != 2 or node.targets[0] != name:
        return False
    return variable.path[-1] == "items" and not reads_request(variable.path)


def _handed_on(edge: Edge, name: str) -> Iterator[str]:
    """Yield the names that a value has in the template at an edge's end."""
    if edge.kind is EdgeKind.EXTENDS:
        yield name
    if edge.kind is not EdgeKind.INCLUDE or not isinstance(edge.node, r.Include):
        return
    assigned = edge.node.assignments
    if edge.node.context and all(item.name != name for item in assigned):
        yield name
    for item in assigned:
        if isinstance(item.value, r.Variable) and item.value.path == (name,):
            yield item.name
