"""What a format says of the values in it, held against what Python does with a text there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.source.python.formats import is_number


@given(st.text(alphabet="0123456789.,_+- <>=^%sdfeEgGnxXobcYm", max_size=6))
def test_a_specification_of_numbers_takes_no_text(spec):
    """Where a text could be formatted by a specification, it is none of numbers."""
    try:
        format("<b>", spec)
    except ValueError:
        return
    assert not is_number(spec)


@pytest.mark.parametrize("spec", [".2f", "d", ",", ",.2f", "+d", "05d", "x", "_", ".0%", "n"])
def test_usual_specifications_of_numbers_are_known(spec):
    """Each of them formats a number."""
    format(12, spec) if spec != ".2f" else format(1.5, spec)
    assert is_number(spec)
