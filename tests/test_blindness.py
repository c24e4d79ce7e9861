"""Nothing of a scanned project is imported or run."""

import subprocess
import sys
from pathlib import Path

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan, surface

TRAP = "open({path!r}, 'a').write(__name__)\n"
REST = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n",
    "site_/__init__.py": "",
    "site_/settings.py": "SECRET_KEY = 'x' * 9\nINSTALLED_APPS = ['shop']\nROOT_URLCONF = 'site_.urls'\nDEBUG = True\n",
    "site_/urls.py": "from django.urls import include, path\nurlpatterns = [path('', include('shop.urls'))]\n",
    "shop/__init__.py": "",
    "shop/models.py": "from django.db import models\nclass A(models.Model):\n    x = models.CharField()\n",
    "shop/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.f)]\n",
    "shop/views.py": "def f(request):\n    return eval(request.GET['x'])\n",
    "shop/migrations/0001_initial.py": "class Migration:\n    operations = []\n",
    "shop/templatetags/tags.py": "from django import template\nregister = template.Library()\n",
    "conftest.py": "",
    "setup.py": "",
    "sitecustomize.py": "",
}


def test_a_project_whose_every_module_leaves_a_mark_when_imported(tmp_path, monkeypatch):
    root, mark = tmp_path / "project", tmp_path / "mark"
    for name, text in REST.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TRAP.format(path=str(mark)) + text)
    (root / "shop/templates").mkdir()
    (root / "shop/templates/page.html").write_text("{% load tags %}{{ x.delete }}{% debug %}")
    (root / "pyproject.toml").write_text("[tool.pickguard]\n")
    monkeypatch.chdir(root)
    result = scan(root, config=Config(), jobs=2, cache=False)
    surface(root, config=Config(), cache=False)
    assert {f.rule for f in result.findings} >= {"deployment.debug", "shell.evaluated"}
    assert not Path(mark).exists()


@pytest.mark.parametrize("words", [("scan", "."), ("surface", ".")])
def test_the_current_folder_is_no_place_to_find_modules_in(words, tmp_path):
    """Its `org.py` answers where `copy` asks for Jython's, its `copy.py` for the library's own."""
    root, mark = tmp_path / "project", tmp_path / "mark"
    (root / "msgspec").mkdir(parents=True)
    for name in ("org.py", "copy.py", "ast.py", "click.py", "msgspec/__init__.py", "views.py"):
        (root / name).write_text(TRAP.format(path=str(mark)))
    done = subprocess.run(
        [sys.executable, "-m", "pickguard", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not mark.exists()


def test_tests_are_looked_at_when_they_are_asked_for(tmp_path):
    folder = tmp_path / "shop/tests"
    folder.mkdir(parents=True)
    (folder / "test_views.py").write_text("def f(request):\n    return eval(request.GET['x'])\n")
    assert scan(tmp_path, config=Config(), cache=False).findings == ()
    found = scan(tmp_path, config=Config(include=("tests",)), cache=False).findings
    assert [finding.rule for finding in found] == ["shell.evaluated"]
