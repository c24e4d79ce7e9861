"""All that rules can ask about: the linked site, its templates, its requirements, its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from pickguard.flow.bodies.effects import Effects
from pickguard.flow.catalog import Catalog
from pickguard.flow.flow import Flow
from pickguard.flow.values.annotations import holds_no_text
from pickguard.flow.values.instance import Type
from pickguard.flow.values.origin import TYPED, Origin
from pickguard.kit import captures
from pickguard.kit.code import Code
from pickguard.kit.converters import converters
from pickguard.kit.published import libraries, tried_out
from pickguard.kit.rule import Spot
from pickguard.kit.served import app_folders, kind_of, kind_of_path
from pickguard.kit.templates.calls import TemplateCalls
from pickguard.kit.templates.in_code import templates_in_code
from pickguard.kit.templates.values import TemplateValues
from pickguard.site.link import Site
from pickguard.site.settings.environment import Setting, Settings
from pickguard.site.symbols.libraries import checks
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, flatten
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.templates import TemplateMap, registered, template_folders
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import DEFINITION, body
from pickguard.source.python.walk import blocks
from pickguard.source.requirements import RequirementsRecord
from pickguard.source.scripts import ScriptRecord
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates import record as r
from pickguard.source.templates.in_code import file_of

_T = TypeVar("_T")
_LIMITING = re.compile(
    r"(rate_?limit|brute_?force|lock_?out|login_?attempt|failed_?login|login_?throttl|throttle_?login)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Project:
    """A scanned tree as rules see it.

    Attributes:
        site: the linked site.
        template_files: records of the templates that are files, by path.
        requirements: records by path.
        scripts: records of the scripts that the site serves, by path.
        include: kinds of files that are looked at although they are not served, such as `tests`.
        catalog: what is known of libraries, and what the project says of its own functions.
    """

    site: Site
    template_files: Mapping[str, TemplateRecord] = field(default_factory=dict, repr=False)
    requirements: Mapping[str, RequirementsRecord] = field(default_factory=dict, repr=False)
    scripts: Mapping[str, ScriptRecord] = field(default_factory=dict, repr=False)
    include: frozenset[str] = frozenset()
    catalog: Catalog = field(default_factory=Catalog, repr=False, compare=False)
    _imported: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _kinds: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    _renamed: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False, compare=False)
    _outside: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _codes: dict[FunctionSymbol, Code] = field(default_factory=dict, repr=False, compare=False)
    _holders: dict[frozenset[str], frozenset[str]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _found: dict[Callable[[Project], Any], Any] = field(
        default_factory=dict, repr=False, compare=False
    )

    def once(self, find: Callable[[Project], _T]) -> _T:
        """Return what a function finds in this project; it is asked the first time alone."""
        if find not in self._found:
            self._found[find] = find(self)
        found: _T = self._found[find]
        return found

    def named_with(self, words: frozenset[str]) -> frozenset[str]:
        """Return the names of the site's functions whose bodies hold one of some words.

        A call of any other name needs not be followed to find such a function.
        """
        found = self._holders.get(words)
        if found is None:
            holding = (f for word in words for f in self.flow.callers.holding(word))
            found = self._holders[words] = frozenset(f.node.name for f in holding)
        return found

    @cached_property
    def production(self) -> Settings | None:
        """The settings of production; None where the tree has none, or only those of tests."""
        chosen = self.site.production
        if chosen is None or not chosen.is_production or kind_of_path(chosen.module.path):
            return None
        return None if chosen.module.path.startswith(self._tried_out) else chosen

    @cached_property
    def installed(self) -> tuple[str, ...]:
        """The apps that production installs, as far as they could be told."""
        apps = self.production.get("INSTALLED_APPS", ()) if self.production else ()
        return (
            tuple(a for a in apps if isinstance(a, str)) if isinstance(apps, list | tuple) else ()
        )

    @cached_property
    def middleware(self) -> tuple[str, ...] | None:
        """The middleware of production, or None where it could not be told."""
        found = self.production.get("MIDDLEWARE") if self.production else None
        if not isinstance(found, list | tuple) or UNKNOWN in found:
            return None
        return tuple(item for item in found if isinstance(item, str))

    @cached_property
    def user_models(self) -> frozenset[str]:
        """The labels under which relations name accounts, in lower case: the user model, and what is made of it."""
        chosen = self.site.production.get("AUTH_USER_MODEL") if self.site.production else None
        own = {chosen.lower()} if isinstance(chosen, str) else set()
        own |= {
            label.lower() for label, model in self.site.models.by_label.items() if model.is_user
        }
        return frozenset({"auth.user", "settings.auth_user_model"} | own)

    @cached_property
    def limits_attempts(self) -> bool:
        """Whether something in the project limits login attempts."""
        if {app.partition(".")[0] for app in self.installed} & checks("limiting_apps"):
            return True
        if self.counts_first is not None:
            return self.counts_first
        if self.packages & checks("limiting_packages"):
            return True
        if any(v.throttled and "login" in v.name.lower() for _route, v in self.site.routes):
            return True
        return self._has_own_limit

    @cached_property
    def limits_codes(self) -> bool:
        """Whether something limits how often a code is tried; what waits for failed passwords does not."""
        apps = {app.partition(".")[0] for app in self.installed} & checks("limiting_apps")
        if apps - checks("counting_passwords") or self.counts_first:
            return True
        packages = self.packages & checks("limiting_packages")
        return bool(packages - checks("counting_passwords")) or self._has_own_limit

    @cached_property
    def _has_own_limit(self) -> bool:
        """Whether something of the site's own is called by what it is: `login_attempts`."""
        return any(
            _LIMITING.search(name) for m in self.served() for name in self.site.names.scope(m)
        )

    @cached_property
    def counts_first(self) -> bool | None:
        """Whether `pickguard.attempts` stands before what verifies; None where it is not installed."""
        if not any(app.startswith("pickguard.attempts") for app in self.installed):
            return None
        default = ("django.contrib.auth.backends.ModelBackend",)
        found = self.production.get("AUTHENTICATION_BACKENDS", default) if self.production else None
        if not isinstance(found, list | tuple) or not found or not isinstance(found[0], str):
            return True  # not to be told
        return found[0].startswith("pickguard.attempts.") or found[0] not in checks("verifies")

    @cached_property
    def effects(self) -> Effects:
        """What functions do beyond returning."""
        relations = self.site.models.relations
        return Effects(self.site.names, self.site.classes, relations, self._type_of)

    def _type_of(self, function: FunctionSymbol, node: n.Expr) -> Type | None:
        """Return what a value in a function is, as a fact."""
        around = self.code_of(function).body
        found = self.flow.types.of(around, node, around.scope.at(node.span))
        return None if found is None or found.is_guess else found

    @cached_property
    def flow(self) -> Flow:
        """The ways of data through the site."""
        return Flow(
            self.site,
            self._bound_by_url,
            self.served(),
            self._template_arguments,
            self.catalog,
            self._captured,
            self._template_types,
        )

    def _template_arguments(self, function: FunctionSymbol, name: str) -> Iterable[Origin]:
        return self._template_calls.of(function, name)

    def _template_types(self, function: FunctionSymbol, name: str) -> Iterable[Type | None]:
        return self._template_calls.types(function, name)

    def tag_uses(self, name: str) -> list[tuple[str, r.Tag | r.BlockTag]]:
        """Return the places where templates use a tag of the project's own, with their paths."""
        return self._template_calls.tags(name)

    def filter_functions(self, name: str) -> Sequence[FunctionSymbol]:
        """Return the project's own functions that are registered as a filter of a name."""
        return self._template_calls.filter_functions.get(name, ())

    def tag_functions(self, name: str) -> Sequence[FunctionSymbol]:
        """Return the project's own functions that are registered as a simple tag of a name."""
        return self._template_calls.tag_functions.get(name, ())

    @cached_property
    def _template_calls(self) -> TemplateCalls:
        return TemplateCalls(self)

    @cached_property
    def template_values(self) -> TemplateValues:
        """What the views hand to the templates."""
        return TemplateValues(self)

    @cached_property
    def templates(self) -> Mapping[str, TemplateRecord]:
        """The templates by their paths: the files, and those that stand as texts in Python code."""
        return {**self.template_files, **templates_in_code(self)}

    @cached_property
    def template_map(self) -> TemplateMap:
        """The templates, linked: what prints where, which forms, who draws on whom."""
        modules = self.site.modules
        folders = template_folders(self.site.production, modules)
        return TemplateMap(self.templates, folders, library=registered(modules))

    @cached_property
    def packages(self) -> frozenset[str]:
        """Names of the packages that the project asks for."""
        return frozenset(
            r.name for record in self.requirements.values() for r in record.requirements
        )

    def served(self) -> Iterator[Module]:
        """Yield the modules that a running site may execute, and those of the included kinds."""
        yield from self._served

    @cached_property
    def _served(self) -> tuple[Module, ...]:
        kinds = ((module, self.kind_of(module)) for module in self.site.modules)
        return tuple(m for m, kind in kinds if kind is None or kind in self.include)

    @cached_property
    def app_folders(self) -> frozenset[str]:
        """The folders of the apps that production installs, below the scanned root."""
        return app_folders(self.site.modules, self.installed)

    def kind_of(self, module: Module) -> str | None:
        """Return why a module is not served (`tests`, `migrations`, `examples`), or None."""
        if module.path not in self._kinds:
            is_tried = module.path.startswith(self._tried_out)
            kind = kind_of(module, self.app_folders)
            self._kinds[module.path] = "examples" if is_tried and kind is None else kind
        return self._kinds[module.path]

    def kind_of_path(self, path: str) -> str | None:
        """Return why a file is not served, a template as well, or None."""
        path = file_of(path)
        kind = kind_of_path(path, self.app_folders)
        return "examples" if kind is None and path.startswith(self._tried_out) else kind

    @cached_property
    def _tried_out(self) -> tuple[str, ...]:
        return tried_out(self._libraries, self._settings_paths)

    @cached_property
    def _libraries(self) -> dict[str, str]:
        return libraries(self.site.modules, self.requirements, self._settings_paths)

    @property
    def _settings_paths(self) -> tuple[str, ...]:
        return tuple(one.module.path for one in self.site.settings)

    def is_of_library(self, path: str) -> bool:
        """Whether a file lies beside a package that other sites install: none of them gets the file."""
        return path[: path.rfind("/") + 1] in self._libraries

    def views(self) -> Iterator[tuple[Route, View]]:
        """Yield the routes with their views, those of debugging left out."""
        for route, view in self.site.routes:
            if not route.debug_only:
                yield route, view

    def handlers(
        self, wanted: Callable[[View], bool], words: frozenset[str]
    ) -> Iterator[tuple[View, FunctionSymbol]]:
        """Yield the functions that answer requests, each once, with the first view that is wanted.

        Args:
            wanted: tells which views are asked for.
            words: a function that mentions none of them is left out.
        """
        seen: set[FunctionSymbol] = set()
        for _route, view in self.views():
            for function in self._answering(view) if wanted(view) else ():
                if function not in seen and not words.isdisjoint(function.node.words):
                    seen.add(function)
                    yield view, function

    def _answering(self, view: View) -> Iterator[FunctionSymbol]:
        """Yield the handlers of a view, and the method that the library's `post` hands a valid form to."""
        yield from (function for _method, function in view.handlers)
        if isinstance(view.symbol, ClassSymbol) and view.kind == "class":
            method = self.site.classes.method(view.symbol, "form_valid")
            if method is not None:
                yield method

    @cached_property
    def views_by_symbol(self) -> Mapping[ClassSymbol, tuple[View, ...]]:
        """The views that each class answers as, in the order of the routes."""
        found: dict[ClassSymbol, list[View]] = {}
        for _route, view in self.views():
            if isinstance(view.symbol, ClassSymbol):
                found.setdefault(view.symbol, []).append(view)
        return {symbol: tuple(views) for symbol, views in found.items()}

    @cached_property
    def views_by_form(self) -> Mapping[ClassSymbol, tuple[View, ...]]:
        """The views that take each form or serializer, in the order of the routes."""
        found: dict[ClassSymbol, list[View]] = {}
        for _route, view in self.views():
            for form in view.forms:
                found.setdefault(form.symbol, []).append(view)
        return {symbol: tuple(views) for symbol, views in found.items()}

    def code(
        self, wanted: frozenset[str], modules: Iterable[Module] | None = None
    ) -> Iterator[tuple[Code, frozenset[str]]]:
        """Yield the bodies of code that hold one of the wanted words, with the words found.

        Args:
            wanted: the words.
            modules: where to look; without them, in all that are served.
        """
        for module in self._holding(wanted) if modules is None else modules:
            yield from self._in_block(module, module.record.body, wanted, None, None)

    def _holding(self, wanted: frozenset[str]) -> Iterator[Module]:
        """Yield the served modules that hold one of the wanted words: most often they are few."""
        functions = (f for word in wanted for f in self.flow.callers.holding(word))
        paths = {function.module.path for function in functions}
        for module in self.served():
            if (
                module.path in paths
                or not wanted.isdisjoint(self._outside_functions(module))
                or not wanted.isdisjoint(self.renamed(module).values())
            ):
                yield module

    def _outside_functions(self, module: Module) -> frozenset[str]:
        """Return the words of a module and of the classes in it, the names of their functions among them."""
        found = self._outside.get(module.path)
        if found is None:
            words = _words_of_classes(module.record.body)
            found = self._outside[module.path] = frozenset(module.record.words).union(*words)
        return found

    def code_of(self, function: FunctionSymbol) -> Code:
        """Return the body of a function that stands in a module or a class; always the same one."""
        if function not in self._codes:
            self._codes[function] = Code(
                self, function.module, function=function, owner=function.owner
            )
        return self._codes[function]

    def rest(self) -> None:
        """Let go of what is quickly made again of the code that was asked about."""
        for code in self._codes.values():
            code.rest()

    def _in_block(
        self,
        module: Module,
        block: tuple[n.Stmt, ...],
        wanted: frozenset[str],
        owner: ClassSymbol | None,
        enclosing: Code | None,
    ) -> Iterator[tuple[Code, frozenset[str]]]:
        if enclosing is None:
            code = Code(self, module, block, owner=owner)
            found = self._wanted(wanted, module, code.words)
            if found:
                yield code, found
        for statement in _definitions(block):
            if isinstance(statement, n.Class):
                inner = ClassSymbol(module, statement, _qualified(owner, enclosing, statement.name))
                yield from self._in_block(module, statement.body, wanted, inner, None)
            else:
                yield from self._in_function(module, statement, wanted, owner, enclosing)

    def _in_function(
        self,
        module: Module,
        node: n.Function,
        wanted: frozenset[str],
        owner: ClassSymbol | None,
        enclosing: Code | None,
    ) -> Iterator[tuple[Code, frozenset[str]]]:
        found = self._wanted(wanted, module, node.words) | (wanted & {node.name})
        if not found:
            return
        qualname = _qualified(owner, enclosing, node.name)
        function = FunctionSymbol(module, node, qualname, owner)
        code = Code(self, module, function=function, owner=owner, enclosing=enclosing)
        yield code, found
        if DEFINITION in node.words:
            yield from self._in_block(module, body(node), wanted, owner, code)

    def _wanted(
        self, wanted: frozenset[str], module: Module, words: Iterable[str]
    ) -> frozenset[str]:
        """Return the wanted words that a body holds, those included that an import renames."""
        found = wanted.intersection(words)
        renamed = self.renamed(module)
        if renamed:
            found |= wanted.intersection(renamed[word] for word in words if word in renamed)
        return found

    def renamed(self, module: Module) -> Mapping[str, str]:
        """Return the names that a module gives what is another's: `popen as pipe`, `pipe = os.popen`."""
        if module.path not in self._renamed:
            named = (
                _name_at_home(one) for one in (*flatten(module.record.body), *module.record.imports)
            )
            self._renamed[module.path] = {new: old for new, old in named if old not in ("", new)}
        return self._renamed[module.path]

    def imported_packages(self, module: Module) -> frozenset[str]:
        """Return the first parts of the names that a module imports."""
        if module.path not in self._imported:
            self._imported[module.path] = frozenset(
                statement.module.partition(".")[0]
                for statement in flatten(module.record.body)
                if isinstance(statement, n.Import)
            )
        return self._imported[module.path]

    def url_origins(self, function: FunctionSymbol) -> dict[str, Origin]:
        """Return where the parameters that routes bind come from, for what answers a view's requests."""
        entry = self._left_by.get(function, function)
        return self._url_parameters.get(function) or self._url_parameters.get(entry, {})

    def _bound_by_url(self, function: FunctionSymbol) -> dict[str, Origin]:
        return self._url_parameters.get(function, {})

    @cached_property
    def _left_by(self) -> dict[FunctionSymbol, FunctionSymbol]:
        """The functions that views leave their whole work to, with what leaves it to them."""
        return {
            handler: entry
            for _route, view in self.site.routes
            for (_method, handler), entry in zip(view.handlers, view.entries, strict=True)
            if handler != entry
        }

    @cached_property
    def _url_parameters(self) -> dict[FunctionSymbol, dict[str, Origin]]:
        found: dict[FunctionSymbol, dict[str, Origin]] = {}
        for route, view in self.site.routes:
            address = route.known
            if route.route is None and not address and isinstance(view.symbol, FunctionSymbol):
                continue  # what its address binds is told below
            for function in self._given_captures(view):
                is_operation = any(one.guard.operation for one in view.guards)
                if is_operation:
                    given = _of_parameters(function, function.node.params[1:])
                else:
                    given = captures.given(address, function, self._converters)
                captures.add(found.setdefault(function, {}), dict(given))
        functions = self.flow.callers.functions
        for function, bound in (
            *captures.of_unrouted(self.site, found),
            *captures.of_unrouted_functions(functions, found),
        ):
            captures.add(found.setdefault(function, {}), bound)
        for one in self.site.graphql:
            sent = dict(_of_parameters(one.function, one.sent))
            sent |= dict.fromkeys(one.typed & sent.keys(), TYPED)
            captures.add(found.setdefault(one.function, {}), sent)
        for received in self.site.received:
            sent = dict(_of_parameters(received.function, received.sent))
            captures.add(found.setdefault(received.function, {}), sent)
        return found

    @cached_property
    def _converters(self) -> Mapping[str, Origin]:
        return converters(self.site)

    def _given_captures(self, view: View) -> Iterator[FunctionSymbol]:
        """Yield the functions that a view's address is handed to: `dispatch` before the others."""
        yield from view.entries
        if isinstance(view.symbol, ClassSymbol):
            yield from self.site.classes.methods(view.symbol, "dispatch")

    def _captured(self, symbol: ClassSymbol) -> Mapping[str, Origin]:
        """Return what routes bind of `self.kwargs` in the methods of a class."""
        return self._captures.get(symbol, {})

    @cached_property
    def _captures(self) -> dict[ClassSymbol, dict[str, Origin]]:
        found: dict[ClassSymbol, dict[str, Origin]] = {}
        for route, view in self.site.routes:
            bound = dict(captures.named(route.known, self._converters))
            if bound and isinstance(view.symbol, ClassSymbol):
                for ancestor in self.site.classes.own_line(view.symbol):
                    captures.add(found.setdefault(ancestor, {}), bound)
        return found

    def setting_spot(self, setting: Setting, label: str = "") -> Spot:
        """Return where a setting is decided."""
        return Spot(setting.module.path, setting.span, label)


