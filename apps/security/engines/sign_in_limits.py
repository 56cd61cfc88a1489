"""How often somebody may fail to sign in: counted for each address and for each account."""

import hashlib
from collections.abc import Callable
from ipaddress import IPv6Address, ip_network

import structlog
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from redis.exceptions import RedisError

from apps.common.client_address import client_address
from apps.security.exceptions import LimitsUnreachable, TooManyAttempts

logger = structlog.get_logger(__name__)

ADDRESS_RATE = "30/5m"
ACCOUNT_RATE = "10/5m"
_IPV6_PREFIX = 64  # one customer of a provider holds at least so many addresses

Key = Callable[[str, HttpRequest], str]


def check_sign_in(request: HttpRequest, account: str) -> None:
    """Raise TooManyAttempts when the address or the account has failed too often, LimitsUnreachable when unknown."""
    # Attempts that are made at the same instant are all let through here; each web thread can hold one.
    waits = [usage["time_left"] for usage in _usages(request, account, increment=False) if _is_full(usage)]
    if waits:
        seconds = max(1, *waits)
        raise TooManyAttempts("Too many failed attempts to sign in. Wait a while.", retry_after_seconds=seconds)


def count_failed_sign_in(request: HttpRequest, account: str) -> None:
    """Count one failure for the address and the account."""
    list(_usages(request, account, increment=True))


def _is_full(usage: dict[str, int]) -> bool:
    return usage["count"] >= usage["limit"]


def _usages(request: HttpRequest, account: str, *, increment: bool) -> list[dict[str, int]]:
    keys: dict[str, tuple[Key, str]] = {
        "sign-in-address": (_address_key, ADDRESS_RATE),
        "sign-in-account": (lambda group, request: _account_key(account), ACCOUNT_RATE),
    }
    try:
        return [
            get_usage(request, group=group, key=key, rate=rate, increment=increment)
            for group, (key, rate) in keys.items()
        ]
    except (RedisError, OSError) as error:
        logger.warning("sign_in_limits_unreachable", error=type(error).__name__)
        raise LimitsUnreachable("Signing in is closed for a moment: its counters cannot be reached.") from error


def _address_key(group: str, request: HttpRequest) -> str:
    address = client_address(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _account_key(account: str) -> str:
    return hashlib.sha256(account.strip().lower().encode()).hexdigest()
