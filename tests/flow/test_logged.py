"""What a logging handler is given: the message quotes what was sent, the level is the site's own."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

HANDLER = """
import logging

class Kept(logging.Handler):
    def emit(self, record):
        sink({given})

class Other:
    def emit(self, record):
        sink({given})
"""


@pytest.mark.parametrize(
    ("given", "is_browser"),
    [
        ("record.getMessage()", True),
        ("record.msg", True),
        ("self.format(record)", True),
        ("record.levelname", False),
        ("record.lineno", False),
        ("record.exc_info[1]", True),
        ("record.exc_info[2].tb_frame.f_code.co_filename", False),
    ],
)
def test_the_message_of_a_record_is_the_browsers(given, is_browser):
    site = site_of({"app/__init__.py": "", "app/logs.py": HANDLER.format(given=given)})
    assert given_to_sink(body_of(site, "app.logs.Kept.emit")).is_browser is is_browser
    assert not given_to_sink(body_of(site, "app.logs.Other.emit")).is_browser


@pytest.mark.parametrize(
    ("signal", "is_browser"), [("user_login_failed", True), ("user_logged_in", False)]
)
def test_a_receiver_of_failed_logins_is_given_what_was_sent(signal, is_browser):
    code = (
        f"@receiver({signal})\n"
        "def keep(sender, credentials, **kwargs):\n    sink(credentials['username'])\n"
    )
    site = site_of({"app/__init__.py": "", "app/signals.py": code})
    assert given_to_sink(body_of(site, "app.signals.keep")).is_browser is is_browser
