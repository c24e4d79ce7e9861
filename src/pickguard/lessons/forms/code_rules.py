"""Rules about code that hands a whole request to a model."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.callees.arguments import given
from pickguard.flow.expressions.keys import is_mapping
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, items_of, receiver_of
from pickguard.source.python.walk import inside

# What writes several fields at a time, under the names that it is given
_PARTWISE = ("setattr", "**", "vars")
_WRITES = ("create", "update", "get_or_create", "update_or_create", "create_user")


@code_rule(
    "forms.whole-request",
    words=("POST", "data", "GET", "query_params", "body", *_PARTWISE),
    title="a whole request is written into a model",
    areas=(Area.INTEGRITY,),
    cwe=(915,),
    severity=Severity.HIGH,
    gain="whoever adds a field to the request writes any column: `is_superuser`, `owner`, `price`",
    mend="use a form or serializer that lists its fields",
)
def whole_request(code: Code) -> Iterator[Hit]:
    """Find `Model(**request.POST.dict())`, `update(**data)`, `vars(row).update(data)` and `setattr` loops."""
    is_called = code.function is not None and not code.words.isdisjoint(_PARTWISE)
    if not code.sees_browser and not is_called:
        return
    for call in code.every(n.Call):
        yield from _spread(code, call)
    for call in code.calls("setattr"):
        yield from _set_by_name(code, call)
    for call in code.calls("update") if "vars" in code.words else ():
        yield from _put_into_fields(code, call)


def _spread(code: Code, call: n.Call) -> Iterator[Hit]:
    for keyword in call.keywords:
        if keyword.name not in (None, "defaults", "create_defaults") or not _writes(code, call):
            continue
        if _is_whole(code, keyword.value):
            origin = code.origin(keyword.value)
            yield Hit(
                (code.spot(call),),
                f"every field that the browser sends goes into `{_shown(call)}`",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "written, whatever it holds"),
            )


def _writes(code: Code, call: n.Call) -> bool:
    name = tail(call.func)
    if name in _WRITES:
        names = {tail(part) for part in inside(call.func)}
        return bool(names & {"objects", "filter", "exclude", "all", "get_queryset"})
    found = code.resolve(call.func)
    if isinstance(found, ClassSymbol):
        return "model" in code.project.site.classes.kinds(found)
    return code.is_from(call.func, "django.contrib.auth.models")


def _is_whole(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a value holds all that the browser sent, under the names that the browser chose."""
    if depth > 8:
        return False
    if isinstance(node, n.Attr):
        return node.name in _WHOLE and code.body.reads_request(node)
    if isinstance(node, n.Call):
        if tail(node.func) in _READS and any(code.origin(part).is_browser for part in node.args):
            return True
        if tail(node.func) in ("dict", "copy", "items", "loads", "lists", "keys", "decode"):
            receiver = [node.func.value] if isinstance(node.func, n.Attr) else []
            if tail(node.func) == "items" and any(_is_entry_of_whole(code, r) for r in receiver):
                return True
            return any(_is_whole(code, part, depth + 1) for part in (*receiver, *node.args))
        return False
    if isinstance(node, n.Name):
        values = code.assigned(node.id)
        if _is_weeded(code, node.id):
            return False
        if not values:
            return _is_open_body(code, node.id) or _is_given_whole(code, node.id, depth)
        return any(_is_whole(code, value, depth + 1) for value in values if value is not node)
    if isinstance(node, n.Mapping):
        return any(
            key is None and _is_whole(code, value, depth + 1)
            for key, value in zip(node.keys, node.values, strict=True)
        )
    if isinstance(node, n.Comprehension):
        if any(not _leaves_out(code, test, node.key) for loop in node.loops for test in loop.tests):
            return False
        return any(_is_whole(code, loop.source, depth + 1) for loop in node.loops)
    return False


def _leaves_out(code: Code, test: n.Expr, key: n.Expr | None) -> bool:
    """Whether a condition leaves out some names that are listed, none of them a right: all others stay."""
    if not isinstance(test, n.Compare) or key is None or tail(test.left) != tail(key):
        return False
    if test.ops not in (("not in",), ("!=",)):
        return False
    listed = [text(item) for made in code.made(test.rights[0]) for item in items_of(made)]
    return bool(listed) and not any(name is None or _RIGHT.search(name) for name in listed)


