"""A scan passes over modules of tests, says so, and reads them when it is asked to."""

from textwrap import dedent

from pickguard.base.config import Config
from pickguard.scan import scan

_VIEW = dedent(
    """
    import subprocess

    def run(request):
        subprocess.run("ls " + request.GET["folder"], shell=True)
    """
)


def _scanned(folder, *include):
    return scan(folder, config=Config(include=include), cache=False)


def test_modules_of_tests_are_passed_over_and_counted(tmp_path):
    (tmp_path / "views.py").write_text(_VIEW)
    (tmp_path / "test_views.py").write_text("import pytest\n" + _VIEW)
    result = _scanned(tmp_path)
    assert {finding.places[0].path for finding in result.findings} == {"views.py"}
    assert (result.files.python, result.files.tests) == (1, 1)
    asked = _scanned(tmp_path, "tests")
    assert {f.places[0].path for f in asked.findings} == {"views.py", "test_views.py"}
    assert (asked.files.python, asked.files.tests) == (2, 0)


def test_a_module_of_tests_that_is_named_by_itself_is_read(tmp_path):
    path = tmp_path / "test_views.py"
    path.write_text("import pytest\n" + _VIEW)
    assert _scanned(path, "tests").files.python == _scanned(path).files.python == 1


def test_a_site_about_test_cases_is_no_module_of_tests(tmp_path):
    (tmp_path / "testcase.py").write_text(_VIEW)
    (tmp_path / "testcases.py").write_text("from django.test import TestCase\n" + _VIEW)
    assert {f.places[0].path for f in _scanned(tmp_path).findings} == {"testcase.py"}
