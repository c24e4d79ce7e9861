"""Trust rules about payments: that one was made is for whoever takes the money to say, not for the browser."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.calls.made_rows import made_rows
from pickguard.kit.code import is_true, tail, text
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.ownership import is_user, rows_of
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_PAID = re.compile(
    r"^(is_?|has_?|payment_?)?paid(_?(at|on|date))?$"
    r"|^payment_?(done|made|received|confirmed|completed?|successful)$",
    re.IGNORECASE,
)
_STATUS = re.compile(r"^pay(ment)?_?(status|state)$", re.IGNORECASE)
_ANY_STATUS = re.compile(r"^(\w+_)?(status|state)$", re.IGNORECASE)
_SETTLED = re.compile(
    r"^(paid|success(ful)?|succeeded|complete[d]?|captured|done|confirmed|approved)$", re.IGNORECASE
)
_SAYS_PAID = re.compile(
    r"^(paid|payment[ _-]?(paid|done|received|confirmed|success(ful)?|complete[d]?))$",
    re.IGNORECASE,
)
_PAYMENT = re.compile(r"payment|transaction", re.IGNORECASE)
# Where the browser comes back to when it has been to pay, by its name or its address
_RETURN = re.compile(
    r"pay(ment|pal|tm|pay)?s?[_/-]?(success\w*|done|complete\w*|return\w*|execute\w*|process\w*|finish\w*|thank\w*|result)"
    r"|(^|[_/.-])(success|thank_?you|payments?|pay)([_/-]|$)|(order|checkout|purchase|booking|subscription)[_/-]?success"
    r"|to_?paid|pay_?(order|bill|fees?|invoice|now|amount)|process_?(order|payment)",
    re.IGNORECASE,
)
# Somebody else is asked, or what was sent is checked; or no card is needed at all
_PROVES = re.compile(
    r"verif|sign(ature|ed)|unsign|hmac|checksum|digest|retrieve|capture|charge|construct|fetch|lookup|inquir|enquir|valid"
    r"|stripe|razorpay|paypal|braintree|paystack|flutterwave|gateway|provider|requests|httpx|urlopen|client|session\.get$"
    r"|balance|wallet|debit|deduct|withdraw|credit|coin|points|token|password|otp|is_success",
    re.IGNORECASE,
)
_BY_HAND = re.compile(
    r"cash|(^|_)cod($|_)|free|wallet|balance|coins?$|points|credits?$|cheque|manual", re.IGNORECASE
)
_KNOWN = ("django", "rest_framework", "json", "datetime", "decimal", "uuid", "random", "logging", "ninja", "threading",
          "csv", "io", "os", "time", "string", "secrets", "math", "django_filters", "celery")  # fmt: skip
_DEEPEST = 2


@rule(
    "trust.payment-unproved",
    title="something is paid for because the browser says so",
    areas=(Area.INTEGRITY,),
    cwe=(345, 602, 840),
    severity=Severity.HIGH,
    gain="whoever opens the address that comes after paying has the goods without",
    mend="ask who takes the money first: fetch the payment there and compare its amount, or verify what is signed",
    yields_to=("trust.unsigned-webhook",),
)
def payment_unproved(project: Project) -> Iterator[Hit]:
    """Find views for customers that mark something as paid, and ask nobody whether it was."""
    seen: set[FunctionSymbol] = set()
    for route, view in project.views():
        if view.kind == "library" or route.is_admin or proves_itself(view):
            continue
        if not asks_login_alone(project, view):
            continue
        for _method, function in view.handlers:
            if function in seen or project.kind_of(function.module) is not None:
                continue
            seen.add(function)
            code = project.code_of(function)
            place = _settled(code, function, is_return=_is_return(route, view, function))
            if place is not None and not _is_proved(code) and not _is_by_hand(code):
                yield Hit(
                    (code.spot(function.node), code.spot(place, "says that it was paid")),
                    f"`{function.node.name}` takes it as paid, and asks nobody who would know",
                    Confidence.MEDIUM,
                    function.name,
                )


def _is_return(route: Route, view: View, function: FunctionSymbol) -> bool:
    """Whether it is where a customer comes back to from paying, by its name or by the end of its address."""
    steps = [step for step in route.known.split("/") if step and not _PARAMETER.search(step)]
    names = (view.name.rpartition(".")[2], function.node.name, *steps[-1:])
    return any(map(_RETURN.search, names))


_PARAMETER = re.compile(r"[<(\\]")


def _settled(code: Code, function: FunctionSymbol, *, is_return: bool) -> n.Expr | n.Stmt | None:
    """Return where a view says that something was paid, where a customer's doing leads there; or None."""
    for statement in code.statements:
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if not isinstance(target, n.Attr) or not isinstance(statement, n.Assign):
                continue
            if _says_paid(target.name, statement.value) and "save" in code.words:
                if is_return or _is_own(code, target.value):
                    return statement
    for call in (*made_rows(code), *code.calls("update", "aupdate")):
        is_own = is_return or any(is_user(keyword.value) for keyword in call.keywords)
        if is_own and any(_says_paid(k.name or "", k.value) for k in call.keywords):
            return call
        if _is_payment(code, function, call) and _is_status_sent(code, call):
            return call
    return None


