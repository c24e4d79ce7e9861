"""Password rules about forms and serializers that store the password as it was typed."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.site.forms.forms import Form
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import statements

_HASHES = frozenset({"set_password", "make_password", "create_user", "acreate_user", "create_superuser", "hashpw",
                     "create_account", "register_user", "_create_user", "set_unusable_password"})  # fmt: skip
# Forms of Django's own, and of registration packages, that hash what they are sent
_HASHING_FORMS = (
    "AdminUserCreationForm", "UserCreationForm", "BaseUserCreationForm", "SetPasswordForm", "PasswordChangeForm",
    "UserChangeForm", "RegistrationForm", "SignupForm", "RegisterSerializer", "UserCreateSerializer",
    "UserCreatePasswordRetypeSerializer", "UserCreateMixin",
)  # fmt: skip


@rule(
    "passwords.stored-by-form",
    title="a form stores the password as it was typed",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 312),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database reads the passwords, which open accounts here and elsewhere",
    mend="take `UserCreationForm`, or override `save` (`create` and `update` of a serializer) and call"
    " `user.set_password(raw)`",
)
def stored_by_form(project: Project) -> Iterator[Hit]:
    """Find model forms and serializers that write `password` of a user, and hash it nowhere.

    And serializers that hash it where they make an account, and store it as it is where they change one.
    """
    yield from _changed_as_typed(project)
    for form in project.site.forms.all:
        if form.kind not in ("form", "serializer") or form.symbol.module.holds_tests:
            continue
        model = form.model
        if model is None or not model.is_user or "password" not in (form.writes or ()):
            continue
        view = _saving(project, form)
        if view is None or _is_hashed(project, form):
            continue
        spot = Spot(form.symbol.module.path, form.symbol.node.span)
        if form.meta is not None:
            spot = Spot(form.meta.module.path, form.meta.value.span)
        yield Hit(
            (spot, *_place(view)),
            f"`{form.symbol.node.name}` writes `{model.name}.password`, and nothing hashes it",
            Confidence.HIGH,
            form.symbol.name,
        )


def _changed_as_typed(project: Project) -> Iterator[Hit]:
    """Yield the serializers for which only who makes an account hashes, and which a view changes accounts with."""
    for form in project.site.forms.all:
        model = form.model
        if form.kind != "serializer" or form.symbol.module.holds_tests or model is None:
            continue
        if not model.is_user or "password" not in (form.writes or ()):
            continue
        hashing = {
            m.name for m in project.site.classes.own_methods(form.symbol) if _hashes(m.words)
        }
        if not hashing <= {"create"} or any(_hashes(words) for words in _of_model(project, form)):
            continue
        if not _is_hashed(project, form) or _is_hashed_on_save(project):
            continue
        found = (_changing(project, form, v) for v in project.views_by_form.get(form.symbol, ()))
        handler = next(filter(None, found), None)
        if handler is not None:
            yield Hit(
                (
                    Spot(handler.module.path, handler.node.span),
                    Spot(
                        form.symbol.module.path, form.symbol.node.span, "hashes nothing on this way"
                    ),
                ),
                f"`{form.symbol.node.name}` stores `password` as it was typed where it changes a `{model.name}`",
                Confidence.HIGH,
                handler.name,
                mend="override `update` as well, and call `instance.set_password(raw)` there; or leave the field out",
            )


def _is_hashed_on_save(project: Project) -> bool:
    """Whether a receiver of signals hashes what is about to be stored."""
    return any(_hears_of_saves(one) and _hashes(one.words) for one in _functions(project))


def _functions(project: Project) -> Iterator[n.Function]:
    """Yield the functions and methods that stand in the modules of a running site."""
    for module in project.served():
        for statement in statements(module.record.body):
            if isinstance(statement, n.Function):
                yield statement


def _changing(project: Project, form: Form, view: View) -> FunctionSymbol | ClassSymbol | None:
    """Return what changes an account with a serializer: a handler that names it, or a view of the library's."""
    name = form.symbol.node.name
    for method, function in view.handlers:
        words = function.node.words
        if method in ("put", "patch") and name in words and "save" in words:
            return None if _hashes(words) or "exclude" in words else function
    symbol = view.symbol
    if view.kind == "function" or not isinstance(symbol, ClassSymbol):
        return None
    classes = project.site.classes
    own = {method.name for method in classes.own_methods(symbol)}
    if own & _CHOOSING or not classes.inherits(symbol, *_UPDATING):
        return None
    chosen = classes.value(symbol, "serializer_class")
    is_its = chosen is not None and tail(chosen.value) == name
    return symbol if is_its and not any(map(_hashes, _of_view(project, view))) else None


