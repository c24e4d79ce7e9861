"""Progress shows itself on a terminal only, after a second, and leaves no trace."""

import io

from pickguard.base.line import Line, watched


class _Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_short_work_shows_nothing():
    stream, clock = io.StringIO(), _Clock()
    with Line(stream, clock) as line:
        line.stage("reading", 10)
        clock.now = 0.9
        line.advance(10)
    assert stream.getvalue() == ""


def test_long_work_shows_one_line_and_erases_it():
    stream, clock = io.StringIO(), _Clock()
    with Line(stream, clock) as line:
        line.stage("reading", 2000)
        clock.now = 1.1
        line.advance(1234)
        clock.now = 1.15
        line.advance(1)
    assert stream.getvalue() == "\r\x1b[Kreading 1,234 of 2,000\r\x1b[K"


def test_what_is_no_terminal_gets_nothing():
    stream = io.StringIO()
    with watched(stream) as progress:
        progress.stage("reading", 1)
        progress.advance()
    assert stream.getvalue() == ""
