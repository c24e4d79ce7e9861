"""Pinned versions are read from every file that teams keep them in."""

import pytest

from pickguard.source.requirements import read_requirements
from pickguard.source.unreadable import Unreadable
from pickguard.source.version_limits import limit

LIMITS = {
    ">=3.2,<4": (4,),
    ">=3.2, <4.0": (4,),
    "~=3.2": (4,),
    "~=3.2.1": (3, 3),
    "==3.2.*": (3, 3),
    "3.2.*": (3, 3),
    "<=3.2.9": (3, 2, 9, 1),
    "==3.2": (3, 2, 1),
    "3.2.25": (3, 2, 25, 1),
    "==3.2rc1": (3, 2, 1),
    "==3.2.25.post1+local": (3, 2, 25, 1),
    "^3.2": (4,),
    "^0.2.3": (0, 3),
    "~3.2.1": (3, 3),
    "~3": (4,),
    ">=3.2": (),
    "!=4.0": (),
    "": (),
    "*": (),
    ">=3.2,<5,<4.2": (4, 2),
}


@pytest.mark.parametrize(("specifier", "first"), LIMITS.items(), ids=repr)
def test_the_first_release_that_is_too_new(specifier, first):
    assert limit(specifier) == first


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Django>=3.2,<4  # the old one", "requirements.txt"),
        ("django [argon2] (>=3.2, <4) ; python_version > '3'", "requirements.txt"),
        ('[project]\ndependencies = ["Django~=3.2"]', "pyproject.toml"),
        ('[tool.poetry.dependencies]\ndjango = "^3.2"', "pyproject.toml"),
        ('[tool.poetry.dependencies]\ndjango = {version = "^3.2"}', "pyproject.toml"),
        ("[options]\ninstall_requires =\n    Django<4\n", "setup.cfg"),
    ],
)
def test_what_is_too_new_is_read_from_every_file(text, path):
    (found,) = read_requirements(text.encode(), path).requirements
    assert (found.name, found.version, found.limit) == ("django", None, (4,))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[[package]]\nname = "django"\nversion = "3.2.25"', "uv.lock"),
        ('{"default": {"django": {"version": "==3.2.25"}}}', "Pipfile.lock"),
    ],
)
def test_what_is_too_new_for_a_pin_of_a_lock_file(text, path):
    (found,) = read_requirements(text.encode(), path).requirements
    assert (found.version, found.limit) == ("3.2.25", (3, 2, 25, 1))


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


CFG = """[metadata]
name = notes
classifiers =
    Framework :: Django
    Framework :: Django :: 5.2
[options]
install_requires =
    Django>=5
    pillow==11.0
[options.extras_require]
search = whoosh==2.7
"""


def test_setup_cfg_says_what_is_asked_for_and_whether_other_sites_get_it():
    """Its other lines name no packages."""
    record = read_requirements(CFG.encode(), "setup.cfg")
    found = [(r.name, r.version, r.line, r.group) for r in record.requirements]
    assert found[:2] == [("django", None, 8, ""), ("pillow", "11.0", 9, "")]
    assert [(name, version, group) for name, version, _line, group in found[2:]] == [
        ("whoosh", "2.7", "search")
    ]
    assert record.published == "notes"
    inline = "[options]\ninstall_requires = Django==5.2\n"
    (only,) = read_requirements(inline.encode(), "setup.cfg").requirements
    assert (only.name, only.version, only.line) == ("django", "5.2", 2)


def test_the_group_that_asks_for_a_package_is_kept():
    """An extra, a group of dependencies, or what developers of a Pipfile install."""
    text = '[project]\ndependencies = ["a"]\n[dependency-groups]\ntests = ["b==1"]\n'
    found = read_requirements(text.encode(), "pyproject.toml").requirements
    assert [(r.name, r.group) for r in found] == [("a", ""), ("b", "tests")]
    text = '{"default": {"a": {}}, "develop": {"b": {}}}'
    found = read_requirements(text.encode(), "Pipfile.lock").requirements
    assert [(r.name, r.group) for r in found] == [("a", ""), ("b", "dev")]


def test_a_package_that_is_locked_twice_has_two_lines():
    """As extras that exclude each other lock it."""
    block = '[[package]]\nname = "django"\nversion = "{}"\n'
    text = block.format("5.2") + block.format("6.0")
    found = read_requirements(text.encode(), "uv.lock").requirements
    assert [(r.version, r.line) for r in found] == [("5.2", 2), ("6.0", 5)]


def test_lock_files():
    text = '[[package]]\nname = "django"\nversion = "5.2"\n'
    assert _read(text, "uv.lock") == [("django", "5.2")]
    assert _read('{"default": {"django": {"version": "==5.2"}}}', "Pipfile.lock") == [
        ("django", "5.2")
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "Django"\nversion = "5.2"\n', "uv.lock"),
        ('[project]\nname = "x"\ndependencies = [\n    "a",\n    "Django[x]==5.2",\n]\n', "pyproject.toml"),
        ('[project]\nname = "x"\n\n\ndependencies = ["Django==5.2"]\n', "pyproject.toml"),
        ('{\n"default": {\n"a": {},\n"b": {},\n"django": {"version": "==5.2"}}}', "Pipfile.lock"),
        ("a\nb\nc\nd\ndjango == 5.2\n", "requirements.txt"),
    ],
)  # fmt: skip
def test_each_requirement_has_the_line_that_names_it(text, path):
    """Also in formats whose parsers tell no lines."""
    found = read_requirements(text.encode(), path).requirements
    assert [(r.version, r.line) for r in found if r.name == "django"] == [("5.2", 5)]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"\xff\xfe", "requirements.txt"),
        (b"[project", "pyproject.toml"),
        (b"name = x", "setup.cfg"),
        (b"{", "Pipfile.lock"),
        (b"[" * 100_000, "Pipfile.lock"),
    ],
)
def test_what_cannot_be_read_says_why(data, path):
    with pytest.raises(Unreadable):
        read_requirements(data, path)