_CHOOSING = frozenset({"get_serializer_class", "get_serializer", "update", "partial_update", "perform_update", "put",
                       "patch"})  # fmt: skip
_UPDATING = (".ModelViewSet", ".UpdateModelMixin", ".UpdateAPIView", ".RetrieveUpdateAPIView",
             ".RetrieveUpdateDestroyAPIView")  # fmt: skip


_SENT = frozenset({"any", "post", "put", "patch", "create", "update", "partial_update"})
_SAVES = frozenset({"save", "super", "perform_create", "perform_update", "form_valid"})


def _place(view: View) -> tuple[Spot, ...]:
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol | FunctionSymbol):
        return ()
    return (Spot(symbol.module.path, symbol.node.span, "saves it"),)


def _saving(project: Project, form: Form) -> View | None:
    """Return a view that takes the form and saves it; one that logs somebody in has the fields as well."""
    return next(filter(_saves, project.views_by_form.get(form.symbol, ())), None)


def _saves(view: View) -> bool:
    if view.methods is not None and not {"POST", "PUT", "PATCH"} & set(view.methods):
        return False
    own = [function.node.words for method, function in view.handlers if method.lower() in _SENT]
    if not own:
        return view.kind != "function" and "authenticate" not in view.words
    return any(not _SAVES.isdisjoint(words) for words in own)


def _is_hashed(project: Project, form: Form) -> bool:
    """Whether the form, what it builds on, its model or who takes it hashes the password."""
    if project.site.classes.inherits(form.symbol, *_HASHING_FORMS):
        return True
    if any(_hashes(words) for words in _methods(project, form)):
        return True
    views = project.views_by_form.get(form.symbol, ())
    if any(_hashes(words) for view in views for words in _of_view(project, view)):
        return True
    name = form.symbol.node.name
    return any(
        _hashes(function.words) and (name in function.words or _hears_of_saves(function))
        for function in _functions(project)
    )


def _of_view(project: Project, view: View) -> Iterator[Iterable[str]]:
    """Yield the words of the methods of a view, those that its library calls among them."""
    yield view.words
    if isinstance(view.symbol, ClassSymbol):
        yield from (method.words for method in project.site.classes.own_methods(view.symbol))


def _hears_of_saves(function: n.Function) -> bool:
    """Whether a function is the receiver of a signal that comes with an object."""
    return {"sender", "instance"} <= {param.name for param in function.params}


def _hashes(words: Iterable[str]) -> bool:
    """Whether code hashes a password, or takes it out to do something else with it."""
    found = set(words)
    taken_out = "pop" in found and bool(found & {"validated_data", "cleaned_data"})
    return taken_out or bool(found & _HASHES)


def _methods(project: Project, form: Form) -> Iterator[Iterable[str]]:
    """Yield the words of the methods of a form and of its model."""
    classes = project.site.classes
    yield from (method.words for method in classes.own_methods(form.symbol))
    yield from _of_model(project, form)


def _of_model(project: Project, form: Form) -> Iterator[Iterable[str]]:
    if form.model is not None and not form.model.is_library:
        methods = project.site.classes.own_methods(form.model.symbol)
        yield from (method.words for method in methods)
