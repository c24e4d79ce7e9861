"""Rules about forms, serializers and generic views: which fields the browser may write."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.calls.memberships import OF_OTHERS
from pickguard.lessons.forms.moves import is_moved, is_priced, is_totalled
from pickguard.lessons.forms.own_rows import chosen_by, lets_power_choose, takes_away, writes_over
from pickguard.lessons.forms.self_service import edits_oneself, lets_oneself_pass
from pickguard.site.access.guards import LOGIN_PERMISSIONS, PERMISSION_WORDS
from pickguard.site.forms.forms import Form
from pickguard.site.forms.written import Selection
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n

_POWER = re.compile(
    r"^(is_)?(admin|administrator|staff|superuser|super_user|moderator|verified|approved|owner_only"
    r"|paid|trusted|confirmed)$"
    # an office, not what somebody is by trade: `is_teacher` is often said of oneself
    r"|^is_(reviewer|editor|manager|curator|publisher|operator|supervisor|auditor|examiner|referee"
    r"|privileged|premium|vip)$"
    r"|^can_(edit|publish|approve|moderate|review|manage|delete|administrate|invite|export)(_\w+)?$"
    r"|^(groups|user_permissions|permissions|role|roles|access_level|user_type|account_type"
    r"|balance|credit|credits|is_active_subscriber|plan|quota)$"
    r"|^(is_)?(e?mail|phone|mobile|identity|address|kyc|account)(_number|_address)?_?(is_)?(verified|confirmed|validated)$"
)
_OWNER = re.compile(
    r"^(owner|user|created_by|creator|author|account|tenant|organization|organisation)$"
)
_PRICE = re.compile(r"^(price|total|total_price|amount|discount|cost)$")
_DISPLAY = ("graphql_type",)
# A permission that lets people at their own account, next to those who administer all
_SELF_SERVICE = re.compile(
    r"(^|Is|Or|Current|Same|Own)(Self|Owner|Own|Me|CurrentUser|SameUser|UserOrAdmin)(Or|$|Permission)"
)


def _forms(project: Project) -> Iterator[Form]:
    """Yield the model forms and serializers that take input outside the admin, those of `fields` of a view too."""
    made = {
        f.symbol: f for _, view in project.views() for f in view.forms if f.symbol == view.symbol
    }
    for form in (*project.site.forms.all, *made.values()):
        if form.symbol.module.holds_tests or form.kind == "filterset":
            continue
        if "admin" in form.symbol.module.path.rpartition("/")[2]:
            continue
        yield form


def _places(form: Form, label: str = "") -> tuple[Spot, ...]:
    meta = form.meta
    if meta is not None:
        return (Spot(meta.module.path, meta.value.span, label),)
    return (Spot(form.symbol.module.path, form.symbol.node.span, label),)


def _reach(project: Project, form: Form) -> tuple[bool, View | None]:
    """Tell whether views that can be judged take the form, and one that strangers or plain users reach."""
    views = project.views_by_form.get(form.symbol, ())
    is_account = form.model is not None and form.model.is_user
    reached = (
        view
        for view in views
        if _takes_input(view) and all(shown.symbol != form.symbol for shown in view.shown)
        if not _is_for_staff(project, view)
        or (is_account and _is_self_service(project, view, form))
    )
    return not all(map(_is_untold, views)), next(reached, None)


def _is_self_service(project: Project, view: View, form: Form) -> bool:
    return lets_oneself_pass(project, view) or edits_oneself(project, form.symbol)


def _is_untold(view: View) -> bool:
    """Whether what the permission classes of an API ask for could not be told."""
    return view.kind in ("api", "viewset") and view.login is None and not view.permissions


def _takes_input(view: View) -> bool:
    """Whether a view may write: one that lists or shows alone takes nothing from the browser."""
    if view.kind not in ("api", "viewset"):
        return True
    return view.methods is None or not {"POST", "PUT", "PATCH"}.isdisjoint(view.methods)


def _is_for_staff(project: Project, view: View) -> bool:
    """Whether the view asks for a right, by its guards or in its own code."""
    if any(not _SELF_SERVICE.search(name) for name in set(view.permissions) - LOGIN_PERMISSIONS):
        return True
    if any(_SELF_SERVICE.search(name) for name in view.permissions):
        return False
    if view.kind in ("api", "viewset") and view.login is None:
        return True
    words = view.words
    if words & PERMISSION_WORDS or any("perm" in word for word in words):
        return True
    return _asks_by_action(project, view)


def _asks_by_action(project: Project, view: View) -> bool:
    """Whether `get_permissions` chooses among classes that ask for more than a login."""
    if view.kind != "viewset" or not isinstance(view.symbol, ClassSymbol):
        return False
    method = project.site.classes.method(view.symbol, "get_permissions")
    if method is None or "action" not in method.node.words:
        return False
    named = (
        project.site.names.resolve(method.module, n.Name(method.node.span, word))
        for word in method.node.words
    )
    return any(
        isinstance(one, ClassSymbol)
        and "permission" in project.site.classes.kinds(one)
        and not _SELF_SERVICE.search(one.node.name)
        for one in named
    )


@rule(
    "forms.power-field",
    title="the browser may write a field that decides on power",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(915, 269),
    severity=Severity.HIGH,
    gain="whoever sends the field along gives themselves what it stands for: a role, a right, a balance",
    mend="take the field out of the form, or set it in the view",
)
def power_field(project: Project) -> Iterator[Hit]:
    """Find forms for everybody that write `is_admin`, `role`, `balance` and the like."""
    for form in _forms(project):
        if form.kind in _DISPLAY or form.model is None:
            continue
        about_user = _is_about_user(project, form.model)
        names = [
            f.name
            for f in _written(form, form.model)
            if _is_power(f, form.model, about_user=about_user)
            or is_moved(project, form.model, f)
            or is_priced(project, form.model, f)
            or is_totalled(project, form.model, f)
        ]
        if not names or _closes_fields(project, form):
            continue
        is_used, view = _reach(project, form)
        if is_used and view is None:
            continue
        shown = " and ".join(f"`{name}`" for name in names)
        open_ended = form.selection in (Selection.ALL, Selection.EXCLUDE)
        confidence = (
            (Confidence.HIGH if open_ended else Confidence.MEDIUM)
            if view is not None
            else Confidence.LOW
        )
        yield Hit(
            _places(form),
            f"`{form.symbol.node.name}` lets the browser write {shown} of `{form.model.name}`",
            confidence,
            form.symbol.name,
        )


def _closes_fields(project: Project, form: Form) -> bool:
    """Whether the form looks at who asks, and closes some of its fields for those who may not."""
    methods = (
        method
        for name in ("get_fields", "__init__", "get_extra_kwargs", "to_internal_value")
        for method in project.site.classes.methods(form.symbol, name)
    )
    return any(PERMISSION_WORDS & set(method.node.words) for method in methods)


@rule(
    "forms.added-later",
    title="a field that was added later is writable through an old form",
    areas=(Area.INTEGRITY,),
    cwe=(915,),
    severity=Severity.MEDIUM,
    gain="whoever adds the new field to the posted data writes what nobody meant them to write",
    mend="list the fields of the form by name",
)
def added_later(project: Project) -> Iterator[Hit]:
    """Find open-ended forms whose model has gained fields that decide something."""
    for form in _forms(project):
        if form.model is None or form.selection not in (Selection.ALL, Selection.EXCLUDE):
            continue
        later = [
            f for f in _written(form, form.model) if f.since and _decides(project, form.model, f)
        ]
        is_used, view = _reach(project, form)
        if not later or (is_used and view is None) or form.kind in _DISPLAY:
            continue
        shown = ", ".join(f"`{f.name}` (migration {f.since})" for f in later)
        yield Hit(
            (*_places(form), *_migrations(project, form.model, later)),
            f"`{form.symbol.node.name}` opened up {shown} when the model gained it",
            Confidence.HIGH if view is not None else Confidence.LOW,
            form.symbol.name,
            Severity.HIGH if any(_POWER.match(f.name) for f in later) else None,
        )


def _written(form: Form, model: Model) -> list[Field]:
    return [f for name in form.writes or () if (f := model.field(name)) is not None]


def _is_power(field: Field, model: Model, *, about_user: bool) -> bool:
    """Whether a field decides on power: `is_staff` anywhere, `role` where it is a user's role."""
    if not _POWER.match(field.name) or _is_remark(field):
        return False
    if field.name == "groups":
        return model.is_user  # those of anything else are whom it is for
    return about_user or field.name in _ALWAYS


