"""The guide tells the truth: what stands in it was run, everything there is stands in it."""

import configparser
import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pickguard.backups import checks
from pickguard.backups.conf import Settings
from pickguard.backups.integrity.finding import DAMAGE, Check
from pickguard.backups.watching import status

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the docs are not here")


def _text(name="backups.md"):
    return (ROOT / "docs" / name).read_text("utf-8")


def _blocks(kind):
    return [block for found, block in _BLOCK.findall(_text()) if found == kind]


@pytest.fixture
def noticeboard(tmp_path):
    """A copy of the sound example, whose data lie apart."""
    site = tmp_path / "sound"
    shutil.copytree(ROOT / "examples" / "sound", site)
    (tmp_path / "data").mkdir()
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "noticeboard.settings.development",
        "NOTICEBOARD_DATA": str(tmp_path / "data"),
        "HOME": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
    }

    def run(line):
        words = shlex.split(line)
        assert words[:2] == ["python", "manage.py"], line
        return subprocess.run(
            [sys.executable, *words[1:]],
            cwd=site, env=environ, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    run.environ = environ
    return run


def test_every_command_of_the_guide_works_on_the_sound_example(noticeboard):
    """In the order of the guide, as a reader would; the example backs itself up and drills."""
    lines = [line for block in _blocks("shell") for line in block.splitlines()]
    assert len(lines) > 12
    for line in lines:
        ended = noticeboard(line)
        expected = 1 if " ownership" in line else 0  # the example keeps its backups beside it
        assert ended.returncode == expected, (line, ended.stdout, ended.stderr)
        if "--new-key" in line:
            noticeboard.environ["RECOVERY_KEYS"] = ended.stdout.strip()
        if line.endswith(" drill --identity recovery.key"):
            assert "drill: all good" in ended.stdout
            assert "2 smoke checks ran" in ended.stdout


def test_every_setting_is_in_the_guide_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", _text(), re.MULTILINE))
    known = {field.name: field.default for field in dataclasses.fields(Settings)}
    assert set(rows) >= set(known)
    for name, default in known.items():
        if name == "keep":
            assert rows[name] == ", ".join(map(str, dataclasses.astuple(Settings().keep)))
        else:
            shown = (
                "[]" if default == () else f"{default:g}" if isinstance(default, float) else default
            )
            assert rows[name] == f"`{shown}`", name


def test_every_check_and_every_finding_is_in_the_guide():
    text = _text()
    for name in {*checks._IDS.values(), "pickguard.E010"}:
        assert f"| `{name}` |" in text
    for check in Check:
        kind = "damage" if check in DAMAGE else "doubt"
        assert re.search(rf"^\| `{check}` \| .+ \| {kind} \|$", text, re.MULTILINE), check


def test_the_lines_of_cron_are_lines_of_cron():
    (block,) = [text for text in _blocks("text") if "MAILTO" in text]
    jobs = [line for line in block.splitlines() if line[:1].isdigit()]
    assert len(jobs) == 2
    for job in jobs:
        *moment, command = job.split(maxsplit=5)
        assert all(re.fullmatch(r"[\d*]+", part) for part in moment)
        ended = subprocess.run(["bash", "-n", "-c", command], check=False)
        assert ended.returncode == 0
        _known(command.split("manage.py ")[1].split(">")[0])


def _known(words):
    """See that a command takes these words."""
    from importlib import import_module

    name, *rest = shlex.split(words)
    command = import_module(f"pickguard.backups.management.commands.{name}").Command()
    command.create_parser("manage.py", name).parse_args(rest)


def test_the_units_of_systemd_are_well_formed(tmp_path):
    """By systemd's own eyes where they are here."""
    service, timer = _blocks("ini")
    for name, text in (
        ("noticeboard-backup.service", service),
        ("noticeboard-backup.timer", timer),
    ):
        (tmp_path / name).write_text(
            text.replace("/srv/noticeboard/.venv/bin/python", sys.executable)
        )
        parsed = configparser.ConfigParser(interpolation=None, strict=True)
        parsed.optionxform = str  # type: ignore[assignment,method-assign]
        parsed.read_string(text)
        if "Service" in parsed:
            _known(parsed["Service"]["ExecStart"].split("manage.py ")[1])
    tool = shutil.which("systemd-analyze")
    if tool is not None:
        when = timer.split("OnCalendar=")[1].splitlines()[0]
        assert subprocess.run([tool, "calendar", when], check=False).returncode == 0
        ended = subprocess.run(
            [tool, "verify", "--man=no", str(tmp_path / "noticeboard-backup.timer")],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert "noticeboard-backup" not in ended.stderr or "Unknown" not in ended.stderr, (
            ended.stderr
        )


def test_the_tasks_of_celery_run(monkeypatch):
    """The beat's schedule names tasks that are there, and each calls its command."""
    pytest.importorskip("celery")
    (block,) = [text for text in _blocks("python") if "crontab" in text]
    names: dict[str, Any] = {}
    exec(compile(block, "backups.md", "exec"), names)
    app, called = names["app"], []
    monkeypatch.setitem(names, "call_command", lambda *words, **more: called.append((words, more)))
    for entry in app.conf.beat_schedule.values():
        app.tasks[entry["task"]].apply(throw=True)
        assert entry["schedule"].hour
    assert called == [(("backup",), {}), (("drill",), {"identity": "/run/secrets/recovery.key"})]


def test_the_alerts_name_metrics_that_there_are():
    (block,) = _blocks("promql")
    record = status.Record("x", "2026-11-25T00:00:00.000000+00:00", True, [], {}, 1.0, [])
    known = status.prometheus(
        status.Status(1, "20261125T040000Z-000009-abcdef", 5, False, record, record)
    )
    named = re.findall(r"pickguard_\w+", block)
    assert len(named) == 5
    for name in named:
        assert f"\n{name} " in known


@pytest.mark.parametrize(
    "line",
    re.findall(
        r"^\| `([^|]+?)`", (_text("pager.md") if (ROOT / "docs").is_dir() else ""), re.MULTILINE
    ),
)
def test_what_the_pager_says_is_said_somewhere(line):
    """A message that is looked up at night stands in the code as it is written there."""
    sources = (
        "\n".join(
            path.read_text("utf-8") for path in (ROOT / "src/pickguard/backups").rglob("*.py")
        )
        if (ROOT / "src").is_dir()
        else None
    )
    if sources is None:
        pytest.skip("the source is not here")
    plain = re.sub(r'"\s*\n\s*f?"', "", sources)
    for part in re.split(r"` ?, ?`|…", line):
        words = part.strip()
        assert not words or words in plain or re.search(_with_names(words), plain), words


def _with_names(words):
    """Return a pattern that lets a placeholder stand for a name, or a verb."""
    return re.escape(words).replace("pg_dump", r"\{name\}").replace("store", r"\{verb\}")
