"""Replays published vulnerabilities: found in the vulnerable version, silent in the fixed one?

    python benchmarks/cves.py CASES.json [--only ID...] [--confidence medium] [--jobs 2] [--misses]

`CASES.json` lists cases with the package, both versions, and the lines at fault in each. Both
versions are fetched from PyPI (kept in the user's cache folder), unpacked without running anything
of them, and scanned. A case counts as found where a finding of the case's kind stands at one of
its lines, or leads there: a place or a step of the data within a few lines of the fault. The same
is asked of the fixed version: an alarm there is a false one, unless the fix is known to be partial.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import html
import io
import json
import os
import re
import tarfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.findings.model import Finding
from pickguard.scan import scan
from pickguard.source.templates.detect import names_template

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pickguard-cves"
NEAR = 3
"""Lines. A statement of several lines may be reported at its first or its last one."""
# Classes that more than one lesson covers
LESSONS = {
    "xss-stored": {"xss"},
    "xss-reflected": {"xss"},
    "missing-authz": {"trust", "sessions", "passwords", "forms"},
    "idor": {"trust"},
    "ssti": {"xss", "trust", "shell"},
    "orm-leak": {"sql"},
    "host-header": {"tls", "trust", "deployment"},
    "hard-coded-secret": {"passwords", "sessions"},
    "dos": {"deployment", "shell"},
    "redos": {"deployment"},
    "path-traversal": {"trust", "shell"},
    "file-upload": {"forms", "trust", "xss"},
    "info-leak": {"trust", "passwords", "deployment", "sessions"},
    "code-injection": {"shell"},
    "timing-compare": {"passwords"},
    "session-leak": {"sessions", "passwords"},
    "xxe": {"shell"},
    "unsafe-deserialization": {"shell"},
    "deserialisation": {"shell"},
    "plaintext-secret": {"passwords", "sessions"},
    "header-trust": {"trust", "tls", "deployment"},
    "auth-bypass": {"passwords", "sessions", "trust", "ldap"},
    "user-enumeration": {"passwords"},
    "brute-force": {"passwords", "deployment", "trust", "ldap"},
    "mass-assignment": {"forms", "trust"},
    "log-injection": {"trust"},
    "header-injection": {"trust"},
    "ssrf": {"trust"},
}


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    id: str
    kind: str
    reach: tuple[str, ...]
    partial_fix: bool
    found: tuple[str, ...]
    alarmed: tuple[str, ...]
    note: str = ""


def main() -> None:
    """Replay and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--confidence", default="medium", choices=[c.value for c in Confidence])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--misses", action="store_true", help="tell each case that was missed")
    options = parser.parse_args()
    cases = [
        case
        for case in json.loads(options.cases.read_text("utf-8"))["cases"]
        if not options.only or case["id"] in options.only
    ]
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:  # frees its memory
        outcomes = list(pool.map(replay, cases, [options.confidence] * len(cases)))
    table(outcomes)
    for outcome in outcomes:
        if options.misses or options.only:
            said = ", ".join(outcome.found) or outcome.note or "missed"
            print(f"  {outcome.id:<22} {outcome.kind:<16} {'/'.join(outcome.reach):<16} {said}")
            if outcome.alarmed:
                print(f"  {'':<22} fixed version: {', '.join(outcome.alarmed)}")


def replay(case: dict[str, Any], confidence: str) -> Outcome:
    """Scan both versions of one case."""
    common = (
        case["id"],
        case["class"],
        tuple(case["reach"]),
        case["fix_quality"] != "ok",
    )
    try:
        before = hits(case, case["vulnerable"], case["sinks"], confidence)
        after = hits(case, case["fixed"], case["fixed_sinks"], confidence)
    except LookupError as error:
        return Outcome(*common, (), (), str(error))
    return Outcome(*common, before, after)


def hits(
    case: dict[str, Any], version: str, sinks: Iterable[dict[str, Any]], confidence: str
) -> tuple[str, ...]:
    """Return `rule at line` of each finding at the lines of a case."""
    root = unpacked(case["package"], version)
    wanted = LESSONS.get(case["class"], {case["lesson"]})
    config = Config(min_confidence=Confidence(confidence))
    result = scan(root, config=config)
    gc.collect()  # a scan leaves cycles behind
    unreadable = {item.path for item in result.files.unreadable}
    for sink in sinks:
        if not (root / sink["file"]).exists() or sink["file"] in unreadable:
            print(case["id"], version, sink["file"], "cannot be read")
    return tuple(
        sorted(
            {
                f"{finding.rule}:{line}"
                for finding in result.findings
                if finding.lesson in wanted
                for sink in sinks
                for line in near(finding, sink["file"], sink["line"])
            }
        )
    )


