"""The window is exact: at most `limit` passwords in any span of its length, and no place is lost."""

from hypothesis import given
from hypothesis import strategies as st

from pickguard.attempts import ledger
from pickguard.attempts.ledger import LEASE, Entry, Outcome, Place

WINDOW = 10
# what one attempt does: how long after the one before it asks, how long it takes, whether it fails
ATTEMPTS = st.lists(
    st.tuples(st.floats(0, 15), st.floats(0.01, 9), st.sampled_from(["wrong", "right", "crash"])),
    max_size=40,
)


def run(limit, attempts):
    """Run attempts against one budget; return when passwords were verified: begin and end."""
    one = Place("k", limit, WINDOW, "account")
    entries: list[Entry] = []
    running: list[tuple[float, str, str]] = []
    verified: list[tuple[float, float]] = []
    now = 0.0
    for number, (pause, takes, how) in enumerate(attempts):
        now += pause
        for end, token, ends in sorted(running):
            if end <= now:
                running.remove((end, token, ends))
                if ends == "wrong":
                    entries = ledger.settled(entries, token, end)
                elif ends == "right":
                    entries = ledger.given_back(entries, token, end)
        entries = ledger.live(entries, now, WINDOW)
        if ledger.decide([one], {"k": entries}, now).outcome is Outcome.TAKEN:
            entries.append(Entry(now + LEASE, str(number)))
            running.append((now + takes, str(number), how))
            if how != "right":
                verified.append((now, now + takes))
    return verified


@given(st.integers(1, 4), ATTEMPTS)
def test_never_one_more_in_any_span_wherever_it_begins(limit, attempts):
    """Whatever moment of its hashing a password is said to be verified at."""
    verified = run(limit, attempts)
    for _, start in verified:
        touched = [v for v in verified if v[1] >= start and v[0] < start + WINDOW]
        assert len(touched) <= limit


@given(st.integers(1, 4), st.integers(1, 50))
def test_right_passwords_one_after_the_other_are_never_refused(limit, number):
    one = Place("k", limit, WINDOW, "account")
    entries: list[Entry] = []
    for each in range(number):
        assert ledger.decide([one], {"k": entries}, float(each)).outcome is Outcome.TAKEN
        entries = ledger.given_back(
            [*entries, Entry(each + LEASE, str(each))], str(each), each + 0.5
        )
    assert entries == []


def test_one_that_died_counts_as_wrong_and_is_forgotten_after_its_window():
    entries = [Entry(0.0 + LEASE, "died")]
    one = Place("k", 1, WINDOW, "account")
    assert ledger.decide([one], {"k": entries}, LEASE - 1.0).outcome is Outcome.BUSY
    assert ledger.decide([one], {"k": entries}, LEASE + 1.0).outcome is Outcome.REFUSED
    assert ledger.live(entries, LEASE + WINDOW + 0.1, WINDOW) == []


@given(st.floats(0, 1e9))
def test_a_clock_set_back_locks_nobody_out_for_longer_than_the_window(back):
    """And lets nobody try more meanwhile."""
    now = 2e9
    entries = ledger.live([Entry(now, "a"), Entry(now + LEASE, "b")], now - back, WINDOW)
    assert len(entries) == 2
    late = now - back + LEASE + WINDOW + 1
    assert ledger.live(entries, late, WINDOW) == []
