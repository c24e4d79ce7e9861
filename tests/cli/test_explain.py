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


def test_a_rule_shows_one_example_of_each_kind_and_how_to_see_the_others(run):
    brief, whole = (
        run("explain", "csrf.exempt-view").out,
        run("explain", "csrf.exempt-view", "--all").out,
    )
    headings = [line for line in brief.splitlines() if line.startswith(("Bad", "Good"))]
    assert [line.partition(":")[0] for line in headings] == ["Bad", "Good"]
    assert "more examples: pickguard explain csrf.exempt-view --all" in brief
    assert len(whole.splitlines()) > 2 * len(brief.splitlines())


def test_a_lesson_lists_its_rules_and_fits_on_a_page(run):
    for lesson in lessons().values():
        brief = run("explain", lesson.id).out
        assert len(brief.splitlines()) < 100
        assert [rule.id for rule in lesson.rules if rule.id not in brief] == []
        assert len(run("explain", lesson.id, "--all").out) > len(brief)


def test_an_unknown_name_is_a_mistake_of_usage(run):
    ended = run("explain", "csrf.exempt-veiw")
    assert ended.code == 2
    assert "Did you mean `csrf.exempt-view`?" in ended.err
    assert "lists all of them" in run("explain", "zzz").err