def near(finding: Finding, file: str, line: int) -> Iterator[int]:
    """Yield the lines of a finding that stand at a place of a case."""
    for place in (*finding.places, *finding.flow):
        end = getattr(place, "end_line", place.line)
        if place.path == file and place.line - NEAR <= line <= end + NEAR:
            yield place.line


def table(outcomes: list[Outcome]) -> None:
    """Print the shares by class."""
    kinds = sorted({outcome.kind for outcome in outcomes})
    print(f"{'class':<20}{'cases':>6}{'found':>7}{'alarm after the fix':>21}")
    for kind in [*kinds, ""]:
        chosen = [o for o in outcomes if not kind or o.kind == kind]
        found = sum(bool(o.found) for o in chosen)
        alarmed = sum(bool(o.alarmed) and not o.partial_fix for o in chosen)
        print(f"{kind or 'all':<20}{len(chosen):>6}{found:>7}{alarmed:>21}")
    easy = [o for o in outcomes if "hard" not in o.reach]
    print(
        f"without the hard ones: {sum(bool(o.found) for o in easy)} of {len(easy)} found"
        f" ({sum(bool(o.found) for o in easy) / max(len(easy), 1):.0%})"
    )


def unpacked(package: str, version: str) -> Path:
    """Return the folder of a version; fetched and unpacked once.

    Raises:
        LookupError: the index has no archive of it that can be read without running it.
    """
    folder = CACHE / f"{package}-{version}"
    if not folder.exists():
        name, address = archive(package, version)
        with urllib.request.urlopen(address, timeout=120) as answer:
            data = answer.read()
        digest = re.search(r"#sha256=([0-9a-f]{64})", address)
        if digest and hashlib.sha256(data).hexdigest() != digest[1]:
            raise LookupError(f"{name} is not what the index says it is")
        partial = folder.with_name(folder.name + f".{os.getpid()}")
        extract(data, name, partial)
        try:
            partial.rename(folder)
        except OSError:  # another process was first
            if not folder.exists():
                raise
    return folder


def archive(package: str, version: str) -> tuple[str, str]:
    """Return name and address of a version's archive, the source one first."""
    with urllib.request.urlopen(f"{INDEX}/{package}/", timeout=120) as answer:
        page = answer.read().decode("utf-8", "replace")
        base = answer.geturl()
    found: list[tuple[str, str]] = []
    for address, name in re.findall(r'<a[^>]*?href="([^"]+)"[^>]*>\s*([^<]+?)\s*</a>', page):
        stem = re.sub(r"\.(tar\.gz|tar\.bz2|zip|whl)$", "", name)
        normal = re.sub(r"[-_.]+", "-", stem).lower()
        start = re.sub(r"[-_.]+", "-", f"{package}-{version}").lower()
        if normal == start or (name.endswith(".whl") and normal.startswith(start + "-py")):
            found.append((name, urllib.parse.urljoin(base, html.unescape(address))))
    if not found:
        raise LookupError(f"the index has no {package} {version}")
    return min(found, key=lambda item: item[0].endswith(".whl"))


def extract(data: bytes, name: str, folder: Path) -> None:
    """Write an archive's files below a folder; a source archive's top folder is left out."""
    depth = 0 if name.endswith(".whl") else 1
    for path, content in members(data, name):
        parts = PurePosixPath(path).parts[depth:]
        if not parts or ".." in parts or PurePosixPath(path).is_absolute():
            continue
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def members(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of an archive's plain files that a scan would read."""
    wanted = (".py", ".txt", ".toml", ".cfg")
    if name.endswith((".whl", ".zip")):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for entry in file.infolist():
                if entry.filename.endswith(wanted) or names_template(entry.filename):
                    yield entry.filename, file.read(entry)
        return
    with tarfile.open(fileobj=io.BytesIO(data)) as file:
        for member in file:
            is_read = member.name.endswith(wanted) or names_template(member.name)
            if member.isfile() and is_read:
                content = file.extractfile(member)
                yield member.name, content.read() if content else b""


if __name__ == "__main__":
    main()
