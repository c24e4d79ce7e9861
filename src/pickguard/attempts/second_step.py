"""A way in for somebody whose account strangers keep locked: a link by e-mail.

Who opens it has a known device, with a budget of its own, and then logs in with the password: the
link alone lets nobody in. How it is sent is the project's:

    PICKGUARD_ATTEMPTS = {"second_step": "shop.mail.send_link", ...}

    def send_link(request, user, url): ...
"""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.module_loading import import_string

from pickguard.attempts import address, device
from pickguard.attempts.config import Rate, configured
from pickguard.attempts.ledger import Outcome, Place
from pickguard.attempts.places import place
from pickguard.attempts.stores import store
from pickguard.attempts.who import Device, Who, address_of, hashed, identify, proof_of, users

log = logging.getLogger("pickguard.attempts")
_SALT = "pickguard.attempts.second_step"
_LASTS = 3600
_TO_ONE = Rate(3, 3600)  # links an hour to one account
_FROM_ONE = Rate(20, 3600)  # and from one address

Send = Callable[[HttpRequest, Any, str], object]


class Answer(HttpResponse):
    """An answer that does something after it was sent, so that how long that takes does not show."""

    def __init__(self, content: str, afterwards: Callable[[], None]) -> None:
        super().__init__(content)
        self._afterwards = afterwards
        self._language = translation.get_language()

    def close(self) -> None:
        """End the answer; servers do so once it is sent."""
        try:
            with translation.override(self._language):
                self._afterwards()
        except Exception:
            log.exception("A link by e-mail was not sent.")
        super().close()


def link_to_ask() -> str | None:
    """Return where a link can be asked for; None where the project offers none."""
    if configured().second_step is None:
        return None
    try:
        return reverse("pickguard_attempts:ask")
    except NoReverseMatch:
        return None


def send_to(request: HttpRequest, name: str) -> None:
    """Have the project send a link, if a name leads to an account, and not too often."""
    path = configured().second_step
    if path is None or not _may(request, name):
        return
    send: Send = import_string(path)
    for user in users(name):
        if user.is_active:
            url = reverse("pickguard_attempts:open", args=[token_for(user)])
            send(request, user, request.build_absolute_uri(url))
            return


def _may(request: HttpRequest, name: str) -> bool:
    who = identify({"username": name}, address.origin(request.META, configured()), None)
    wanted = tuple(_places(who))
    word = f"-.{secrets.token_hex(8)}"
    try:
        found = store().take(word, wanted).outcome is Outcome.TAKEN
        if found:
            store().settle(word, wanted)
    except Exception:
        log.warning("No link is sent: the store failed.", exc_info=True)
        return False
    return found


def _places(who: Who) -> list[Place]:
    found = [place("link", _TO_ONE, account=each) for each in (who.account, *who.identities)]
    if who.origin is not None:
        found.append(place("link", _FROM_ONE, address=address_of(who.origin)))
    return found


def token_for(user: Any) -> str:
    """Return what stands in the link: good for an hour, until the next login or new password."""
    return signing.dumps([str(user.pk), _state(user)], salt=_SALT)


def user_of(token: str) -> Any:
    """Return the user of a link; None where it is no longer good, or never was."""
    try:
        pk, state = signing.loads(token, salt=_SALT, max_age=_LASTS)
    except (signing.BadSignature, ValueError):
        return None
    user = get_user_model()._default_manager.filter(pk=pk).first()  # noqa: SLF001 # Django's public name
    return user if user is not None and user.is_active and _state(user) == state else None


def known_by(token: str, user: Any) -> Device:
    """Return the device that a link makes known: the same however often it is opened."""
    return Device(device.by_link(token), (proof_of(user),))


def _state(user: Any) -> str:
    return hashed("state", f"{user.pk} {user.password} {user.last_login}")[:16]
