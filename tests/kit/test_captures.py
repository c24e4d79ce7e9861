"""What the parts of an address give to a view."""

import pytest
from tests.site.linked import site_of

from pickguard.kit.captures import given, named
from pickguard.kit.converters import converters
from pickguard.site.symbols.names import FunctionSymbol

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
    assert {name: origin.is_browser for name, origin in given(route, view, {})} == wanted


OWN = """
from datetime import datetime
from django.urls import converters, register_converter

class Year:
    regex = "[0-9]{4}"
    def to_python(self, value):
        return int(value)

class Day:
    regex = ".*"
    def to_python(self, value):
        return datetime.strptime(value, "%Y-%m-%d")

class Code:
    regex = "[A-Z]{3}"
    def to_python(self, value):
        return value

class Name(converters.StringConverter):
    regex = "[^/]+"

class Signed(converters.IntConverter):
    regex = "-?[0-9]+"

register_converter(Year, "year")
register_converter(Day, "day")
register_converter(Code, "code")
register_converter(Name, type_name="name")
register_converter(Signed, "signed")
"""


@pytest.mark.parametrize(
    ("converter", "is_browser"),
    [
        ("year", False),
        ("day", False),
        ("code", False),
        ("signed", False),
        ("name", True),
        ("other", True),
    ],
)
def test_a_converter_of_the_site_lets_through_what_its_pattern_and_its_method_make(
    converter, is_browser
):
    own = converters(site_of({"app/__init__.py": "", "app/urls.py": OWN}))
    found = dict(named(f"shop/<{converter}:one>/", own))
    assert found["one"].is_browser is is_browser
