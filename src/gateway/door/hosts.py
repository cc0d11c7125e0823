"""Which hosts the edge answers under, and which of them are the machine itself.

A page of a name that an attacker owns can have that name point to 127.0.0.1 (DNS rebinding). The browser then takes what runs there for
the page's own server, and sends no foreign origin. What it still sends truly is the name, as Host.
"""

import re
from collections.abc import Sequence

LOOPBACK = "loopback"
"""The entry of ALLOWED_HOSTS and ALLOWED_ORIGINS that stands for every host of this machine's own."""

# RFC 6761, section 6.3, gives localhost and all below it to the machine; RFC 1122, section 3.2.1.3, gives it 127.0.0.0/8.
_LOOPBACK = re.compile(r"(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.[0-9]{1,3}){3}|\[::1\]", re.ASCII | re.IGNORECASE)
_PORT = re.compile(r":[0-9]*$")


def is_allowed(host: str, allowed: Sequence[str]) -> bool:
    """Whether the edge answers under `host`, that of a request's address, with or without a port.

    `allowed` are the entries of ALLOWED_HOSTS: `*` for any host, `loopback`, or a host without its port.
    """
    if "*" in allowed:
        return True
    name = _PORT.sub("", host).lower()
    return any(is_loopback(host) if entry == LOOPBACK else entry == name for entry in allowed)


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant: localhost, a name below it, 127.0.0.0/8 or [::1], with or without a port."""
    return _LOOPBACK.fullmatch(_PORT.sub("", host)) is not None
