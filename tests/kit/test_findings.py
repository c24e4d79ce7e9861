"""Hits become findings, with places as people and editors count them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit.rules import project_rule

from pickguard.base.scales import Confidence, Severity
from pickguard.base.spans import Span, pack
from pickguard.findings.model import Place
from pickguard.findings.sources import Sources
from pickguard.kit.findings import finding
from pickguard.kit.rule import Hit, Spot

LINE = 'name = "Grüße 🌍", value\n'


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Return the sources of a folder with one file whose second line holds wide characters."""
    lines = ["first = 1\n", LINE, *(f"line{number}\n" for number in range(3, 40))]
    (tmp_path / "a.py").write_text("".join(lines), encoding="utf-8")
    return Sources(tmp_path)


def spot(line: int, column: int, end_line: int, end_column: int, *, path: str = "a.py") -> Spot:
    """Return a spot of `a.py`, or of another file."""
    return Spot(path, pack(Span(line, column, end_line, end_column)), "label")


def placed(sources: Sources, spot: Spot) -> Place:
    """Return the place of a spot."""
    return sources.place(spot.path, spot.span, spot.label)


def test_columns_in_bytes_become_columns_in_characters(sources):
    """`ü`, `ß` and an emoji take two and four bytes, and one column each."""
    column = LINE.index("value") + 1
    in_bytes = len(LINE[: column - 1].encode()) + 1
    place = placed(sources, spot(2, in_bytes, 2, in_bytes + 5))
    assert in_bytes == column + 5
    assert (place.line, place.column, place.end_column) == (2, column, column + 5)
    assert place.code == LINE.rstrip()


def test_columns_in_characters_stay(sources, tmp_path):
    """Template records count characters."""
    (tmp_path / "a.html").write_text((tmp_path / "a.py").read_text("utf-8"), "utf-8")
    place = placed(sources, spot(2, 19, 2, 24, path="a.html"))
    assert (place.column, place.end_column) == (19, 24)


def test_a_column_inside_a_character_is_the_character(sources):
    """A broken span never breaks a report."""
    inside = len(b'name = "Gr') + 2
    assert placed(sources, spot(2, inside, 2, inside)).column == 11


def test_a_long_place_shows_its_beginning(sources):
    """Twelve lines are enough to see what it is; the place keeps its end."""
    place = placed(sources, spot(3, 1, 30, 1))
    assert len(place.code.splitlines()) == 12
    assert place.end_line == 30


def test_a_file_as_a_whole_is_its_first_line(sources):
    """`(path, 0)` has no line of its own."""
    place = placed(sources, Spot("a.py", 0))
    assert (place.line, place.column, place.code) == (1, 1, "first = 1")


def test_a_file_that_has_vanished_has_a_place_without_code(sources):
    """A file may be removed between reading and reporting."""
    place = placed(sources, Spot("gone.py", pack(Span(3, 2, 3, 4))))
    assert (place.line, place.column, place.code) == (3, 2, "")


def test_bytes_that_are_no_utf8_are_shown_replaced(tmp_path):
    """The report is always text."""
    (tmp_path / "a.py").write_bytes(b"name = '\xff'\n")
    assert placed(Sources(tmp_path), spot(1, 1, 1, 5)).code == "name = '�'"


def test_a_hits_own_words_win_over_the_rules(sources):
    """Severity, gain and mend of the rule hold unless the case needs others."""
    rule = project_rule("case")
    plain = finding(rule, Hit((spot(1, 1, 1, 6),), "usual"), sources)
    assert (plain.severity, plain.gain, plain.mend) == (rule.severity, rule.gain, rule.mend)
    assert (plain.rule, plain.lesson, plain.cwe) == ("demo.case", "demo", (352,))
    own = Hit((spot(1, 1, 1, 6),), "worse", severity=Severity.HIGH, gain="all", mend="now")
    worse = finding(rule, own, sources)
    assert (worse.severity, worse.gain, worse.mend) == (Severity.HIGH, "all", "now")


def test_the_way_of_the_data_becomes_steps(sources):
    """Each step has its note and the first line of its code, without indentation."""
    hit = Hit((spot(1, 1, 1, 6),), "flows", flow=(spot(2, 1, 3, 4),))
    (step,) = finding(project_rule("case"), hit, sources).flow
    assert (step.line, step.note, step.code) == (2, "label", LINE.strip())


@pytest.mark.parametrize(
    ("steps", "said", "told"),
    [
        (20, Confidence.HIGH, Confidence.HIGH),
        (21, Confidence.HIGH, Confidence.MEDIUM),
        (40, Confidence.LOW, Confidence.LOW),
    ],
)
def test_a_very_long_way_is_not_sure(sources, steps, said, told):
    here = spot(1, 1, 1, 6)
    hit = Hit((here,), "a value goes far", said, flow=(here,) * steps)
    assert finding(project_rule("a.far"), hit, sources).confidence is told
