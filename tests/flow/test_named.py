"""Functions that settings name are known for what they are, by those who call them and by what they get."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.values.origin import Origin

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
SHOP_LABELLER = "shop.labels.label"
SHOP_LABELLERS = {"plain": "shop.labels.label", "count": 3}
"""
FILES = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/urls.py": "urlpatterns = []",
    "shop/settings.py": SETTINGS,
}
IMPORTS = (
    "from django.conf import settings\n"
    "from django.utils.module_loading import import_string\n"
    "from shop.loading import load_func\n"
)


def sunk(name: str, **files: str) -> Origin:
    """Return the origin of what a function of the shop gives to `sink`."""
    written = {f"shop/{key}.py": text for key, text in files.items()}
    return given_to_sink(body_of(site_of({**FILES, **written}), f"shop.{name}"))


@pytest.mark.parametrize(
    "called",
    [
        "import_string(settings.SHOP_LABELLER)(request.GET['q'])",
        "load_func(settings.SHOP_LABELLERS['plain'])(request.GET['q'])",
        "import_string(getattr(settings, 'SHOP_LABELLER', 'shop.labels.other'))(request.GET['q'])",
        "import_string(getattr(settings, 'SHOP_ANY', 'shop.labels.label'))(request.GET['q'])",
        "import_string('shop.labels.label')(request.GET['q'])",
    ],
)
def test_a_value_comes_back_from_a_function_that_a_setting_names(called):
    """Also where the setting is one of several, or has a default beside it."""
    view = f"{IMPORTS}def view(request):\n    sink({called})\n"
    labels = "def label(name):\n    return '<b>' + name\ndef other(name):\n    return 'x'\n"
    found = sunk("views.view", views=view, labels=labels)
    assert found.is_browser
    assert any(step.note == "returned by `label`" for step in found.steps)


@pytest.mark.parametrize(
    "view",
    [
        "def view(request):\n    make = import_string(settings.SHOP_LABELLER)\n    make(request.GET['q'])\n",
        """MAKE = import_string(settings.SHOP_LABELLER)
def view(request):
    settings.SHOP_LABELLER
    MAKE(request.GET['q'])
""",
    ],
)
def test_the_callers_of_a_function_are_found_by_the_setting_that_names_it(view):
    labels = "def label(name):\n    sink(name)\n"
    assert sunk("labels.label", views=IMPORTS + view, labels=labels).is_browser


@pytest.mark.parametrize(
    "called",
    [
        "import_string(settings.SHOP_UNKNOWN)(request.GET['q'])",
        "import_string(settings.SHOP_LABELLERS['count'])(request.GET['q'])",
        "load_func(request.GET['name'])(request.GET['q'])",
        "settings.SHOP_LABELLER(request.GET['q'])",
    ],
)
def test_what_no_setting_names_is_unknown(called):
    view = f"{IMPORTS}def view(request):\n    sink({called})\n"
    labels = "def label(name):\n    return name\n"
    assert not sunk("views.view", views=view, labels=labels).is_browser


LOADING = """
from importlib import import_module
def by_path(path):
    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)
def elsewhere(path):
    return path.rsplit(".", 1)
"""


@pytest.mark.parametrize(("loader", "is_sent"), [("by_path", True), ("elsewhere", False)])
def test_a_function_of_the_site_may_load_what_a_setting_names(loader, is_sent):
    view = f"{IMPORTS}from shop.loading import {loader}\ndef view(request):\n    "
    view += f"{loader}(settings.SHOP_LABELLER)(request.GET['q'])\n"
    labels = "def label(name):\n    sink(name)\n"
    found = sunk("labels.label", views=view, labels=labels, loading=LOADING)
    assert found.is_browser is is_sent


@pytest.mark.parametrize(
    "made",
    ["def __init__(self, name):\n        self.name = name", "name: str"],
    ids=["own", "record"],
)
def test_a_class_that_a_setting_names_is_made_where_it_is_loaded(made):
    view = f"{IMPORTS}def view(request):\n    Label = import_string(settings.SHOP_LABELLER)\n"
    view += "    Label(request.GET['q']).show()\n"
    labels = "from dataclasses import dataclass\n@dataclass\nclass label:\n"
    labels += f"    {made}\n    def show(self):\n        sink(self.name)\n"
    assert sunk("labels.label.show", views=view, labels=labels).is_browser
