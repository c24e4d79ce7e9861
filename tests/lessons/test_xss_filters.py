"""What a chain of filters does to a value."""

import pytest

from pickguard.lessons.xss.templates.filters import outcome
from pickguard.lessons.xss.templates.values import is_address_of_site, is_text, is_written_harmless
from pickguard.site.templates import FilterFacts, Library
from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template

LIBRARY = Library(
    filters={
        "plain": FilterFacts(returns_safe=False),
        "kept": FilterFacts(is_safe=True, returns_safe=False),
        "marking": FilterFacts(returns_safe=True),
    }
)


def expression(written) -> r.Expression:
    (node,) = read_template(f"{{{{ {written} }}}}".encode()).nodes
    assert isinstance(node, r.Output)
    return node.expression


def result(written, *, autoescape=True):
    found = expression(written)
    filters = found.filters if isinstance(found, r.Filtered) else ()
    return outcome(filters, LIBRARY, autoescape=autoescape)


@pytest.mark.parametrize(
    "written",
    [
        "x|safe",
        "x|lower|safe",
        "x|safe|kept",
        "x|safe|default:'a'",
        "x|default:y|safe",
        "x|marking|safe",
    ],
)
def test_raw(written):
    """Marked as safe, and nothing has made it so."""
    assert result(written).raw
    assert result(written).by.name == "safe"


@pytest.mark.parametrize(
    "written",
    [
        *("x", "x|upper", "x|safe|upper", "x|safe|plain", "x|escape|safe", "x|force_escape|safe"),
        *("x|linebreaks|safe", "x|safe|escape", "x|length|safe", "x|date:'Y'|safe"),
        *("x|sanitize|safe", "x|bleach_clean|safe", "x|marking", "x|stringformat:'d'|safe"),
    ],
)
def test_not_raw(written):
    """Escaped, harmless, cleaned, or no longer marked."""
    assert not result(written).raw


@pytest.mark.parametrize(
    ("written", "raw"),
    [("x", True), ("x|escape", False), ("x|linebreaks", True), ("x|length", False)],
)
def test_escaping_is_off(written, raw):
    """Whatever is not escaped by a filter goes out as it is."""
    assert result(written, autoescape=False).raw is raw


@pytest.mark.parametrize(
    "written",
    [
        "'a'",
        "12",
        "forloop.counter",
        "note.id",
        "note.pk",
        "x|length",
        "block.super",
        "True",
        "field.help_text",
        "x|yesno:'a,b'",
        "n_count",
        "has_more",
        "csrf_token",
    ],
)
def test_harmless_by_its_writing(written):
    """Numbers, identifiers, the author's words."""
    assert is_written_harmless(expression(written))


@pytest.mark.parametrize("written", ["note.title", "x", "query|lower", "user.name|default:'a'"])
def test_not_harmless_by_its_writing(written):
    """Text that anybody may have written."""
    assert not is_written_harmless(expression(written))


def test_addresses_and_texts_by_name():
    """Names that addresses of the site, and texts, usually have."""
    assert is_address_of_site(expression("note.get_absolute_url"))
    assert is_address_of_site(expression("edit_url|default:'/'"))
    assert not is_address_of_site(expression("note.title"))
    assert is_text(expression("note.title|lower"))
    assert not is_text(expression("object.memory"))
