"""Records of templates are cached by what they depend on: bytes, and the language."""

from pickguard.source.cache import RecordCache
from pickguard.source.load import load
from pickguard.source.read import read
from pickguard.source.templates import Engine
from pickguard.source.tree import discover


def engines(tmp_path):
    cache = RecordCache(tmp_path / "cache")
    records = read(load(discover(tmp_path / "site")), cache=cache)
    cache.close()
    return {path: record.engine for path, record in records.templates.items()}, records.reused


def test_the_same_bytes_in_two_languages(tmp_path):
    """A file below `jinja2` is read as Jinja2, whatever was cached for its twin, and again."""
    for folder in ("templates", "jinja2"):
        (tmp_path / "site" / folder).mkdir(parents=True)
        (tmp_path / "site" / folder / "a_long_name.html").write_text("{{ a }}", "utf-8")
    expected = {
        "jinja2/a_long_name.html": Engine.JINJA2,
        "templates/a_long_name.html": Engine.DJANGO,
    }
    assert engines(tmp_path) == (expected, 0)
    assert engines(tmp_path) == (expected, 2)
