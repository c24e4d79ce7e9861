"""A wrapper has one sink: where others hand it something that does harm is told beside the way of the data."""

from textwrap import dedent

from pickguard.base.config import Config
from pickguard.scan import scan

WRAPPER = """
    import subprocess
    import requests
    def run(command, check=True):
        return subprocess.run(command, shell=True, check=check)
    def fetch(method, url):
        return requests.request(method, url, timeout=3)
"""
VIEWS = """
    from shlex import quote
    from shop.wrapper import fetch, run
    def show(request):
        run("ls " + request.GET["folder"])
        fetch("get", request.GET["address"])
    def rename(old, new):
        run(f"mv {old} {new}")
        run(command=f"mv {quote(old)} {quote(new)}")
        run("ls /srv")
        fetch("get", "https://shop.example/")
    def load(request):
        fetch(url=request.POST["picture"], method="get")
"""
URLS = """
    from django.urls import path
    from shop import views
    urlpatterns = [path("show/", views.show), path("load/", views.load)]
"""


def _places(folder, rule):
    (folder / "shop").mkdir()
    for name, text in {"wrapper": WRAPPER, "views": VIEWS, "urls": URLS}.items():
        (folder / "shop" / f"{name}.py").write_text(dedent(text).lstrip("\n"))
    (found,) = scan(folder, config=Config(select=(rule,)), cache=False).findings
    return [(place.path, place.line, place.label) for place in found.places[1:]]


def test_a_command_that_another_caller_puts_together_is_told(tmp_path):
    assert _places(tmp_path, "shell.command-from-parts") == [
        ("shop/views.py", 7, "handed in here as well")
    ]


def test_an_address_that_another_caller_takes_from_the_browser_is_told(tmp_path):
    assert _places(tmp_path, "trust.ssrf") == [("shop/views.py", 12, "handed in here as well")]
