"""Trust rules about people: what a site knows of them is not for everybody who asks."""

import re
from collections.abc import Iterator
from itertools import chain

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import is_true, tail
from pickguard.kit.values.spelling import spelled
from pickguard.lessons.trust.openness import PUBLIC
from pickguard.lessons.trust.ownership import owner_field
from pickguard.lessons.trust.values.personal_pages import (
    Shown,
    answered_columns,
    printed_columns,
    printed_of_one,
)
from pickguard.site.forms.forms import Form
from pickguard.site.forms.written import Selection
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_PERSONAL = re.compile(
    r"^(e?mail|email_address|(mobile_?|cell_?|tele)?phone(_number)?|mobile(_number)?|birth_?(date|day)|date_of_birth|dob"
    r"|ssn|social_security(_number)?|iban|passport(_number)?|national_id|tax_(id|number)|street|home_address|postal_address|gender|salary"
    r"|credit_?card|(credit_)?card_number|api_?key)$"
)
# Columns that are private wherever they stand
_PRIVATE = re.compile(
    r"^(ssn|social_security(_number)?|iban|passport(_number)?|national_id|tax_(id|number)|salary|(credit_)?card_number|credit_?card|api_?key)$"
)
_ASKS = frozenset({"user", "is_staff", "has_perm"})
# What a page looks at that lets some in alone, whatever it is worth
_LOOKS = frozenset(
    {"is_staff", "has_perm", "session", "token", "signature", "COOKIES", "META", "headers"}
)
# Pages about who asks, and registers that are meant to be read
_OWN = re.compile(
    r"(^|_)(me|self|own|register|sign_?up|contact|public|profile)(_|$)", re.IGNORECASE
)
# Pages that show people on purpose, or to whoever holds a link that was mailed to them
_MEANT = re.compile(
    rf"(^|_)(me|self|own|public|staff|team|imprint|company)(_|$)|{PUBLIC.pattern}", re.IGNORECASE
)


@rule(
    "trust.personal-data-open",
    title="addresses, phone numbers or birthdays of people go to whoever asks",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(359, 862),
    severity=Severity.MEDIUM,
    gain="a robot takes home the address and phone of everybody, letter by letter",
    mend="show what the page needs, `fields = ['id', 'name']`, or ask for a login",
)
def personal_data_open(project: Project) -> Iterator[Hit]:
    """Find serializers of accounts that list such columns, and pages that print them, where strangers read them."""
    yield from _on_pages(project)
    for form in project.site.forms.all:
        model = form.model
        if form.kind != "serializer" or model is None or not _is_of_people(project, model):
            continue
        if form.symbol.module.holds_tests or form.selection is not Selection.LISTED:
            continue
        shown = [name for name in form.listed if _is_shown(project, form, model, name)]
        view = next(
            (v for v in project.views_by_form.get(form.symbol, ()) if _is_open(project, v, form)),
            None,
        )
        if shown and view is not None and form.meta is not None:
            names = " and ".join(f"`{name}`" for name in shown[:2])
            yield Hit(
                (Spot(form.meta.module.path, form.meta.value.span),),
                f"`{form.symbol.node.name}` shows {names} of every `{model.name}` to strangers",
                Confidence.MEDIUM,
                form.symbol.name,
            )


def _on_pages(project: Project) -> Iterator[Hit]:
    """Yield the first such column of each page that shows everybody's to strangers, or anybody's."""
    opened = {
        function: view
        for route, view in project.views()
        if view.kind in ("function", "api", "class") and not route.is_admin
        for method, function in view.handlers
        if method in ("get", "any")
    }
    answered = (
        shown
        for function, view in opened.items()
        if view.login is False
        for shown in answered_columns(project, function, _PERSONAL)
    )
    of_all = chain(printed_columns(project, _PERSONAL), answered)
    seen = set()
    for is_of_all, shown in (
        *((True, one) for one in of_all),
        *((False, one) for one in printed_of_one(project, _PERSONAL)),
    ):
        view = opened.get(shown.function)
        if view is None or (shown.spot.path, shown.function) in seen:
            continue
        meant = _OWN if is_of_all else _MEANT
        if _tells_of_people(project, shown) and _is_page_for_all(view, shown.function, meant):
            seen.add((shown.spot.path, shown.function))
            yield _hit(view, shown, "every" if is_of_all else "any")


def _hit(view: View, shown: Shown, whose: str) -> Hit:
    function = shown.function
    return Hit(
        (Spot(function.module.path, function.node.span), shown.spot),
        f"`{view.name.rpartition('.')[2]}` shows `{shown.column}` of {whose} `{shown.model.name}` to strangers",
        Confidence.MEDIUM if shown.is_counted else Confidence.LOW,
        function.name,
    )


def _tells_of_people(project: Project, shown: Shown) -> bool:
    """Whether a row is an account or a profile, or the column is nobody's business but its owner's."""
    if _is_of_people(project, shown.model) or _has_password(shown.model):
        return True
    return bool(_PRIVATE.match(shown.column)) and bool(owner_field(project, shown.model, 0))


def _has_password(model: Model) -> bool:
    """Whether rows are accounts of the site's own."""
    return model.field("password") is not None and model.field("username") is not None


def _is_page_for_all(view: View, function: FunctionSymbol, meant: re.Pattern[str]) -> bool:
    """Whether strangers read a page, which nothing in its function narrows to who asks."""
    name = spelled(view.name.rpartition(".")[2])
    is_open = view.login is False and not view.stopped and not meant.search(name)
    words = set(view.words)
    asked = {"request", *(param.name for param in function.node.params)}
    return (
        is_open
        and words.isdisjoint(_LOOKS)
        and not any(
            isinstance(node, n.Attr) and node.name == "user" and tail(node.value) in asked
            for node in expressions(body(function.node))
        )
    )


def _is_of_people(project: Project, model: Model) -> bool:
    """Whether rows are accounts, or the profiles that belong to them."""
    return model.is_user or any(
        field.kind == "OneToOneField" and (field.target or "").lower() in project.user_models
        for field in model.fields
    )


def _is_shown(project: Project, form: Form, model: Model, name: str) -> bool:
    if not _PERSONAL.match(name) or model.field(name) is None:
        return False
    declared = project.site.classes.value(form.symbol, name)
    call = declared.value if declared is not None else None
    if isinstance(call, n.Call) and any(
        k.name == "write_only" and is_true(k.value) for k in call.keywords
    ):
        return False
    return project.site.classes.meta(form.symbol, "extra_kwargs") is None


def _is_open(project: Project, view: View, form: Form) -> bool:
    """Whether strangers read rows of others by a view, which nothing in its class narrows to who asks."""
    symbol = view.symbol
    if (
        view.login is not False
        or "GET" not in (view.methods or ())
        or not isinstance(symbol, ClassSymbol)
    ):
        return False
    if _OWN.search(spelled(symbol.node.name)) or view.stopped:
        return False
    is_its_own = project.site.classes.named(symbol, "serializer_class") == form.symbol
    methods = project.site.classes.own_methods(symbol)
    return is_its_own and not any(_ASKS & set(m.words) for m in methods)
