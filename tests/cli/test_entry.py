"""The command line as a process: fast help, quiet pipes, colour as asked for."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pickguard import __version__
from pickguard.cli.entry import VERBS
from pickguard.cli.output import view


def _pickguard(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "pickguard", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_names_every_verb():
    ended = _pickguard("--help")
    assert ended.returncode == 0
    for verb, line in VERBS.items():
        assert f"  {verb} " in ended.stdout
        assert line[:30] in ended.stdout


def test_the_version():
    assert _pickguard("--version").stdout == f"pickguard, version {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_described_alike_in_both_places(verb):
    """The list of verbs imports none of them, so it has the first sentences by heart."""
    command = import_module(f"pickguard.cli.{verb}").command
    assert command.name == verb
    assert command.help.split("\n\n")[0].replace("\n", " ") == VERBS[verb]


def test_help_imports_no_verb():
    code = "import sys; from pickguard.cli.entry import cli; cli.main(['--help'], standalone_mode=False)"
    check = f"{code}; assert not [m for m in sys.modules if 'msgspec' in m or 'jinja' in m], 1"
    subprocess.run([sys.executable, "-c", check], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colour_follows_the_environment(monkeypatch, environment, colour):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert view(None).colour is colour


@pytest.mark.parametrize(("columns", "width"), [("10", 72), ("90", 90), ("999", 120)])
def test_the_width_is_kept_readable(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert view(None).width == width


def test_a_reader_that_stops_early_gets_no_complaint():
    """`pickguard scan --format json | head -1` ends as the scan does, and says nothing."""
    site = Path(__file__).parent.parent.parent / "examples" / "leaky"
    with subprocess.Popen(
        [sys.executable, "-m", "pickguard", "scan", "--no-cache", "--format", "json", str(site)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (1, b"")
