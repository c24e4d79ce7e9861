"""Damaged texts are told from foreign ones."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.backups.engines.tools import no_room, without_rows
from pickguard.backups.integrity import texts


def test_examples():
    assert doctest.testmod(texts).failed == 0


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(["latin-1", "cp1252"]))
def test_what_was_read_with_the_wrong_encoding_is_found(text, wrong):
    """Every text with letters beyond ASCII, whatever its script."""
    try:
        damaged = text.encode().decode(wrong)
    except UnicodeDecodeError:
        return
    if damaged.isascii() or "\0" in damaged:
        return
    assert "another encoding" in texts.damage(damaged)


@pytest.mark.parametrize(
    "text",
    [
        "Straße, Übermut, ½ Ôté, Łódź, naïveté, Çela",
        "日本語 🦉 العربية",
        "Ã and â alone",
        "\N{LEFT DOUBLE QUOTATION MARK}Ä\N{RIGHT DOUBLE QUOTATION MARK}",
    ],
)
def test_foreign_words_are_no_damage(text):
    assert texts.damage(text) == ""


@pytest.mark.parametrize("text", ["a\0b", "caf\ufffd", "\ud83e", "don\x92t"])
def test_other_damage(text):
    assert texts.damage(text)


def test_rows_that_a_tool_quotes_are_not_repeated():
    """The last words of a program go to mails and logs."""
    said = (
        "--------------\nINSERT INTO t VALUES ('ann')\n--------------\n\nERROR 1180 at line 3: full"
    )
    assert without_rows(said) == "ERROR 1180 at line 3: full"
    said = 'pg_restore: error: bad\nCONTEXT:  COPY t, line 1: "ann"\nend'
    assert without_rows(said) == "pg_restore: error: bad\nend"


@pytest.mark.parametrize(
    "said",
    [
        'could not extend file "base/16677/175": No space left on device',
        'could not extend file "base/16677/175": wrote only 4096 of 8192 bytes at block 0',
        "ERROR 1114 (HY000): The table 'notes' is full",
        'ERROR 3 (HY000): Error writing file (Errcode: 28 "No space left on device")',
    ],
)
def test_a_server_without_room_is_told_by_its_words(said):
    """Each server, and each of its files, has words of its own."""
    assert "make room" in no_room(said)
    assert no_room('permission denied to create database "notes_new"') == ""
