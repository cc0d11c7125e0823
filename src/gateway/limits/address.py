"""A client's network address."""

import ipaddress


def network_of(address: str) -> str | None:
    """What one customer of a network has: an IPv4 address, or the /64 of an IPv6 address, of which each device picks its own.

    None for this machine's own addresses, which no client of a deployed edge has, and for what is no address.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return None
    return str(ip) if ip.version == 4 else f"{ipaddress.IPv6Address(ip.packed[:8] + bytes(8))}/64"
