"""Password rules about answers: codes that were meant for a phone, columns that nobody meant to show."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.calls.own_logins import PASSWORD, is_account
from pickguard.kit.code import argument, is_true, tail, text
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, is_none, items_of
from pickguard.source.python.walk import inside

_ANSWERS = ("Response", "JsonResponse", "HttpResponse")
_PAGES = ("render", "TemplateResponse")
_CODE = re.compile(
    r"^(\w+_)?(otp|pin|passcode|one_time_\w+|sms_code|verification_code|auth_code|login_code|confirmation_code"
    r"|reset_(token|code|link|url)|otp_code|magic_link|code)$"
)
_MAKES = frozenset({"randbelow", "randint", "randrange", "choices", "choice", "sample", "get_random_string",
                    "token_urlsafe", "token_hex", "make_token", "random", "generate_otp", "generate_code"})  # fmt: skip
_SENDS = re.compile(
    r"sms|mail|phone|mobile|twilio|otp|reset|verif|forgot|cache$|notify|(^|_)send", re.IGNORECASE
)
_PROVING = re.compile(
    r"sms|phone|mobile|twilio|otp|reset|verif|forgot|two_?factor|2fa", re.IGNORECASE
)
_ON_TRIAL = frozenset(
    {"DEBUG", "debug", "TESTING", "qr", "qrcode", "provisioning_uri", "backup_codes"}
)


@code_rule(
    "passwords.code-in-answer",
    words=_MAKES,
    needs_browser=True,
    title="the code that proves who somebody is goes back to whoever asked for it",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 640),
    severity=Severity.HIGH,
    gain="a stranger asks for the code of any phone or address, reads it in the answer, and is in",
    mend="send it to the phone or address alone, and answer that it was sent",
)
def code_in_answer(code: Code) -> Iterator[Hit]:
    """Find a one-time code or reset token that is made, kept or sent, and put into the answer."""
    if code.words & _ON_TRIAL or not any(map(_SENDS.search, (*code.words, code.symbol))):
        return
    if "request" in code.words and {"is_staff", "is_superuser"} & code.words:
        return
    for call in code.calls(*_ANSWERS, *_PAGES):
        for node in _shown(code, call):
            if isinstance(node, n.Mapping):
                told = _told_by_key(code, node)
                if told is not None:
                    yield Hit(
                        (code.spot(told),),
                        f"`{tail(told)}` goes into the answer",
                        Confidence.MEDIUM,
                        code.symbol,
                    )
                    return
            if _makes_token(node):
                yield Hit(
                    (code.spot(node),),
                    "a token that proves who somebody is goes into the answer",
                    Confidence.HIGH,
                    code.symbol,
                )
                return
            if not isinstance(node, n.Name) or not _CODE.match(node.id):
                continue
            if node.id == "code" and not any(map(_PROVING.search, (*code.words, code.symbol))):
                continue  # of a voucher, a room, a short address
            if _is_made(code, node.id):
                yield Hit(
                    (code.spot(node),),
                    f"`{node.id}` goes into the answer",
                    Confidence.HIGH,
                    code.symbol,
                )
                return


def _told_by_key(code: Code, answer: n.Mapping) -> n.Expr | None:
    """Return what an answer shows under the name of a code, made by chance here: `{"otp": number}`."""
    for key, value in zip(answer.keys, answer.values, strict=True):
        name = text(key) or ""
        if isinstance(value, n.Name) and _CODE.match(name) and name != "code":
            if _is_made(code, value.id):
                return value
    return None


def _makes_token(node: n.Expr) -> bool:
    """Whether it is `generator.make_token(user)`, of somebody who is not logged in yet."""
    if not isinstance(node, n.Call) or tail(node.func) != "make_token" or not node.args:
        return False
    owner = node.args[0]
    return not (isinstance(owner, n.Attr) and owner.name == "user")


def _shown(code: Code, call: n.Call) -> Iterator[n.Expr]:
    """Yield what an answer holds, also where a dictionary was written before."""
    for given in given_to(call):
        yield from inside(given)
        if isinstance(given, n.Name):
            for value in code.assigned(given.id):
                yield from inside(value) if isinstance(value, n.Mapping) else ()


def _is_made(code: Code, name: str) -> bool:
    return any(
        isinstance(part, n.Call) and tail(part.func) in _MAKES
        for value in code.assigned(name)
        for part in inside(value)
    )


_COLUMNS = ("values", "values_list", "model_to_dict", "serialize")


@code_rule(
    "passwords.hash-in-values",
    words=(*_COLUMNS, *_ANSWERS),
    title="the password hashes of accounts go to the browser",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.HIGH,
    gain="whoever may see the list takes the password hashes home and tries passwords at leisure",
    mend='name what is needed, and not the password: `values("id", "first_name")`',
)
def hash_in_values(code: Code) -> Iterator[Hit]:
    """Find `User.objects.values()`, `model_to_dict(user)` and `user.password` in what a view answers."""
    if code.function is None:
        return
    yield from _written_out(code)
    is_answer = not code.words.isdisjoint(_ANSWERS)
    for call in code.calls(*_COLUMNS):
        rows = _rows(code, call)
        if rows is None:
            continue
        found = code.type_of(rows, call)
        secret = _secret_of(found.model) if found is not None and found.model is not None else ""
        if found is not None and found.model is not None and secret:
            goes_out = _is_answered(code, call) if is_answer else _is_handed_back(code, call)
            if goes_out and not _is_taken_out(code):
                yield Hit(
                    (code.spot(call),),
                    f"the {secret} of `{found.model.name}` is among what the browser gets",
                    # others' secrets weigh more than one's own
                    Confidence.HIGH if found.model.is_user else Confidence.MEDIUM,
                    code.symbol,
                )


def _written_out(code: Code) -> Iterator[Hit]:
    """Find `{"name": user.username, "password": user.password}` in an answer."""
    for call in code.calls(*_ANSWERS):
        for node in _shown(code, call):
            for value in node.values if isinstance(node, n.Mapping) else ():
                model = _of_account(code, value)
                if model is not None:
                    yield Hit(
                        (code.spot(value),),
                        f"the {_secret_of(model)} of `{model.name}` is among what the browser gets",
                        Confidence.HIGH,
                        code.symbol,
                    )


def _of_account(code: Code, value: n.Expr) -> Model | None:
    """Return the model of the account whose password a value is: `user.password`; None of any other."""
    if not isinstance(value, n.Attr) or not PASSWORD.match(value.name):
        return None
    found = code.type_of(value.value, value)
    if found is None or found.sort is not Sort.INSTANCE or found.is_guess or found.model is None:
        return None
    return found.model if found.model.is_user or is_account(found.model) else None


_TOKEN = re.compile(r"^(\w+_)?(token|secret|secret_key|private_key|api_key|access_key)$")
_NO_TOKEN = re.compile(r"csrf|public|push|device|fcm|(^|_)(num|max|total|prompt)_?tokens?")
_TEXT = frozenset({"CharField", "TextField"})


def _secret_of(model: Model) -> str:
    """Return what a row of a model holds that nobody else may have, or an empty text."""
    if model.is_user:
        return "password hash"
    if is_account(model):
        return next(f"`{f.name}`" for f in model.fields if PASSWORD.match(f.name))
    names = (f.name for f in model.fields if f.kind in _TEXT and not _NO_TOKEN.search(f.name))
    return next((f"`{name}`" for name in names if _TOKEN.match(name)), "")


def _is_taken_out(code: Code) -> bool:
    """Whether the password is taken out of what was found: `del row["password"]`, `row.pop("password")`."""
    for call in code.calls("pop", "discard", "defer", "exclude"):
        if any(PASSWORD.match(text(given) or "") for given in call.args):
            return True
    return any(
        isinstance(target, n.Index) and PASSWORD.match(text(target.index) or "")
        for statement in code.statements
        if isinstance(statement, n.Delete)
        for target in statement.targets
    )


def _rows(code: Code, call: n.Call) -> n.Expr | None:
    """Return the rows whose password column a call takes, or None."""
    name = tail(call.func)
    if name in ("values", "values_list") and isinstance(call.func, n.Attr):
        named = [*call.args, *(k for k in call.keywords if not is_true(k.value))]
        if not named or any(PASSWORD.match(text(given) or "") for given in call.args):
            return call.func.value
        return None
    if not code.is_from(call.func, "django") or len(call.args) > 2:
        return None
    if _is_chosen(code, call):
        return None
    if name == "model_to_dict":
        columns = argument(call, 1)
        all_of_it = columns is None or _is_nothing(code, columns)
        return call.args[0] if call.args and all_of_it else None
    return argument(call, 1, "queryset")


def _is_chosen(code: Code, call: n.Call) -> bool:
    """Whether a call names the columns it shows, or leaves the password out, as far as is seen."""
    chosen = argument(call, -1, "fields")
    if chosen is not None and not _is_nothing(code, chosen):
        return True
    left_out = argument(call, -1, "exclude")
    if left_out is None:
        return False
    made = [item for value in code.made(left_out) for item in items_of(value)]
    return not all(isinstance(item, n.Const) for item in made) or any(
        PASSWORD.match(text(item) or "") for item in made
    )


def _is_nothing(code: Code, node: n.Expr) -> bool:
    """Whether what names the columns is None, also in one of the classes that inherit it: `fields = None`."""
    if is_none(node):
        return True
    if not isinstance(node, n.Attr) or tail(node.value) != "self" or code.owner is None:
        return False
    classes = code.project.site.classes
    heirs = (code.owner, *classes.subclasses.get(code.owner, ()))
    if code.project.flow.attributes.assigned(code.owner, node.name):
        return False
    values = [classes.value(heir, node.name) for heir in heirs]
    # the base itself is often made to be inherited from alone
    told = values[1:] or values
    return any(value is not None and is_none(value.value) for value in told)


def _procedures(project: Project) -> frozenset[FunctionSymbol]:
    """Return the functions that clients call, and that are sent what they return."""
    return frozenset(one.function for one in project.site.received)


def _is_handed_back(code: Code, call: n.Call) -> bool:
    """Whether a function hands back what a call gives to a client, or to the one that answers."""
    if (
        not any(_carries(value, {id(call)}, set()) for value in code.returned)
        or code.function is None
    ):
        return False
    if code.function in code.project.once(_procedures):
        return True
    callers = code.project.flow.callers
    sites = [body for body, _call, _is_bound in callers.of(code.function)]
    if code.owner is not None and code.function.node.name == "__iter__":
        sites += [body for body, _call in callers.constructing(code.owner)]
    return any(not body.words.isdisjoint(_ANSWERS) for body in sites[:_CALLER_LIMIT])


_CALLER_LIMIT = 20


def _is_answered(code: Code, call: n.Call) -> bool:
    """Whether what a call gives goes into an answer of a body of code, as a whole."""
    held = {id(call)}
    names: set[str] = set()
    for _round in range(3):
        for name, values in code.body.assigned.items():
            if any(_carries(value, held, names) for value, _span in values):
                names.add(name)
    return any(
        _carries(given, held, names)
        for answer in code.calls(*_ANSWERS)
        for given in given_to(answer)
    )


def _carries(node: n.Expr, held: set[int], names: set[str]) -> bool:
    if id(node) in held or (isinstance(node, n.Name) and node.id in names):
        return True
    if isinstance(node, n.Index):
        is_slice = isinstance(node.index, n.Slice)
        return is_slice and _carries(node.value, held, names)
    if isinstance(node, n.Call):
        taken = tail(node.func) in (
            "list",
            "dict",
            "dumps",
            "first",
            "get",
            "order_by",
            "filter",
            "distinct",
            "tuple",
        )
        receiver = [node.func.value] if isinstance(node.func, n.Attr) else []
        return taken and any(_carries(part, held, names) for part in (*node.args, *receiver))
    if isinstance(node, n.Mapping):
        return any(_carries(part, held, names) for part in node.values)
    if isinstance(node, n.Sequence):
        return any(_carries(part, held, names) for part in node.items)
    return (
        isinstance(node, n.Wrapped) and node.value is not None and _carries(node.value, held, names)
    )