def _is_remark(field: Field) -> bool:
    """Whether a field takes any text and may stay empty: a `role` that is somebody's job."""
    options = field.options
    may_be_empty = options.get("blank") is True or options.get("null") is True
    is_free = not {"choices", "default"} & set(options)
    return field.kind in ("CharField", "TextField") and is_free and may_be_empty


_ALWAYS = frozenset(
    {"is_admin", "is_staff", "is_superuser", "balance", "credit", "credits", "user_permissions"}
)


def _is_about_user(project: Project, model: Model) -> bool:
    users = project.user_models
    if model.is_user:
        return True
    return any(f.target is not None and f.target.lower() in users for f in model.fields)


def _decides(project: Project, model: Model, field: Field) -> bool:
    """Whether a visitor who may write the field decides on what is not theirs."""
    if _is_power(field, model, about_user=_is_about_user(project, model)):
        return True
    if _OWNER.match(field.name):
        return _is_person(project, field)
    return bool(_PRICE.match(field.name))


def _migrations(project: Project, model: Model, fields: list[Field]) -> Iterator[Spot]:
    for field in fields:
        place = project.site.history.places.get((model.label.lower(), field.name))
        if place is not None:
            yield Spot(place[0].path, place[1], f"`{field.name}` is added here")


@rule(
    "forms.open-ended",
    title="a form takes every field that the model has, or will have",
    areas=(Area.INTEGRITY,),
    cwe=(915,),
    severity=Severity.LOW,
    gain="the day somebody adds `is_admin` to the model, whoever can send the form may set it",
    mend="list the fields by name",
)
def open_ended(project: Project) -> Iterator[Hit]:
    """Find `exclude` and `__all__` in forms and serializers."""
    for form in _forms(project):
        if form.selection not in (Selection.ALL, Selection.EXCLUDE) or form.meta is None:
            continue
        if form.kind in _DISPLAY or form.meta.module.path != form.symbol.module.path:
            continue
        is_used, view = _reach(project, form)
        if is_used and view is None:
            continue
        how = '`fields = "__all__"`' if form.selection is Selection.ALL else "`exclude`"
        model = form.model.name if form.model else (form.model_name or "its model")
        yield Hit(
            _places(form),
            f"`{form.symbol.node.name}` takes what {how} leaves open of `{model.rpartition('.')[2]}`",
            Confidence.MEDIUM if view is not None and _matters(project, form) else Confidence.LOW,
            form.symbol.name,
        )


