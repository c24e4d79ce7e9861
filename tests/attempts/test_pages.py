"""The documentation names every setting, check and command as they are, and its examples are valid."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from tests.attempts.ways import post

from pickguard.attempts import checks, config
from pickguard.attempts.config import NAME
from pickguard.attempts.places import place

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "attempts.md").read_text("utf-8")
MIGRATING = (DOCS / "attempts-migrating.md").read_text("utf-8")


@pytest.mark.parametrize("key", config.KEYS)
def test_every_setting_stands_in_the_table_with_its_default(key, settings):
    (default,) = re.findall(rf"^\| `{key}` \| (.+?) \|", PAGE, re.MULTILINE)
    if key == "limits":
        return
    value = ast.literal_eval(default.strip("`"))
    if value is not None or key != "audit":
        setattr(settings, NAME, {key: value})
        assert config.configured() == config.Config()


def test_every_check_stands_in_the_table():
    source = Path(checks.__file__).read_text("utf-8")
    ids = re.findall(r'id="(pickguard\.attempts\.\w+)"', source)
    assert len(ids) == 8
    assert re.findall(r"^\| `(pickguard\.attempts\.\w+)` \|", PAGE, re.MULTILINE) == sorted(ids)


def test_the_first_example_is_a_whole_setup():
    block = re.findall(r"^PICKGUARD_ATTEMPTS = (\{\n.*?^\})", PAGE, re.MULTILINE | re.DOTALL)
    found, wrong = config.parse(ast.literal_eval(block[0]))
    assert wrong == []
    assert found.limits == config.Config().limits


COMMANDS = re.findall(r"^python manage.py (attempts.*)$", PAGE, re.MULTILINE)


@pytest.mark.django_db
@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_runs(line, capsys):
    for _ in range(2):
        post("/login/")(Client(), "wrong")
    call_command(*line.split())
    assert capsys.readouterr().out


def test_there_are_commands():
    assert len(COMMANDS) == 4


PEERS = {"axes": "AXES_", "defender": "DEFENDER_", "django_ratelimit": "RATELIMIT_"}


@pytest.mark.parametrize("package", PEERS)
def test_settings_of_other_packages_are_theirs(package):
    """What is translated is what their own code reads."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is installed for the benchmarks only")
    folder = Path(spec.origin).parent
    code = " ".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    named = set(re.findall(rf"`({PEERS[package]}[A-Z0-9_]+)", MIGRATING))
    assert len(named) > 4
    assert {name for name in named if name not in code} == set()


def test_the_counts_of_one_limit_are_apart_from_those_of_another():
    """Names, addresses and devices cannot be written so that two budgets share a key."""
    rate = config.Rate(5, 60)
    keys = {
        place(name, rate, account=account, address=address, device=device).key
        for name in ("account", "address", "device", "link")
        for account in ("", "a", "a b")
        for address in ("", "a", "b")
        for device in ("", "a", "b")
    }
    assert len(keys) == 4 * 3 * 3 * 3
