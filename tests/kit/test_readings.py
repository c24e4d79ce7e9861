"""What production says of a setting, and how sure that is."""

from __future__ import annotations

import pytest
from tests.kit.rules import project

from pickguard.base.scales import Confidence
from pickguard.base.spans import unpack
from pickguard.kit.settings.readings import Reading, reading, shown

START = "SECRET_KEY = 'a'\nROOT_URLCONF = 'site.urls'\nMIDDLEWARE = []\n"


def read(settings: str, name: str = "DEBUG", *default: object) -> Reading | None:
    """Return what a settings module says of a name."""
    return reading(project({"site/settings.py": START + settings}), name, *default)


def test_a_setting_is_read_with_its_place():
    """The message shows the value, and the spot is the line that sets it."""
    found = read("DEBUG = True\n")
    assert found is not None
    assert (found.value, found.is_set, found.confidence) == (True, True, Confidence.HIGH)
    assert found.says == "`DEBUG` is `True`"
    assert (found.spot.path, unpack(found.spot.span).line) == ("site/settings.py", 4)


def test_an_unset_setting_has_djangos_default():
    """It would be written beside a setting that every project has, and the label says that it is not there."""
    found = read("", "SECURE_SSL_REDIRECT", False)
    assert found is not None
    assert (found.value, found.is_set, found.confidence) == (False, False, Confidence.MEDIUM)
    assert found.says == "`SECURE_SSL_REDIRECT` is not set"
    assert (unpack(found.spot.span).line, found.spot.label) == (3, "these settings leave it out")
    assert read("", "SECURE_SSL_REDIRECT") is None


def test_settings_that_could_not_be_read_whole_are_trusted_less():
    """A star import of something outside may set the name."""
    found = read("from elsewhere import *\n", "SECURE_SSL_REDIRECT", False)
    assert found is not None
    assert found.confidence is Confidence.LOW


def test_a_value_of_the_environment_has_its_default_and_little_confidence():
    """Production may well set the variable."""
    found = read("import os\nNAME = os.environ.get('SITE_NAME', 'a')\n", "NAME")
    assert found is not None
    assert (found.value, found.confidence) == ("a", Confidence.LOW)
    assert found.says == "`NAME` is `'a'` unless the environment sets `SITE_NAME`"


@pytest.mark.parametrize("value", ["os.environ['NAME']", "computed()", "other.NAME"])
def test_nobody_guesses_what_cannot_be_told(value):
    """A required variable, a call, another module's name: None, even with a default."""
    assert read(f"import os\nNAME = {value}\n", "NAME", "default") is None


def test_a_value_set_in_a_branch_is_less_sure():
    """Both ways set the same value, under a condition that could not be decided."""
    code = "if computed():\n    NAME = 'a'\nelse:\n    NAME = 'a'\n"
    found = read(code, "NAME")
    assert found is not None
    assert found.confidence is Confidence.MEDIUM


def test_without_settings_there_is_no_reading():
    """An app on its own has no production."""
    assert reading(project({"app/views.py": "a = 1\n"}), "DEBUG", False) is None


def test_a_reading_makes_a_hit():
    """Its confidence and name go into the hit, and the reason follows what it says."""
    found = read("DEBUG = True\n")
    assert found is not None
    hit = found.hit(" in production")
    assert hit.message == "`DEBUG` is `True` in production"
    assert (hit.symbol, hit.confidence, hit.spots) == ("DEBUG", Confidence.HIGH, (found.spot,))


def test_long_values_are_not_shown():
    """A message is one line: more than three items stay where they are."""
    assert shown([1, 2, 3]) == "`[1, 2, 3]`"
    assert shown([1, 2, 3, 4]) == "as it stands here"
