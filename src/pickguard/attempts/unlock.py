"""Unlocking: who is refused can try again at once."""

from typing import Any

from pickguard.attempts import address, gate
from pickguard.attempts.signals import attempts_unlocked
from pickguard.attempts.who import account_of, hashed, identity_of, meant, nobody


def unlock_account(name: str) -> None:
    """Forget all that refuses an account, given by any name that it logs in with."""
    found = meant(name)
    identities = tuple(identity_of(user) for user in found) or (nobody(name),)
    names = dict.fromkeys((name, *(each for user in found for each in _names_of(user))))
    unlock((*map(account_of, names), *identities))


def unlock_address(text: str) -> str:
    """Forget all that refuses an address; return how it is counted. Raises ValueError for junk."""
    counted = address.counted(text)
    if counted is None:
        raise ValueError(f"{text!r} is no address; write one like 192.0.2.7 or 2001:db8::1")
    unlock((), hashed("address", counted))
    return counted


def unlock(accounts: tuple[str, ...], of_address: str = "") -> None:
    """Forget the failures of accounts and of an address, given by hash, and say so by a signal."""
    gate.unlock((*accounts, of_address) if of_address else accounts)
    attempts_unlocked.send_robust(sender=None, accounts=accounts, address=of_address or None)


def _names_of(user: Any) -> list[str]:
    """Return the names that an account may log in with: each has a budget of its own."""
    fields = (user.USERNAME_FIELD, user.get_email_field_name())
    return [text for field in fields if (text := str(getattr(user, field, "") or ""))]
