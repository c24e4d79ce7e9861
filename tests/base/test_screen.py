"""Text is measured as terminals show it, and nothing that was read steers one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.screen import crop, many, pad, printable, width, wrap

_texts = st.text(st.sampled_from("ab `é日\u0301\x1b\n\t\u202e\ud800🦊"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\r\t", "a\\nb\\x0d\\x09"),
        ("is_admin\u202e", "is_admin\\u202e"),
        ("a\u200bb", "a\\u200bb"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("Grüße 日本 🦊", "Grüße 日本 🦊"),
    ],
)
def test_what_steers_is_spelt_out(text, shown):
    assert printable(text) == shown


@given(_texts)
def test_printable_text_stays_as_it_is(text):
    once = printable(text)
    assert printable(once) == once
    assert once.isprintable()


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🦊", 2)])
def test_columns_are_counted_as_terminals_do(text, columns):
    assert width(text) == columns


@given(_texts.map(printable), st.integers(1, 20))
def test_cropped_text_fits(text, columns):
    assert width(crop(text, columns)) <= columns or columns < 2
    assert width(pad(text, columns)) >= columns


@given(_texts, st.integers(1, 20))
def test_wrapping_loses_nothing_but_blanks(text, columns):
    lines = wrap(text, columns)
    assert "".join(lines).replace(" ", "") == printable(text).replace(" ", "")
    assert all(width(line) <= columns or " " not in line.strip() for line in lines)


def test_counts_are_words():
    assert [many(count, "file") for count in (0, 1, 2000)] == ["0 files", "1 file", "2,000 files"]
