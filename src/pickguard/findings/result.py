"""What a scan hands to the reports: the findings and all that is said about them. Pure data."""

import msgspec

from pickguard.base.scales import Area, Severity
from pickguard.findings.baseline import Baseline
from pickguard.findings.model import Finding, Status


class Unreadable(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that could not be read, and why; with a line, only what stands there was not read."""

    path: str
    reason: str
    line: int = 0

    @property
    def sentence(self) -> str:
        """What a person reads of it."""
        if self.line:
            return f"read only in part {self.path}:{self.line}: {self.reason}"
        return f"could not read {self.path}: {self.reason}"


class Skipped(msgspec.Struct, frozen=True):
    """A folder that was left alone, and why (`virtual environment`, `node_modules`, ...)."""

    path: str
    reason: str


class FileCounts(msgspec.Struct, frozen=True):
    """How much was read; `tests` counts the modules of tests that were left unread."""

    python: int = 0
    template: int = 0
    lines: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    tests: int = 0
    script: int = 0


class LessonInfo(msgspec.Struct, frozen=True):
    """What a report says about a lesson."""

    id: str
    title: str
    areas: tuple[Area, ...] = ()


class RuleInfo(msgspec.Struct, frozen=True):
    """What a report says about a rule.

    Attributes:
        id: `lesson.what-is-bad`.
        title: what is bad, a short phrase.
        help: what goes wrong and how it is mended, in Markdown.
        quotes_secret: whether a secret stands in the code that it points at.
    """

    id: str
    lesson: str
    title: str
    severity: Severity = Severity.MEDIUM
    cwe: tuple[int, ...] = ()
    help: str = ""
    quotes_secret: bool = False


class Stat(msgspec.Struct, frozen=True):
    """A figure of `--stats`: a stage with its seconds, or a count."""

    name: str
    value: float
    unit: str = "s"


class FaultInfo(msgspec.Struct, frozen=True):
    """A place where Pickguard itself failed; the scan went on without it."""

    where: str
    message: str


class ScanResult(msgspec.Struct, frozen=True):
    """All that a scan has to say.

    Attributes:
        root: the folder that paths are relative to.
        findings: those that are shown, of every status, in the order of `order`.
        hidden: how many findings lie below the wanted confidence.
        left_out: how many lie in files that are not served, by kind (`tests`, ...).
        baseline: the known findings without those that are gone; None where there is no file.
        mended: how many entries the baseline lost because their findings are gone.
        faults: where Pickguard itself failed; not empty means exit code 4.
        unfollowed: the names of the code whose data was not followed to its end: a bound was met.
        uses_django: whether a module imports Django, or there are templates.
        production: the file whose settings were taken for those of production; empty without any.
        kept: whether nothing has changed since the last scan, whose findings these are.
    """

    root: str
    duration_s: float = 0.0
    files: FileCounts = FileCounts()
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()
    lessons: tuple[LessonInfo, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    hidden: int = 0
    left_out: dict[str, int] = {}
    baseline: Baseline | None = None
    mended: int = 0
    stats: tuple[Stat, ...] = ()
    faults: tuple[FaultInfo, ...] = ()
    unfollowed: tuple[str, ...] = ()
    production: str = ""
    uses_django: bool = True
    kept: bool = False

    def with_status(self, status: Status) -> tuple[Finding, ...]:
        """Return the findings that have this status."""
        return tuple(finding for finding in self.findings if finding.status is status)


def order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Sort key by place: the same tree gives the same order on every run."""
    if not finding.places:
        return ("", 0, 0, finding.rule, finding.message)
    place = finding.places[0]
    return (place.path, place.line, place.column, finding.rule, finding.message)