def _says_paid(name: str, value: n.Expr) -> bool:
    """Whether a column, set to a value, says that something was paid."""
    if _PAID.search(name):
        is_time = isinstance(value, n.Call) and tail(value.func) in ("now", "utcnow", "today")
        return is_true(value) or is_time
    said = text(value) or (tail(value) if isinstance(value, n.Attr) else "")
    if _STATUS.search(name):
        return is_true(value) or bool(_SETTLED.match(said))
    return bool(_ANY_STATUS.search(name) and _SAYS_PAID.match(said))


def _is_own(code: Code, row: n.Expr) -> bool:
    """Whether a row is one of whoever asks, who is no seller: `get_object_or_404(Order, pk=pk, user=request.user)`."""
    return any(
        (keyword.name or "").partition("__")[0] in _CUSTOMERS and is_user(keyword.value)
        for made in code.made(row)
        for part in inside(made)
        if isinstance(part, n.Call)
        for keyword in part.keywords
    )


_CUSTOMERS = frozenset({"user", "customer", "buyer", "client", "student", "patient", "guest"})


def _is_payment(code: Code, function: FunctionSymbol, call: n.Call) -> bool:
    model = rows_of(code.project, function, receiver_of(call))
    return model is not None and bool(_PAYMENT.search(model.name))


def _is_status_sent(code: Code, call: n.Call) -> bool:
    """Whether the browser says how a payment stands: `Payment(status=body["status"])`."""
    return any(
        keyword.name is not None
        and _ANY_STATUS.search(keyword.name)
        and code.is_said_by_browser(keyword.value)
        for keyword in call.keywords
    )


def _is_by_hand(code: Code) -> bool:
    """Whether somebody else decides: a right is asked for, or it is paid in some other way than by card."""
    if asks_who_may(code.words) or any(map(_BY_HAND.search, code.words)):
        return True
    consts = (node.value for node in code.every(n.Const) if isinstance(node.value, str))
    return any(len(said) < _LONGEST and _BY_HAND.search(said) for said in consts)


_LONGEST = 24


def _is_proved(code: Code, depth: int = _DEEPEST) -> bool:
    """Whether code, or what it calls, asks somebody who would know, or calls what nobody knows."""
    for call in code.every(n.Call):
        if any(_PROVES.search(tail(part)) for part in _path(call.func)):
            return True
        found = code.resolve(call.func)
        if isinstance(found, External):
            if found.name.partition(".")[0] not in _KNOWN and "." in found.name:
                return True
        function = code.called(call)
        if function is not None and depth and _is_proved(code.project.code_of(function), depth - 1):
            return True
    return _is_looked_at_elsewhere(code)


def _path(node: n.Expr | None) -> Iterator[n.Expr]:
    while isinstance(node, n.Attr | n.Call):
        if isinstance(node, n.Attr):
            yield node
        node = node.value if isinstance(node, n.Attr) else node.func
    if node is not None:
        yield node


def _is_looked_at_elsewhere(code: Code) -> bool:
    """Whether a class has methods of its own that prove it."""
    owner = code.owner
    if not isinstance(owner, ClassSymbol) or code.function is None:
        return False
    return any(
        _PROVES.search(method.node.name)
        for method in code.project.site.classes.own_functions(owner)
    )
