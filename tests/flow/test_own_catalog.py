"""What a project says of its own functions: sources, sinks, sanitizers and guards."""

from __future__ import annotations

import pytest

from pickguard.base.config import Config, load
from pickguard.base.errors import ConfigurationError
from pickguard.check import catalog_of
from pickguard.flow.catalog import CatalogError, SinkKind, of_project
from pickguard.scan import scan

VIEWS = """
from shop import bus, machines, net, texts
from django.utils.safestring import mark_safe
import requests

def run(request):
    machines.run("ls " + request.GET["folder"])

def quoted(request):
    machines.run("ls " + machines.quoted(request.GET["folder"]))

def on_host(request, host):
    machines.Host().run("now", request.GET["folder"])

def heard(request):
    return mark_safe(bus.receive())

def cleaned(request):
    return mark_safe(texts.clean(request.GET["q"]))

def fetched(request):
    url = request.GET["url"]
    if net.is_partner(url):
        requests.get(url, timeout=1)
"""
CONFIGURATION = """
[tool.pickguard.flow]
sources = ["shop.bus.receive"]
guards = ["shop.net.is_partner"]

[tool.pickguard.flow.sinks]
shell = ["shop.machines.run", { name = "shop.machines.Host.run", position = 1 }]

[tool.pickguard.flow.sanitizers]
shell = ["shop.machines.quoted"]
html = ["shop.texts.clean"]
"""
LIBRARY = {"bus": "receive = load()", "net": "is_partner = load()", "texts": "clean = load()"}
MACHINES = """
run = load()
quoted = load()
class Host:
    run = load()
"""


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in {"__init__": "", "views": VIEWS, "machines": MACHINES, **LIBRARY}.items():
        (folder / f"{name}.py").write_text(text)
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    return tmp_path


def test_a_project_extends_what_is_known(shop):
    """Its sinks and sources are found, its sanitizers and guards believed."""
    config = load(shop / "pyproject.toml")
    found = scan(shop, config=config, cache=False).findings
    places = {(f.rule, f.symbol.rpartition(".")[2]) for f in found if f.confidence.value == "high"}
    assert places == {
        ("shell.command-from-parts", "run"),
        ("shell.command-from-parts", "on_host"),
        ("xss.mark-safe", "heard"),
    }


def test_without_its_words_the_functions_are_unknown(shop):
    """What is in the configuration makes the difference, nothing else."""
    found = scan(shop, config=Config(), cache=False).findings
    high = {(f.rule, f.symbol.rpartition(".")[2]) for f in found if f.confidence.value == "high"}
    assert ("shell.command-from-parts", "run") not in high
    assert ("trust.ssrf", "fetched") in high


def test_all_mistakes_are_told_at_once():
    """Unknown tables, unknown kinds, names that are none."""
    with pytest.raises(CatalogError) as caught:
        of_project({"sinks": {"shel": ["a.b"]}, "sourcs": ["a.b"], "guards": ["a b"]})
    assert len(str(caught.value).splitlines()) == 3
    config = Config(flow={"sinks": {"shell": [{"nam": "x"}]}})
    with pytest.raises(ConfigurationError, match="name, position, keyword, when"):
        catalog_of(config)


def test_a_sink_is_known_under_every_path_of_its_library():
    """`paramiko.SSHClient` is `paramiko.client.SSHClient` too; another library's is not."""
    (sink, *_rest) = of_project({}).sinks(SinkKind.SHELL)["exec_command"]
    assert sink.fits("paramiko.SSHClient.exec_command")
    assert sink.fits("paramiko.client.SSHClient.exec_command")
    assert not sink.fits("other.SSHClient.exec_command")
