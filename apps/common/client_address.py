"""Who is asking, by address, when proxies stand in front."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = IPv4Address(0)


def client_address(request: HttpRequest) -> IPv4Address | IPv6Address:
    """The client's address: behind n trusted proxies, the nth from the right of X-Forwarded-For; else the peer's."""
    count = settings.TRUSTED_PROXY_COUNT
    # What stands further left was written by the client, or by somebody unknown.
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if count and len(forwarded) >= count and (address := _parse(forwarded[-count])):
        return address
    return _parse(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
