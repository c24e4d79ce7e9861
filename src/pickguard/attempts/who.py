"""Who attempts to log in: an account, an address, a device.

Names are kept only as keyed hashes. All spellings that some database takes for one name are one
account here; and since a name and an e-mail address may lead to the same account, the accounts that
the credentials really reach are counted as well, quietly (see `places`).
"""

import contextlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError
from django.utils.crypto import salted_hmac

from pickguard.attempts.address import Origin

_SECRET = "password"  # noqa: S105 # the name of the credential
_LONGEST = 512  # of a name; what is cut off shares a budget
_AMBIGUOUS = 3  # accounts that one e-mail address may reach
_MODEL_BACKENDS = frozenset(
    "django.contrib.auth.backends." + name
    for name in ("ModelBackend", "AllowAllUsersModelBackend", "RemoteUserBackend")
)


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that has been here: its id, and proofs of the passwords that it has known."""

    id: str
    proofs: tuple[str, ...] = ()
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Who:
    """Who attempts: hashes, but for the address."""

    account: str  # of the name that was typed
    identities: tuple[str, ...]  # of the accounts that the name leads to; one that is none, if none
    proofs: tuple[str, ...]  # for each of these: what a device holds that has known its password
    has_account: bool
    origin: Origin | None
    device: Device | None

    @property
    def known(self) -> tuple[str, ...]:
        """The accounts whose password this device has known."""
        held = self.device.proofs if self.device else ()
        pairs = zip(self.identities, self.proofs, strict=True)
        return tuple(identity for identity, proof in pairs if proof in held)


def hashed(kind: str, value: str) -> str:
    """Return the keyed hash under which a name, an account or an address is kept."""
    return salted_hmac("pickguard.attempts." + kind, value, algorithm="sha256").hexdigest()[:32]


def normal(name: str) -> str:
    """Return the one spelling for all that a database may take for the same name.

    Collations ignore case, accents, width, control characters and trailing space, each another set.
    """
    folded = unicodedata.normalize("NFKD", name[:_LONGEST]).casefold()
    return "".join(
        each
        for each in unicodedata.normalize("NFKD", folded)
        if unicodedata.category(each)[0] not in "CMZ"
    )


def account_of(name: str) -> str:
    """Return the hash of a name that was typed."""
    return hashed("account", normal(name))


def identity_of(user: Any) -> str:
    """Return the hash of an account that exists."""
    return hashed("identity", str(user.pk))


def proof_of(user: Any) -> str:
    """Return the hash that shows that somebody knew an account's password, until it is changed.

    Else a thief who collected devices while he knew the old one could try the new one with each.
    """
    return hashed("proof", f"{user.pk} {getattr(user, 'password', '')}")


def nobody(name: str) -> str:
    """Return the hash that stands for the account where a name leads to none."""
    return hashed("identity", "no account: " + normal(name))


def address_of(origin: Origin) -> str:
    """Return the hash of an address."""
    return hashed("address", origin.counted)


def identify(credentials: Mapping[str, Any], origin: Origin | None, device: Device | None) -> Who:
    """Return who attempts with these credentials. Asks the database for the accounts."""
    names = _names(credentials)
    found = {identity_of(user): proof_of(user) for name in names for user in users(name)}
    led_to = found or {nobody(names[0]): nobody(names[0])}
    return Who(
        account_of(names[0]), tuple(led_to), tuple(led_to.values()), bool(found), origin, device
    )


def _names(credentials: Mapping[str, Any]) -> list[str]:
    """Return what names the account, the likeliest first; never empty.

    Other credentials are asked only where none has a known name: a `tenant` may be somebody's name.
    """
    usual = (get_user_model().USERNAME_FIELD, "username", "email", "login", "phone")
    others = [key for key in credentials if key != _SECRET]
    for keys in (usual, others):
        found = [str(credentials[key]) for key in keys if credentials.get(key) is not None]
        if found:
            return list(dict.fromkeys(found[:4]))
    return [""]


def is_encodable(text: str) -> bool:
    """Whether a text is one: JSON can hold halves of characters, which no database takes."""
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def users(name: str) -> Iterator[Any]:
    """Return the accounts that a name, or an e-mail address where one logs in with it, leads to."""
    if "\x00" in name or len(name) > _LONGEST or not is_encodable(name):
        return
    model = get_user_model()
    with contextlib.suppress(
        model.DoesNotExist, model.MultipleObjectsReturned, FieldError, ValueError
    ):
        yield model._default_manager.get_by_natural_key(name)  # noqa: SLF001 # Django's public name
    if set(settings.AUTHENTICATION_BACKENDS[1:]) <= _MODEL_BACKENDS:
        return
    yield from _by_email(name)


def meant(name: str) -> list[Any]:
    """Return the accounts that an administrator may mean by a name, in small or capital letters."""
    fields = (get_user_model().USERNAME_FIELD, get_user_model().get_email_field_name())
    loosely = [user for field in fields for user in _where(field, name)]
    return list({user.pk: user for user in (*users(name), *loosely)}.values())


def _where(field: str, name: str) -> Iterator[Any]:
    model = get_user_model()
    if field in {each.name for each in model._meta.get_fields()} and "\x00" not in name:  # noqa: SLF001 # Django's public name
        found = model._default_manager.filter(**{field + "__iexact": name})  # noqa: SLF001 # as above
        yield from found.order_by("pk")[:_AMBIGUOUS]


def _by_email(name: str) -> Iterator[Any]:
    yield from _where(get_user_model().get_email_field_name(), name)
    if apps.is_installed("allauth.account"):
        emails: Any = apps.get_app_config("account").get_model("EmailAddress")
        rows = emails.objects.select_related("user").filter(email__iexact=name)
        for row in rows.order_by("pk")[:_AMBIGUOUS]:
            yield row.user
