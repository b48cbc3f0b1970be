"""Which addresses may be connected to: judges what a name resolved to, however it was spelt or rebound (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registry of special-purpose IPv4 addresses, and multicast. Python's own `is_global` changed between patch
# releases, so the list stands here.
_REFUSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this host": Linux connects 0.0.0.0 to loopback
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, where clouds keep services of their own
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: the metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",  # reserved, with the broadcast address
    )
)

# All that is handed out to the world lies here; loopback, link-local, unique-local, multicast and the forms that carry
# an IPv4 address (::a.b.c.d, ::ffff:0:a.b.c.d) lie outside.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))

_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):
    """The guard doesn't let us connect there. An OSError, so that the connector tries the name's next address."""

    def __init__(self) -> None:
        # The same words for every address: the connector joins unlike errors into one that can't be told apart.
        super().__init__("address refused by the guard")


def is_refused(host: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether a resolved address must not be connected to."""
    try:
        address = ip_address(host.partition("%")[0])  # a link-local address may name its interface
    except ValueError:
        return True
    return not any(_within(form, network) for form in (address, _carried(address)) for network in allowed) and (
        _is_private(_carried(address))
    )


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:  # where DNS64 is at work, all of IPv4 looks like this
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_private(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _REFUSED_V4)
    return address not in _GLOBAL_V6 or any(address in network for network in _REFUSED_V6)
