"""The configuration is read whole or refused whole, with every mistake told."""

import pytest

from pickguard.base import config
from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError
from pickguard.base.scales import Confidence, Severity


def _write(folder, text):
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_arrives(tmp_path):
    path = _write(
        tmp_path,
        """
        [tool.pickguard]
        select = ["xss"]
        ignore = "csrf.exempt"
        fail-on = "high"
        min-confidence = "low"
        exclude = ["vendored/**"]
        include = ["tests"]
        baseline = "known.json"
        settings = ["site.settings.production"]
        jobs = 3
        format = "html"
        """,
    )
    assert config.load(path) == Config(
        select=("xss",),
        ignore=("csrf.exempt",),
        fail_on=Severity.HIGH,
        min_confidence=Confidence.LOW,
        exclude=("vendored/**",),
        include=("tests",),
        baseline="known.json",
        settings=("site.settings.production",),
        jobs=3,
        format="html",
        origin=path,
    )


def test_a_field_of_the_object_is_a_key_of_the_file():
    """Nothing can be configured in one place only."""
    fields = {name.replace("_", "-") for name in Config.__struct_fields__} - {"origin"}
    assert fields == set(config.KEYS)


def test_never_fails_is_a_threshold(tmp_path):
    assert config.load(_write(tmp_path, '[tool.pickguard]\nfail-on = "never"')).fail_on is None


def test_all_mistakes_are_told_at_once_with_what_was_meant(tmp_path):
    path = _write(
        tmp_path,
        """
        [tool.pickguard]
        fail_on = "high"
        min-confidence = "hihg"
        jobs = true
        select = [1]
        include = ["test"]
        """,
    )
    with pytest.raises(ConfigurationError) as caught:
        config.load(path)
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    assert "fail_on: no such setting\n  Did you mean `fail-on`?" in text
    assert "Did you mean `high`?" in text
    assert "jobs: True does not fit\n  expected a whole number from 0 to 61" in text
    assert "select: [1] does not fit" in text
    assert "Did you mean `tests`?" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[tool.pickguard", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[tool]\npickguard = 3", "has to be a table"),
        (b"tool = 3", "has to be a table"),
        (b"a = " + b"[" * 100_000, "not valid TOML"),
    ],
)
def test_a_damaged_file_is_a_configuration_error(tmp_path, content, said):
    path = tmp_path / "pyproject.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said):
        config.load(path)


def test_a_missing_file_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match="no such file"):
        config.load(tmp_path / "absent.toml")


def test_the_nearest_file_that_speaks_of_pickguard_is_found(tmp_path):
    """A `pyproject.toml` of other tools in between does not end the search."""
    top = _write(tmp_path, "[tool.pickguard]\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    _write(inner, "[tool.ruff]\n")
    assert config.find(inner) == top
    assert config.find(inner / "module.py") == top


def test_without_a_file_the_defaults_hold():
    assert config.load(None) == Config()


@pytest.mark.parametrize("path", ["/etc/passwd", "../known.json", "a/../../known.json"])
def test_a_project_cannot_point_its_baseline_elsewhere(tmp_path, path):
    """The baseline is written to; a project that is only scanned must not choose what."""
    with pytest.raises(ConfigurationError, match="below the folder"):
        config.load(_write(tmp_path, f'[tool.pickguard]\nbaseline = "{path}"\n'))
