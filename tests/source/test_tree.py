"""A tree is walked safely: packages are passed over, loops end, links stay inside."""

import os

import pytest

from pickguard.source.tree import discover


def _paths(root, **options):
    return [file.path for file in discover(root, **options).files]


def test_python_templates_and_requirements_are_found(tmp_path):
    (tmp_path / "shop/templates").mkdir(parents=True)
    (tmp_path / "shop/views.py").write_text("")
    (tmp_path / "shop/templates/a.html").write_text("<p>")
    (tmp_path / "requirements.txt").write_text("django==5.2")
    (tmp_path / "notes.txt").write_text("")
    found = {file.path: file.kind for file in discover(tmp_path).files}
    assert found == {
        "requirements.txt": "requirements",
        "shop/templates/a.html": "template",
        "shop/views.py": "python",
    }


def test_packages_of_others_are_passed_over_and_said(tmp_path):
    for folder in ("node_modules/x", "env/lib/site-packages/y", "myvenv"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "node_modules/x/a.py").write_text("")
    (tmp_path / "env/lib/site-packages/y/b.py").write_text("")
    (tmp_path / "myvenv/pyvenv.cfg").write_text("home = /usr")
    (tmp_path / "myvenv/c.py").write_text("")
    (tmp_path / "mine.py").write_text("")
    tree = discover(tmp_path)
    assert [file.path for file in tree.files] == ["mine.py"]
    assert {item.path: item.reason for item in tree.skipped} == {
        "env/lib/site-packages": "installed packages",
        "myvenv": "a virtual environment",
        "node_modules": "packages of npm",
    }


def test_the_copies_of_a_build_are_passed_over_and_an_app_of_that_name_is_read(tmp_path):
    for project in ("shop", "house"):
        (tmp_path / project / "build/lib").mkdir(parents=True)
        (tmp_path / project / "build/lib/views.py").write_text("")
    (tmp_path / "shop/pyproject.toml").write_text("")
    tree = discover(tmp_path)
    assert [file.path for file in tree.files] == ["house/build/lib/views.py", "shop/pyproject.toml"]
    assert [(item.path, item.reason) for item in tree.skipped] == [
        ("shop/build", "copies that a build made")
    ]


def test_a_folder_that_is_passed_over_is_not_listed(tmp_path, monkeypatch):
    """A hundred thousand files in `node_modules` cost one look at the folder's name."""
    (tmp_path / "node_modules").mkdir()
    listed = []
    scandir = os.scandir

    def noting(path):
        listed.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noting)
    discover(tmp_path)
    assert listed == [str(tmp_path)]


def test_loops_of_links_end_and_links_outside_are_left_alone(tmp_path):
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (tmp_path / "secret.py").write_text("x = 1")
    (root / "real.py").write_text("")
    (root / "a/loop").symlink_to(root)
    (root / "a/alias.py").symlink_to(root / "real.py")
    (root / "a/outside.py").symlink_to(tmp_path / "secret.py")
    (root / "a/broken.py").symlink_to(root / "gone.py")
    assert _paths(root) == ["a/alias.py", "real.py"]


def test_excluded_patterns_are_not_read(tmp_path):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/a.py").write_text("")
    (tmp_path / "b.py").write_text("")
    assert _paths(tmp_path, exclude=("vendor/*",)) == ["b.py"]


def test_one_file_can_be_scanned_alone(tmp_path):
    (tmp_path / "views.py").write_text("")
    assert _paths(tmp_path / "views.py") == ["views.py"]


@pytest.mark.parametrize("name", ["naïve.py", "with space.py"])
def test_unusual_names_are_kept(tmp_path, name):
    (tmp_path / name).write_text("")
    assert _paths(tmp_path) == [name]


def test_a_package_knows_its_own_dotted_name(tmp_path):
    (tmp_path / "shop/api").mkdir(parents=True)
    (tmp_path / "shop/__init__.py").write_text("")
    (tmp_path / "shop/api/__init__.py").write_text("")
    assert discover(tmp_path / "shop/api").package == "shop.api"
    assert discover(tmp_path).package == ""
