"""How much longer `pickguard --help` takes than an interpreter that does nothing.

    python benchmarks/startup.py

The budget is 100 ms.
"""

import statistics
import subprocess
import sys
import time

RUNS = 30
BUDGET_MS = 100


def milliseconds(*words: str) -> float:
    """Return the wall time of one run of the interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Measure both in turn, so that noise hits them alike."""
    pairs = [
        (milliseconds("-c", "pass"), milliseconds("-m", "pickguard", "--help")) for _ in range(RUNS)
    ]
    nothing, helping = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"python -c pass       {nothing:6.1f} ms")
    print(f"pickguard --help     {helping:6.1f} ms")
    print(f"difference           {helping - nothing:6.1f} ms   (budget {BUDGET_MS} ms)")


if __name__ == "__main__":
    main()
