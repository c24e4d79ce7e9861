"""Which texts look like a key that a service has handed out."""

import pytest

from pickguard.source.python.key_shapes import KEY, is_key
from pickguard.source.python.reader import read_python

PRIVATE = (
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
)


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_51Hq7ZrT0pWnVb3LkYs9uMxRd",
        "AKIAQ7ZRT0PWNVB3LKYS",
        "ghp_a8Kq2LmZx7Rw4TtYb9Nc3VvPd6Hs1Gf5Jj0Q",
        "Bearer glpat-Qw8sZr2LmX7vTb4NcYpK",
        "xoxb-28461357902-a8Kq2LmZx7Rw4TtYb9Nc",
        PRIVATE,
    ],
)
def test_a_key_is_known_by_its_shape(text):
    assert is_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_",
        "sk_test_51Hq7ZrT0pWnVb3LkYs9uMxRd",
        "pk_live_51Hq7ZrT0pWnVb3LkYs9uMxRd",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "glpat-" + "a" * 20,
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + PRIVATE[28:],
        "skip this one, it is only a text",
        "",
    ],
)
def test_other_texts_are_none(text):
    assert not is_key(text)


def test_code_that_holds_a_key_says_so_among_its_words():
    code = b"def charge():\n    return 'sk_live_51Hq7ZrT0pWnVb3LkYs9uMxRd'\nOTHER = 'x'\n"
    record = read_python(code)
    assert KEY in record.body[0].words
    assert KEY not in record.words
