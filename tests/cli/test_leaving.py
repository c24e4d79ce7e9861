"""How the process ends: all that was said has arrived, and the exit code with it."""

import subprocess
import sys
from pathlib import Path

import pytest

LEAKY = Path(__file__).parent.parent.parent / "examples" / "leaky"
FULL = Path("/dev/full")
SCAN = [sys.executable, "-m", "pickguard", "scan", str(LEAKY), "--format", "json", "--no-cache"]


def test_all_of_a_long_report_arrives_through_a_pipe():
    ended = subprocess.run(SCAN, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.rstrip().endswith("}")
    assert len(ended.stdout) > 100_000


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a full device")
def test_a_full_disk_is_told_as_what_it_is():
    with FULL.open("w") as full:
        ended = subprocess.run(SCAN, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 4
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr
