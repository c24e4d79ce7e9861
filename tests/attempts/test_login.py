"""Every way to log in is limited, answers alike, and lets the victim in."""

import asyncio
from collections import Counter

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, authenticate
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from tests.attempts.ways import WAYS, CountingHasher, basic, post

from pickguard.attempts.config import NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


def test_the_sixth_wrong_password_is_not_verified(way):
    """429 with Retry-After, whichever way it came; the right one is not verified either."""
    attempt, wrong = WAYS[way]
    client = Client()
    client.cookies.clear()
    answers = [attempt(Client(), f"wrong{n}").status_code for n in range(7)]
    assert answers == [wrong] * 5 + [429] * 2
    refused = attempt(Client(), "right")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 900
    assert CountingHasher.verified == [f"wrong{n}" for n in range(5)]


def test_right_passwords_alone_exhaust_nothing(way):
    attempt, _wrong = WAYS[way]
    answers = {attempt(Client(), "right").status_code for _ in range(60)}
    assert answers <= {200, 302}


def test_known_and_unknown_accounts_get_the_same_answers_and_the_same_work(way):
    attempt, _wrong = WAYS[way]
    statuses, bodies, work = {}, {}, {}
    for name in ("ann", "zed"):
        CountingHasher.forget()
        answers = [attempt(Client(), f"wrong{n}", name) for n in range(7)]
        statuses[name] = [answer.status_code for answer in answers]
        bodies[name] = [answer.content.replace(name.encode(), b"") for answer in answers]
        work[name] = len(CountingHasher.verified) + len(CountingHasher.hashed)
    assert statuses["ann"] == statuses["zed"]
    if way not in {"login", "admin"}:  # their pages hold a token that is new each time
        assert bodies["ann"] == bodies["zed"]
    if way != "guarded":  # the view of a project, which hashes where there is an account
        assert work["ann"] == work["zed"]


def test_a_known_device_gets_in_while_strangers_exhaust_the_account_and_the_address():
    """The victim sits behind the same address as the attacker, and was here before."""
    attempt, _ = WAYS["login"]
    victim = Client()
    assert attempt(victim, "right").status_code == 302
    for n in range(60):
        attempt(Client(), "wrong", name=f"other{n}")
        attempt(Client(), "wrong")
    assert attempt(Client(), "right").status_code == 429
    assert attempt(victim, "right").status_code == 302


def test_a_known_device_has_the_same_limit():
    """Its cookie, copied to however many places, is one budget."""
    attempt, wrong = WAYS["login"]
    victim = Client()
    attempt(victim, "right")
    answers = []
    for n in range(8):
        copy = Client(REMOTE_ADDR=f"192.0.2.{n}")
        copy.cookies["pickguard_device"] = victim.cookies["pickguard_device"].value
        answers.append(attempt(copy, "wrong").status_code)
    assert answers == [wrong] * 5 + [429] * 3


def test_a_success_on_the_device_clears_its_failures():
    attempt, wrong = WAYS["login"]
    client = Client()
    for _ in range(4):
        answers = [attempt(client, p).status_code for p in ("w", "w", "w", "w", "right")]
        assert answers == [wrong] * 4 + [302]


def test_a_success_elsewhere_clears_nothing():
    """Else the victim's daily login would give an attacker five more passwords each time."""
    attempt, wrong = WAYS["login"]
    victim = Client(REMOTE_ADDR="198.51.100.1")
    attempt(victim, "right")
    for _ in range(5):
        attempt(Client(REMOTE_ADDR="192.0.2.1"), "wrong")
    attempt(victim, "right")
    assert attempt(Client(REMOTE_ADDR="192.0.2.2"), "wrong").status_code == 429
    assert wrong == 200


