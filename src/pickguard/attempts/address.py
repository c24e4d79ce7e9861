"""The address that an attempt is counted under.

Headers are read from the right end, which the nearest proxy wrote, and only as far as trusted
proxies wrote them; what stands further left is whatever the browser chose to send.
Sources: RFC 7239 (`Forwarded`), CWE-290, CWE-348.
"""

import functools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pickguard.attempts.config import Config

Address = IPv4Address | IPv6Address
log = logging.getLogger("pickguard.attempts")
_LONGEST = 4096  # of a header; a chain of proxies fits into a tenth of it


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt came from: what is counted, and what is kept for people to read."""

    counted: str  # 192.0.2.7, or 2001:db8:0:1::/64
    prefix: str  # 192.0.2.0/24, or 2001:db8::/48


def origin(meta: Mapping[str, str], config: Config) -> Origin | None:
    """Return where a request with these CGI variables came from; None where that is unknown."""
    found = client(meta, config)
    if found is None:
        _say_once(
            "The address of a login attempt is unknown, so no limit on addresses holds: behind a"
            " socket, add 'unix' to PICKGUARD_ATTEMPTS['trusted_proxies']."
        )
        return None
    return of(found)


def of(address: Address) -> Origin:
    """Return how an address is counted and kept. IPv6 by /64: a customer has at least that much."""
    if isinstance(address, IPv4Address):
        return Origin(str(address), str(IPv4Network((int(address), 24), strict=False)))
    number = int(address)
    return Origin(
        str(IPv6Network((number, 64), strict=False)), str(IPv6Network((number, 48), strict=False))
    )


def client(meta: Mapping[str, str], config: Config) -> Address | None:
    """Return the address of the one who asks, past the proxies that are trusted."""
    said = meta.get("REMOTE_ADDR", "")
    peer = parse(said)
    by_socket = config.trusts_unix_socket and said in {"", "unix:"}
    if not by_socket and (peer is None or not _is_trusted(peer, config)):
        return peer
    told = {_past(hops, config) or peer for hops in _headers(meta, config)}
    if len(told) > 1:
        _say_once(
            "X-Forwarded-For and Forwarded of one request disagree, so neither is believed:"
            " name the one that your proxy sets in PICKGUARD_ATTEMPTS['proxy_header']."
        )
    return told.pop() if len(told) == 1 else peer


@functools.cache
def _say_once(message: str) -> None:
    log.warning(message)


def _headers(meta: Mapping[str, str], config: Config) -> Iterator[Iterator[str]]:
    """Return the hops of each header to read, the nearest first."""
    names = (
        ("X-Forwarded-For", "Forwarded") if config.proxy_header is None else (config.proxy_header,)
    )
    for name in names:
        value = meta.get("HTTP_" + name.upper().replace("-", "_"), "")
        if value.strip():
            yield _forwarded(value) if name.lower() == "forwarded" else _listed(value)


def _past(hops: Iterator[str], config: Config) -> Address | None:
    """Return the first address that is no trusted proxy; where all are, the farthest."""
    last = None
    for hop in hops:
        found = parse(hop)
        if found is None:
            return last
        last = found
        if not _is_trusted(found, config):
            return found
    return last


def _is_trusted(address: Address, config: Config) -> bool:
    return any(address in network for network in config.trusted_proxies)


def _listed(value: str) -> Iterator[str]:
    """Return the hops of `X-Forwarded-For: client, proxy1, proxy2`, the last first."""
    yield from reversed(_end(value).split(","))


def _forwarded(value: str) -> Iterator[str]:
    """Return who each element of `Forwarded` says it is `for`, the last element first."""
    for element in _elements(_end(value)):
        pairs = (part.partition("=") for part in _split(element, ";"))
        yield next((v for name, _, v in pairs if name.strip().lower() == "for"), "")


def _elements(value: str) -> Iterator[str]:
    yield from _split(value, ",")


def _split(value: str, separator: str) -> Iterator[str]:
    """Return the parts outside of quotes, the last first.

    From the right, since a quote that the browser left open must not swallow what a proxy added.
    """
    end, quoted = len(value), False
    for at in range(len(value) - 1, -1, -1):
        if value[at] == '"' and not (quoted and _is_escaped(value, at)):
            quoted = not quoted
        elif value[at] == separator and not quoted:
            yield value[at + 1 : end]
            end = at
    yield value[:end]


def _is_escaped(value: str, at: int) -> bool:
    before = value[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _end(value: str) -> str:
    """Return the end of a header that is too long, from a comma on."""
    return value if len(value) <= _LONGEST else value[-_LONGEST:].partition(",")[2]


def parse(hop: str) -> Address | None:
    """Return the address in `192.0.2.7:80`, `"[2001:db8::1]:80"` and the like; None for junk."""
    text = hop.strip()[:80]
    if text[:1] == text[-1:] == '"' and len(text) > 1:
        text = text[1:-1].strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def counted(text: str) -> str | None:
    """Return how an address, or a network as it is counted, that a person typed is counted."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return of(parse(str(network.network_address)) or network.network_address).counted
