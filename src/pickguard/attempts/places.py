"""Which budgets an attempt needs a place in.

A stranger needs one in each configured limit. A device that has known the password of the account
has budgets of its own instead, of the same size: what strangers do never uses them up.

A stranger's limits on accounts exist twice: by the name as typed, where refusal shows, and by the
account that the name leads to, where it must not: else `ann` being refused after five attempts on
`ann@example.com` would tell that both are one account. Names without an account have such a quiet
budget too, so that everything takes the same time.
"""

import hashlib
from collections.abc import Iterator

from pickguard.attempts.config import Config, Rate
from pickguard.attempts.ledger import Place
from pickguard.attempts.who import Who, address_of


def places(who: Who, config: Config) -> tuple[Place, ...]:
    """Return the places that an attempt needs, each once."""
    found = _of_device(who, config) if who.known else _of_stranger(who, config)
    strangers = [each for each in who.identities if each not in who.known]
    quiet = (each for who_ in strangers for each in _of_account(who, config, who_, quiet=True))
    return tuple({each.key: each for each in (*found, *quiet)}.values())


def _of_stranger(who: Who, config: Config) -> Iterator[Place]:
    for name, rate in config.limits:
        if name == "address" and who.origin is not None:
            yield place(name, rate, address=address_of(who.origin))
    yield from _of_account(who, config, who.account, quiet=False)


def _of_account(who: Who, config: Config, account: str, *, quiet: bool) -> Iterator[Place]:
    for name, rate in config.limits:
        if name == "account":
            yield place(name, rate, account=account, quiet=quiet)
        elif name == "account+address" and who.origin is not None:
            address = address_of(who.origin)
            yield place(name, rate, account=account, address=address, quiet=quiet)


def _of_device(who: Who, config: Config) -> Iterator[Place]:
    assert who.device is not None
    for account in who.known:
        for _name, rate in config.limits:
            yield place("device", rate, account=account, device=who.device.id)


def place(
    name: str, rate: Rate, *, account: str = "", address: str = "", device: str = "",
    quiet: bool = False,
) -> Place:  # fmt: skip
    """Return the place in the budget of that name, rate and owner."""
    text = f"{name} {account} {address} {device} {rate.limit}/{rate.window}"
    key = hashlib.sha256(text.encode()).hexdigest()[:40]
    return Place(key, rate.limit, rate.window, name, quiet, account, address)
