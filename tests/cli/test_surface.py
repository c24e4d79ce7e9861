"""`pickguard surface` shows the map of a site, and says where it does not know."""

import json
import sys

import pytest
from inline_snapshot import snapshot

from pickguard.cli.entry import cli, guarded

FILES = {
    "manage.py": "",
    "site1/__init__.py": "",
    "site1/settings.py": 'ROOT_URLCONF = "site1.urls"\nDEBUG = False\nINSTALLED_APPS = ["notes"]\n',
    "site1/urls.py": (
        "from django.urls import path\nfrom notes import views\n"
        'urlpatterns = [path("notes/<int:pk>/edit/", views.edit, name="edit")]\n'
    ),
    "notes/__init__.py": "",
    "notes/models.py": (
        "from django.db import models\n\nclass Note(models.Model):\n"
        "    title = models.CharField(max_length=80)\n"
    ),
    "notes/views.py": (
        "from django.contrib.auth.decorators import login_required\n"
        "from django.shortcuts import render\n\n"
        "@login_required\ndef edit(request, pk):\n    return render(request, 'edit.html')\n"
    ),
}


@pytest.fixture
def surface(tmp_path, capsysbinary, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def call(*words):
        code = guarded(lambda: cli.main(["surface", "--no-cache", *words], standalone_mode=False))
        sys.stdout.flush()
        assert code == 0
        return capsysbinary.readouterr().out.decode()

    return call


def test_the_text_names_each_route_with_what_it_lets_whom_do(surface):
    assert surface() == snapshot("""\
/notes/<int:pk>/edit/   edit
    notes.views.edit   site1/urls.py:3
    methods ? · login · no CSRF check · reads ?

model notes.Note   notes/models.py:3
    fields title

settings site1.settings
    DEBUG = False
    INSTALLED_APPS = ['notes']
    ROOT_URLCONF = site1.urls

1 route, 1 model, 0 forms
""")


def test_the_json_has_the_documented_form(surface):
    document = json.loads(surface("--format", "json"))
    assert set(document) == {"schema", "routes", "models", "forms", "settings"}
    (route,) = document["routes"]
    assert (route["route"], route["view"], route["login"]) == (
        "notes/<int:pk>/edit/",
        "notes.views.edit",
        True,
    )


def test_the_map_goes_to_a_file(surface, tmp_path):
    assert surface("--format", "json", "--output", "map.json") == ""
    assert json.loads((tmp_path / "map.json").read_text("utf-8"))["schema"] == 1


def test_a_route_whose_beginning_is_unknown_shows_its_end(surface, tmp_path):
    urls = tmp_path / "site1/urls.py"
    urls.write_text(
        "from django.urls import include, path\nfrom notes import views\nfrom where import prefix\n"
        'inner = [path("<int:pk>/edit/", views.edit, name="edit")]\n'
        "urlpatterns = [path(prefix(), include(inner))]\n",
        encoding="utf-8",
    )
    assert surface().startswith("? <int:pk>/edit/   edit\n")
    (route,) = json.loads(surface("--format", "json"))["routes"]
    assert (route["route"], route["known"]) == (None, "<int:pk>/edit/")


def test_an_address_is_written_without_the_marks_of_its_expressions(surface, tmp_path):
    """The JSON keeps them: they are what Django matches."""
    urls = tmp_path / "site1/urls.py"
    urls.write_text(
        "from django.urls import include, path, re_path\nfrom notes import views\n"
        'inner = [re_path(r"^edit/(?P<cents>\\$\\d+)$", views.edit)]\n'
        'urlpatterns = [path("notes/", include(inner))]\n',
        encoding="utf-8",
    )
    assert surface().startswith("/notes/edit/(?P<cents>\\$\\d+)\n")
    (route,) = json.loads(surface("--format", "json"))["routes"]
    assert route["route"] == "notes/^edit/(?P<cents>\\$\\d+)$"


def test_a_right_that_a_mixin_asks_for_is_told_by_the_mixin(surface, tmp_path):
    (tmp_path / "site1/urls.py").write_text(
        "from django.urls import path\nfrom django.views import View\n"
        "class SalesOnly:\n    def dispatch(self, request, *args):\n"
        "        if not request.user.has_perm('sales.view'):\n            raise PermissionDenied\n"
        "        return super().dispatch(request, *args)\n"
        "class Report(SalesOnly, View):\n    def get(self, request): ...\n"
        'urlpatterns = [path("report/", Report.as_view())]\n',
        encoding="utf-8",
    )
    assert "needs SalesOnly" in surface()


SECRETS = """
MAILERS = {"default": {"BACKEND": "smtp", "OPTIONS": {"host": "mail.example.com", "password": "hunter2a"}}}
REST_FRAMEWORK_API = {"API_KEY": "hunter2b", "PAGE_SIZE": 20}
EMAIL_URL = "smtp://site:hunter2c@mail.example.com:587"
SOURCES = ["redis://:hunter2d@cache.example.com/0", "redis://cache.example.com/1"]
STRIPE = "sk_live_51HxyzABCDhunter2eKLMNOP"
LDAP = {"servers": [{"bind": "cn=site", "passwd": os.environ.get("LDAP_BIND", "hunter2f")}]}
SEARCH = os.environ.get("SEARCH_TOKEN", "hunter2g")
"""


def test_no_secret_of_the_settings_is_in_the_map(surface, tmp_path):
    """Not in an entry of a setting either, nor in an address."""
    settings = tmp_path / "site1/settings.py"
    settings.write_text("import os\n" + settings.read_text("utf-8") + SECRETS, encoding="utf-8")
    printed = surface("--format", "json")
    assert "hunter2" not in printed
    assert "hunter2" not in surface()
    values = json.loads(printed)["settings"]["values"]
    assert values["REST_FRAMEWORK_API"] == {"API_KEY": "(hidden)", "PAGE_SIZE": 20}
    assert values["EMAIL_URL"] == "smtp://site:***@mail.example.com:587"
    assert values["SOURCES"] == [
        "redis://:***@cache.example.com/0",
        "redis://cache.example.com/1",
    ]
    assert values["MAILERS"]["default"]["OPTIONS"]["host"] == "mail.example.com"
