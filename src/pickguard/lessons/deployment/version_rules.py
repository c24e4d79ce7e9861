"""Deployment rules about the packages that a project pins."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.base.spans import Span, pack
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.served import kind_of_path
from pickguard.lessons.deployment.advisories import Advisories, Hole, advisories, release
from pickguard.source.requirements import Requirement

_SEVERITIES = {"low": Severity.LOW, "high": Severity.HIGH, "critical": Severity.HIGH}
_RANKS = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)
_LOCKED = ".lock"
_OF_DEVELOPERS = re.compile(r"(^|[-_./])(dev\w*|tests?|testing|docs?|lint|ci|local)([-_./]|$)")


@rule(
    "deployment.known-vulnerable",
    title="a pinned package has published holes",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY, Area.AVAILABILITY),
    cwe=(1395, 937),
    severity=Severity.MEDIUM,
    gain="how to use a published hole is published as well: robots try it on every site",
    mend="upgrade to a version that mends them, and let a robot propose upgrades",
)
def known_vulnerable(project: Project) -> Iterator[Hit]:
    """Find pins of versions with published holes; the data ships with Pickguard."""
    pins: dict[tuple[str, str], list[tuple[str, Requirement]]] = {}
    for path, record in project.requirements.items():
        kind = kind_of_path(path)
        if kind is not None and kind not in project.include:
            continue
        for requirement in record.requirements:
            if requirement.version is not None and requirement.name in advisories():
                key = (requirement.name, requirement.version)
                pins.setdefault(key, []).append((path, requirement))
    for (name, version), places in pins.items():
        places.sort(key=lambda place: not _is_deployed(project, *place))
        is_sure = _is_deployed(project, *places[0])
        yield from _hits(advisories()[name], name, version, places, is_sure=is_sure)


def _hits(
    known: Advisories,
    name: str,
    version: str,
    places: list[tuple[str, Requirement]],
    *,
    is_sure: bool,
) -> Iterator[Hit]:
    found = [(hole, mend) for hole in known.holes if (mend := hole.mended_in(version))]
    if not found and not known.is_left_behind(version):
        return
    spots = tuple(_spot(path, requirement) for path, requirement in places)
    yield Hit(
        spots[:4],
        _message(known, name, version, found),
        Confidence.HIGH if is_sure else Confidence.LOW,
        name,
        _gravest(hole for hole, _mend in found),
        mend=_mend(known, name, version, [mend for _hole, mend in found]),
    )


def _is_deployed(project: Project, path: str, requirement: Requirement) -> bool:
    """Whether a site gets it: no file or group for developers, and not what a library locks for its own."""
    if path.endswith(_LOCKED) and project.is_of_library(path):
        return False
    names = (path.removesuffix(".txt"), requirement.group)
    return not any(_OF_DEVELOPERS.search(name) for name in names)


def _spot(path: str, requirement: Requirement) -> Spot:
    end = len(requirement.name) + 1
    return Spot(path, pack(Span(requirement.line, 1, requirement.line, end)))


def _gravest(holes: Iterable[Hole]) -> Severity:
    severities = [_SEVERITIES.get(hole.severity, Severity.MEDIUM) for hole in holes]
    return max(severities or [Severity.MEDIUM], key=_RANKS.index)


def _message(known: Advisories, name: str, version: str, found: list[tuple[Hole, str]]) -> str:
    if not found:
        return (
            f"`{name}` {version} gets no mends any more: the oldest series that does is"
            f" {known.oldest}, as of {known.until}"
        )
    hole = max(
        (hole for hole, _mend in found),
        key=lambda hole: _RANKS.index(_SEVERITIES.get(hole.severity, Severity.MEDIUM)),
    )
    number = "a published hole" if len(found) == 1 else f"{len(found)} published holes, among them"
    return f"`{name}` {version} has {number} {hole.id}, {hole.title}; as of {known.until}"


def _mend(known: Advisories, name: str, version: str, mends: list[str]) -> str:
    if known.is_left_behind(version):
        return f"upgrade `{name}` to {known.oldest} or later: its series gets no mends any more"
    return f"upgrade `{name}` to {max(mends, key=lambda mend: release(mend) or ((), False))}"
