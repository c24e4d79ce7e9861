"""A real server, a crowd that asks at once: exactly the limit is verified, and the victim gets in.

gunicorn with 4 workers of 13 threads, with and without an nginx before it. Addresses of clients are
real: all of 127.0.0.0/8 is this machine.
"""

import itertools
import os
from collections import Counter
from dataclasses import replace

import pytest
from django.conf import settings as configured
from tests.attempts.conftest import absent
from tests.attempts.crowd import where
from tests.attempts.crowd.ask import Login, ask
from tests.attempts.crowd.server import behind_nginx, nginx_program, serving

LIMITS = {"account": "5/15m", "address": "30/15m", "account+address": "5/15m"}
ATTEMPTS = {
    "limits": LIMITS,
    "trusted_proxies": ["127.0.0.1/32"],
    "proxy_header": "X-Forwarded-For",
    "wait": "60s",
}
# with PICKGUARD_SWEEP=1 five hundred in every way, which takes some minutes
SIZES = [50, 500] if os.environ.get("PICKGUARD_SWEEP") == "1" else [50]


@pytest.fixture(scope="module", params=where.KINDS)
def site(request, tmp_path_factory):
    """A site that is being served, with this store."""
    kind = request.param
    if kind == "redis" and not configured.HAS_REDIS:
        absent("Redis", "apt install redis-server")
    if kind in {"postgresql", "mariadb"} and kind not in configured.DATABASES:
        absent(kind, "see `make services`")
    folder = tmp_path_factory.mktemp(kind)
    port = request.getfixturevalue("memcached") if kind == "memcached" else 0
    with where.settings_for(kind, folder, port) as settings:
        settings |= {
            "INSTALLED_APPS": ["pickguard.attempts"],
            "MIDDLEWARE": ["pickguard.attempts.AttemptsMiddleware"],
            "AUTHENTICATION_BACKENDS": [
                "pickguard.attempts.AttemptsBackend",
                "django.contrib.auth.backends.ModelBackend",
            ],
            "PICKGUARD_ATTEMPTS": ATTEMPTS | {"store": where.store_of(kind)},
        }
        with serving(settings, folder) as served:
            yield served


@pytest.fixture(scope="module")
def nginx(site, tmp_path_factory):
    """An nginx before the site; returns its port."""
    if not nginx_program():
        absent("nginx", "apt install nginx-light")
    with behind_nginx(site.port, tmp_path_factory.mktemp("nginx")) as port:
        yield port


@pytest.fixture(params=["direct", "nginx"])
def port(request, site):
    """The site itself, or the nginx before it."""
    return site.port if request.param == "direct" else request.getfixturevalue("nginx")


@pytest.fixture
def network(site):
    """The beginning of addresses that no other test of this site has come from."""
    site.forget()
    return f"127.{next(_networks)}"


@pytest.fixture
def account(site):
    """An account that no other test of this site has tried."""
    return next(site.accounts)


_networks = itertools.count(1)


def crowd(number, account, network):
    """That many wrong passwords, from as many addresses as there are."""
    return [Login(account, f"wrong{n}", f"{network}.1.{n % 250 + 1}") for n in range(number)]


def forging(logins):
    """The same, each with one of twenty headers that claim another address."""
    return [replace(each, headers=FORGED[n % len(FORGED)]) for n, each in enumerate(logins)]


def statuses(answers):
    return Counter(answer.status for answer in answers)


FORGED = (
    *({"X-Forwarded-For": f"198.51.100.{n}"} for n in range(8)),
    *({"X-Forwarded-For": f"203.0.113.{n}, 127.0.0.1"} for n in range(4)),
    *({"Forwarded": f"for=198.51.100.{n}"} for n in range(4)),
    {"X-Real-IP": "198.51.100.77"},
    {"True-Client-IP": "198.51.100.78"},
    {"Client-IP": "198.51.100.79"},
    {"X-Forwarded-For": '"198.51.100.9, ' + "x" * 3000},
)


@pytest.mark.parametrize("forged", [False, True], ids=["honest", "forged"])
@pytest.mark.parametrize("number", SIZES)
def test_of_a_crowd_exactly_the_limit_of_an_account_is_verified(
    site, port, account, network, number, forged
):
    """No answer is an error, whatever the headers say."""
    logins = crowd(number, account, network)
    holds(site, ask(port, *(forging(logins) if forged else logins)))


def test_of_five_hundred_exactly_the_limit_is_verified(site, account, network):
    """As above, in each run of the tests."""
    holds(site, ask(site.port, *forging(crowd(500, account, network))))


def holds(site, answers):
    assert statuses(answers) == {200: 5, 429: len(answers) - 5}
    assert len(set(site.passwords())) == len(site.passwords()) == 5
    assert all(0 < int(each.retry_after) <= 900 for each in answers if each.status == 429)


@pytest.mark.parametrize("number", SIZES)
def test_forged_headers_give_no_address_more_than_its_limit(site, port, network, number):
    """Another name each time, so that the address is all there is to count."""
    logins = [Login(f"nobody-{network}-{n}", f"wrong{n}", f"{network}.0.1") for n in range(number)]
    assert statuses(ask(port, *forging(logins))) == {200: 30, 429: number - 30}
    assert len(site.passwords()) == 30


def test_the_victim_gets_in_meanwhile_and_afterwards(port, account, network):
    """From the very address of an attacker, on the browser that was here before."""
    (first,) = ask(port, Login(account, "right", f"{network}.9.1"))
    victim = Login(
        account, "right", f"{network}.1.1",
        cookies={"pickguard_device": first.cookies["pickguard_device"]},
    )  # fmt: skip
    *answers, meanwhile = ask(port, *forging(crowd(50, account, network)), victim)
    assert statuses(answers) == {200: 5, 429: 45}
    (afterwards,) = ask(port, victim)
    (stranger,) = ask(port, replace(victim, cookies={}))
    assert [each.status for each in (first, meanwhile, afterwards, stranger)] == [302] * 3 + [429]


def test_right_passwords_at_once_are_all_let_in(port, account, network):
    """Five places, and forty who are right: they wait for each other."""
    logins = [Login(account, "right", f"{network}.1.{n + 1}") for n in range(40)]
    assert statuses(ask(port, *logins)) == {302: 40}