# who lists one of these has thought of what nobody may write
_RIGHT = re.compile(r"(^|_)(staff|superuser|admin|roles?|permissions?|groups?|owner|user|id|pk)$")


def _is_entry_of_whole(code: Code, node: n.Expr) -> bool:
    """Whether a value is an entry of what was sent, and so all that was sent under one name: `data["user"]`."""
    if isinstance(node, n.Name):
        made = code.assigned(node.id)
        return (
            len(made) == 1 and not isinstance(made[0], n.Name) and _is_entry_of_whole(code, made[0])
        )
    if isinstance(node, n.Index):
        return _is_whole(code, node.value)
    if not isinstance(node, n.Call) or tail(node.func) not in ("get", "pop"):
        return False
    holder = receiver_of(node)
    return holder is not None and _is_whole(code, holder)


def _is_weeded(code: Code, name: str) -> bool:
    """Whether entries leave a mapping under names that are worked out: `for key in sent: … sent.pop(key)`."""
    popped = (c for c in code.calls("pop") if tail(receiver_of(c)) == name and c.args)
    if any(text(call.args[0]) is None for call in popped):
        return True
    return any(
        isinstance(statement, n.Delete)
        and any(
            isinstance(target, n.Index)
            and tail(target.value) == name
            and text(target.index) is None
            for target in statement.targets
        )
        for statement in code.statements
    )


def _is_open_body(code: Code, name: str) -> bool:
    """Whether the framework hands a function what was sent without a schema: `payload: Dict[str, Any]`."""
    known = code.from_url.get(name)
    if code.function is None or known is None or not known.is_browser:
        return False
    return any(is_mapping(param) for param in code.function.node.params if param.name == name)


def _is_given_whole(code: Code, name: str, depth: int) -> bool:
    """Whether a caller gives all that the browser sent to a parameter: `update(user, request.data)`."""
    function = code.function
    if function is None or not any(
        p.name == name and p.kind[:1] != "*" for p in function.node.params
    ):
        return False
    for caller, call, is_bound in code.project.flow.callers.of(function)[:_CALLER_LIMIT]:
        if caller.function is None or caller.function == function:
            continue
        there = code.project.code_of(caller.function)
        for value in given(function, call, Passed(name), is_bound=is_bound):
            if _is_whole(there, value, depth + 2):
                return True
    return False


_CALLER_LIMIT = 12
# What makes a mapping of a text, with the names that stand in it
_READS = frozenset({"loads", "safe_load"})
_WHOLE = frozenset({"POST", "GET", "data", "query_params", "body", "initial_data"})


def _shown(call: n.Call) -> str:
    return f"{tail(call.func)}(**…)"


def _set_by_name(code: Code, call: n.Call) -> Iterator[Hit]:
    name = argument(call, 1)
    if name is None or text(name) is not None or len(call.args) != 3:
        return
    origin = code.origin(name)
    if origin.is_browser and _is_whole(code, name):
        if tail(call.args[0]) in ("self", "cls"):
            return
        yield Hit(
            (code.spot(call),),
            "the browser names the attribute that is set",
            Confidence.LOW if _is_never_saved(code, call.args[0]) else Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, call, "names the attribute"),
        )


def _put_into_fields(code: Code, call: n.Call) -> Iterator[Hit]:
    """Yield `vars(note).update(sent)`, and `note.__dict__.update(sent)`, which is read as that."""
    fields = receiver_of(call)
    row = (
        argument(fields, 0) if isinstance(fields, n.Call) and tail(fields.func) == "vars" else None
    )
    if row is None or tail(row) in ("self", "cls"):
        return
    for sent in (*call.args, *(word.value for word in call.keywords if word.name is None)):
        if _is_whole(code, sent):
            yield Hit(
                (code.spot(call),),
                "every field that the browser sends becomes an attribute",
                Confidence.LOW if _is_never_saved(code, row) else Confidence.HIGH,
                code.symbol,
                flow=code.flow(code.origin(sent), call, "written, whatever it holds"),
            )


