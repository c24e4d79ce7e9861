"""The device cookie: a browser that once knew the password of an account is known to it.

It holds a random id and a proof for each of some accounts, signed. With it comes a budget of its own,
so that nobody else can lock its owner out; it lets nobody in, and ends when the password is changed.
"""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pickguard.attempts.config import Config, configured
from pickguard.attempts.who import Device, hashed

_SALT = "pickguard.attempts.device"
_LONGEST = 1024
_PROOFS = 8  # people who share one browser


def new() -> Device:
    """Return a device that was never here."""
    return Device(secrets.token_hex(8), is_new=True)


def read(request: HttpRequest, config: Config) -> Device:
    """Return the device that a request comes from; a new one where there is no valid cookie."""
    value = request.COOKIES.get(config.device_cookie, "")
    if not 0 < len(value) <= _LONGEST:
        return new()
    try:
        found = signing.loads(value, salt=_SALT, max_age=timedelta(seconds=config.device_age))
    except signing.BadSignature:
        return new()
    return Device(str(found[0]), tuple(map(str, found[1:])))


def proven(device: Device, proofs: tuple[str, ...]) -> Device:
    """Return the device after it knew one more password."""
    others = tuple(each for each in device.proofs if each not in proofs)
    return Device(device.id, (proofs + others)[:_PROOFS])


def by_link(token: str) -> str:
    """Return the id of the device that a link makes known: the same however often it is opened."""
    return hashed("device", token)[:16]


def write(response: HttpResponseBase, device: Device, *, secure: bool) -> None:
    """Give a browser its cookie."""
    config = configured()
    value: list[Any] = [device.id, *device.proofs]
    response.set_cookie(
        config.device_cookie,
        signing.dumps(value, salt=_SALT),
        max_age=config.device_age,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        secure=secure or settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
