"""Which forms and which model a view binds to what the browser sends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pickguard.site.forms.forms import Form, Forms
from pickguard.site.forms.serializer_choices import chosen
from pickguard.site.forms.written import Selection
from pickguard.site.models.models import Model, Models
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.urls.routers import model_expression
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import HTTP_METHODS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, is_none, is_true, tail, ways
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_DATA = frozenset({"POST", "data", "FILES", "body", "GET", "query_params"})
_FORM_ATTRIBUTES = (
    *("form_class", "serializer_class", "form", "filterset_class", "form_classes"),
    *(f"{verb}_serializer_class" for verb in ("create", "update", "write", "input", "request")),
)

_SERIALIZER = "serializer_class"
_PLAIN = ("rest_framework.views.", "django.views.generic.base.", "django.views.View", "object")


# What these methods make of a form or serializer is shown, not written
_READS = frozenset({"get", "head", "options"})


class ViewForms:
    """Finds the forms, serializers, filter sets and models of views."""

    def __init__(self, classes: Classes, models: Models, forms: Forms) -> None:
        self.classes = classes
        self.names = classes.names
        self.models = models
        self.forms = forms

    def of_function(self, symbol: FunctionSymbol) -> Iterator[Form]:
        """Yield the forms and serializers that a function binds to a request's data."""
        words = set(symbol.node.words)
        if not words & (_DATA | {"get_json"}):
            return
        seen: set[ClassSymbol] = set()
        for node in expressions(body(symbol.node)):
            if not isinstance(node, n.Call) or not _takes_data(node):
                continue
            form = self._named(symbol.module, node.func)
            if form is not None and form.symbol not in seen:
                seen.add(form.symbol)
                yield form

    def _named(self, module: Module, node: n.Expr) -> Form | None:
        """Return the form that an expression names, or that Django's factory makes there."""
        found = self.names.resolve(module, node)
        if isinstance(found, ClassSymbol):
            return self.forms.by_symbol.get(found)
        if isinstance(found, ValueSymbol):
            module, node = found.module, found.value
        return self.forms.made_by_factory(module, node) if isinstance(node, n.Call) else None

    def of_operation(self, symbol: FunctionSymbol) -> Iterator[Form]:
        """Yield the schemas that Ninja fills with what was sent: the annotations of parameters."""
        for param in symbol.node.params[1:]:
            for node in inside(param.annotation) if param.annotation is not None else ():
                found = self.names.resolve(symbol.module, node)
                form = self.forms.by_symbol.get(found) if isinstance(found, ClassSymbol) else None
                if form is not None and form.kind == "schema":
                    yield form
                    break

    def of_class(self, symbol: ClassSymbol, route: Route) -> tuple[tuple[Form, ...], Model | None]:
        """Return the forms of a class view and the model that it shows or changes."""
        found: dict[ClassSymbol, Form] = {}
        model = self.model_of(symbol, route)
        for name in _FORM_ATTRIBUTES:
            form = self._form_attribute(symbol, name, route)
            if form is not None and (name != _SERIALIZER or self._reads_serializer(symbol)):
                found[form.symbol] = form
        for facts in self.classes.library_line(symbol):
            if facts.edits and not found:
                made = self._generated(symbol, model)
                if made is not None:
                    return (made,), model
        for name in (
            *(method for method in HTTP_METHODS if method not in _READS),
            *(action for method, action in route.target.methods if method not in _READS),
            "get_serializer_class",
            "get_form_class",
        ):
            method = self.classes.method(symbol, name)
            if method is not None:
                for form in self._mentioned(method):
                    found.setdefault(form.symbol, form)
        for action in route.target.methods:
            one = chosen(self.classes, symbol, *action)
            if one in self.forms.by_symbol:
                found.setdefault(one, self.forms.by_symbol[one])
        for form in tuple(found.values()):
            for inner in self._nested(form):
                found.setdefault(inner.symbol, inner)
        return tuple(found.values()), model

    def _reads_serializer(self, symbol: ClassSymbol) -> bool:
        """Whether anything reads `serializer_class`: a plain `APIView` leaves it to tools that draw schemas."""
        line = [one.name for one in self.classes.line(symbol) if isinstance(one, External)]
        if not line or not all(name.startswith(_PLAIN) for name in line):
            return True
        methods = self.classes.own_methods(symbol)
        return any({_SERIALIZER, "get_serializer"} & set(method.words) for method in methods)

    def only_shown(
        self, symbol: ClassSymbol, route: Route, methods: Iterable[str], taken: Iterable[Form]
    ) -> tuple[Form, ...]:
        """Return the serializers that a view of an API chooses for its answers alone, of those it takes."""
        answered = route.target.methods
        if not answered and not self._asks_on_the_way(symbol):
            answered = tuple((name.lower(), name.lower()) for name in methods)
        unsafe = [(m, a) for m, a in answered if m not in _READS and m != "delete"]
        if answered and not unsafe:
            reading = [self.classes.method(symbol, action) for _method, action in answered]
            checks = any(one is not None and "is_valid" in one.node.words for one in reading)
            return () if checks else tuple(form for form in taken if form.kind == "serializer")
        own = {action: self.classes.method(symbol, action) for _method, action in unsafe}
        asks = [(m, a) for m, a in unsafe if _asks_for_serializer(own[a])]
        chooses = [chosen(self.classes, symbol, m, action) for m, action in asks]
        used = {one for one in chooses if one in self.forms.by_symbol}
        if not unsafe or not all(one in used for one in chooses):
            return ()
        for handler in own.values():
            used |= {f.symbol for f in self._mentioned(handler)} if handler is not None else set()
        inner = {i.symbol for form in taken if form.symbol in used for i in self._nested(form)}
        return tuple(
            form for form in taken if form.kind == "serializer" and form.symbol not in used | inner
        )

    def _asks_on_the_way(self, symbol: ClassSymbol) -> bool:
        """Whether a method that handlers may call takes the serializer that the view chooses."""
        return any(
            not _ASKING_FOR_SERIALIZER.isdisjoint(method.words)
            for method in self.classes.own_methods(symbol)
            if method.name not in (*HTTP_METHODS, "get_serializer_class")
        )

    def _nested(self, form: Form) -> Iterator[Form]:
        """Yield the serializers inside a serializer that writes what they let through, by itself."""
        if form.kind != "serializer" or not any(
            self.classes.method(form.symbol, name) for name in ("create", "update")
        ):
            return
        for name in form.declared:
            made = self.classes.value(form.symbol, name)
            if made is None or not isinstance(made.value, n.Call):
                continue
            if not is_true(argument(made.value, -1, "read_only")):
                symbol = self.names.resolve(made.module, made.value.func)
                inner = (
                    self.forms.by_symbol.get(symbol) if isinstance(symbol, ClassSymbol) else None
                )
                if inner is not None and inner.kind == "serializer":
                    yield inner

    def _mentioned(self, method: FunctionSymbol) -> Iterator[Form]:
        scope = self.names.scope(method.module)
        for word in method.node.words:
            if word in scope and word[:1].isupper():
                found = self.names.member(method.module, word)
                if isinstance(found, ClassSymbol):
                    form = self.forms.by_symbol.get(found)
                    if form is None or _is_only_shown(method, word, form):
                        continue
                    if _is_used(method, word):
                        yield form

    def _form_attribute(self, symbol: ClassSymbol, name: str, route: Route) -> Form | None:
        option = route.option(name)
        if option is not None:
            return self._named(option.module, option.value)
        member = self.classes.member(symbol, name)
        if isinstance(member, ValueSymbol):
            return self._named(member.module, member.value)
        return self.forms.by_symbol.get(member) if isinstance(member, ClassSymbol) else None

    def _generated(self, symbol: ClassSymbol, model: Model | None) -> Form | None:
        """Return the form that a generic edit view makes from `model` and `fields`."""
        fields = self.classes.value(symbol, "fields")
        if model is None or fields is None or self._makes_form(symbol):
            return None
        value = self.forms.value(fields)
        if value == "__all__":
            selection, listed = Selection.ALL, model.editable
        elif isinstance(value, list | tuple) and UNKNOWN not in value:
            listed = tuple(str(v) for v in value)
            selection = Selection.LISTED
        else:
            return None
        return Form(symbol, "form", model, model.label, selection, listed, {}, (), listed, fields)

    def _makes_form(self, symbol: ClassSymbol) -> bool:
        """Whether a view chooses its form by itself, whatever its `fields` say."""
        chosen = self.classes.value(symbol, "form_class")
        if chosen is not None:
            return not is_none(chosen.value)
        method = self.classes.method(symbol, "get_form_class")
        return method is not None and "super" not in method.node.words

    def model_of(self, symbol: ClassSymbol, route: Route | None = None) -> Model | None:
        """Return the model that a class view shows or changes."""
        option = route.option("model") if route else None
        if option is not None:
            return self._model(option.module, option.value)
        value = self.classes.value(symbol, "model")
        member = self.classes.member(symbol, "model")
        if isinstance(member, ClassSymbol):
            return self.models.of(member)
        if value is not None:
            return self._model(value.module, value.value)
        queryset = self.classes.value(symbol, "queryset")
        if queryset is not None:
            return self._queryset_model(queryset)
        for name in ("get_queryset", "get_object"):
            method = self.classes.method(symbol, name)
            found = self._model_taken(method) if method is not None else None
            if found is not None:
                return found
        return None

    def _model_taken(self, method: FunctionSymbol) -> Model | None:
        """Return the model whose rows a method takes, by its name or by a relation: `request.user.notes.all()`."""
        nodes = list(expressions(body(method.node)))
        called = {id(node.func) for node in nodes if isinstance(node, n.Call)}
        for node in nodes:
            if isinstance(node, n.Attr):
                found = self._model(method.module, model_expression(node))
                if found is None and id(node) not in called and isinstance(node.value, n.Attr):
                    found = self.models.found_under.get(node.name)
                if found is not None:
                    return found
        return None

    def _queryset_model(self, queryset: ValueSymbol) -> Model | None:
        return self._model(queryset.module, model_expression(queryset.value))

    def _model(self, module: Module, expression: n.Expr | None) -> Model | None:
        """Return the model that an expression names, or asks for: `get_user_model()`."""
        if isinstance(expression, n.Call):
            return self.models.asked_for(expression)
        return self.models.of(self.names.resolve(module, expression))


