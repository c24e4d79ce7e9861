"""The baseline: findings that a team knows of and will mend later, kept in version control.

    {
      "schema": 1,
      "findings": [
        {"path": "notes/views.py", "rule": "xss.unescaped-output", "fingerprint": "...", ...}
      ]
    }

One finding a line, sorted, so that a review shows what came and what went. A finding that is gone
leaves the baseline by itself and cannot come back unseen.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError, Problem
from pickguard.findings.model import Finding, Status

FILE_NAME = "pickguard-baseline.json"
SCHEMA = 1
_WAY_OUT = (
    "Take the file from version control again, or make a new one with "
    "`pickguard scan --write-baseline`."
)


class Entry(msgspec.Struct, frozen=True, order=True):
    """One known finding; only the fingerprint decides, the rest is for people."""

    path: str
    rule: str
    fingerprint: str
    symbol: str = ""
    message: str = ""


class Baseline(msgspec.Struct, frozen=True):
    """The known findings."""

    findings: tuple[Entry, ...] = ()
    schema: int = SCHEMA


class Applied(msgspec.Struct, frozen=True):
    """Findings with those of the baseline marked, and the baseline without what is gone."""

    findings: tuple[Finding, ...]
    baseline: Baseline
    gone: tuple[Entry, ...]


def read(path: Path) -> Baseline | None:
    """Return the baseline in the file, None where there is no file.

    Raises:
        ConfigurationError: where the file is there but is not a baseline.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _damaged(path, f"cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise _damaged(path, f"is damaged: {error}") from None
    if found.schema != SCHEMA:
        raise _damaged(path, f"has schema {found.schema}, this Pickguard reads schema {SCHEMA}")
    return found


def location(config: Config, root: Path) -> tuple[Path, str]:
    """Return where the baseline is, and the way from its folder to the scanned root.

    The path of the configuration is relative to the file that names it, else to the root.

    Raises:
        ConfigurationError: where the project's path leads out of its folder, through a link.
    """
    folder = (config.origin.parent if config.origin else root).resolve()
    path = (folder / config.baseline).resolve()
    if not Path(config.baseline).is_absolute() and not path.is_relative_to(folder):
        problem = Problem(f"leads out of `{folder}`, to `{path}`", str(folder / config.baseline))
        raise ConfigurationError([problem])
    try:
        prefix = root.resolve().relative_to(path.parent).as_posix()
    except ValueError:
        prefix = "."
    return path, "" if prefix == "." else prefix


def render(baseline: Baseline) -> str:
    """Return the text of the file."""
    lines = [
        "    " + json.dumps(msgspec.to_builtins(entry), ensure_ascii=False)
        for entry in sorted(baseline.findings)
    ]
    body = "\n" + ",\n".join(lines) + "\n  " if lines else ""
    return f'{{\n  "schema": {baseline.schema},\n  "findings": [{body}]\n}}\n'


def make(findings: Iterable[Finding], prefix: str = "") -> Baseline:
    """Return a baseline that knows every finding that is not suppressed.

    `prefix` is the way from the baseline's folder to the scanned root.
    """
    kept = (finding for finding in findings if finding.status is not Status.SUPPRESSED)
    return Baseline(tuple(sorted(_entry(finding, prefix) for finding in kept)))


def apply(
    findings: Iterable[Finding], baseline: Baseline, looked_at: Callable[[Entry], bool]
) -> Applied:
    """Mark the findings that the baseline knows, and drop the entries whose findings are gone.

    `looked_at` tells whether this scan would have found an entry again: its file was read, or is
    there no more, and its rule was run. Other entries stay.
    """
    findings = tuple(findings)
    known = {entry.fingerprint for entry in baseline.findings}
    still = {finding.fingerprint for finding in findings}
    gone = tuple(e for e in baseline.findings if e.fingerprint not in still and looked_at(e))
    dropped = {entry.fingerprint for entry in gone}
    return Applied(
        findings=tuple(_mark(finding, known) for finding in findings),
        baseline=Baseline(tuple(e for e in baseline.findings if e.fingerprint not in dropped)),
        gone=gone,
    )


def _mark(finding: Finding, known: set[str]) -> Finding:
    if finding.status is not Status.NEW or finding.fingerprint not in known:
        return finding
    return msgspec.structs.replace(finding, status=Status.BASELINE)


def _entry(finding: Finding, prefix: str) -> Entry:
    path = finding.places[0].path if finding.places else ""
    return Entry(
        path=f"{prefix}/{path}" if prefix else path,
        rule=finding.rule,
        fingerprint=finding.fingerprint,
        symbol=finding.symbol,
        message=finding.message,
    )


def _damaged(path: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(message, str(path), _WAY_OUT)])
