"""What neither code nor a template names is shown nowhere."""

import pytest
from tests.site.linked import site_of

from pickguard.kit.named_anywhere import is_named_anywhere
from pickguard.kit.project import Project
from pickguard.source.templates.reader import read_django

MODELS = """
from django.db import models
class Layer(models.Model):
    def link(self): ...
    def label(self): ...
    def title(self): ...
    def hint(self): ...
"""
ADMIN = """
from django.contrib import admin
class LayerAdmin(admin.ModelAdmin):
    list_display = ["hint"]
def show(layer):
    return layer.label()
"""


@pytest.mark.parametrize(
    ("name", "is_named"), [("link", False), ("label", True), ("title", True), ("hint", True)]
)
def test_what_is_named(name, is_named):
    """A call, an output of a template, a text of a list that the admin reads; its own `def` does not count."""
    files = {"maps/__init__.py": "", "maps/models.py": MODELS, "maps/admin.py": ADMIN}
    page = read_django("{% for layer in layers %}{{ layer.title }}{% endfor %}")
    project = Project(site_of(files), {"maps/templates/page.html": page})
    assert is_named_anywhere(project, name) is is_named
