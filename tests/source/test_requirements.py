"""Pinned versions are read from every file that teams keep them in."""

import pytest

from pickguard.source.requirements import read_requirements
from pickguard.source.unreadable import Unreadable


def _read(text, path):
    return [(r.name, r.version) for r in read_requirements(text.encode(), path).requirements]


def test_requirements_files():
    text = (
        "# comment\nDjango==5.2.1 ; python_version > '3'\n-r other.txt\nPillow[x] == 9\nzope.a>=1\n"
    )
    assert _read(text, "requirements/base.txt") == [
        ("django", "5.2.1"),
        ("pillow", "9"),
        ("zope-a", None),
    ]


def test_project_files():
    text = '[project]\ndependencies = ["Django>=5"]\n[dependency-groups]\ndev = ["pytest==8"]\n'
    assert _read(text, "pyproject.toml") == [("django", None), ("pytest", "8")]


def test_lock_files():
    text = '[[package]]\nname = "django"\nversion = "5.2"\n'
    assert _read(text, "uv.lock") == [("django", "5.2")]
    assert _read('{"default": {"django": {"version": "==5.2"}}}', "Pipfile.lock") == [
        ("django", "5.2")
    ]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"\xff\xfe", "requirements.txt"),
        (b"[project", "pyproject.toml"),
        (b"{", "Pipfile.lock"),
        (b"[" * 100_000, "Pipfile.lock"),
    ],
)
def test_what_cannot_be_read_says_why(data, path):
    with pytest.raises(Unreadable):
        read_requirements(data, path)
