"""No rule fails on code unlike what it looks for: every example of every page, with parts cut out or renamed."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.kit import lessons
from pickguard.scan import scan


class _Cut(ast.NodeTransformer):
    """Replaces parts of a module, from the leaves up."""

    def __init__(self, cut: Callable[[ast.AST], ast.AST]) -> None:
        self._cut = cut

    def visit(self, node: ast.AST) -> ast.AST:
        return self._cut(self.generic_visit(node))


def _empty_blocks(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.ExceptHandler):
        node.body = [ast.Pass()]
    return node


def _empty_functions(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.body = [ast.Pass()]
    return node


def _empty_classes(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.ClassDef):
        node.body = [ast.Pass()]
    return node


def _no_arguments(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call):
        node.args, node.keywords = [], []
    return node


def _no_parameters(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.args = ast.arguments([], [], None, [], [], None, [])
    return node


def _spread_arguments(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Call):
        node.args = [ast.Starred(each) for each in node.args if not isinstance(each, ast.Starred)]
        node.keywords = [ast.keyword(None, each.value) for each in node.keywords]
    return node


def _empty_displays(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(
        getattr(node, "ctx", None), ast.Load
    ):
        node.elts = []
    if isinstance(node, ast.Dict):
        node.keys, node.values = [], []
    return node


def _empty_texts(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node.value = ""
    return node


def _numbers_for_texts(node: ast.AST) -> ast.AST:
    return ast.Constant(1) if isinstance(node, ast.Constant) and node.value != 1 else node


def _bare_returns(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.Return):
        node.value = None
    return node


def _no_bases(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.ClassDef):
        node.bases, node.keywords = [], []
    return node


def _renamed_imports(node: ast.AST) -> ast.AST:
    """`from django.core.mail import send_mail as send_mail_here`."""
    if isinstance(node, ast.Module):
        known = {
            alias.name: f"{alias.name}_here"
            for part in ast.walk(node)
            if isinstance(part, ast.ImportFrom)
            for alias in part.names
            if alias.name != "*" and alias.asname is None
        }
        for part in ast.walk(node):
            if isinstance(part, ast.ImportFrom):
                for alias in part.names:
                    alias.asname = alias.asname or known.get(alias.name)
            if isinstance(part, ast.Name):
                part.id = known.get(part.id, part.id)
    return node


def _of_itself(node: ast.AST) -> ast.AST:
    """`name = name.strip()`."""
    if isinstance(node, ast.Assign) and _assigned(node):
        held = ast.Name(_assigned(node), ast.Load())
        node.value = ast.Call(ast.Attribute(held, "strip", ast.Load()), [], [])
    return node


def _of_parts_of_itself(node: ast.AST) -> ast.AST:
    """`name = name.GET.get("name")`."""
    if isinstance(node, ast.Assign) and _assigned(node):
        _rename(node.value, _assigned(node))
    return node


def _of_one_another(node: ast.AST) -> ast.AST:
    """`first = second.GET.get("first")`, `second = first.strip()`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        found = [one for one in ast.walk(node) if isinstance(one, ast.Assign) and _assigned(one)]
        for one, other in zip(found, [*found[1:], *found[:1]], strict=True):
            _rename(one.value, _assigned(other))
    return node


def _assigned(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _rename(value: ast.expr, name: str) -> None:
    for part in ast.walk(value):
        if isinstance(part, ast.Name):
            part.id = name


CUTS = [
    _empty_blocks,
    _empty_functions,
    _empty_classes,
    _no_arguments,
    _no_parameters,
    _spread_arguments,
    _empty_displays,
    _empty_texts,
    _numbers_for_texts,
    _bare_returns,
    _no_bases,
    _renamed_imports,
    _of_itself,
    _of_parts_of_itself,
    _of_one_another,
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.__name__.strip("_"))
def test_no_rule_fails_on_mutilated_examples(cut, tmp_path):
    """Every rule looks at the examples of each rule: in one tree, all their modules of one name would meet."""
    config, faults = Config(min_confidence=Confidence.LOW), set()
    for lesson in lessons().values():
        for section in lesson.page.sections:
            folder = tmp_path / section.rule
            for number, example in enumerate(section.examples):
                for name, content in example.files.items():
                    _write(folder / str(number) / name, content, cut)
            result = scan(folder, config=config, cache=False)
            faults |= {f"{one.where.partition(' ')[0]}: {one.message}" for one in result.faults}
    assert not faults


def _write(path: Path, content: str, cut: Callable[[ast.AST], ast.AST]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".py":
        try:
            tree = _Cut(cut).visit(ast.parse(content))
            content = ast.unparse(ast.fix_missing_locations(tree))
        except (SyntaxError, ValueError):
            pass  # an example of a broken file, or what is left cannot be written
    path.write_text(content, "utf-8")
