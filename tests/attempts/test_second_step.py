"""An account that strangers keep locked is reached through a link by e-mail, and not around it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from tests.attempts.conftest import LIMITS
from tests.attempts.ways import post

from pickguard.attempts import second_step
from pickguard.attempts.config import NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "sending")]
login = post("/login/")
SENT: list[tuple[str, str]] = []


def send(_request, user, url):
    SENT.append((user.username, url))


@pytest.fixture
def sending(settings):
    """A project that has plugged in how links are sent."""
    settings.LOGIN_URL = "/login/"
    setattr(settings, NAME, {"limits": LIMITS, "second_step": f"{__name__}.send"})
    SENT.clear()


def ask(name, **more):
    answer = Client(**more).post("/link/", {"account": name})
    assert answer.status_code == 200
    return answer.content


def lock():
    for _ in range(6):
        answer = login(Client(REMOTE_ADDR="192.0.2.66"), "wrong")
    assert answer.status_code == 429


def path_of(sent):
    return re.sub(r"^https?://[^/]+", "", sent[1])


def test_the_victim_gets_in_through_the_link():
    lock()
    victim = Client()
    assert login(victim, "right").status_code == 429
    ask("ann")
    path = path_of(SENT[0])
    assert "Log in from this device" in victim.get(path).content.decode()
    assert login(victim, "right").status_code == 429  # a visit alone, as by a mail scanner
    assert victim.post(path)["Location"] == "/login/"
    assert login(victim, "right").status_code == 302


def test_the_link_lets_nobody_in_without_the_password():
    lock()
    ask("ann")
    somebody = Client()
    somebody.post(path_of(SENT[0]))
    assert somebody.get("/admin/").status_code == 302
    assert login(somebody, "wrong").status_code == 200


def test_a_link_opened_often_is_one_budget():
    ask("ann")
    answers = []
    for _ in range(8):
        client = Client()
        client.post(path_of(SENT[0]))
        answers.append(login(client, "wrong").status_code)
    assert answers == [200] * 5 + [429] * 3


def test_the_answer_is_the_same_whether_there_is_an_account():
    strip = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')
    assert strip.sub(b"", ask("ann")) == strip.sub(b"", ask("zed"))
    assert [name for name, _url in SENT] == ["ann"]


def test_few_links_are_sent_to_one_account_and_for_one_address():
    for number in range(10):
        ask("ann", REMOTE_ADDR=f"192.0.2.{number}")
    assert len(SENT) == 3
    for number in range(40):
        User.objects.create_user(f"user{number}")
        ask(f"user{number}", REMOTE_ADDR="198.51.100.1")
    assert len(SENT) == 3 + 20


def test_a_link_ends_with_the_next_login_a_new_password_and_when_it_is_changed(site):
    ask("ann")
    path = path_of(SENT[0])
    is_good = lambda text: "Go on" in Client().get(text).content.decode()  # noqa: E731 # asked thrice
    assert is_good(path)
    assert not is_good(path[:-3] + "xx/")
    login(Client(), "right")
    assert not is_good(path)
    path = "/link/" + second_step.token_for(User.objects.get(username="ann")) + "/"
    assert is_good(path)
    site.set_password("other")
    site.save()
    assert not is_good(path)
    assert Client().post(path).status_code == 200


def test_an_account_that_is_not_active_gets_none(site):
    site.is_active = False
    site.save()
    ask("ann")
    assert SENT == []


def test_a_mail_server_that_fails_does_no_harm(settings, caplog):
    setattr(settings, NAME, {"limits": LIMITS, "second_step": f"{__name__}.fail"})
    ask("ann")
    assert "was not sent" in caplog.text


def fail(*_):
    raise OSError
