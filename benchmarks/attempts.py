"""Login throttles side by side: how many passwords are really verified, who gets in, what it costs.

    python benchmarks/attempts.py [NAME ...]    # such as: pickguard axes; all where none is named

Needs `uv sync --group benchmark`, PostgreSQL, MariaDB, Redis, and nginx; what is missing is left
out and said. Each package is set up as its documentation says, to allow 5 wrong passwords in 15
minutes, and served by gunicorn with 4 workers of 13 threads; verifying a password takes 100 ms.

at once    passwords verified of 50 and of 500 wrong ones for one account, from many addresses (5)
errors     how many of these answers were HTTP 500
victim     whether its owner, who had logged in before, then gets in with the right password
forged     passwords verified of 50 from one address, each with an X-Forwarded-For of its own and
           for another account, behind an nginx that appends; where 5 is what an address may try
cost       CPU and elapsed ms of one wrong attempt, more than without a throttle, verified in no time
"""

import importlib.util
import os
import statistics
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from tests.attempts.crowd import where
from tests.attempts.crowd.ask import Login, ask
from tests.attempts.crowd.server import Site, behind_nginx, memcached, nginx_program, serving

ALONE, ROUNDS = 100, 5  # attempts one after the other for the cost, of which the quickest round
MODEL = "django.contrib.auth.backends.ModelBackend"
FORWARDED = "HTTP_X_FORWARDED_FOR"


@dataclass(frozen=True)
class Throttle:
    """A package as it is set up: always, to count accounts, to count addresses behind a proxy."""

    name: str
    module: str
    store: str
    always: dict[str, Any]
    by_account: dict[str, Any] = field(default_factory=dict)
    by_address: dict[str, Any] = field(default_factory=dict)
    login: Login = field(default=Login("", ""))


def pickguard(store: str) -> Throttle:
    def attempts(limits: dict[str, str]) -> dict[str, Any]:
        told = {"store": where.store_of(store), "limits": limits, "wait": "60s"}
        return {"PICKGUARD_ATTEMPTS": told | {"trusted_proxies": ["127.0.0.1/32"]}}

    return Throttle(
        "pickguard.attempts", "pickguard", store,
        {
            "INSTALLED_APPS": ["pickguard.attempts"],
            "MIDDLEWARE": ["pickguard.attempts.AttemptsMiddleware"],
            "AUTHENTICATION_BACKENDS": ["pickguard.attempts.AttemptsBackend", MODEL],
        },
        attempts({"account": "5/15m"}), attempts({"address": "5/15m"}),
    )  # fmt: skip


def axes(store: str) -> Throttle:
    handler = "cache.AxesCacheHandler" if store == "redis" else "database.AxesDatabaseHandler"
    return Throttle(
        "django-axes", "axes", store,
        {
            "INSTALLED_APPS": ["axes"],
            "MIDDLEWARE": ["axes.middleware.AxesMiddleware"],
            "AUTHENTICATION_BACKENDS": ["axes.backends.AxesStandaloneBackend", MODEL],
            "AXES_FAILURE_LIMIT": 5,
            "AXES_COOLOFF_TIME": 0.25,
            "AXES_HANDLER": "axes.handlers." + handler,
        },
        {"AXES_LOCKOUT_PARAMETERS": ["username"]},
        {
            "AXES_LOCKOUT_PARAMETERS": ["ip_address"],
            "AXES_IPWARE_PROXY_COUNT": 1,
            "AXES_IPWARE_META_PRECEDENCE_ORDER": [FORWARDED, "REMOTE_ADDR"],
        },
    )  # fmt: skip


def defender(store: str) -> Throttle:
    return Throttle(
        "django-defender", "defender", store,
        {
            "INSTALLED_APPS": ["defender"],
            "MIDDLEWARE": ["defender.middleware.FailedLoginMiddleware"],
            "DEFENDER_REDIS_URL": where.REDIS,
            "DEFENDER_LOGIN_FAILURE_LIMIT": 5,
            "DEFENDER_COOLOFF_TIME": 900,
        },
        {"DEFENDER_DISABLE_IP_LOCKOUT": True},
        {
            "DEFENDER_DISABLE_USERNAME_LOCKOUT": True,
            "DEFENDER_BEHIND_REVERSE_PROXY": True,
            "DEFENDER_REVERSE_PROXY_HEADER": FORWARDED,
        },
    )  # fmt: skip


def ratelimit(store: str) -> Throttle:
    return Throttle(
        "django-ratelimit", "django_ratelimit", store,
        {"ROOT_URLCONF": "benchmarks.attempts_urls", "RATELIMIT_USE_CACHE": "default"},
        {"BENCHMARK_KEY": "post:username"},
        {"BENCHMARK_KEY": "ip", "RATELIMIT_IP_META_KEY": "HTTP_X_REAL_IP"},
    )  # fmt: skip


def allauth(store: str) -> Throttle:
    def limited(rate: str) -> dict[str, Any]:
        # the other limits, on sent forms of all kinds, are out of the way
        return {"ACCOUNT_RATE_LIMITS": {"login": "100000/m/ip", "login_failed": rate}}

    return Throttle(
        "django-allauth", "allauth", store,
        {
            "ROOT_URLCONF": "benchmarks.attempts_urls",
            "INSTALLED_APPS": ["django.contrib.messages", "allauth", "allauth.account"],
            "MIDDLEWARE": [
                "django.contrib.messages.middleware.MessageMiddleware",
                "allauth.account.middleware.AccountMiddleware",
            ],
            "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
            "ACCOUNT_EMAIL_VERIFICATION": "none",
        },
        limited("5/15m/key"),
        limited("5/15m/ip") | {"ALLAUTH_TRUSTED_PROXY_COUNT": 1},
        Login("", "", path="/accounts/login/", field="login"),
    )  # fmt: skip