def _definitions(block: tuple[n.Stmt, ...]) -> Iterator[n.Function | n.Class]:
    for statement in block:
        if isinstance(statement, n.Function | n.Class):
            yield statement
        else:
            for inner in blocks(statement):
                yield from _definitions(inner)


def _words_of_classes(block: tuple[n.Stmt, ...]) -> Iterator[tuple[str, ...]]:
    for statement in _definitions(block):
        if isinstance(statement, n.Class):
            yield statement.words
            yield from _words_of_classes(statement.body)


def _name_at_home(statement: n.Stmt) -> tuple[str, str]:
    """Return the name that a statement of a module gives, and the one that the thing has where it comes from."""
    match statement:
        case n.Import(name=name, attribute=str(attribute)):
            return name, attribute
        case n.Assign(targets=(n.Name(id=name),), value=n.Name(id=other) | n.Attr(name=other)):
            return name, other
    return "", ""


def _qualified(owner: ClassSymbol | None, enclosing: Code | None, name: str) -> str:
    if enclosing is not None and enclosing.function is not None:
        return f"{enclosing.function.qualname}.{name}"
    return f"{owner.qualname}.{name}" if owner else name


def _of_parameters(
    function: FunctionSymbol, params: Iterable[n.Param]
) -> Iterator[tuple[str, Origin]]:
    """Yield what Ninja, GraphQL or a socket hands on from a client: annotations say of what type."""
    for param in params:
        sent = Origin(captures.SENT.kinds, n.Name(function.node.span, param.name))
        yield param.name, TYPED if holds_no_text(param.annotation) else sent
