"""Forms of a login, or of a reset, that refuse a name which has no account before any proof is asked for.

class ResetForm(forms.Form):
    def clean_email(self):
        if not User.objects.filter(email=self.cleaned_data["email"]).exists():
            raise ValidationError("We could not find you")

Whatever the words are: the form is shown again where there is no account, and the next page where there is.
"""

import re
from collections.abc import Iterator

from pickguard.kit import Code
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.lessons.passwords.logins.failed_logins import KNOWN
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, forks, inside, statements

# A form by which strangers come in, or get the link that lets them in
_COMES_IN = re.compile(
    r"login|log_?in|sign_?in|reset|forgot|recover|lost|magic|passwordless|authenticat|otp",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"confirm|complete|done|verif|check|change|admin|staff|token|key", re.IGNORECASE
)
_CLEANS = re.compile(
    r"^(clean|validate)(_(user(_?name)?|e?_?mail(_address)?|login|phone|mobile|identifier|alias))?$"
)
_PROVED = frozenset({"authenticate", "aauthenticate", "check_password", "acheck_password"})
_LOOKS_UP = frozenset({"get", "aget", "filter", "get_by_natural_key", "get_object_or_404"})
_WHO = re.compile(r"^(email|username|mail|login|phone|mobile|user_name|email_address)(__i?exact)?$")
_ACCOUNTS = re.compile(r"user|account|member|customer|email_?address", re.IGNORECASE)
_REFUSES = frozenset({"ValidationError", "NotFound", "APIException", "ParseError"})


def refused_names(code: Code) -> Iterator[n.Expr]:
    """Yield the first refusal of a name that has no account, in what cleans the form of a login or a reset."""
    if code.owner is None or code.function is None or not _CLEANS.match(code.function.node.name):
        return
    name = code.owner.node.name
    if not _COMES_IN.search(name) or _LATER.search(name) or cleans_nothing(code):
        return
    known = code.words | frozenset(code.owner.node.words)
    if not KNOWN.isdisjoint(known) or not _PROVED.isdisjoint(code.words):
        return
    accounts = frozenset(_accounts(code))
    if _is_answered_alike(code, name):
        return
    for block in _where_unknown(code, accounts):
        for inner in statements(block):
            raised = inner.value if isinstance(inner, n.Raise) else None
            if isinstance(raised, n.Call) and tail(raised.func) in _REFUSES:
                yield raised
                return


def cleans_nothing(code: Code) -> bool:
    """Whether a method is called for a field that its form has not: nobody calls it then."""
    function, owner = code.function, code.owner
    form = code.project.site.forms.by_symbol.get(owner) if owner is not None else None
    if function is None or form is None or form.model is not None:
        return False
    verb, _, field = function.node.name.partition("_")
    fields = set(form.declared)
    return verb in ("clean", "validate") and bool(field and fields) and field not in fields


def _is_answered_alike(code: Code, form: str) -> bool:
    """Whether all pages of a form go on where it is refused, as they do where it is not."""
    asking = code.project.flow.callers.holding(form, "is_valid")
    return bool(asking) and all(
        _goes_on(function) for function in asking if code.project.kind_of(function.module) is None
    )


def _goes_on(function: FunctionSymbol) -> bool:
    """Whether a page sends its visitor on where a form is not valid: `else: return redirect("sent")`."""
    return any(
        any(tail(part) == "is_valid" for part in inside(statement.test))
        and any(_sends_on(last) for last in other[-1:])
        for statement, _then, other in forks(body(function.node))
    )


def _sends_on(statement: n.Stmt) -> bool:
    return isinstance(statement, n.Return) and is_redirect(statement.value)


def _accounts(code: Code) -> Iterator[str]:
    """Yield the names that get the account, or the accounts, of what was typed."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and any(map(_is_lookup, inside(statement.value))):
            yield from (access_path(target) for target in statement.targets)


def _where_unknown(code: Code, accounts: frozenset[str]) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield the branches that are run where there is no account."""
    for statement in code.statements:
        if isinstance(statement, n.Try) and any(map(_is_lookup, expressions(statement.body))):
            for handler in statement.handlers:
                if handler.type is not None and "DoesNotExist" in map(tail, inside(handler.type)):
                    yield handler.body
    for asked, then, other in forks(code.block):
        found = _is_known(asked.test, accounts)
        if found is not None:
            yield other if found else then


def _is_known(test: n.Expr, accounts: frozenset[str]) -> bool | None:
    """Return whether a condition holds where there is an account, or where there is none; None of any other."""
    if isinstance(test, n.Unary) and test.op == "not":
        found = _is_known(test.operand, accounts)
        return None if found is None else not found
    if isinstance(test, n.Compare) and len(test.ops) == 1 and is_none(test.rights[0]):
        is_named = access_path(test.left) in accounts
        return {"is": False, "is not": True}.get(test.ops[0]) if is_named else None
    if isinstance(test, n.Call) and tail(test.func) in ("exists", "aexists"):
        holder = receiver_of(test)
        is_held = access_path(holder) in accounts if holder is not None else False
        return True if is_held or any(map(_is_lookup, inside(test))) else None
    return True if access_path(test) in accounts else None


def _is_lookup(node: n.Expr) -> bool:
    """Whether a call looks an account up by what was typed: `User.objects.get(email=email)`."""
    if not isinstance(node, n.Call) or tail(node.func) not in _LOOKS_UP:
        return False
    holder = receiver_of(node)
    is_manager = tail(holder) in MANAGERS or tail(node.func).startswith("get_")
    if not is_manager or not any(_ACCOUNTS.search(tail(part)) for part in inside(node.func)):
        return False
    by_name = any(k.name is None or _WHO.match(k.name) for k in node.keywords)
    return by_name or bool(node.args)
