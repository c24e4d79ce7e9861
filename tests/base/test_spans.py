"""Packed spans come back as they went in."""

from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.spans import Span, pack, unpack


@given(
    st.integers(1, 2**22 - 1),
    st.integers(1, 2**14 - 1),
    st.integers(0, 2**13 - 1),
    st.integers(1, 2**14 - 1),
)
def test_round_trip(line, column, height, end_column):
    span = Span(line, column, line + height, end_column)
    assert unpack(pack(span)) == span


def test_what_does_not_fit_is_clipped_and_never_disturbs_the_line():
    """A one-line module of ten megabytes still reports its line."""
    assert unpack(pack(Span(7, 10**7, 7, 10**7))).line == 7
    assert pack(Span(2**22 - 1, 10**7, 10**8, 10**7)) < 2**63
