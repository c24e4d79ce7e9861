"""The catalogue of libraries: validated when it is read, every file of it."""

from __future__ import annotations

from importlib.resources import files

import pytest

from pickguard.flow.catalog import Catalog, CatalogError, Passage, parsed

FILES = sorted(
    f.name for f in files("pickguard.flow.catalog").iterdir() if f.name.endswith(".toml")
)


@pytest.mark.parametrize("name", FILES)
def test_each_file_of_the_catalogue_is_well_formed(name):
    """Known tables, lists of names, no name twice."""
    text = (files("pickguard.flow.catalog") / name).read_text("utf-8")
    assert parsed(text, name.removesuffix(".toml"))


def test_a_name_is_found_by_its_full_dotted_name():
    """Names of libraries without a file are unknown, not an error."""
    assert Catalog().passage("urllib.parse.unquote") is Passage.CARRIES
    assert Catalog().passage("uuid.uuid4") is Passage.TYPED
    assert Catalog().passage("nosuchlibrary.thing") is None
    assert Catalog().passage("") is None


@pytest.mark.parametrize(
    "text",
    [
        "[cleans]\nfunctions = []",
        "[typed]\nfunctions = 'len'",
        "[typed]\nfunctions = [1]",
        "typed = 1",
        "[typed]\nfunctions = ['a', 'a']",
    ],
)
def test_a_mistake_in_a_file_is_told(text):
    """With the library's name, and what was expected."""
    with pytest.raises(CatalogError, match="lib: "):
        parsed(text, "lib")


@pytest.mark.parametrize(
    "text",
    [
        "[request]\nnames = 'data'",
        "[later]\nnames = ['task.delay']",
        "[handed]\nmethods = [{ of = 'form', argument = 'value' }]",
        "[handed]\nmethods = ['validate']",
        "[carries]\nmethods = 'convert'",
    ],
)
def test_a_mistake_in_what_members_mean_is_told(text):
    """As for functions."""
    with pytest.raises(CatalogError, match="lib: "):
        parsed(text, "lib")


def test_a_method_of_an_object_is_a_passage():
    """Told apart from functions: it is looked up by what made its object."""
    known = parsed("[carries]\nfunctions = ['convert']\nmethods = ['Markdown.render']", "lib")
    assert known.passages == {
        "lib.convert": Passage.CARRIES,
        "lib.Markdown.render": Passage.CARRIES,
    }
    assert known.methods == {"lib.Markdown.render"}
