"""What counts as one client: an IPv4 address, or the /64 of an IPv6 address."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.address import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("127.0.0.1", None),
        ("127.8.9.10", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("unknown", None),
        ("203.0.113.7, 203.0.113.8", None),
        ("203.0.113.7:80", None),
        ("203.0.113.07", None),
        ("[2001:db8::1]", None),
    ],
)
def test_network(address: str, network: str | None) -> None:
    assert network_of(address) == network


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_no_device_of_a_network_is_another_client(address: ipaddress.IPv6Address, device: int) -> None:
    neighbour = ipaddress.IPv6Address(int(address) >> 64 << 64 | device)
    if int(address) >> 64:  # below are the mapped addresses and this machine
        assert network_of(str(neighbour)) == network_of(str(address)) == f"{ipaddress.IPv6Address(int(address) >> 64 << 64)}/64"


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    network_of(text)
