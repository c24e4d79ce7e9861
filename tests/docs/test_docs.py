"""The documentation tells the truth: everything there is stands in it, and what stands in it works."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.findings.examples import RESULT

from pickguard.base import config
from pickguard.base.errors import ExitCode
from pickguard.cli.entry import VERBS
from pickguard.findings import suppression
from pickguard.report import View, render

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
    if (ROOT / "docs").is_dir() and path.name != "CHANGELOG.md"
)
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:\s]+\.md)(?:#[\w-]+)?\)")
# .ci/run calls these, they need the network, or tests/backups runs them on the sound example
_RUN_ELSEWHERE = ("make ", "pip install ", "python manage.py ")


def _text(name):
    return (ROOT / name).read_text("utf-8")


def _blocks(language):
    return [
        (path, found[2])
        for path in PAGES
        for found in _BLOCK.finditer(path.read_text("utf-8"))
        if found[1] == language
    ]


def _commands():
    """Return every `pickguard ...` line of every block that is shell, or holds some."""
    lines = {
        line.strip().removeprefix("- run:").removeprefix("- ").strip()
        for language in ("shell", "yaml")
        for _, block in _blocks(language)
        for line in block.splitlines()
    }
    return sorted(line for line in lines if line.startswith("pickguard "))


def _pickguard(*words, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "pickguard", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
        timeout=120,
    )


@pytest.mark.parametrize("words", [(), *((verb,) for verb in VERBS)])
def test_the_help_of_every_verb_stands_in_the_page(words):
    """With every option, as it is; `python docs/refresh.py` writes it anew."""
    shown = _pickguard(*words, "--help").stdout
    assert f"```text\n{shown.rstrip()}\n```" in _text("docs/commands.md")


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code):
    assert f"\n| {code.value} | " in _text("docs/commands.md")


@pytest.mark.parametrize("key", config.KEYS)
def test_every_setting_is_documented_with_its_default(key):
    (row,) = re.findall(rf"^\| `{key}` \| (.*?) \| ", _text("docs/configuration.md"), re.MULTILINE)
    default = getattr(config.Config(), key.replace("-", "_"))
    if isinstance(default, str | int):
        assert str(default) in row


@pytest.mark.parametrize("name", config.FORMATS)
def test_every_format_is_documented(name):
    assert f"\n`{name}`\n: " in _text("docs/formats.md")


@pytest.mark.parametrize("name", config.KINDS)
def test_every_kind_of_file_is_documented(name):
    assert f'`"{name}"`' in _text("docs/configuration.md")


@pytest.mark.parametrize("rule", [rule.id for rule in suppression.RULES])
def test_every_rule_about_suppressions_is_documented(rule):
    assert f"| `{rule}` | " in _text("docs/known-findings.md")


def test_there_are_commands_in_the_documentation():
    assert len(_commands()) > 5


@pytest.mark.parametrize("line", _commands())
def test_every_command_of_the_documentation_runs(line, tmp_path):
    """In the root of a project that has findings, as a reader would."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "examples" / "leaky", site)
    ended = _pickguard(*shlex.split(line)[1:], cwd=site)
    assert ended.returncode in {0, 1}, ended.stderr


@pytest.mark.parametrize(
    "line",
    sorted(
        {line for _, block in _blocks("shell") for line in block.splitlines()} - set(_commands())
    ),
)
def test_every_other_command_is_a_task_of_the_makefile_or_an_installation(line):
    assert line.startswith(_RUN_ELSEWHERE)
    if line.startswith("make "):
        assert re.search(rf"^{line.split()[1]}:", _text("Makefile"), re.MULTILINE)


@pytest.mark.parametrize("block", [block for _, block in _blocks("toml")])
def test_every_configuration_of_the_documentation_is_valid(block):
    table = tomllib.loads(block)["tool"]["pickguard"]
    config.parse(table, Path("pyproject.toml"))


def test_the_json_of_the_documentation_has_the_keys_of_the_report():
    (documented,) = [json.loads(block) for _, block in _blocks("json") if '"findings"' in block]
    real = json.loads(render("json", RESULT, View()))
    assert set(documented) == set(real)
    assert set(documented["findings"][0]) == set(real["findings"][0])
    assert set(documented["files"]) == set(real["files"])


def test_the_report_of_the_readme_is_a_real_one():
    """`python docs/refresh.py` writes it anew."""
    excerpt = re.search(r"<!-- report start -->\n```text\n(.*?)```", _text("README.md"), re.DOTALL)
    assert excerpt
    report = _pickguard("scan", "examples/leaky", "--no-cache", "--no-fold").stdout
    assert excerpt[1] in report


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page):
    for target in _LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).is_file(), target
