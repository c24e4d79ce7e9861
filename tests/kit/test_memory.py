"""A scan leaves nothing of a project behind: one process may scan many."""

import gc
from pathlib import Path

from tests.site.linked import site_of

from pickguard.base.config import Config
from pickguard.kit import Project
from pickguard.scan import scan
from pickguard.site.symbols.names import FunctionSymbol

LEAKY = Path(__file__).parents[2] / "examples" / "leaky"
OF_A_PROJECT = frozenset({"Site", "Project", "Flow", "Body", "TemplateMap"})


def _kept() -> int:
    gc.collect()
    return sum(type(item).__name__ in OF_A_PROJECT for item in gc.get_objects())


def test_a_scan_leaves_no_project_in_memory():
    before = _kept()
    assert scan(LEAKY, config=Config(), cache=False).findings
    assert _kept() <= before


def test_the_statements_of_a_function_are_held_once():
    """What effects and the flow of data are asked about is the same code."""
    site = site_of(
        {"app/__init__.py": "", "app/views.py": "def show(request):\n    request.save()\n"}
    )
    project = Project(site)
    function = site.names.dotted("app.views.show")
    assert isinstance(function, FunctionSymbol)
    list(project.effects.of(function))
    assert project.code_of(function).block is project.flow.body(function).block
    project.rest()
    assert [call.span for call in project.code_of(function).calls("save")]
