"""Addresses of other servers. What people name is looked up once, and the connection goes to an address that was
checked: a name that leads somewhere else a moment later cannot lead inside."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Networks in which an IPv6 address stands for an IPv4 one.
TRANSLATED = [ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48")]
# All IPv6 addresses of the internet; what lies beside them, such as fec0::/10, may lead inside.
GLOBAL_UNICAST = ip_network("2000::/3")
# None of the internet's, whatever `is_global` says, whose list differs by the version of Python: addresses of protocols
# and documentation, and those where the hosts of Oracle (192.0.0.192) and Azure (168.63.129.16) answer their machines.
SPECIAL = [
    ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "3fff::/20")
]

Address = IPv4Address | IPv6Address


class UnknownHost(Exception):
    """The name servers do not know it."""


class PrivateHost(Exception):
    """One of its addresses is none of the internet's."""


def public_address(host: str, port: int, *, networks: Sequence[str] = (), any_network: bool = False) -> Address:
    """An address of the host. All that it has must be public or lie in `networks`, unless `any_network` may do.

    Raises UnknownHost, PrivateHost.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHost(host) from None
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses or not (any_network or all(is_public(address, networks) for address in addresses)):
        raise PrivateHost(host)
    return min(addresses, key=lambda address: address.version)


def is_public(address: Address, networks: Sequence[str] = ()) -> bool:
    """`networks`: those that count as public besides."""
    if any(address in ip_network(network) for network in networks):
        return True
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner, networks)
        if address.teredo is not None or any(address in network for network in TRANSLATED):
            return False
        if address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)
