"""Which IP addresses may be dialled. Networks are listed, not asked of `ipaddress`: its `is_private` misses several."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings

from apps.common.exceptions import OperationError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_DENIED_IPV4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
_DENIED_IPV6 = (
    "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)  # fmt: skip
DENIED_NETWORKS: tuple[Network, ...] = tuple(ip_network(text) for text in (*_DENIED_IPV4, *_DENIED_IPV6))
_NAT64 = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


class AddressRefused(OperationError):
    """The address lies in a network that must not be dialled."""


def allowed_networks() -> list[Network]:
    """The networks of DIALLING_ALLOWED_NETWORKS, which may be dialled although they are not public."""
    return [ip_network(text) for text in settings.DIALLING_ALLOWED_NETWORKS]


def check_address(text: str, allowed: Sequence[Network]) -> Address:
    """The address, when it may be dialled. Raises AddressRefused."""
    address = _unwrap(ip_address(text.partition("%")[0]))
    if any(address in network for network in allowed):
        return address
    if any(address in network for network in DENIED_NETWORKS):
        raise AddressRefused(
            f"{address} is not a public address. If it must be reached, add its network to DIALLING_ALLOWED_NETWORKS."
        )
    return address


def _unwrap(address: Address) -> Address:
    """The IPv4 address inside one of IPv6, where that is what would be reached."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & _IPV4_BITS)
    return address
