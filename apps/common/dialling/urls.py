"""One strict parser of addresses that people enter. What it returns is what is dialled."""

import re
from ipaddress import AddressValueError, IPv4Address

from yarl import URL

from apps.common.exceptions import OperationError

_SCHEMES = {"http", "https"}
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")
_UNWANTED = re.compile(r"[\x00-\x20\x7f\\]")
_LONGEST_URL = 2000
_LONGEST_HOST_NAME = 253
# Ports of services that obey whoever reaches them, or that answer to lines of text such as a request is.
_DENIED_PORTS = {
    *range(80), 110, 111, 119, 135, 139, 143, 389, 445, 465, 587, 636, 873, 993, 995, 1433, 1521, 2049, 2375, 2376,
    2379, 2380, 3306, 3389, 4369, 5432, 5672, 5984, 6379, 9042, 9092, 9200, 9300, 11211, 27017,
}  # fmt: skip


class UrlRefused(OperationError):
    """The text is no plain HTTP address."""


def parse_url(text: str) -> URL:
    """The text as an HTTP address without a user, with a host and port that may be asked. Raises UrlRefused."""
    if len(text) > _LONGEST_URL or _UNWANTED.search(text):
        raise UrlRefused(
            f"The address must have no space, control character or backslash, and at most {_LONGEST_URL} characters."
        )
    try:
        url = URL(text)
        host, port = url.raw_host or "", url.port
    except ValueError:
        raise UrlRefused("The address is malformed: write it as https://host/path.") from None
    if url.scheme not in _SCHEMES or not host:
        raise UrlRefused("The address must begin with http:// or https:// and name a host.")
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise UrlRefused("The address must not hold a user or password.")
    _check_host(host)
    if port is None or port in _DENIED_PORTS:
        raise UrlRefused(f"Port {port} is not one of a web server.")
    return url


def _check_host(host: str) -> None:
    if ":" in host:  # yarl has checked that it is an IPv6 address
        if "%" in host:
            raise UrlRefused("The address must not name a network interface (zone).")
        return
    if len(host) > _LONGEST_HOST_NAME or not _HOST_NAME.fullmatch(host):
        raise UrlRefused("The host of the address is no host name.")
    if _NUMERIC_LABEL.fullmatch(host.rstrip(".").rpartition(".")[2]) and not _is_dotted_quad(host):
        raise UrlRefused("Write an IP address as four decimal numbers.")


def _is_dotted_quad(host: str) -> bool:
    # Other spellings of an address (127.1, 0x7f.0.0.1, 2130706433) are read differently by different libraries.
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
