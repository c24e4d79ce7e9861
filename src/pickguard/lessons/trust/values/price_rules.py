"""Trust rules about prices: what a thing costs is the site's to say."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.stored.stored import is_validated
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.made_rows import made_rows
from pickguard.kit.code import tail
from pickguard.lessons.trust.values.kept_prices import kept_in
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import operands, spread_into
from pickguard.source.python.walk import inside

_PRICES = ("price", "unit_price", "total", "total_price", "amount", "cost", "fee", "price_each", "item_price",
           "line_total", "subtotal", "price_paid", "amount_due", "discount")  # fmt: skip
_PRICE = re.compile(
    r"^(unit_|list_|sale_|base_|net_|gross_|regular_|retail_)?(price|cost|fee|amount)(_cents|_net|_gross)?$"
)
# Who sets prices at all: staff, an import, a bid, a gift of any amount
_SETS = re.compile(
    r"bid|offer|donat|tip|gift|import|admin|staff|refund|expense|budget|quote|invoice|payment|transfer|deposit|vendor"
    r"|seller|listing|adjust|owner|merchant",
    re.IGNORECASE,
)


@code_rule(
    "trust.price-from-browser",
    words=_PRICES,
    title="the browser says what a thing costs",
    areas=(Area.INTEGRITY,),
    cwe=(472, 602, 840),
    severity=Severity.HIGH,
    gain="whoever edits the hidden field buys everything for a cent",
    mend="take it from the row that is bought: `unit_price=product.price`",
)
def price_from_browser(code: Code) -> Iterator[Hit]:
    """Find `Line.objects.create(product=product, unit_price=sent)`, where the product has a price of its own."""
    if code.function is None or code.words & PERMISSION_WORDS or _is_for_staff(code.function):
        return
    yield from _paid_out(code)
    if _SETS.search(code.symbol):
        return
    yield from _set_on_row(code)
    for call in made_rows(code, set_later=False):
        priced = [
            k for k in call.keywords if k.name in _PRICES and not isinstance(k.value, n.Const)
        ]
        model = _made(code, call) if priced else None
        bought = _bought(code, call, model) if model is not None else ""
        if model is None or not bought:
            continue
        for keyword in priced:
            if not _counts(model, keyword.name) and _is_sent(code, keyword.value):
                yield Hit(
                    (code.spot(keyword.value),),
                    f"the browser says the `{keyword.name}`, and `{bought}` has one of its own",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _made(code: Code, call: n.Call) -> Model | None:
    if not isinstance(call.func, n.Attr):
        return None
    env = code.body.scope.at(call.span)
    found = code.project.flow.types.of(code.body, call.func.value, env)
    return found.model if found is not None else None


def _counts(model: Model, name: str | None) -> bool:
    """Whether an amount is how many: in a line of a cart or an order that says so nowhere else."""
    if name != "amount" or not _LINE.search(model.name):
        return False
    return not any(_QUANTITY.search(field.name) for field in model.fields)


_LINE = re.compile(r"(Item|Line|Cart|Basket)$")
_QUANTITY = re.compile(r"quantity|qty|count|number|pieces|units|(^|_)price|cost")


def _set_on_row(code: Code) -> Iterator[Hit]:
    """Yield `order.amount = form.cleaned_data["amount"]`, where the row is for something that has a price."""
    kinds = code.project.site.classes.kinds(code.owner) if code.owner is not None else frozenset()
    for statement in code.statements if "serializer" not in kinds else ():
        if not isinstance(statement, n.Assign) or isinstance(statement.value, n.Const):
            continue
        for target in statement.targets:
            if not isinstance(target, n.Attr) or target.name not in _PRICES:
                continue
            row = _row(code, target)
            if row is None or _counts(row, target.name):
                continue
            bought = _relation(code, row)
            if bought and any(_reads(code, made) for made in code.made(statement.value)):
                yield Hit(
                    (code.spot(statement.value),),
                    f"the browser says the `{target.name}`, and `{bought}` has one of its own",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _row(code: Code, target: n.Attr) -> Model | None:
    found = code.type_of(target.value, target)
    return found.model if found is not None and found.sort is Sort.INSTANCE else None


def _relation(code: Code, model: Model) -> str:
    """Return the relation of a row to what has a price of its own; or an empty text."""
    for field in model.fields:
        priced = code.project.site.models.named(field.target) if field.target else None
        if field.name in _HOLDING:
            continue
        if priced is not None and priced != model and _has_price(priced, _COST):
            return field.name
    return ""


# what a row hangs in is not what is bought
_HOLDING = frozenset({"parent", "container", "location", "group", "category"})
# an amount may be one of grams
_COST = re.compile(r"^(\w+_)?(price|cost|fee)(_cents|_net|_gross)?$")


def _is_for_staff(function: FunctionSymbol) -> bool:
    """Whether a decorator, or one on the class, lets in only those who may set prices."""
    decorators = (
        *function.node.decorators,
        *(function.owner.node.decorators if function.owner else ()),
    )
    return any(_MAY.search(tail(part)) for one in decorators for part in inside(one))


_MAY = re.compile(r"perm|staff|superuser|admin|passes_test|role|manager", re.IGNORECASE)
_PAYS_OUT = re.compile(r"^(refund|payout|withdrawal|cash_?out|reimbursement)s?$", re.IGNORECASE)
_BOUNDS = frozenset(
    {
        "min",
        "max_value",
        "MaxValueValidator",
        "validate_amount",
        "clean_amount",
        "validate",
        "clean",
    }
)


def _paid_out(code: Code) -> Iterator[Hit]:
    """Yield the refund whose amount the browser says, which nothing holds against what was paid."""
    if "amount" not in code.words or code.words & _BOUNDS or _is_bounded_by_form(code):
        return
    for call in made_rows(code):
        amount = next((k.value for k in call.keywords if k.name == "amount"), None)
        rows = call.func.value if isinstance(call.func, n.Attr) else None
        made = tail(rows.value) if isinstance(rows, n.Attr) else ""
        if amount is None or not _PAYS_OUT.match(made) or _is_compared(code, amount):
            continue
        if _is_sent(code, amount):
            yield Hit(
                (code.spot(call),),
                "the browser says how much is paid back, and nothing holds it against what was paid",
                Confidence.MEDIUM,
                code.symbol,
                gain="whoever paid one gets a thousand back",
                mend="refuse what is more than was paid: `if amount > order.total`",
            )
            return


def _is_bounded_by_form(code: Code) -> bool:
    """Whether a form or serializer of the module looks at the amount."""
    classes = code.project.site.classes
    forms = (
        c
        for c in classes.of_module(code.module)
        if classes.kinds(c) & {"form", "serializer", "schema"}
    )
    return any(
        "max_value" in form.node.words
        or not _BOUNDS.isdisjoint(m.name for m in classes.own_methods(form))
        for form in forms
    )


def _is_compared(code: Code, amount: n.Expr) -> bool:
    name = tail(amount)
    return any(
        tail(part) == name for node in code.every(n.Compare) for part in (node.left, *node.rights)
    )


def _bought(code: Code, call: n.Call, model: Model) -> str:
    """Return the relation of a new row to what has a price of its own, where the call fills it."""
    for keyword in call.keywords:
        field = model.field((keyword.name or "").removesuffix("_id"))
        target = (
            code.project.site.models.named(field.target)
            if field is not None and field.target
            else None
        )
        if target is not None and field is not None and field.name not in _HOLDING:
            if _has_price(target):
                return field.name
    return ""


def _has_price(model: Model, names: re.Pattern[str] = _PRICE) -> bool:
    return any(names.match(field.name) for field in model.fields)


def _is_sent(code: Code, value: n.Expr, depth: int = 0) -> bool:
    """Whether the browser says a value, as a number too: what a form has made a number of is still its say."""
    if depth > _DEEPEST or any(_is_multiple(code, made) for made in code.made(value)):
        return False
    if code.origin(value).is_browser:
        return True
    for kept in kept_in(code, value):
        if code.is_said_by_browser(kept) or _is_sent(code, kept, depth + 1):
            return True
    for made in code.made(value):
        if _reads(code, made):
            return True
        if (
            made is not value
            and isinstance(made, n.Name | n.Index)
            and _is_sent(code, made, depth + 1)
        ):
            return True
    return _is_given(code, value, depth)


def _is_multiple(code: Code, value: n.Expr) -> bool:
    """Whether it is a thing's own price, as often as it is bought: `product.price * amount`."""
    sides = list(operands(value, "*"))
    priced = (one for one in sides if isinstance(one, n.Attr) and _COST.match(one.name))
    return len(sides) > 1 and any(_is_of_row(code, one) for one in priced)


