"""A scan leaves nothing of a project behind: one process may scan many."""

import gc
from pathlib import Path

from pickguard.base.config import Config
from pickguard.scan import scan

LEAKY = Path(__file__).parents[2] / "examples" / "leaky"
OF_A_PROJECT = frozenset({"Site", "Project", "Flow", "Body", "TemplateMap"})


def _kept() -> int:
    gc.collect()
    return sum(type(item).__name__ in OF_A_PROJECT for item in gc.get_objects())


def test_a_scan_leaves_no_project_in_memory():
    before = _kept()
    assert scan(LEAKY, config=Config(), cache=False).findings
    assert _kept() <= before
