"""The data of a finding.

A finding is made by a rule, never by a report: it holds typed parts, and each report renders them.
"""

from enum import StrEnum

import msgspec

from pickguard.base.scales import Area, Confidence, Severity

__all__ = ["Area", "Confidence", "Finding", "Fix", "Place", "Severity", "Status", "Step"]


class Status(StrEnum):
    """Whether a finding is news to the team."""

    NEW = "new"
    BASELINE = "baseline"
    SUPPRESSED = "suppressed"


class Place(msgspec.Struct, frozen=True):
    """A stretch of a file that a finding speaks of.

    Attributes:
        path: relative to the scanned root, with forward slashes.
        line, column, end_line, end_column: start at 1; the end column is exclusive.
        label: what stands here, as a short phrase in lower case without a full stop.
        code: the source lines `line` to `end_line`, as they stand in the file; may be empty.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    label: str = ""
    code: str = ""


class Step(msgspec.Struct, frozen=True):
    """One step of the data's way from where it enters to where it does harm."""

    path: str
    line: int
    column: int
    note: str
    code: str = ""


class Fix(msgspec.Struct, frozen=True):
    """A change that mends a finding: replace a stretch of one file by a text."""

    title: str
    place: Place
    replacement: str


class Finding(msgspec.Struct, frozen=True):
    """One thing that breaks a lesson.

    Attributes:
        rule: id of the rule, `lesson.what-is-bad`.
        lesson: id of the lesson, the folder's name.
        areas: what is harmed, the first one is where reports list it.
        cwe: numbers of the Common Weakness Enumeration.
        message: what is wrong, one sentence without a full stop; code stands in backquotes.
        gain: what an attacker gains ("whoever follows a crafted link ..."), one sentence.
        mend: what to do about it, one sentence.
        places: the first is where to mend; others are labelled.
        flow: the way of the data, in order; empty where none is known.
        symbol: the dotted name of the function, class or setting around the first place.
        fingerprint: stays the same when lines move; empty until it is computed.
        reason: why it is suppressed, as written beside the suppression.
    """

    rule: str
    lesson: str
    areas: tuple[Area, ...]
    cwe: tuple[int, ...]
    severity: Severity
    confidence: Confidence
    message: str
    gain: str
    mend: str
    places: tuple[Place, ...]
    flow: tuple[Step, ...] = ()
    symbol: str = ""
    fingerprint: str = ""
    status: Status = Status.NEW
    reason: str = ""
    fix: Fix | None = None
