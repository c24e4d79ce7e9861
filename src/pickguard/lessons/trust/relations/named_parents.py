"""New rows that hang on whatever parent the browser names by its number, where such parents are people's own.

def form_valid(self, form):
    form.instance.order_id = self.kwargs["order"]

The site takes orders by who asks, and shows all of them to nobody; here anybody's gets one more item.
"""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.kit import Code, Hit, Project
from pickguard.kit.calls.made_rows import MAKING, made_rows
from pickguard.kit.code import tail
from pickguard.lessons.trust.answering import functions_of_views
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.owners.owner_functions import checks_owner, is_named, is_sent
from pickguard.lessons.trust.ownership import TO_ONE, is_user
from pickguard.lessons.trust.private_rows import private_owner
from pickguard.lessons.trust.relations.written_relations import said_in
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, receiver_of
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_SAVES = frozenset({"save", "asave"})
# What runs before a row is made, and may ask about what it hangs on
_BEFORE = ("dispatch", "setup", "initial", "test_func", "check_permissions", "get_form", "get_form_kwargs",
           "get_serializer_context", "get_initial")  # fmt: skip


def of_named_parents(project: Project) -> Iterator[Hit]:
    """Yield where views that ask for a login alone hang a new row on any parent of somebody's own."""
    for view, function in functions_of_views(project):
        words = set(function.node.words)
        if (MAKING | {"instance"}).isdisjoint(words) or not _names_number(words):
            continue
        if not asks_login_alone(project, view) or _asks(project, view):
            continue
        code = project.code_of(function)
        hung = list(_hung(code, view)) if not asks_who_may(words) else []
        if hung and not checks_owner(function, idle=_made_for_asker(code)):
            yield from _hits(project, code, function, hung, "a new")
        moved = [one for one in _moved(code) if not _is_looked_up(code, one[1].value)]
        yield from _hits(project, code, function, moved, "the")


def _hits(
    project: Project,
    code: Code,
    function: FunctionSymbol,
    hung: list[tuple[Model, n.Keyword]],
    which: str,
) -> Iterator[Hit]:
    named = frozenset(project.url_origins(function))
    for model, keyword in hung:
        field = model.field((keyword.name or "").removesuffix("_id"))
        if field is None or not field.kind.endswith(TO_ONE):
            continue
        parent = project.site.models.named(field.target)
        owner = private_owner(project, parent) if parent is not None else None
        if parent is not None and owner and is_named(function, keyword.value, named):
            yield Hit(
                (code.spot(keyword.value),),
                f"{which} `{model.name}` hangs on any `{parent.name}`, whoever its `{owner}` is",
                Confidence.MEDIUM,
                code.symbol,
                gain=f"a user names the number of somebody else's `{parent.name}`, and adds to it",
                mend=f"take the `{parent.name}` among the user's own first, and hang the row on that",
            )


def _names_number(words: set[str]) -> bool:
    return any(word.endswith("_id") for word in words)


def _asks(project: Project, view: View) -> bool:
    """Whether something of a class that runs before looks at who asks."""
    if not isinstance(view.symbol, ClassSymbol):
        return False
    classes = project.site.classes
    return classes.has_unknown_gate(view.symbol) or any(
        "user" in method.node.words
        for name in _BEFORE
        for method in classes.methods(view.symbol, name)
    )


def _hung(code: Code, view: View) -> Iterator[tuple[Model, n.Keyword]]:
    """Yield what new rows are given by number, with the model: `create(order_id=…)`, `form.instance.order_id = …`."""
    for call in made_rows(code):
        manager = receiver_of(call)
        if isinstance(manager, n.Attr) and manager.name in MANAGERS:
            model = code.project.site.models.of(code.resolve(manager.value))
            yield from ((model, k) for k in _numbers(call.keywords) if model is not None)
    if view.model is None:
        return
    for call in code.calls(*_SAVES):
        if "serializer" in tail(receiver_of(call)):
            yield from ((view.model, keyword) for keyword in _numbers(call.keywords))
    for statement in code.statements:
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if isinstance(target, n.Attr) and tail(target.value) == "instance":
                if isinstance(statement, n.Assign) and target.name.endswith("_id"):
                    yield view.model, n.Keyword(target.name, statement.value)


def _moved(code: Code) -> Iterator[tuple[Model, n.Keyword]]:
    """Yield what a row that was taken is hung on by a number that was sent: `card.board_id = request.POST["board"]`."""
    for statement in code.statements if "save" in code.words else ():
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if not isinstance(target, n.Attr) or not target.name.endswith("_id"):
                continue
            found = code.type_of(target.value)
            if found is None or found.model is None or not isinstance(statement, n.Assign):
                continue
            if code.function is not None and _is_sent(code.function, statement.value):
                if any(tail(func_of(made)) in TAKES_ROW for made in code.made(target.value)):
                    yield found.model, n.Keyword(target.name, statement.value)


def _is_sent(function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether a value is read from the request, and no form has looked at it."""
    cleaned = any(tail(part) in ("cleaned_data", "validated_data") for part in inside(value))
    return not cleaned and is_sent(function, value)


def _is_looked_up(code: Code, number: n.Expr) -> bool:
    """Whether a number is compared, or rows are chosen by it, so that something may be asked about the parent."""
    said = set(said_in(number))
    for node in code.expressions:
        is_query = isinstance(node, n.Call) and bool(node.keywords)
        if isinstance(node, n.Compare) or is_query:
            if said.intersection(said_in(node)):
                return True
    return False


def _numbers(keywords: tuple[n.Keyword, ...]) -> Iterator[n.Keyword]:
    return (keyword for keyword in keywords if (keyword.name or "").endswith("_id"))


def _made_for_asker(code: Code) -> frozenset[int]:
    """Return where rows are made for whoever asks, which asks nobody about what they hang on."""
    return frozenset(
        call.span
        for call in made_rows(code)
        if any(is_user(keyword.value) for keyword in call.keywords)
    )
