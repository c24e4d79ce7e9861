"""A scan leaves nothing of a project behind: one process may scan many."""

import gc
from pathlib import Path

from pickguard.base.config import Config
from pickguard.scan import scan

LEAKY = Path(__file__).parents[2] / "examples" / "leaky"
KEPT = frozenset({"Site", "Project", "Flow", "Body", "TemplateMap", "PythonRecord"})


def test_a_scan_leaves_no_project_in_memory():
    assert scan(LEAKY, config=Config(), cache=False).findings
    gc.collect()
    left = {type(item).__name__ for item in gc.get_objects() if type(item).__module__ != "builtins"}
    assert not left & KEPT
