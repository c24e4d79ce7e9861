"""`pickguard explain` tells of every lesson and rule there is, and of nothing else."""

import pytest

from pickguard.findings import suppression
from pickguard.kit import lessons

NAMES = [
    *lessons(),
    *(rule.id for lesson in lessons().values() for rule in lesson.rules),
    *(rule.id for rule in suppression.RULES),
]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_explained(run, name):
    ended = run("explain", name)
    assert (ended.code, ended.err) == (0, "")
    assert len(ended.out.splitlines()) > 2


def test_without_a_name_all_are_listed(run):
    listed = run("explain").out
    assert [name for name in NAMES if name not in listed] == []


def test_a_rule_shows_what_is_bad_and_what_is_good(run):
    shown = run("explain", "csrf.exempt-view").out
    for part in ("severity  high", "CWE-352", "so        any page", "mend      ", "Bad", "Good"):
        assert part in shown
    assert "```" not in shown


def test_an_unknown_name_is_a_mistake_of_usage(run):
    ended = run("explain", "csrf.exempt-veiw")
    assert ended.code == 2
    assert "Did you mean `csrf.exempt-view`?" in ended.err
    assert "lists all of them" in run("explain", "zzz").err
