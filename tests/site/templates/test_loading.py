"""Which of several templates of one name is meant: the order of the loaders in the settings decides."""

from __future__ import annotations

import pytest
from tests.site.linked import site_of

from pickguard.site.templates.loading import template_folders
from pickguard.site.templates.names import TemplateNames

SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECRET_KEY = "x"
INSTALLED_APPS = ["theme", "shop.apps.ShopConfig", "django.contrib.admin"]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [DIRS],
    "APP_DIRS": True,
    OPTIONS
}]
"""
FILES = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n",
    "site1/__init__.py": "",
    "theme/__init__.py": "",
    "shop/__init__.py": "",
    "shop/apps.py": "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = 'shop'\n",
}
OWN, THEME, SHOP, OTHER = (
    f"{place}/base.html"
    for place in ("site1/pages", "theme/templates", "shop/templates", "other/templates")
)


def names(folder='BASE_DIR / "site1" / "pages"', options="", paths=(OWN, THEME, SHOP, OTHER)):
    """Return the names of templates in a site whose settings have a folder in `DIRS`."""
    text = SETTINGS.replace("[DIRS]", f"[{folder}]").replace("OPTIONS", options)
    site = site_of({**FILES, "site1/settings.py": text})
    return TemplateNames(paths, template_folders(site.production, site.modules))


@pytest.mark.parametrize(
    "folder",
    [
        'BASE_DIR / "site1" / "pages"',
        'Path(__file__).parent / "pages"',
        'Path(__file__).resolve().parents[0].joinpath("pages")',
        'os.path.join(ROOT, "site1", "pages")',
        'os.path.join(os.path.dirname(__file__), "pages")',
        'ROOT + "/site1/pages"',
        'f"{BASE_DIR}/site1/pages"',
        'str(BASE_DIR / "other" / ".." / "site1/pages")',
    ],
)
def test_a_folder_of_the_settings_comes_before_those_of_apps(folder):
    """However its path is made; a file of no folder may belong to another site of the tree."""
    assert names(folder).resolve("base.html") == (OWN, OTHER)


def test_among_apps_the_order_of_their_installation_decides():
    """Not that of the alphabet; an app may be named by its configuration."""
    found = names(paths=(SHOP, THEME))
    assert found.resolve("base.html") == (THEME,)


def test_a_template_that_extends_one_of_its_own_name_gets_the_next():
    """Each overrides the one behind it; a template of another site keeps all."""
    found = names()
    assert found.resolve("base.html", OWN) == (THEME,)
    assert found.resolve("base.html", "shop/templates/shop/list.html") == (OWN,)
    assert found.resolve("base.html", OTHER) == (SHOP, OWN, THEME)


@pytest.mark.parametrize(
    ("folder", "options"),
    [
        ("unknown()", ""),
        ("Path(__file__).parents[5]", ""),
        ("", "'OPTIONS': {'loaders': ['x.app_directories.Loader', 'x.filesystem.Loader']},"),
    ],
)
def test_what_the_settings_do_not_tell_is_not_guessed(folder, options):
    """A folder that nobody can tell, or loaders in another order: all are given."""
    assert names(folder, options).resolve("base.html") == (OTHER, SHOP, OWN, THEME)


def test_apps_whose_order_is_not_told_are_equals():
    """`INSTALLED_APPS += plugins()`: a folder of the settings still comes first."""
    text = SETTINGS.replace("[DIRS]", '[BASE_DIR / "site1/pages"]').replace("OPTIONS", "")
    site = site_of({**FILES, "site1/settings.py": text + "INSTALLED_APPS += plugins()\n"})
    folders = template_folders(site.production, site.modules)
    assert TemplateNames((SHOP, THEME), folders).resolve("base.html") == (SHOP, THEME)
    assert TemplateNames((OWN, SHOP, THEME), folders).resolve("base.html") == (OWN,)


def test_engines_are_asked_in_their_order_and_keep_to_themselves():
    """A page of Jinja2 extends pages of Jinja2."""
    engines = (
        "\nTEMPLATES.insert(0, {'BACKEND': 'django.template.backends.jinja2.Jinja2', 'DIRS': []})\n"
    )
    text = SETTINGS.replace("[DIRS]", "[]").replace("OPTIONS", "") + engines
    site = site_of({**FILES, "site1/settings.py": text})
    jinja = "shop/jinja2/base.html"
    folders = template_folders(site.production, site.modules)
    found = TemplateNames((jinja, SHOP, THEME), folders)
    assert found.resolve("base.html") == (jinja,)
    assert found.resolve("base.html", "shop/templates/list.html") == (THEME,)
    assert found.resolve("base.html", "shop/jinja2/list.html") == (jinja,)