def _asks_for_serializer(handler: FunctionSymbol | None) -> bool:
    """Whether an action takes the serializer that its viewset chooses, as those of the library do."""
    if handler is None or not _ASKING_FOR_SERIALIZER.isdisjoint(handler.node.words):
        return True
    return not _HANDING_ON.isdisjoint(handler.node.words) and any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and node.func.name in _HANDING_ON
        and tail(node.func.value) == "self"
        for node in expressions(body(handler.node))
    )


_ASKING_FOR_SERIALIZER = frozenset(
    {"super", "get_serializer", "get_serializer_class", "serializer_class"}
)
# `self.update(request)`: that of a queryset takes no serializer
_HANDING_ON = frozenset({"create", "update"})


def written(forms: Iterable[Form]) -> tuple[str, ...] | None:
    """Return `app.Model.field` of all that forms write, or None where that could not be told."""
    found: list[str] = []
    for form in forms:
        if form.kind == "filterset":
            continue
        if form.writes is None:
            return None
        label = form.model.label if form.model else None
        found += [f"{label}.{name}" for name in form.writes] if label else []
    return tuple(dict.fromkeys(found))


def _is_used(method: FunctionSymbol, name: str) -> bool:
    """Whether the body of a method names a class: a decorator may describe an API by it alone."""
    described = {
        part.id
        for decorator in method.node.decorators
        if tail(func_of(decorator)) in _DESCRIBING
        for part in inside(decorator)
        if isinstance(part, n.Name)
    }
    return name not in described or any(
        isinstance(node, n.Name) and node.id == name for node in expressions(body(method.node))
    )


_DESCRIBING = frozenset({"extend_schema", "swagger_auto_schema", "extend_schema_view"})


def _is_only_shown(method: FunctionSymbol, name: str, form: Form) -> bool:
    """Whether a method makes a serializer of rows alone, for an answer: `NoteSerializer(note).data`."""
    if form.kind != "serializer":
        return False
    nodes = list(expressions(body(method.node)))
    mentions = [node for node in nodes if isinstance(node, n.Name) and node.id == name]
    shown = [
        node
        for node in nodes
        if isinstance(node, n.Call)
        and isinstance(node.func, n.Name)
        and node.func.id == name
        and len(node.args) <= 1
        and all(k.name not in (None, "data") for k in node.keywords)
    ]
    return 0 < len(shown) == len(mentions)


def _takes_data(call: n.Call) -> bool:
    sources = [*call.args[:2], *(k.value for k in call.keywords if k.name in ("data", "files"))]
    return any(_is_data(way) for source in sources for way in ways(source))


def _is_data(node: n.Expr) -> bool:
    if isinstance(node, n.Attr):
        return node.name in _DATA
    return isinstance(node, n.Name) and node.id in ("data", "post_data", "payload")
