"""From where a job's token is used, against where its runner took the job."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from tokenaccess.policy.levels import AddressMode

MAX_NETWORKS = 50
_MAPPED_PREFIX = 96  # of ::ffff:0:0/96, in which IPv6 writes an IPv4 address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AddressCheck(NamedTuple):
    """`mode`: the stricter of the job's own project's and the target's. `taken_from`: the address the runner took the
    job from. `used_from`: the client's address, None where the question is asked without a use. `networks`: further
    ones that the runner's jobs may use their tokens from."""

    mode: AddressMode
    taken_from: str
    used_from: str | None = None
    networks: tuple[str, ...] = ()

    @property
    def is_elsewhere(self) -> bool:
        return is_elsewhere(self.taken_from, self.used_from or "", self.networks)


def is_elsewhere(taken_from: str, used_from: str, networks: Iterable[str]) -> bool:
    """Whether the two differ and no network holds the one in use. What cannot be read is elsewhere."""
    used, taken = parse_address(used_from), parse_address(taken_from)
    if used is None:
        return True
    if taken is not None and used == taken:
        return False
    return not any(used.version == network.version and used in network for network in map(parse_network, networks))


def normalize_address(text: str | None) -> str:
    """One way to write an address: `::ffff:192.0.2.1` is `192.0.2.1`; "" for what is none."""
    found = parse_address(text or "")
    return "" if found is None else str(found)


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return _without_mapping(found)


@lru_cache(maxsize=4096)
def parse_network(text: str) -> Network:
    """`10.0.0.0/8`, `2001:db8::/32`, or one address. Raises ValueError, also for bits behind the prefix."""
    found = ip_network(text.strip())
    inner = found.network_address
    if isinstance(inner, IPv6Address) and inner.ipv4_mapped is not None and found.prefixlen >= _MAPPED_PREFIX:
        return IPv4Network((inner.ipv4_mapped, found.prefixlen - _MAPPED_PREFIX))
    return found


def _without_mapping(found: Address) -> Address:
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped
