"""Rules run over a project, one beside the other."""

from __future__ import annotations

import sys

import pytest
from msgspec.structs import replace
from tests.kit.rules import project, project_rule, word_rule

from pickguard.base.scales import Confidence
from pickguard.base.spans import Span, pack
from pickguard.base.workers import can_copy
from pickguard.kit.rule import Hit, Spot
from pickguard.kit.run import Failure, run

HERE = Hit((Spot("app/a.py", 0),), "here")
FILES = {
    "app/__init__.py": "",
    "app/a.py": "def f():\n    pay()\n",
    "app/b.py": "def g():\n    pay()\n    save()\n",
}


def found(*rules, files=FILES, jobs=1):
    """Return what rules find: (rule, message) of hits, failures as they are."""
    return [
        item if isinstance(item, Failure) else (item[0].id, item[1].message)
        for item in run(rules, project(files), jobs=jobs)
    ]


def test_a_rule_that_raises_is_a_failure_and_the_others_go_on():
    """What it found before counts; the failure says which rule, where, and with what."""
    hits = found(project_rule("broken", HERE, fails=True), project_rule("sound", HERE))
    assert hits[0] == ("demo.broken", "here")
    assert hits[2] == ("demo.sound", "here")
    failure = hits[1]
    assert isinstance(failure, Failure)
    assert (failure.rule, failure.where) == ("demo.broken", "demo")
    assert failure.message.startswith("KeyError: 'broken' (rules.py:")


def test_a_code_rule_that_raises_in_one_file_goes_on_in_the_next():
    """One strange file costs the findings of that file alone."""
    hits = found(word_rule("calls", "pay", fails_in="app.a"), word_rule("saves", "save"))
    failures = [hit for hit in hits if isinstance(hit, Failure)]
    assert [(f.rule, f.where) for f in failures] == [("demo.calls", "app/a.py")]
    assert failures[0].message.startswith("RecursionError: too deep")
    assert ("demo.calls", "app.b.g") in hits
    assert ("demo.saves", "app.b.g") in hits


def test_a_code_rule_sees_only_bodies_with_its_words():
    """The words are a promise: no other body can break the rule."""
    assert found(word_rule("saves", "save")) == [("demo.saves", "app.b.g")]
    assert found(word_rule("other", "absent")) == []


def test_rules_over_the_project_come_before_rules_over_code():
    """The order is the same each time, so that reports can be compared."""
    hits = found(word_rule("calls", "pay"), project_rule("whole", HERE))
    assert [rule for rule, _message in hits] == ["demo.whole", "demo.calls", "demo.calls"]


def test_hits_of_one_cause_in_one_file_are_told_once():
    """The others are places of the first; another file, another cause and no cause are apart."""

    def hit(path, span, cause):
        return Hit((Spot(path, span),), f"{path} {span}", cause=cause)

    hits = [
        hit("app/a.py", 1, "Option.text"),
        hit("app/a.py", 2, "Option.text"),
        hit("app/a.py", 3, "Other.text"),
        hit("app/b.py", 4, "Option.text"),
        hit("app/a.py", 5, ""),
        hit("app/a.py", 6, ""),
    ]
    results = run([project_rule("same", *hits)], project(FILES))
    told = [item[1] for item in results if not isinstance(item, Failure)]
    assert [[spot.span for spot in one.spots] for one in told] == [[5], [6], [1, 2], [3], [4]]
    assert [spot.label for spot in told[2].spots] == ["", "and here"]


def test_hits_of_one_cause_at_one_place_tell_what_else_they_show():
    """A column that is looked up twice is one column: what is said again is where it is looked up."""

    def hit(looked_up):
        return Hit(
            (Spot("app/a.py", 1), Spot("app/b.py", looked_up, "looked up")),
            "in clear",
            cause="Code.text",
        )

    results = run([project_rule("same", hit(2), hit(3), hit(3))], project(FILES))
    [told] = [item[1] for item in results if not isinstance(item, Failure)]
    assert [(spot.span, spot.label) for spot in told.spots] == [
        (1, ""),
        (2, "looked up"),
        (3, "looked up"),
    ]


def test_a_rule_is_silent_where_one_that_it_yields_to_is_as_sure():
    """On the same line of the same file, and where that one was asked at all."""

    def hits(*confidences):
        spots = ((Spot("app/b.py", pack(Span(line, 0, line, 4))),) for line in (1, 2, 3))
        return [Hit(*one) for one in zip(spots, ("one", "two", "three"), confidences, strict=False)]

    low, medium, high = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
    better = project_rule("better", *hits(medium, low))
    weaker = replace(
        project_rule("weaker", *hits(medium, medium, high)), yields_to=("demo.better",)
    )
    both = found(better, weaker)
    assert [message for rule, message in both if rule == "demo.weaker"] == ["two", "three"]
    assert [message for rule, message in both if rule == "demo.better"] == ["one", "two"]
    assert [message for _rule, message in found(weaker)] == ["one", "two", "three"]


def test_rules_may_go_deeper_than_the_interpreter_allows_by_itself():
    """And the limit is what it was once they are done."""
    before = sys.getrecursionlimit()
    items = run([project_rule("one", HERE)], project(FILES))
    next(items)
    assert sys.getrecursionlimit() >= 4_000
    assert list(items) == []
    assert sys.getrecursionlimit() == before


@pytest.mark.skipif(not can_copy(), reason="this system does not copy processes")
def test_several_processes_find_the_same_in_the_same_order():
    """Rules over the project, rules over code of many modules, and failures of both."""
    files = {f"app/m{number}.py": f"def f():\n    pay({number})\n" for number in range(90)}
    rules = (
        word_rule("calls", "pay", fails_in="app.m7"),
        project_rule("whole", HERE),
        project_rule("broken", HERE, fails=True),
        word_rule("calls-too", "pay"),
    )
    alone = found(*rules, files=files)
    assert len(alone) == 183
    assert found(*rules, files=files, jobs=3) == alone