THROTTLES = (
    *map(pickguard, ("redis", "memcached", "postgresql", "mariadb", "sqlite")),
    *map(axes, ("redis", "postgresql", "mariadb", "sqlite")),
    defender("redis"),
    ratelimit("redis"),
    allauth("redis"),
)


def plain(throttle: Throttle) -> Throttle:
    """Return the same site without its throttle, to measure what that adds."""
    without = {key: value for key, value in throttle.always.items() if key.startswith("ACCOUNT")}
    if throttle.module == "allauth":
        without = throttle.always | {"ACCOUNT_RATE_LIMITS": False}
    return replace(throttle, always=without, by_account={}, by_address={})


def crowd(throttle: Throttle, number: int, account: str) -> list[Login]:
    """Return wrong passwords for an account, from as many addresses as there are."""
    return [
        replace(
            throttle.login, name=account, password=f"wrong{n}", source=f"127.1.{number % 250}.{n % 250 + 1}"
        )
        for n in range(number)
    ]  # fmt: skip


def at_once(throttle: Throttle, site: Site) -> Iterator[str]:
    """Return what of 50 and of 500 was verified, the errors, and whether the victim gets in."""
    errors = 0
    for number in (50, 500):
        account = next(site.accounts)
        victim = replace(throttle.login, name=account, password="right", source="127.2.0.1")
        cookies = dict(ask(site.port, victim)[0].cookies)
        for name in ("sessionid", "csrftoken"):  # that session has ended since
            cookies.pop(name, None)
        site.forget()
        answers = ask(site.port, *crowd(throttle, number, account))
        errors += sum(answer.status >= 500 for answer in answers)
        yield str(len(set(site.passwords())))
    yield str(errors)
    (found,) = ask(site.port, replace(victim, cookies=cookies))
    yield "in" if found.status == 302 else "out"


def forged(throttle: Throttle, site: Site, port: int) -> str:
    """Return how many passwords were verified for one address that claims to be fifty."""
    site.forget()
    logins = [
        replace(
            throttle.login, name=f"nobody{n}", password=f"wrong{n}", source="127.3.0.1",
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        )
        for n in range(50)
    ]  # fmt: skip
    ask(port, *logins)
    return str(len(set(site.passwords())))


def cost(throttle: Throttle, site: Site) -> tuple[float, float]:
    """Return CPU and elapsed milliseconds of one wrong attempt, each for another account."""
    rounds = []
    for number in range(ROUNDS + 1):
        before, elapsed = site.cpu_seconds(), []
        for n in range(ALONE):
            source = f"127.4.{number}.{n % 250 + 1}"
            login = replace(
                throttle.login, name=f"name{number}-{n}", password="wrong", source=source
            )
            start = perf_counter()
            ask(site.port, login)
            elapsed.append(perf_counter() - start)
        cpu = (site.cpu_seconds() - before) / ALONE
        rounds.append((cpu * 1000, statistics.median(elapsed) * 1000))
    warm = rounds[1:]
    return min(cpu for cpu, _ in warm), min(time for _, time in warm)


@contextmanager
def served(
    throttle: Throttle, more: dict[str, Any], port: int, hashing: float = 0.1
) -> Iterator[tuple[Site, Path]]:
    """Serve a site with a throttle, in a folder and a store that nobody has used."""
    own = {"DEFENDER_CACHE_PREFIX": uuid.uuid4().hex} if throttle.module == "defender" else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with where.settings_for(throttle.store, folder, port) as stored:
            settings = stored | throttle.always | more | own
            with serving(settings, folder, hashing=hashing) as site:
                yield site, folder


def measure(throttle: Throttle, port: int) -> list[str]:
    """Return the cells of a package's row, each kind from a site of its own."""
    with served(throttle, throttle.by_account, port) as (site, _):
        cells = list(at_once(throttle, site))
    with (
        served(throttle, throttle.by_address, port) as (site, folder),
        behind_nginx(site.port, folder) as proxy,
    ):
        cells.append(forged(throttle, site, proxy))
    costs = []
    for each in (plain(throttle), throttle):
        with served(each, each.by_account, port, hashing=0) as (site, _):
            costs.append(cost(each, site))
    return cells + [f"{more - less:.1f}" for less, more in zip(*costs, strict=True)]


HEAD = ("", "store", "of 50", "of 500", "errors", "victim", "forged", "CPU ms", "ms")


def main() -> None:
    """Print the table, a row as soon as it is known."""
    if not nginx_program():
        sys.exit("nginx is not there: apt install nginx-light")
    wanted = sys.argv[1:]
    line = "{:20}{:11}{:>7}{:>7}{:>8}{:>8}{:>8}{:>8}{:>7}"
    print(line.format(*HEAD))
    with memcached() as port:
        for throttle in THROTTLES:
            if wanted and not any(name in throttle.name for name in wanted):
                continue
            if importlib.util.find_spec(throttle.module) is None:
                print(f"{throttle.name}: not installed (uv sync --group benchmark)")
                continue
            print(line.format(throttle.name, throttle.store, *measure(throttle, port)), flush=True)


if __name__ == "__main__":
    main()
