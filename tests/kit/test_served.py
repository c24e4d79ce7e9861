"""What a site installs is served, whatever its folder is called."""

import pytest
from tests.site.linked import site_of

from pickguard.kit import Project
from pickguard.kit.served import kind_of_path

SETTINGS = """\
SECRET_KEY = "a"
ROOT_URLCONF = "proj.urls"
INSTALLED_APPS = ["django.contrib.auth", "docs.apps.DocsConfig", "tools", "vendor.shop"]
"""


def _project() -> Project:
    names = ("docs", "tools", "vendor", "vendor/shop", "examples", "docs/tests")
    files = {f"{name}/__init__.py": "" for name in names} | {
        f"{name}/views.py": "x = 1\n" for name in names
    }
    return Project(
        site_of({"manage.py": "", "proj/settings.py": SETTINGS, "proj/urls.py": "", **files}),
        {},
        {},
    )


def test_installed_apps_are_served_and_others_of_such_names_are_not():
    project = _project()
    assert project.app_folders == {"docs", "tools", "vendor/shop"}
    served = {module.path for module in project.served()}
    assert {"docs/views.py", "tools/views.py"} <= served
    assert not {"examples/views.py", "vendor/shop/views.py"} & served


def test_a_folder_with_models_and_views_is_an_app_where_no_settings_tell():
    """Documentation has code of its own, but no models beside the views that show them."""
    names = ("docs/models.py", "docs/views.py", "tools/views.py")
    project = Project(site_of(dict.fromkeys(names, "x = 1\n")), {}, {})
    assert {m.path for m in project.served()} == {"docs/models.py", "docs/views.py"}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("docs/views.py", None),
        ("docs/tests/data.py", "tests"),
        ("docs/examples/a.py", "examples"),
        ("docs2/tools/a.py", "examples"),
        ("vendor/shop/a.py", "vendored"),
        ("src/tools/a.py", None),
        ("shop/a_pb2.py", "generated"),
        ("shop/testing.py", "tests"),
        ("shop/ci_settings.py", "tests"),
        ("shop/_ci_doctor_settings.py", "tests"),
        ("demo_shop/settings.py", "examples"),
        ("democracy/settings.py", None),
    ],
)
def test_the_folders_around_an_app_and_in_it_are_judged_by_their_names(path, kind):
    assert kind_of_path(path, ("docs", "src/tools", "vendor/shop")) == kind