def test_a_device_that_knew_an_older_password_is_a_stranger(site):
    """A thief logs in on many; once the victim has changed the password, none has a budget."""
    thief = Client()
    post("/login/")(thief, "right")
    site.set_password("new")
    site.save()
    answers = [post("/login/")(Client(), "wrong").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert post("/login/")(thief, "new").status_code == 429


@pytest.mark.parametrize(
    "change", [lambda v: v[:-1], lambda v: "x" + v, lambda v: v * 200, lambda _: ""]
)
def test_a_changed_cookie_is_a_stranger(change):
    attempt, wrong = WAYS["login"]
    victim = Client()
    attempt(victim, "right")
    for _ in range(5):
        attempt(Client(), "wrong")
    forged = Client()
    forged.cookies["pickguard_device"] = change(victim.cookies["pickguard_device"].value)
    assert attempt(forged, "right").status_code == 429
    assert wrong == 200


def test_the_cookie_of_another_account_is_a_stranger():
    User.objects.create_user("eve", password="eves")
    attempt, _ = WAYS["login"]
    eve = Client()
    attempt(eve, "eves", name="eve")
    answers = [attempt(eve, "wrong").status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2


def test_spellings_that_a_database_takes_for_one_name_are_one_account():
    attempt, _ = WAYS["login"]
    names = ["ann", "ANN", "Ann ", "\uff41nn", "a\u0301nn", "a\u200bnn", " ann"]
    assert [attempt(Client(), "wrong", name=name).status_code for name in names] == [200] * 5 + [
        429
    ] * 2


def test_a_name_and_an_address_of_one_account_are_one_account(settings):
    """Refused quietly, after the work of a wrong password: else it would tell that they are one."""
    settings.AUTHENTICATION_BACKENDS = [
        "pickguard.attempts.AttemptsBackend",
        f"{__name__}.ByEmail",
        "django.contrib.auth.backends.ModelBackend",
    ]
    attempt, wrong = WAYS["plain"]
    for _ in range(5):
        attempt(Client(), "wrong", name="ann")
    CountingHasher.forget()
    answer = attempt(Client(), "right", name="ann@example.com")
    assert answer.status_code == wrong
    assert CountingHasher.verified == []
    assert CountingHasher.hashed == ["right"]


def test_a_quiet_refusal_takes_the_work_of_all_backends(settings):
    """Else it would be quicker than a wrong password, and tell that there is such an account."""
    settings.AUTHENTICATION_BACKENDS = [
        "pickguard.attempts.AttemptsBackend",
        "django.contrib.auth.backends.ModelBackend",
        f"{__name__}.AlsoByEmail",
    ]
    work = {}
    for name in ("ann@example.com", "zed@example.com"):
        for _ in range(5):
            authenticate(username=name.partition("@")[0], password="wrong")
        CountingHasher.forget()
        assert authenticate(username=name, password="wrong") is None
        work[name] = len(CountingHasher.verified + CountingHasher.hashed)
    assert set(work.values()) == {2}


class AlsoByEmail(ModelBackend):
    """As django-allauth's: Django's own, asked for another field."""

    def authenticate(self, request, username=None, password=None, **more):
        user = User.objects.filter(email=username).first()
        return super().authenticate(request, user.username if user else username, password)


class ByEmail:
    """A backend as projects write it."""

    def authenticate(self, request, username, password):
        user = User.objects.filter(email=username).first()
        return user if user and user.check_password(password) else None

    def get_user(self, pk):
        return User.objects.filter(pk=pk).first()


def test_the_session_names_the_backend_that_knew_the_password():
    client = Client()
    post("/login/")(client, "right")
    assert client.session[BACKEND_SESSION_KEY] == "django.contrib.auth.backends.ModelBackend"
    assert client.get("/admin/").status_code == 200


def test_a_forced_login_works(site):
    """As the tests of a project do it."""
    client = Client()
    client.force_login(site)
    assert client.session[SESSION_KEY] == str(site.pk)
    assert client.get("/admin/").status_code == 200


def test_without_any_request_the_account_is_counted():
    answers = [authenticate(username="ann", password="wrong") for _ in range(5)]
    assert answers == [None] * 5
    assert authenticate(username="ann", password="right") is None
    assert len(CountingHasher.verified) == 5


def test_the_form_says_so_in_the_readers_language():
    for _ in range(5):
        post("/login/")(Client(), "wrong")
    page = post("/login/")(Client(), "wrong").content.decode()
    assert "Too many attempts to log in. Try again in 15 minutes." in page
    assert "Please enter the correct" not in page


def test_drf_says_so_as_json():
    for _ in range(5):
        basic(Client(), "wrong")
    answer = basic(Client(), "wrong")
    assert answer.json() == {"detail": "Too many attempts to log in. Try again in 15 minutes."}


def test_the_form_offers_the_second_step_where_there_is_one(settings):
    setattr(settings, NAME, {"limits": {"account": "1/m"}, "second_step": "builtins.print"})
    post("/login/")(Client(), "wrong")
    page = post("/login/")(Client(), "wrong").content.decode()
    assert (
        'Try again in 1 minute. <a href="/link/">Or let us send you a link by e-mail.</a>' in page
    )


@pytest.mark.parametrize("name", ["a\x00b", "", "x" * 10_000, "\u0301", "\U0001f600"])
@pytest.mark.parametrize("password", ["", "x" * 10_000])
def test_odd_names_and_passwords_are_limited_like_others(name, password):
    for _ in range(6):
        answer = basic(Client(raise_request_exception=False), password, name)
    assert answer.status_code == 429


def test_passwords_and_names_of_other_kinds_are_limited_like_others():
    """As a view hands over what a JSON body held."""
    for value in (5, ["ann"], {"a": 1}, True, "ann\ud800"):
        for _ in range(6):
            assert authenticate(username=value, password="wrong") is None


def test_a_password_that_is_no_text_is_wrong():
    """JSON can hold half a character, which no hasher takes."""
    assert authenticate(username="ann", password="\ud800") is None
    assert CountingHasher.hashed == ["?"]


def test_what_names_no_account_locks_none(settings):
    """The name of a tenant may be that of somebody's account."""
    settings.AUTHENTICATION_BACKENDS = [
        "pickguard.attempts.AttemptsBackend",
        f"{__name__}.OfTenant",
    ]
    for number in range(6):
        assert authenticate(username=f"bob{number}", password="wrong", tenant="ann") is None
    assert authenticate(username="ann", password="right", tenant="x").username == "ann"


class OfTenant:
    """A backend that wants to know more."""

    def authenticate(self, request, username, password, tenant):
        user = User.objects.filter(username=username).first()
        return user if user and user.check_password(password) else None


async def asked(path, **data):
    answer = await AsyncClient().post(path, data)
    return answer.status_code


@pytest.mark.parametrize("path", ["/async/", "/login/", "/plain/"])
def test_an_asynchronous_server_counts_as_well(path):
    """Many at once in one loop, to views of both kinds."""

    async def crowd():
        each = (asked(path, username="ann", password=f"wrong{n}") for n in range(20))
        return await asyncio.gather(*each)

    assert Counter(async_to_sync(crowd)())[429] == 15
    assert len(CountingHasher.verified) == 5


def test_credentials_without_a_password_are_not_counted():
    for _ in range(10):
        assert authenticate(username="ann", password=None) is None
        assert authenticate(token="x") is None
    assert authenticate(username="ann", password="right") is not None


def test_a_backend_that_fails_leaves_its_place_taken(settings):
    """Else an error that somebody can provoke would give him places without end."""
    settings.AUTHENTICATION_BACKENDS = ["pickguard.attempts.AttemptsBackend", f"{__name__}.Failing"]
    for _ in range(5):
        with pytest.raises(RuntimeError):
            authenticate(username="ann", password="wrong")
    assert authenticate(username="ann", password="wrong") is None


class Failing:
    """A backend whose server is down."""

    def authenticate(self, request, username, password):
        raise RuntimeError


def test_the_answer_in_german(settings):
    settings.LANGUAGE_CODE = "de"
    for _ in range(5):
        basic(Client(), "wrong")
    assert basic(Client(), "wrong").json()["detail"].startswith("Zu viele Anmeldeversuche.")
