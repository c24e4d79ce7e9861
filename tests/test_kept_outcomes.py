"""A scan of what has not changed, or in its layout alone, says what the last one said; no other does."""

import ast
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import pickguard.scan
from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError
from pickguard.base.scales import Confidence
from pickguard.findings import kept
from pickguard.kit.run import Failure
from pickguard.kit.run import run as real_run

_LEAKY = Path(__file__).parents[1] / "examples" / "leaky"
_VIEW = dedent(
    """
    import subprocess

    def run(request):
        subprocess.run("ls " + request.GET["folder"], shell=True)
    """
)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder with a hole in it, a cache of its own, and a count of how often rules ran."""
    monkeypatch.setenv("PICKGUARD_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "views.py").write_text(_VIEW)
    (folder / "test_views.py").write_text("import pytest\n")
    return folder


@pytest.fixture
def runs(monkeypatch):
    """What the rules were run for, a mark each time."""
    found = []

    def counted(rules, project, *, jobs):
        found.append(project)
        return real_run(rules, project, jobs=jobs)

    monkeypatch.setattr("pickguard.check.run", counted)
    return found


def _scanned(folder, **asked):
    result = pickguard.scan.scan(folder, config=Config(**asked))
    return [(f.rule, f.places[0].path, f.places[0].line) for f in result.findings], result.files


def test_the_same_tree_is_looked_at_once(site, runs):
    first = _scanned(site)
    assert first[0]
    assert _scanned(site) == first
    assert len(runs) == 1


def test_no_rule_is_loaded_where_nothing_has_changed(site):
    """To load the rules takes longer than all the rest of such a scan."""
    _scanned(site)
    loaded = dedent(
        """
        import sys
        from pathlib import Path
        from pickguard.base.config import Config
        from pickguard.scan import scan
        found = scan(Path(sys.argv[1]), config=Config())
        print(len(found.findings), len(found.rules), sorted({"pickguard.kit", "pickguard.flow"} & sys.modules.keys()))
        """
    )
    command = [sys.executable, "-c", loaded, str(site)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, rules, rooms = printed.split(maxsplit=2)
    assert int(count) > 0
    assert int(rules) > 100
    assert rooms.strip() == "[]"


def test_what_is_not_read_may_change(site, runs):
    found, files = _scanned(site)
    (site / "test_views.py").write_text("import pytest\n\ndef test_it():\n    assert True\n")
    (site / "test_more.py").write_text("import pytest\n")
    (site / "notes.md").write_text("# Notes")
    again, counted = _scanned(site)
    assert again == found
    assert (files.tests, counted.tests) == (1, 2)
    assert len(runs) == 1


def _mended(folder):
    (folder / "views.py").write_text("")


def _altered(folder):
    (folder / "views.py").write_text(_VIEW.replace('"folder"', '"name"'))


def _added(folder):
    (folder / "more.py").write_text(_VIEW)


def _removed(folder):
    (folder / "views.py").unlink()
    (folder / "other.py").write_text("")


def _renamed(folder):
    (folder / "views.py").rename(folder / "other.py")


@pytest.mark.parametrize("change", [_mended, _altered, _added, _removed, _renamed])
def test_a_change_is_seen(site, runs, change):
    _scanned(site)
    change(site)
    with_cache = _scanned(site)
    assert len(runs) == 2
    fresh = pickguard.scan.scan(site, config=Config(), cache=False)
    assert with_cache[0] == [(f.rule, f.places[0].path, f.places[0].line) for f in fresh.findings]


def test_a_comment_costs_no_look(site, runs):
    """The findings stand where they stand now, with the code that stands there now."""
    first, files = _scanned(site)
    (site / "views.py").write_text("# pick\n\n" + _VIEW.replace("\n\n", "\n\n    # one\n"))
    moved, counted = _scanned(site)
    assert moved == [(rule, path, line + 3) for rule, path, line in first]
    assert counted.lines == files.lines + 3
    assert _scanned(site) == (moved, counted)
    assert len(runs) == 1


def _unparsed(text):
    return ast.unparse(ast.parse(text)) + "\n"


def _commented(text):
    return "# ü\n\n" + text.replace("):\n", "):  # ü\n\n")


@pytest.mark.parametrize("change", [_unparsed, _commented])
def test_another_layout_is_told_as_by_a_fresh_scan(tmp_path, monkeypatch, runs, change):
    """Each module of a site with every hole gets another layout; every finding is found again."""
    monkeypatch.setenv("PICKGUARD_CACHE", str(tmp_path / "cache"))
    site = tmp_path / "leaky"
    shutil.copytree(_LEAKY, site, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
    _told(site)
    for module in site.rglob("*.py"):
        module.write_text(change(module.read_text("utf-8")), "utf-8")
    moved = _told(site)
    assert len(runs) == 1
    assert moved == _told(site, cache=False)


def _told(site, *, cache=True):
    config = Config(min_confidence=Confidence.LOW)
    result = pickguard.scan.scan(site, config=config, cache=cache)
    return (result.findings, result.files, result.hidden, result.left_out)


@pytest.mark.parametrize(
    "asked",
    [{"select": ("xss",)}, {"ignore": ("shell",)}, {"include": ("tests",)}, {"exclude": ("v*",)}],
    ids=str,
)
def test_other_questions_have_answers_of_their_own(site, runs, asked):
    _scanned(site)
    (site / "page.html").write_text("{{ x }}")
    _scanned(site)
    assert _scanned(site, **asked) == _scanned(site, **asked)
    assert len(runs) == 3


def test_a_wrong_setting_is_told_each_time(site):
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            _scanned(site, settings=("nowhere",))


def test_what_is_shown_is_asked_anew(site, runs):
    low, _ = _scanned(site, min_confidence=Confidence.LOW)
    high, _ = _scanned(site, min_confidence=Confidence.HIGH)
    assert len(low) >= len(high) > 0
    assert len(runs) == 1


def test_another_pickguard_looks_again(site, runs, monkeypatch):
    _scanned(site)
    monkeypatch.setattr(kept, "_installed", lambda: [("other.py", 1, 1)])
    _scanned(site)
    assert len(runs) == 2


def test_a_damaged_outcome_is_made_again(site, runs, tmp_path):
    first = _scanned(site)
    with sqlite3.connect(tmp_path / "cache" / "records.sqlite3") as connection:
        connection.execute("UPDATE record SET data = x'00'")
    connection.close()
    assert _scanned(site) == first
    assert len(runs) == 2


def test_an_outcome_with_faults_is_not_kept(site, monkeypatch):
    failed = [Failure("shell.shell-true", "views.py", "ZeroDivisionError")]
    with monkeypatch.context() as patched:
        patched.setattr("pickguard.check.run", lambda *_asked, **_how: failed)
        assert pickguard.scan.scan(site, config=Config()).faults
    result = pickguard.scan.scan(site, config=Config())
    assert result.findings
    assert not result.faults
