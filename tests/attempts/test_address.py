"""Headers are believed as far as trusted proxies wrote them, whatever the browser put before."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.attempts import address
from pickguard.attempts.config import parse


def config(*trusted, header=None):
    found, wrong = parse({"trusted_proxies": list(trusted), "proxy_header": header})
    assert wrong == []
    return found


PROXY = config("10.0.0.0/8", "fd00::/8")


def client(peer="10.0.0.1", *, use=PROXY, **headers):
    meta = {"REMOTE_ADDR": peer}
    meta |= {"HTTP_" + name.upper(): value for name, value in headers.items()}
    found = address.client(meta, use)
    return None if found is None else str(found)


def test_headers_are_not_believed_by_default():
    assert client("192.0.2.1", use=config(), x_forwarded_for="198.51.100.9") == "192.0.2.1"


def test_headers_are_not_believed_from_a_peer_that_is_no_proxy():
    assert client("192.0.2.1", x_forwarded_for="198.51.100.9") == "192.0.2.1"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("198.51.100.9", "198.51.100.9"),
        ("1.1.1.1, 198.51.100.9", "198.51.100.9"),
        ("1.1.1.1, 198.51.100.9, 10.0.0.7", "198.51.100.9"),
        ("198.51.100.9:4711", "198.51.100.9"),
        ('"198.51.100.9"', "198.51.100.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:198.51.100.9", "198.51.100.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("198.51.100.9, unknown", "10.0.0.1"),
        ("198.51.100.9,", "10.0.0.1"),
        ("198.51.100.9, junk, 10.0.0.7", "10.0.0.7"),
        ("10.0.0.8, 10.0.0.7", "10.0.0.8"),
        ("", "10.0.0.1"),
        (" , ", "10.0.0.1"),
        ("1.1.1.1, " * 100_000 + "198.51.100.9", "198.51.100.9"),
        ("9" * 100_000, "10.0.0.1"),
    ],
)
def test_x_forwarded_for_is_read_from_the_right(header, found):
    assert client(x_forwarded_for=header) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("for=198.51.100.9", "198.51.100.9"),
        ("For=198.51.100.9;proto=https;by=10.0.0.3", "198.51.100.9"),
        ("proto=https;for=198.51.100.9", "198.51.100.9"),
        ('for="[2001:db8::1]:4711"', "2001:db8::1"),
        ('for=1.1.1.1, for="198.51.100.9:80", for=10.0.0.7', "198.51.100.9"),
        ('for="1.1.1.1, for=198.51.100.9', "198.51.100.9"),
        ('for="1.1.1.1\\", for=198.51.100.9', "198.51.100.9"),
        ('by="a,b;for=1.1.1.1";for=198.51.100.9', "198.51.100.9"),
        ("for=unknown", "10.0.0.1"),
        ("for=_hidden, for=10.0.0.7", "10.0.0.7"),
        ("proto=https", "10.0.0.1"),
        ('"' * 4000 + ",for=198.51.100.9", "198.51.100.9"),
    ],
)
def test_forwarded_is_read_from_the_right(header, found):
    """A quote that the browser left open does not swallow what the proxy added."""
    assert client(forwarded=header) == found


def test_two_headers_that_disagree_are_both_not_believed():
    assert client(x_forwarded_for="198.51.100.9", forwarded="for=203.0.113.5") == "10.0.0.1"
    assert client(x_forwarded_for="198.51.100.9", forwarded="for=198.51.100.9") == "198.51.100.9"


def test_headers_that_disagree_and_unknown_addresses_are_told_once(caplog):
    """Else a proxy that is set up wrongly would be found out by nobody."""
    address._say_once.cache_clear()
    for _ in range(3):
        client(x_forwarded_for="198.51.100.9", forwarded="for=203.0.113.5")
        assert address.origin({"REMOTE_ADDR": ""}, PROXY) is None
    assert caplog.text.count("name the one that your proxy sets") == 1
    assert caplog.text.count("The address of a login attempt is unknown") == 1


def test_the_header_that_is_named_is_the_one_that_is_read():
    both = {"x_forwarded_for": "198.51.100.9", "forwarded": "for=203.0.113.5"}
    assert client(use=config("10.0.0.0/8", header="X-Forwarded-For"), **both) == "198.51.100.9"
    assert client(use=config("10.0.0.0/8", header="Forwarded"), **both) == "203.0.113.5"
    assert client(use=config("10.0.0.0/8", header="X-Real-IP"), **both) == "10.0.0.1"


def test_a_server_behind_a_socket_trusts_who_may_connect_to_it():
    assert client("", use=config("unix"), x_forwarded_for="1.1.1.1, 198.51.100.9") == "198.51.100.9"
    assert client("", x_forwarded_for="198.51.100.9") is None


def origin(text):
    found = address.parse(text)
    assert found is not None
    return address.of(found)


def test_ipv6_is_counted_by_network_and_mapped_ipv4_as_ipv4():
    assert {origin(f"2001:db8:0:1::{n:x}").counted for n in range(1, 9)} == {"2001:db8:0:1::/64"}
    assert origin("::ffff:192.0.2.7").counted == "192.0.2.7"
    assert origin("192.0.2.7").prefix == "192.0.2.0/24"


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 2001:db8::9 ", "2001:db8::/64"),
        ("2001:db8::/64", "2001:db8::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nonsense", None),
    ],
)
def test_a_typed_address_is_counted_alike(typed, counted):
    assert address.counted(typed) == counted


JUNK = st.text(alphabet=string.printable + "\x00ü\u200b", max_size=200)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


def _outside(found):
    return not any(found in network for network in PROXY.trusted_proxies) and not getattr(
        found, "ipv4_mapped", None
    )


@given(JUNK, ADDRESSES.filter(_outside))
def test_no_junk_before_what_the_proxy_adds_changes_what_is_found(junk, real):
    """Whatever a browser sends, a proxy that appends gives the address it saw."""
    assert client(x_forwarded_for=f"{junk}, {real}") == str(real)


@given(JUNK, ADDRESSES.filter(_outside))
def test_no_junk_before_an_element_changes_what_is_found(junk, real):
    element = f'for="[{real}]:80"' if real.version == 6 else f"for={real}"
    assert client(forwarded=f"{junk},{element}") == str(real)


@given(JUNK, JUNK, JUNK)
def test_junk_is_an_address_or_nothing(peer, listed, forwarded):
    client(peer, x_forwarded_for=listed, forwarded=forwarded)
    client("10.0.0.1", x_forwarded_for=listed, forwarded=forwarded)
