"""A rule finds what it finds, and is silent where it is, however the code says it: every example, written anew."""

import ast
import copy
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.kit import Example, lessons
from pickguard.scan import scan

EXAMPLES = [
    example
    for lesson in lessons().values()
    for section in lesson.page.sections
    for example in section.examples
]


class _Texts(ast.NodeTransformer):
    """Writes f-strings in another way, but for those that say how a value is written."""

    def __init__(self, write: Callable[[list[ast.expr]], ast.expr]) -> None:
        self._write = write

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        values = [part for part in node.values if isinstance(part, ast.FormattedValue)]
        if any(part.format_spec is not None or part.conversion != -1 for part in values):
            return node
        return self._write(node.values)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:
        return node


def _said(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else ""


def _values(parts: list[ast.expr]) -> list[ast.expr]:
    return [part.value for part in parts if isinstance(part, ast.FormattedValue)]


def _by_percent(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`"<b>%s</b>" % (name,)`."""

    def write(parts: list[ast.expr]) -> ast.expr:
        places = [
            _said(p).replace("%", "%%") if isinstance(p, ast.Constant) else "%s" for p in parts
        ]
        filled = ast.Tuple(_values(parts), ast.Load())
        return ast.BinOp(ast.Constant("".join(places)), ast.Mod(), filled)

    found: ast.Module = _Texts(write).visit(tree)
    return found


def _by_sum(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`"<b>" + str(name) + "</b>"`."""

    def write(parts: list[ast.expr]) -> ast.expr:
        whole: ast.expr = ast.Constant("")
        for part in parts:
            added = part
            if isinstance(part, ast.FormattedValue):
                added = ast.Call(ast.Name("str", ast.Load()), [part.value], [])
            whole = ast.BinOp(whole, ast.Add(), added)
        return whole

    found: ast.Module = _Texts(write).visit(tree)
    return found


def _bound(tree: ast.Module) -> set[str]:
    found = {node.id for node in _names(tree) if not isinstance(node.ctx, ast.Load)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return found | {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def _names(tree: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Name))


def _renamed_imports(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`from shop.models import Order as OrderHere`."""
    bound, names = _bound(tree), {}
    aliases = [a for s in ast.walk(tree) if isinstance(s, ast.ImportFrom) for a in s.names]
    known = [alias.asname or alias.name for alias in aliases]
    for alias in aliases:
        name = alias.asname or alias.name
        if name != "*" and name not in bound and known.count(name) == 1:
            names[name] = alias.asname = f"{name}_here"
    for node in _names(tree):
        node.id = names.get(node.id, node.id)
    return tree


def _another_request(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`def view(req)`."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for param in function.args.args[:2]:
                if param.arg == "request":
                    param.arg = "req"
                    for node in _names(function):
                        node.id = "req" if node.id == "request" else node.id
    return tree


def _held_displays(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`held = {"note": note}`, and then `render(request, "note.html", held)`."""
    numbers = count()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If | ast.For | ast.With):
            node.body = [one for statement in node.body for one in _hold(statement, numbers)]
    return tree


def _hold(statement: ast.stmt, numbers: Iterator[int]) -> Iterator[ast.stmt]:
    value = statement.value if isinstance(statement, ast.Return | ast.Expr | ast.Assign) else None
    for place, given in enumerate(value.args if isinstance(value, ast.Call) else ()):
        if isinstance(given, ast.Dict | ast.List | ast.Tuple) and isinstance(value, ast.Call):
            name = f"held_{next(numbers)}"
            value.args[place] = ast.Name(name, ast.Load())
            yield ast.Assign([ast.Name(name, ast.Store())], given, lineno=1)
    yield statement


def _left_to_another(tree: ast.Module, routed: frozenset[str]) -> ast.Module:
    """`def show(request, pk): return _show(request, pk)`: the work of a view is done beside it."""
    tree.body = [one for node in tree.body for one in _leave(node, routed)]
    return tree


def _leave(node: ast.stmt, routed: frozenset[str]) -> Iterator[ast.stmt]:
    if isinstance(node, ast.FunctionDef) and node.name in routed and _is_asked(node):
        working = copy.deepcopy(node)
        working.name, working.decorator_list = f"_do_{node.name}", []
        yield working
        given: list[ast.expr] = [ast.Name(one.arg, ast.Load()) for one in node.args.args]
        node.body = [ast.Return(ast.Call(ast.Name(working.name, ast.Load()), given, []))]
    yield node


def _is_asked(node: ast.FunctionDef) -> bool:
    """Whether a function is one of a request and what stands in the address, and answers at once."""
    args = node.args
    is_plain = not (args.vararg or args.kwarg or args.kwonlyargs)
    is_late = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
    return is_plain and not is_late and bool(args.args) and args.args[0].arg == "request"


class _Calls(ast.NodeTransformer):
    """Writes some calls in another way."""

    def __init__(self, write: Callable[[ast.Call], ast.expr]) -> None:
        self._write = write

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        return self._write(node)


def _of_all_rows(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`get_object_or_404(Note.objects.all(), Q(pk=pk))`, `Note.objects.filter(Q(pk=pk))`."""

    def write(node: ast.Call) -> ast.Call:
        match node:
            case ast.Call(ast.Name("get_object_or_404"), [ast.Name(name), *rest], keywords):
                if name[0].isupper():
                    rows = ast.parse(f"{name}.objects.all()", mode="eval").body
                    return ast.Call(node.func, [rows, *rest], keywords)
            case ast.Call(ast.Attribute(_, "filter" | "exclude"), [], [_, *_] as keywords):
                if all(keyword.arg for keyword in keywords):
                    named = ast.Call(ast.Name("Q", ast.Load()), [], keywords)
                    return ast.Call(node.func, [named], [])
        return node

    found: ast.Module = _Calls(write).visit(tree)
    return found


def _template_responses(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`TemplateResponse(request, "note.html", context)` for `render`."""

    def write(node: ast.Call) -> ast.Call:
        match node:
            case ast.Call(ast.Name("render"), [ast.Name("request"), *_] as given, keywords):
                return ast.Call(ast.Name("TemplateResponse", ast.Load()), given, keywords)
        return node

    imported = ast.parse("from django.template.response import TemplateResponse").body
    before = ast.dump(tree)
    found: ast.Module = _Calls(write).visit(tree)
    if ast.dump(found) == before:
        return found
    is_last = [isinstance(one, ast.ImportFrom) for one in found.body]
    place = len(is_last) - is_last[::-1].index(True) if True in is_last else 0
    found.body[place:place] = imported
    return found


class _Through(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        module = self._names.get(node.id)
        return ast.Attribute(ast.Name(module, ast.Load()), node.id, node.ctx) if module else node


def _through_modules(tree: ast.Module, _routed: frozenset[str]) -> ast.Module:
    """`from shop import models`, and then `models.Order`."""
    imported = [one for one in tree.body if isinstance(one, ast.ImportFrom) and not one.level]
    bound = _bound(tree)
    names: dict[str, str] = {}
    taken = [(alias.asname or alias.name) for one in imported for alias in one.names]
    for one in imported:
        package, _, module = (one.module or "").rpartition(".")
        is_plain = not any(a.asname or a.name == "*" or a.name in bound for a in one.names)
        is_own = (
            bool(package) and module in ("models", "forms") and one.module != "django.db.models"
        )
        if is_plain and is_own and not (package.startswith("django") or module in (*taken, *bound)):
            names |= {alias.name: module for alias in one.names}
            taken.append(module)
            one.module, one.names = package, [ast.alias(module)]
    found: ast.Module = _Through(names).visit(tree)
    return found


def _wrapped_behind(tree: ast.Module, routed: frozenset[str]) -> ast.Module:
    """`show = login_required(show)` behind the view."""
    tree.body = [one for node in tree.body for one in _unwrapped(node, routed)]
    return tree


def _unwrapped(node: ast.stmt, routed: frozenset[str]) -> Iterator[ast.stmt]:
    yield node
    if isinstance(node, ast.FunctionDef) and node.name in routed:
        around, node.decorator_list = node.decorator_list, []
        for one in reversed(around):
            made = ast.Call(one, [ast.Name(node.name, ast.Load())], [])
            yield ast.Assign([ast.Name(node.name, ast.Store())], made, lineno=1)


_LATER = {
    "get_object_or_404",
    "create",
    "save",
    "delete",
    "exists",
    "get",
    "first",
    "count",
    "update",
}


def _asynchronous(tree: ast.Module, routed: frozenset[str]) -> ast.Module:
    """`async def show(request, pk)`, and `await Note.objects.aget(pk=pk)` in it."""

    def write(node: ast.Call) -> ast.expr:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        is_row = name in ("save", "delete") or ".objects." in ast.unparse(node.func)
        if isinstance(node.func, ast.Attribute) and name in _LATER and is_row:
            node.func.attr = f"a{name}"
        elif isinstance(node.func, ast.Name) and node.func.id in _LATER:
            node.func.id = f"a{node.func.id}"
        else:
            return node
        return ast.Await(node)

    kinds = (ast.Lambda, ast.FunctionDef, ast.GeneratorExp, ast.ListComp, ast.DictComp, ast.SetComp)
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name in routed and _is_asked(node):
            if not any(isinstance(one, kinds) and one is not node for one in ast.walk(node)):
                made = ast.AsyncFunctionDef(**{f: getattr(node, f) for f in node._fields})
                made.body = [_Calls(write).visit(one) for one in made.body]
                tree.body[place] = made
    return tree


WAYS = [
    _wrapped_behind,
    _asynchronous,
    _of_all_rows,
    _template_responses,
    _through_modules,
    _by_percent,
    _by_sum,
    _renamed_imports,
    _another_request,
    _held_displays,
    _left_to_another,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_every_example_says_the_same_in_another_way(way, tmp_path):
    other = []
    for number, example in enumerate(EXAMPLES):
        folder = tmp_path / str(number)
        if _write(example, folder, way):
            config = Config(select=(example.rule,), min_confidence=Confidence.LOW)
            result = scan(folder, config=config, cache=False)
            if len(result.findings) != len(example.expected) or result.faults:
                other.append(f"{example.rule}: {example.title}")
    assert not other


Way = Callable[[ast.Module, frozenset[str]], ast.Module]


def _write(example: Example, folder: Path, way: Way) -> bool:
    """Write the files of an example as they are said in another way, and return whether any is said otherwise."""
    is_other, routed = False, frozenset(_routed(example))
    for name, content in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        plain, said = content, content
        if path.suffix == ".py" and path.name not in ("__init__.py", "settings.py"):
            try:
                plain = ast.unparse(ast.parse(content))
                said = ast.unparse(ast.fix_missing_locations(way(ast.parse(content), routed)))
            except SyntaxError:  # an example of a broken file
                said = plain
        is_other |= said != plain
        path.write_text(said, "utf-8")
    return is_other


def _routed(example: Example) -> Iterator[str]:
    """Yield the names of the views that the addresses of an example lead to, and that nothing in it calls."""
    code = "".join(text for name, text in example.files.items() if name.endswith(".py"))
    called = set(re.findall(r"\b(\w+)\(", re.sub(r"\bdef \w+\(", "", code))) | set(
        re.findall(r"@(?:\w+\.)*(\w+)", code)
    )
    for content in example.files.values():
        _before, _named, after = content.partition("urlpatterns")
        yield from (name for name in re.findall(r"[a-z_]\w*", after) if name not in called)
