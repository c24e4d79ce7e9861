"""The command line with the real scan behind it, over the life of a small project."""

import json

import pytest

from pickguard.findings import baseline

VIEWS = """\
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shop.models import Order


@csrf_exempt{comment}
@require_POST
def pay(request):
    Order.objects.create(number=request.POST["number"])
    return redirect("/")
"""
FILES = {
    "site/shop/__init__.py": "",
    "site/shop/models.py": (
        "from django.db import models\n\n\nclass Order(models.Model):\n"
        "    number = models.IntegerField()\n"
    ),
    "site/shop/urls.py": (
        "from django.urls import path\n\nfrom shop import views\n\n"
        'urlpatterns = [path("pay/", views.pay)]\n'
    ),
}


@pytest.fixture
def project(tmp_path):
    for name, text in {**FILES, "site/shop/views.py": VIEWS.format(comment="")}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _scan(run, *words):
    return run("scan", "--no-cache", "--select", "csrf", *words, real=True)


def _write(project, comment):
    (project / "site/shop/views.py").write_text(VIEWS.format(comment=comment), encoding="utf-8")


@pytest.mark.usefixtures("project")
def test_a_hole_fails_the_scan(run):
    ended = _scan(run)
    assert ended.code == 1
    assert "site/shop/views.py:8:2" in ended.out


def test_a_suppression_with_a_reason_passes(run, project):
    _write(project, "  # pickguard: ignore[csrf.exempt-view] the till sends this, signed")
    ended = _scan(run)
    assert ended.code == 0
    assert "1 suppressed" in ended.out


def test_a_suppression_without_a_reason_changes_nothing_and_is_told(run, project):
    _write(project, "  # pickguard: ignore[csrf.exempt-view]")
    ended = _scan(run)
    assert ended.code == 1
    assert "pickguard.suppression-without-reason" in ended.out


def test_a_stale_suppression_is_told(run, project):
    text = VIEWS.format(comment="").replace("@csrf_exempt\n", "")
    text = text.replace("pay(request):", "pay(request):  # pickguard: ignore[csrf.exempt-view] x")
    (project / "site/shop/views.py").write_text(text, encoding="utf-8")
    assert "pickguard.stale-suppression" in _scan(run).out


def test_the_baseline_over_its_life(run, project):
    """Written, respected while lines move, shrunk when its finding is mended."""
    path = project / baseline.FILE_NAME
    assert "1 finding written" in _scan(run, "--write-baseline").err
    views = project / "site/shop/views.py"
    views.write_text("import os\n\n\n" + views.read_text("utf-8"), encoding="utf-8")
    ended = _scan(run)
    assert (ended.code, "1 in the baseline" in ended.out) == (0, True)
    views.write_text(views.read_text("utf-8").replace("@csrf_exempt\n", ""), encoding="utf-8")
    ended = _scan(run)
    assert "1 finding of the baseline gone" in ended.out
    assert baseline.read(path) == baseline.Baseline()


def test_the_baseline_of_the_whole_knows_the_findings_of_a_part(run, project):
    (project / "pyproject.toml").write_text("[tool.pickguard]\n", encoding="utf-8")
    _scan(run, "--write-baseline")
    before = baseline.read(project / baseline.FILE_NAME)
    ended = _scan(run, "site", "--format", "json")
    statuses = [finding["status"] for finding in json.loads(ended.out)["findings"]]
    assert statuses == ["baseline"]
    assert baseline.read(project / baseline.FILE_NAME) == before


@pytest.mark.usefixtures("project")
def test_two_runs_say_the_same(run):
    first, second = (_scan(run, "--format", "sarif").out for _ in range(2))
    assert first == second