def _matters(project: Project, form: Form) -> bool:
    """Whether the model has a field today that a visitor should not decide on."""
    model = form.model
    return model is not None and any(_decides(project, model, f) for f in _written(form, model))


def _is_person(project: Project, field: Field) -> bool:
    return field.target is not None and field.target.lower() in project.user_models


# who has done something to the person that a row is about
_DOER = re.compile(
    r"^(invited|created|added|granted|requested|assigned|made)_by$|^(inviter|creator|author|sender)$"
)
_DONE_TO = frozenset({"user", "member", "account", "profile", "person"})


def _is_object(model: Model, name: str) -> bool:
    """Whether a row names who made it beside: `user` of a membership is then the one who was `invited_by` another."""
    return name in _DONE_TO and any(_DOER.match(field.name) for field in model.fields)


_FILLED = (writes_over, takes_away, lets_power_choose)


@rule(
    "forms.owner-field",
    title="the browser says whose object it is",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(915, 639),
    severity=Severity.MEDIUM,
    gain="a user creates or moves objects in somebody else's name",
    mend="take the field out and set it from `request.user`",
)
def owner_field(project: Project) -> Iterator[Hit]:
    """Find forms for plain users that write a relation to the user, by its name or by how rows are chosen."""
    for form in _forms(project):
        if form.kind in _DISPLAY or form.model is None or OF_OTHERS.search(form.model.name):
            continue
        keys = [f.name for f in _written(form, form.model) if _is_person(project, f)]
        view = _reach(project, form)[1] if keys else None
        if view is None:
            continue
        chosen = chosen_by(project, view, form.model)
        names = [
            name
            for name in keys
            if ((_OWNER.match(name) and not _is_object(form.model, name)) or name in chosen)
            and not any(fills(project, view, name) for fills in _FILLED)
        ]
        if not names:
            continue
        yield Hit(
            _places(form),
            f"`{form.symbol.node.name}` lets the browser choose `{names[0]}` of `{form.model.name}`",
            Confidence.MEDIUM,
            form.symbol.name,
        )
