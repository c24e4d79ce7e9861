"""The published holes that ship with Pickguard: well formed, and told of the right versions alone."""

from datetime import date

import pytest

from pickguard.lessons.deployment.advisories import Hole, advisories, parsed, release
from pickguard.source.requirements import normalised

SERIES = Hole("CVE-1", "x", (("5.2", "5.2.8"), ("6.0", "6.0.2")))
EVERY = Hole("CVE-2", "x", (("", "2.31.0"),))


@pytest.mark.parametrize(
    ("hole", "version", "mend"),
    [
        (SERIES, "5.2", "5.2.8"),
        (SERIES, "5.2.7", "5.2.8"),
        (SERIES, "5.2.8", None),
        (SERIES, "5.2.10", None),
        (SERIES, "5.1.9", None),
        (SERIES, "6.0rc1", None),
        (SERIES, "6.0.0", "6.0.2"),
        (SERIES, "6.1", None),
        (SERIES, "5.2.*", None),
        (SERIES, "main", None),
        (EVERY, "2.4", "2.31.0"),
        (EVERY, "2.31.0rc1", "2.31.0"),
        (EVERY, "2.31", None),
        (EVERY, "v2.30.1+local", "2.31.0"),
    ],
)
def test_a_version_has_a_hole_until_the_one_that_mends_it(hole, version, mend):
    """Series by series, numbers compared as numbers, before a final release its candidates."""
    assert hole.mended_in(version) == mend


def test_a_series_that_is_left_behind_is_told_from_one_that_is_mended():
    """What is older than the oldest; a candidate of the oldest is none."""
    known = parsed('until = 2026-01-01\n[oldest]\nx = "5.2"\n[[x]]\nid="a"\ntitle="b"\nranges=[]')
    assert known["x"].until == date(2026, 1, 1)
    wanted = {"4.2.30": True, "5.1.15": True, "5.2": False, "5.2rc1": False, "6.0": False}
    assert {version: known["x"].is_left_behind(version) for version in wanted} == wanted


@pytest.mark.parametrize("package", sorted(advisories()))
def test_each_hole_is_well_formed(package):
    """Names as requirements are compared, ids once, ranges that go up."""
    holes = advisories()[package].holes
    assert package == normalised(package)
    assert len({hole.id for hole in holes}) == len(holes)
    for hole in holes:
        assert hole.id.startswith(("CVE-", "GHSA-"))
        assert hole.title
        assert not hole.title.endswith(".")
        assert hole.severity in ("", "low", "moderate", "medium", "high", "critical")
        for first, mend in hole.ranges:
            before, end = release(first), release(mend)
            assert end is not None
            assert not first or (before is not None and before < end)


def test_django_is_known_until_its_releases_of_today():
    """A hole of each of the last years, and the series that are mended."""
    django = advisories()["django"]
    years = {hole.id[4:8] for hole in django.holes}
    assert {"2021", "2022", "2023", "2024", "2025", "2026"} <= years
    assert not any(hole.mended_in("6.1.3") for hole in django.holes)
    injection = next(hole for hole in django.holes if hole.id == "CVE-2022-34265")
    assert injection.mended_in("4.0.5") == "4.0.6"
