"""Each lesson's page is its test: every rule finds what its bad examples mark, and nothing else."""

from pathlib import Path

import pytest

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.kit import Example, lessons
from pickguard.scan import scan

EXAMPLES = [
    example
    for lesson in lessons().values()
    for section in lesson.page.sections
    for example in section.examples
]


def _written(example: Example, folder: Path) -> None:
    for name, content in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.rule}: {e.title}")
def test_the_rule_finds_what_the_page_marks(example, tmp_path):
    """The rule runs alone, so that a new rule never breaks an old page."""
    _written(example, tmp_path)
    config = Config(select=(example.rule,), min_confidence=Confidence.LOW)
    result = scan(tmp_path, config=config, cache=False)
    found = [(f.places[0].path, f.places[0].line, f.rule) for f in result.findings]
    assert sorted(found) == list(example.expected)
    assert not result.faults
    assert bool(found) is example.is_bad


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.id)
def test_every_rule_has_a_section_with_a_bad_and_a_good_example(lesson):
    assert {s.rule for s in lesson.page.sections} == {rule.id for rule in lesson.rules}
    for section in lesson.page.sections:
        assert any(e.is_bad for e in section.examples), section.rule
        assert any(not e.is_bad for e in section.examples), section.rule


def test_ids_are_unique_and_belong_to_their_lesson():
    ids = [rule.id for lesson in lessons().values() for rule in lesson.rules]
    assert len(ids) == len(set(ids))
    for lesson in lessons().values():
        assert lesson.title
        assert lesson.areas
        assert all(rule.lesson == lesson.id for rule in lesson.rules)
