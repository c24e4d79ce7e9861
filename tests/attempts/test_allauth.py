"""django-allauth's own login page, on a real server: as limited as any other."""

from dataclasses import replace

import pytest
from tests.attempts.crowd import where
from tests.attempts.crowd.ask import Login, ask
from tests.attempts.crowd.server import serving
from tests.attempts.test_crowd import crowd, statuses

SETTINGS = {
    "ROOT_URLCONF": "tests.attempts.crowd.allauth_urls",
    "INSTALLED_APPS": [
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "pickguard.attempts",
    ],
    "MIDDLEWARE": [
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "pickguard.attempts.AttemptsMiddleware",
    ],
    "AUTHENTICATION_BACKENDS": [
        "pickguard.attempts.AttemptsBackend",
        "django.contrib.auth.backends.ModelBackend",
        "allauth.account.auth_backends.AuthenticationBackend",
    ],
    "ACCOUNT_LOGIN_METHODS": ["username", "email"],
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_RATE_LIMITS": False,
    "PICKGUARD_ATTEMPTS": {
        "store": "database",
        "limits": {"account": "5/15m", "account+address": "5/15m"},
        "wait": "60s",
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("allauth")
    with (
        where.settings_for("sqlite", folder) as settings,
        serving(settings | SETTINGS, folder) as s,
    ):
        yield s


def at_allauth(logins):
    return [replace(each, path="/accounts/login/", field="login") for each in logins]


@pytest.fixture
def account(site):
    site.forget()
    return next(site.accounts)


def test_of_a_crowd_exactly_the_limit_is_verified(site, account):
    """Two backends look at each password, allauth's and Django's; it is one attempt."""
    answers = ask(site.port, *at_allauth(crowd(50, account, "127.1")))
    assert statuses(answers) == {200: 5, 429: 45}
    assert len(set(site.passwords())) == 5


def test_a_name_and_an_e_mail_address_are_one_account(site, account):
    """By either it is refused in the end, and the password was verified as often as by one."""
    names = [account, f"{account}@example.com", account.upper()] * 4
    logins = [Login(name, f"wrong{n}") for n, name in enumerate(names)]
    for each in at_allauth(logins):
        ask(site.port, each)
    answers = ask(site.port, *at_allauth([Login(name, "right") for name in names[:2]]))
    assert 302 not in statuses(answers)


def test_the_victim_gets_in(site, account):
    (first,) = ask(site.port, *at_allauth([Login(account, "right")]))
    cookies = {"pickguard_device": first.cookies["pickguard_device"]}
    ask(site.port, *at_allauth(crowd(50, account, "127.2")))
    stranger, victim = at_allauth(
        [Login(account, "right"), Login(f"{account}@example.com", "right", cookies=cookies)]
    )
    assert statuses(ask(site.port, stranger)) == {429: 1}
    assert statuses(ask(site.port, victim)) == {302: 1}
