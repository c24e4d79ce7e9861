"""Measures `pickguard scan`: CPU seconds and peak memory, beside parsing alone and beside Bandit.

    python benchmarks/scan.py TREE...                  # real projects
    python benchmarks/scan.py --synthetic 1000000      # made up, of doubling size
    python benchmarks/scan.py --bandit /path/to/bandit TREE...

Each figure is the CPU time (user and system) of one process with one job, as the kernel counts it:

floor   `ast.parse` over the tree's Python files, in one process, cyclic collector off
cold    a scan with an empty cache
warm    the same scan again
layout  the same scan after a comment was put at the top of one file that a scan reads
change  the same scan after one line of code was added to it
bandit  Bandit over the same files, where it is given

A ratio is to the floor of the same run. The package's bytecode is there, as in any installation.
"""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from synthetic import write_project

import pickguard
from pickguard.source.test_modules import holds_tests

FLOOR = """
import ast, gc, pathlib, sys, time, warnings
warnings.simplefilter("ignore")
gc.disable()
texts = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py"))]
start = time.process_time()
for text in texts:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        pass
print(time.process_time() - start, sum(text.count(b"\\n") for text in texts), len(texts))
"""
SCAN = ("-m", "pickguard", "scan", "--jobs", "1", "--fail-on", "never", "--format", "json")


class Cost(NamedTuple):
    """What one process took."""

    cpu: float
    peak_mb: float


class Run(NamedTuple):
    """The figures of one tree."""

    name: str
    lines: int
    floor: float
    cold: Cost
    warm: Cost
    layout: Cost
    change: Cost
    bandit: Cost | None


def cost(command: list[str], **environment: str) -> Cost:
    """Run a command to its end and return what it took.

    Raises:
        RuntimeError: it ended with something other than 0 or 1.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | environment
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: {errors.decode()[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def floor(tree: Path) -> tuple[float, int]:
    """Return the CPU seconds of `ast.parse` over a tree's Python files, and their lines."""
    command = [sys.executable, "-c", FLOOR, str(tree)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, lines, _files = printed.split()
    return float(seconds), int(lines)


def scan(tree: Path, cache: Path) -> Cost:
    """Scan a tree with one job and this cache."""
    command = [sys.executable, *SCAN, "--output", os.devnull, str(tree)]
    return cost(command, PICKGUARD_CACHE=str(cache))


def median_file(tree: Path) -> Path:
    """Return the file of median size, of those that are no modules of tests."""
    sizes = {path: path.stat().st_size for path in tree.rglob("*.py")}
    read = [p for p in sizes if not holds_tests(p.relative_to(tree).as_posix(), p.read_bytes())]
    files = sorted(read, key=lambda path: (sizes[path], path))
    return files[len(files) // 2]


def measure(name: str, tree: Path, bandit: str | None) -> Run:
    """Measure one tree; it is changed on the way."""
    seconds, lines = floor(tree)
    beside = None
    if bandit:
        beside = cost([bandit, "-q", "-r", str(tree), "-f", "json", "-o", os.devnull])
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = scan(tree, Path(cache)), scan(tree, Path(cache))
        chosen = median_file(tree)
        chosen.write_bytes(b"# added by the benchmark\n" + chosen.read_bytes())
        layout = scan(tree, Path(cache))
        chosen.write_bytes(chosen.read_bytes() + b"\nADDED_BY_THE_BENCHMARK = 1\n")
        change = scan(tree, Path(cache))
    return Run(name, lines, seconds, cold, warm, layout, change, beside)


def copies(trees: list[Path]) -> Iterator[tuple[str, Path]]:
    """Yield each tree as a copy that may be changed."""
    for tree in trees:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / tree.name
            shutil.copytree(tree, copy, symlinks=True)
            yield tree.name, copy


def made_up(most: int) -> Iterator[tuple[str, Path]]:
    """Yield projects of doubling size up to a number of lines."""
    sizes = [most]
    while sizes[0] > 60_000:
        sizes.insert(0, sizes[0] // 2)
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_project(Path(folder), size)
            yield f"{size:,} lines", Path(folder)


def print_run(run: Run) -> None:
    """Print one line of the table."""
    cells = [f"{run.name:16}", f"{run.lines:>9,}", f"{run.floor:7.2f}"]
    parts = (run.cold, run.warm, run.layout, run.change)
    cells += [f"{part.cpu:7.2f} ({part.cpu / run.floor:4.1f} x)" for part in parts]
    cells.append(f"{run.change.cpu / run.cold.cpu:5.0%} of cold")
    cells.append(f"{run.cold.peak_mb:6.0f} MB")
    if run.bandit:
        cells.append(f"{run.bandit.cpu:7.2f} ({run.bandit.cpu / run.floor:4.1f} x)")
        cells.append(f"{run.cold.cpu / run.bandit.cpu:5.0%} of Bandit")
    print("  ".join(cells), flush=True)


def main() -> None:
    """Measure what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--synthetic", type=int, metavar="LINES", default=0)
    parser.add_argument("--bandit", default=shutil.which("bandit"), metavar="PROGRAM")
    arguments = parser.parse_args()
    compileall.compile_dir(Path(pickguard.__file__).parent, quiet=1)
    print(
        f"{'':16}  {'lines':>9}  {'floor':>7}  {'cold':>16}  {'warm':>16}  {'layout':>16}  {'change':>16}"
        f"  {'':13}  {'peak':>9}" + (f"  {'bandit':>16}" if arguments.bandit else "")
    )
    for name, tree in copies(arguments.trees):
        print_run(measure(name, tree, arguments.bandit))
    if arguments.synthetic:
        for name, tree in made_up(arguments.synthetic):
            print_run(measure(name, tree, None))


if __name__ == "__main__":
    main()
