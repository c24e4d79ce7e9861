"""Writes the published holes of Django anew, from the release notes in a source tree of Django.

python benchmarks/advisories.py path/to/django-6.1.3 > src/pickguard/lessons/deployment/advisories/django.toml

Those of other packages are few, and kept by hand from what their own change logs say.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

_HEADING = re.compile(r"^(CVE-\d{4}-\d+): (.+)$")
_DATE = re.compile(r"^\*(\w+ \d+, \d{4})\*$", re.MULTILINE)
_SEVERITY = re.compile(r'severity "(\w+)"')
_RELEASE = re.compile(r"\d+\.\d+\.\d+")


def sections(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield identifier, title and body of each hole that a release mended."""
    found, lines = [], text.splitlines()
    for number, line in enumerate(lines[:-1]):
        match = _HEADING.match(line)
        if match and set(lines[number + 1]) == {"="}:
            found.append((number, match[1], match[2]))
    ends = [*(number for number, *_ in found[1:]), len(lines)]
    for (start, name, title), end in zip(found, ends, strict=False):
        yield name, title, "\n".join(lines[start:end])


def plain(title: str) -> str:
    """Return a title without reStructuredText: ``:func:`x``` is `x`."""
    title = re.sub(r":[\w:]+:`[~.]?([^`<]+?)(?:\s*<[^`]*>)?`", r"`\1`", title).replace("``", "`")
    return re.sub(r"`[\w.]+\.(\w+)`", r"`\1`", title).replace('"', "'").rstrip(".")


def main(tree: str) -> None:
    """Print the data."""
    holes: dict[str, dict[str, Any]] = defaultdict(dict)
    released: dict[str, date] = {}
    for path in Path(tree, "docs", "releases").glob("*.txt"):
        if not _RELEASE.fullmatch(path.stem):
            continue
        text = path.read_text("utf-8")
        for name, title, body in sections(text):
            severity = _SEVERITY.search(body)
            known = holes[name]
            known.setdefault("title", plain(title))
            known.setdefault("ranges", []).append(path.stem)
            if severity:
                known["severity"] = severity[1]
            for day in _DATE.findall(text)[:1]:
                released[path.stem] = datetime.strptime(day, "%B %d, %Y").date()  # noqa: DTZ007
    number = re.search(r"\d+(\.\d+)+", Path(tree).name)[0]
    print(f"# Made by benchmarks/advisories.py from the release notes of Django {number}.\n")
    latest = max(released.values())
    mended = {fix.rpartition(".")[0] for fix, day in released.items() if day == latest}
    oldest = min(mended, key=lambda v: [int(part) for part in v.split(".")])
    print(f'until = {latest}\n\n[oldest]\ndjango = "{oldest}"\n')
    for name in sorted(holes, key=lambda name: [int(part) for part in name.split("-")[1:]]):
        known = holes[name]
        fixes = sorted(known["ranges"], key=lambda v: [int(part) for part in v.split(".")])
        ranges = [[fix.rpartition(".")[0], fix] for fix in fixes]
        print(f'[[django]]\nid = "{name}"\ntitle = "{known["title"]}"')
        if "severity" in known:
            print(f'severity = "{known["severity"]}"')
        print(f"ranges = {ranges}\n".replace("'", '"'))


if __name__ == "__main__":
    main(*sys.argv[1:])