def _is_of_row(code: Code, node: n.Attr) -> bool:
    """Whether it is asked of an object: what a form has chosen, `line["product"].price`, is a row as well."""
    if isinstance(node.value, n.Index):
        return True
    return not (code.origin(node).is_browser or _is_validated_part(code, node))


_DEEPEST = 2
_NUMBERS = frozenset({"int", "float", "Decimal", "get", "pop"})


def _reads(code: Code, node: n.Expr) -> bool:
    """Whether it is `request.POST["price"]`, `form.cleaned_data["price"]`, or a number made of it."""
    if isinstance(node, n.Attr):
        return _is_validated_part(code, node)
    if isinstance(node, n.Index):
        return code.body.reads_request(node.value)
    if isinstance(node, n.Call) and tail(node.func) in _NUMBERS:
        holder = node.func.value if isinstance(node.func, n.Attr) else None
        if holder is not None and code.body.reads_request(holder):
            return True
        return any(_reads(code, item) for item in node.args[:1])
    return False


def _is_validated_part(code: Code, node: n.Attr) -> bool:
    """Whether it is a field of what a schema has read of the request: `payload.price`."""
    found = code.type_of(node.value, node)
    is_schema = found is not None and is_validated(code.body, found.symbol)
    return is_schema and code.origin(node.value).is_browser


def _is_given(code: Code, value: n.Expr, depth: int) -> bool:
    """Whether callers give what the browser says: `add(user, **form.cleaned_data)`."""
    function = code.function
    name = tail(value.value) if isinstance(value, n.Index) else tail(value)
    param = (
        next((p for p in function.node.params if p.name == name), None)
        if function is not None
        else None
    )
    if function is None or param is None:
        return False
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if caller.function is None:
            continue
        there = code.project.code_of(caller.function)
        if there.words & PERMISSION_WORDS or _is_for_staff(caller.function):
            continue
        if any(there.body.reads_request(item) for item in spread_into(call)):
            return True
        position = [p.name for p in function.node.params].index(name) - is_bound
        given = [k.value for k in call.keywords if k.name == name] or list(
            call.args[position : position + 1]
        )
        if param.kind != "**" and any(_is_sent(there, item, depth + 1) for item in given):
            return True
    return False


_CALLER_LIMIT = 12
