"""A lesson's page is read into sections and examples."""

from __future__ import annotations

import pytest

from pickguard.kit.page import parse_page

PAGE = """\
---
title: demonstration
areas: integrity, availability
---
# A lesson

What it is about.

## demo.first-rule
Why it is bad.

### Bad
```python shop/views.py
from shop import pay

pay()  # finding: demo.first-rule
```
and its template:
```html shop/templates/page.html
<!-- finding: demo.first-rule -->
{# finding: demo.first-rule, demo.second-rule #}
```
### Good, with a guard
```python shop/views.py
guard()
```
### Further reading
Words alone are no example.

## demo.second-rule
Short.

## See also
No rule has a heading without a point.
"""


def test_the_head_gives_title_and_areas():
    """The head between two lines of `---` is not part of the text."""
    page = parse_page(PAGE)
    assert page.title == "demonstration"
    assert page.areas == ("integrity", "availability")
    assert page.text.startswith("# A lesson")
    assert "What it is about." in page.text


def test_each_rule_has_a_section():
    """A heading that is a rule's id begins a section; other headings do not."""
    page = parse_page(PAGE)
    assert [section.rule for section in page.sections] == ["demo.first-rule", "demo.second-rule"]
    section = page.section("demo.second-rule")
    assert section is not None
    assert section.text == "Short."
    assert page.section("demo.third-rule") is None


def test_the_blocks_under_one_heading_make_one_example():
    """Each block is a file; a heading without one is no example."""
    section = parse_page(PAGE).section("demo.first-rule")
    assert section is not None
    bad, good = section.examples
    assert bad.is_bad
    assert list(bad.files) == ["shop/views.py", "shop/templates/page.html"]
    assert bad.files["shop/views.py"].startswith("from shop import pay\n\n")
    assert not good.is_bad
    assert good.title == "Good, with a guard"
    assert good.expected == ()


def test_marks_name_line_and_rule_in_every_kind_of_comment():
    """Python's, Django's and HTML's comments; several rules with commas."""
    section = parse_page(PAGE).section("demo.first-rule")
    assert section is not None
    assert section.examples[0].expected == (
        ("shop/templates/page.html", 1, "demo.first-rule"),
        ("shop/templates/page.html", 2, "demo.first-rule"),
        ("shop/templates/page.html", 2, "demo.second-rule"),
        ("shop/views.py", 3, "demo.first-rule"),
    )


def test_a_page_without_a_head_is_refused():
    """The error says what a page begins with."""
    with pytest.raises(ValueError, match="begins with a head"):
        parse_page("# A lesson\n")


def test_a_block_without_a_file_name_is_refused():
    """An example that names no file would test nothing."""
    page = "---\ntitle: a\n---\n## demo.rule\n### Bad\n```python\npay()\n```\n"
    with pytest.raises(ValueError, match=r"demo.rule: the code block of 'Bad' names no file"):
        _ = parse_page(page).sections[0].examples
