"""The project that comes with a package for other sites is never deployed; one that is a site itself is."""

import pytest
from tests.site.linked import site_of

from pickguard.kit import Project
from pickguard.source.requirements import read_requirements

SETTINGS = """\
SECRET_KEY = "a"
ROOT_URLCONF = "project.urls"
INSTALLED_APPS = ["django.contrib.auth", "silk"]
"""
MANIFEST = b"""
[project]
name = "django-silk"
classifiers = ["Programming Language :: Python", "Framework :: Django :: 5.2"]
"""
SETUP = """
from setuptools import setup
setup(name="django-silk", classifiers=["Framework :: Django"])
"""
PACKAGE = {"silk/__init__.py": "", "silk/views.py": "x = 1\n"}
BESIDE = {"project/project/settings.py": SETTINGS, "project/app/views.py": "x = 1\n"}


def _project(files: dict[str, str], **manifests: bytes) -> Project:
    known = {
        f"{path.replace('__', '/')}.toml": read_requirements(data, "pyproject.toml")
        for path, data in manifests.items()
    }
    return Project(site_of(files), {}, known)


def _served(project: Project) -> set[str]:
    return {module.path for module in project.served()}


@pytest.mark.parametrize(
    "below", ["", "src/"], ids=["beside the project", "in a folder of sources"]
)
def test_settings_beside_a_published_package_are_those_of_no_site(below):
    package = {below + path: text for path, text in PACKAGE.items()}
    project = _project(package | BESIDE, pyproject=MANIFEST)
    assert project.production is None
    assert _served(project) == {f"{below}silk/__init__.py", f"{below}silk/views.py"}
    assert project.kind_of_path("project/app/templates/a.html") == "examples"


def test_a_setup_script_publishes_as_well():
    project = _project({"setup.py": SETUP, **PACKAGE, **BESIDE})
    assert project.production is None
    assert "project/app/views.py" not in _served(project)


def test_settings_at_the_root_are_one_file():
    project = _project(
        {"settings.py": SETTINGS, "urls.py": "x = 1\n", **PACKAGE}, pyproject=MANIFEST
    )
    assert project.production is None
    assert _served(project) == {"urls.py", *PACKAGE}


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        (PACKAGE | BESIDE, b'[project]\nname = "django-silk"\n'),
        (PACKAGE | BESIDE, MANIFEST.replace(b"django-silk", b"django-other")),
        (PACKAGE | BESIDE | {"silk/wsgi.py": ""}, MANIFEST),
        (PACKAGE | BESIDE | {"silk/settings.py": SETTINGS}, MANIFEST),
    ],
    ids=["not published", "another package", "it is deployed", "it has settings of its own"],
)
def test_a_site_is_served(files, manifest):
    project = _project(files, pyproject=manifest)
    assert project.production is not None
    assert "project/app/views.py" in _served(project)


def test_other_packages_of_a_tree_that_publishes_one_are_served():
    files = {"one/silk/__init__.py": "", "two/settings.py": SETTINGS, "one/shop/views.py": ""}
    project = _project(files, one__pyproject=MANIFEST)
    assert project.production is not None
    assert "one/shop/views.py" in _served(project)
