"""What the parts of an address give to a view."""

import pytest
from tests.site.linked import site_of

from pickguard.kit.captures import given
from pickguard.site.names import FunctionSymbol

VIEWS = "def view(request, one, two=None):\n    pass\n"


@pytest.mark.parametrize(
    ("route", "wanted"),
    [
        ("shop/<str:one>/<int:two>/", {"one": True, "two": False}),
        (r"^shop/(?P<one>[^/]+)/(\S+)/$", {"one": True}),
        (r"^shop/(\S+)/(\d+)/$", {"one": True, "two": False}),
        (r"^shop/(?:old|new)/(users|groups)/([a(]+)\(x\)$", {"one": False, "two": True}),
        ("shop/", {}),
    ],
)
def test_the_groups_of_an_address_fill_the_parameters(route, wanted):
    """By name, or by position where no group has a name; those of digits or known words are safe."""
    view = site_of({"app/__init__.py": "", "app/views.py": VIEWS}).names.dotted("app.views.view")
    assert isinstance(view, FunctionSymbol)
    assert {name: origin.is_browser for name, origin in given(route, view)} == wanted
