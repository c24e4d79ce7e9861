"""What would leave the limit without effect is refused by a check, all mistakes at once."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from pickguard.attempts import checks, config, stores
from pickguard.attempts.config import NAME, Rate

BACKEND = "pickguard.attempts.AttemptsBackend"
MODEL = "django.contrib.auth.backends.ModelBackend"


def ids():
    return [message.id.rpartition(".")[2] for message in checks.check_setup()]


def test_the_defaults_are_complete():
    assert ids() == []


@pytest.mark.parametrize("backends", [[MODEL], [MODEL, BACKEND], ["nowhere.Backend", BACKEND]])
def test_the_backend_must_come_first(settings, backends):
    settings.AUTHENTICATION_BACKENDS = backends
    assert ids() == ["E001"]


def test_the_middleware_must_be_there(settings):
    settings.MIDDLEWARE = []
    assert ids() == ["E002"]


@pytest.mark.parametrize(
    "backend",
    ["locmem.LocMemCache", "filebased.FileBasedCache", "dummy.DummyCache"],
)
def test_a_cache_of_one_process_is_refused(settings, tmp_path, backend):
    settings.CACHES = {
        "default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": str(tmp_path)}
    }
    setattr(settings, NAME, {"store": "cache:default"})
    assert ids() == ["E004"]
    with pytest.raises(ImproperlyConfigured, match="cannot count across processes"):
        stores.store()


@pytest.mark.parametrize("name", ["cache:nowhere", "database:nowhere"])
def test_a_store_that_is_not_there_is_refused(settings, name):
    setattr(settings, NAME, {"store": name})
    assert ids() == ["E004"]


def test_no_limits_are_warned_of(settings):
    setattr(settings, NAME, {"limits": {}})
    assert ids() == ["W001"]


def test_many_slots_in_memcached_are_warned_of(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
            "LOCATION": "127.0.0.1:1",
        }
    }
    setattr(settings, NAME, {"store": "cache:default", "limits": {"address": "500/h"}})
    assert ids() == ["W002"]


@pytest.mark.parametrize(
    ("path", "urls", "found"),
    [
        ("tests.attempts.test_second_step.send", "tests.attempts.urls", []),
        ("tests.attempts.nowhere.send", "tests.attempts.urls", ["E005"]),
        ("tests.attempts.test_second_step.send", "tests.urls", ["W003"]),
    ],
)
def test_a_second_step_that_leads_nowhere_is_told(settings, path, urls, found):
    setattr(settings, NAME, {"second_step": path})
    settings.ROOT_URLCONF = urls
    assert ids() == found


WRONG: dict[str, list[Any]] = {
    "store": ["redis", "cache:", "", 5, None],
    "limits": [5, {"user": "5/m"}, {"account": "5"}, {"account": "0/m"}, {"account": "5/0m"},
               {"account": "1001/m"}, {"account": "5/400d"}, {"account": 5}, {"account": "5/15x"}],
    "trusted_proxies": ["10.0.0.0/8", 5, ["10.0.0.1/8"], ["junk"], ["0.0.0.0/0"], ["::/0"]],
    "proxy_header": ["", "X Forwarded", 5],
    "when_store_fails": ["maybe", None, True],
    "wait": ["soon", True],
    "device_cookie": ["", 5],
    "device_age": ["30"],
    "audit": ["30", 30, False],
    "audit_rows": [0, True, "5"],
    "second_step": ["", 5],
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(k, v) for k, each in WRONG.items() for v in each])
def test_a_wrong_value_is_told_with_its_key(settings, key, value):
    setattr(settings, NAME, {key: value})
    (message,) = checks.check_setup()
    assert message.id == "pickguard.attempts.E003"
    assert f"{NAME}[{key!r}]: " in message.msg
    with pytest.raises(ImproperlyConfigured):
        config.configured()


def test_every_setting_is_tried_with_wrong_values():
    assert tuple(WRONG) == config.KEYS


def test_all_mistakes_are_told_at_once(settings):
    setattr(settings, NAME, {"store": "x", "limit": {}, "audit": "x"})
    assert ids() == ["E003"] * 3


@pytest.mark.parametrize(
    ("text", "limit", "window"),
    [("5/15m", 5, 900), ("10/h", 10, 3600), ("1/30s", 1, 30), (" 3 / 2 d ", 3, 172800)],
)
def test_rates(text, limit, window):
    assert config.rate(text) == Rate(limit, window)


def test_a_limit_left_out_is_off(settings):
    setattr(settings, NAME, {"limits": {"account": "5/m", "address": None}})
    assert config.configured().limits == (("account", Rate(5, 60)),)