def _is_never_saved(code: Code, target: n.Expr) -> bool:
    """Whether an object is handed back to those alone who change no row: it is made to be looked at."""
    if code.function is None or tail(target) not in map(tail, code.returned):
        return False
    callers = code.project.flow.callers.of(code.function)
    taking = [caller.function for caller, _call, _is_bound in callers]
    if not taking or None in taking or len(taking) > _CALLER_LIMIT:
        return False
    return not any(_saves(code, one) for one in (code.function, *taking) if one is not None)


def _saves(code: Code, function: FunctionSymbol) -> bool:
    is_named = any(map(_SAVING.search, function.node.words))
    return is_named or code.project.effects.change(function) is not None


_SAVING = re.compile(r"save|commit|persist|(^|_)(create|delete|insert|write|bulk)(_|$)")


@code_rule(
    "forms.attribute-from-browser",
    words=("setattr", "**"),
    title="the browser names the attribute that is set",
    areas=(Area.INTEGRITY,),
    cwe=(915, 1321),
    severity=Severity.HIGH,
    gain="a stranger sets `is_superuser`, `owner`, or with `__class__` what the object is",
    mend="look the name up among those that may be set: `if name in EDITABLE`",
)
def attribute_from_browser(code: Code) -> Iterator[Hit]:
    """Find `setattr(note, request.POST["field"], value)` with nothing that looks at the name."""
    if "has_perm" in code.words or "startswith" in code.words:
        return
    for call, name in _named(code):
        origin = code.origin(name)
        if origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "the browser names the attribute that is set",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "names the attribute"),
            )


def _named(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield what sets an attribute, or a column: `setattr(note, name, x)`, `rows.update(**{name: x})`."""
    for call in code.calls("setattr"):
        name = argument(call, 1)
        if name is None or len(call.args) != 3:
            continue
        if all(isinstance(made, n.Const | n.Joined) for made in code.made(name)):
            continue
        if not _is_looped_over(code, call) and not _is_told_by_itself(call):
            yield call, name  # else the names of fields that were let through, or a whole request
    is_spread = "**" in code.words and code.sees_browser
    for call in code.calls(*_WRITES) if is_spread else ():
        for keyword in call.keywords if _writes(code, call) else ():
            keys = keyword.value.keys if isinstance(keyword.value, n.Mapping) else ()
            for key in keys if keyword.name is None else ():
                if isinstance(key, n.Name | n.Index | n.Call):
                    yield call, key


def _is_told_by_itself(call: n.Call) -> bool:
    """Whether an object says itself which of its attributes is set: `setattr(image, image.parent_field, album)`."""
    name = call.args[1]
    of = access_path(name.value) if isinstance(name, n.Attr) else ""
    return bool(of) and of == access_path(call.args[0])


def _is_looped_over(code: Code, call: n.Call) -> bool:
    """Whether the value comes with the name: `for name, value in data.items()`, `data[name]`."""
    name, value = call.args[1:]
    held = {part.id for part in inside(value) if isinstance(part, n.Name)}
    for statement in code.statements:
        if isinstance(statement, n.For):
            bound = {part.id for part in inside(statement.target) if isinstance(part, n.Name)}
            if isinstance(name, n.Name) and name.id in bound and held & bound:
                return True
    return False


@code_rule(
    "forms.factory-open-ended",
    words=("modelform_factory", "modelformset_factory", "inlineformset_factory"),
    title="a generated form takes every field of the model",
    areas=(Area.INTEGRITY,),
    cwe=(915,),
    severity=Severity.LOW,
    gain="the day somebody adds `is_admin` to the model, whoever can send the form may set it",
    mend="pass `fields=[…]` with the names",
)
def factory_open_ended(code: Code) -> Iterator[Hit]:
    """Find form factories with `exclude` or `__all__`."""
    if "admin" in code.module.path.rpartition("/")[2]:
        return
    for call in code.calls("modelform_factory", "modelformset_factory", "inlineformset_factory"):
        words = {keyword.name for keyword in call.keywords}
        model = code.resolve(argument(call, 0, "model"))
        is_all = text(argument(call, -1, "fields")) == "__all__"
        if is_all or ("exclude" in words and "fields" not in words and "form" not in words):
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` makes a form with every field"
                + ("" if is_all else " but those that `exclude` names"),
                Confidence.MEDIUM if isinstance(model, ClassSymbol) else Confidence.LOW,
                code.symbol,
            )
