"""A fingerprint names a finding across edits that don't concern it, and only it."""

from hypothesis import given
from hypothesis import strategies as st
from tests.findings.examples import finding

from pickguard.findings import Confidence
from pickguard.findings.fingerprint import fingerprint, normalised


def _one(**changes):
    return fingerprint([finding(**changes)])[0].fingerprint


def test_neither_the_line_nor_the_confidence_matters():
    same = {
        _one(),
        _one(place_line=99, place_end_line=99, place_column=3),
        _one(confidence=Confidence.LOW),
        _one(message="worded anew"),
        _one(place_code="  <p>{{ query|safe }}</p>  "),
        _one(place_code="<p>{{ query|safe }}</p> {# pickguard: ignore[xss] trusted #}"),
    }
    assert len(same) == 1


def test_rule_path_symbol_and_code_matter():
    different = {
        _one(),
        _one(rule="xss.other"),
        _one(place_path="notes/other.html"),
        _one(symbol="notes.views.search"),
        _one(place_code="<p>{{ other|safe }}</p>"),
    }
    assert len(different) == 5


def test_the_scan_of_a_part_names_findings_as_the_scan_of_the_whole():
    whole = fingerprint([finding(place_path="site/notes/a.html")])
    part = fingerprint([finding(place_path="notes/a.html")], prefix="site")
    assert whole[0].fingerprint == part[0].fingerprint


@given(st.permutations(range(5)))
def test_alike_findings_are_told_apart_whatever_order_they_come_in(order):
    shuffled = [finding(place_line=line + 1, place_end_line=line + 1) for line in order]
    marked = fingerprint(shuffled)
    assert marked == fingerprint(reversed(shuffled))
    assert len({f.fingerprint for f in marked}) == 5


def test_a_finding_without_places_has_a_fingerprint():
    assert _one(places=())


@given(st.text())
def test_normalising_twice_is_normalising_once(code):
    assert normalised(normalised(code)) == normalised(code)


def test_a_path_with_undecodable_bytes_has_a_fingerprint():
    assert _one(place_path="notes/\udcff.html")
