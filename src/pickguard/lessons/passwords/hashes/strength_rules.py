"""Password rules about new passwords: Django's validators are asked by its own forms alone."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument, tail
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, spread_into
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_STORES = ("set_password", "make_password", "create_user")
_TAKES = frozenset({"form", "serializer", "view"})
# The password that was right at a login is hashed anew
_REHASHES = frozenset({"needs_rehash", "must_update"})
_CHECKS = re.compile(
    r"validat\w*_password|password_(validat|strength|polic|complex|is_)|clean_\w*password|zxcvbn"
    r"|Password\w*(Validat|Field)|(strength|complexity|policy|min_length|MinLength)\w*|random_password",
    re.IGNORECASE,
)
_CHECKED_BY = (".SetPasswordForm", ".UserCreationForm", ".PasswordChangeForm", ".AdminPasswordChangeForm",
               ".SetPasswordMixin", ".BaseSignupForm", ".SignupForm", ".ResetPasswordKeyForm", ".RegisterSerializer",
               ".PasswordChangeSerializer", ".PasswordResetConfirmSerializer", ".RegistrationForm")  # fmt: skip


@code_rule(
    "passwords.not-validated",
    words=_STORES,
    needs_browser=True,
    title="a new password is stored that no validator has seen",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(521,),
    severity=Severity.LOW,
    gain="`AUTH_PASSWORD_VALIDATORS` holds on the other pages; here somebody takes `123456`, and a robot guesses it",
    mend="call `django.contrib.auth.password_validation.validate_password(raw, user)` while the data is checked",
)
def not_validated(code: Code) -> Iterator[Hit]:
    """Find `user.set_password(raw)` of what the browser sent where nothing asks the validators."""
    if not _takes_input(code) or code.words & _REHASHES or _is_checked(code):
        return
    for call in code.calls(*_STORES):
        raw = _raw(code, call)
        if _takes_time_alone(code, call):
            continue
        if raw is not None and _was_right(code, raw):
            continue
        origin = code.origin(raw) if raw is not None else None
        if raw is not None and origin is not None and origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "no validator has seen the new password",
                Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, raw, "is stored"),
            )
            return


def _takes_time_alone(code: Code, call: n.Call) -> bool:
    """Whether a password is hashed so that no account takes as long as one: nothing is stored."""
    if isinstance(call.func, n.Attr) and isinstance(call.func.value, n.Call):
        return True  # `User().set_password(raw)`
    dropped = (one.value for one in code.statements if isinstance(one, n.Do))
    return tail(call.func) == "make_password" and any(one is call for one in dropped)


def _was_right(code: Code, raw: n.Expr) -> bool:
    """Whether a password is the one that was asked for at a login, or the old one: `user.check_password(raw)`."""
    path = access_path(raw)
    given = (argument(call, 0, "password", "raw_password") for call in code.calls("check_password"))
    return any(value is not None and path == access_path(value) for value in given)


def _raw(code: Code, call: n.Call) -> n.Expr | None:
    """Return the password that a call stores, or None."""
    name = call.func.name if isinstance(call.func, n.Attr) else getattr(call.func, "id", "")
    place = _place_of_password(code, call) if name == "create_user" else 0
    found = argument(call, place, "password", "raw_password")
    spread = next(iter(spread_into(call)), None)
    if found is None and name == "create_user" and _takes_password(code):
        return spread
    return found


def _place_of_password(code: Code, call: n.Call) -> int:
    """Return where `create_user` takes the password: Django's third, or as a manager of the site's own has it."""
    own = code.called(call)
    names = [param.name for param in own.node.params] if own is not None else []
    return names.index("password") - 1 if "password" in names[1:] else 2


def _takes_password(code: Code) -> bool:
    """Whether the serializer around the code has a field for a password."""
    form = code.project.site.forms.by_symbol.get(code.owner) if code.owner is not None else None
    return form is not None and "password" in (*form.listed, *form.declared)


def _takes_input(code: Code) -> bool:
    """Whether the code is a form's, a serializer's or a view's; what they call is told there."""
    if code.owner is not None:
        return bool(code.project.site.classes.kinds(code.owner) & _TAKES)
    params = code.function.node.params if code.function is not None else ()
    return bool(params) and params[0].name == "request"


def _is_checked(code: Code) -> bool:
    """Whether something looks at the password: the code, its class, a form or function that it names."""
    if _says_it_looks(code.words):
        return True
    if code.owner is not None and _checks(code, code.owner):
        return True
    if "set_password" in code.words and code.project.once(_checked_by_account):
        return True
    return any(_looks_at_it(code, found) for found in _named(code))


def _checked_by_account(project: Project) -> bool:
    """Whether the site's own accounts ask the validators themselves: `def set_password(self, raw): validate…`."""
    setters = (f for f in project.flow.callers.defined("set_password") if f.owner is not None)
    return any(_says_it_looks(setter.node.words) for setter in setters)


def _says_it_looks(words: Iterable[str]) -> bool:
    """Whether words name a check of passwords; the help beside a field that tells of the validators is none."""
    found = {word for word in words if _CHECKS.search(word)}
    told = {word for word in found if word.startswith("password_validators_help_text")}
    return bool(found - told - ({"password_validation"} if told else set()))


def _looks_at_it(code: Code, found: object) -> bool:
    if isinstance(found, External):
        return found.name.endswith(_CHECKED_BY)
    if isinstance(found, FunctionSymbol):
        return _says_it_looks(found.node.words)
    return isinstance(found, ClassSymbol) and _checks(code, found)


def _named(code: Code) -> Iterator[object]:
    """Yield what the code calls, and what it and the methods beside it name."""
    yield from (code.resolve(call.func) for call in code.every(n.Call))
    names = code.project.site.names
    scope = names.scope(code.module)
    words = set(code.words)
    for ancestor in code.project.site.classes.own_line(code.owner) if code.owner else ():
        words.update(ancestor.node.words)
        words.update(*(m.words for m in ancestor.node.body if isinstance(m, n.Function)))
    yield from (names.member(code.module, word) for word in sorted(words) if word in scope)


def _checks(code: Code, symbol: ClassSymbol) -> bool:
    """Whether a class looks at passwords, itself or as its bases do."""
    classes = code.project.site.classes
    if classes.inherits(symbol, *_CHECKED_BY):
        return True
    for ancestor in classes.own_line(symbol):
        methods = [m for m in ancestor.node.body if isinstance(m, n.Function)]
        idle = {m.name for m in methods if _only_compares(m)}
        words = {*ancestor.node.words, *(word for m in methods for word in (*m.words, m.name))}
        if _says_it_looks(words - idle):
            return True
    return False


# What a method that holds two passwords against each other calls
_COMPARING = TRANSLATIONS | {"get", "ValidationError", "super", "clean", "add_error"}


def _only_compares(method: n.Function) -> bool:
    """Whether a `clean_password2` asks no more than that both passwords are the same."""
    nodes = list(expressions(body(method)))
    return any(isinstance(node, n.Compare) for node in nodes) and all(
        tail(node.func) in _COMPARING or tail(node.func).startswith("clean_")
        for node in nodes
        if isinstance(node, n.Call)
    )
