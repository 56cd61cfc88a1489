"""HTTP requests through the door: fresh connections, only to checked addresses, every redirect checked again."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from apps.common.dialling.addresses import AddressRefused, Network, allowed_networks, check_address
from apps.common.dialling.urls import UrlRefused, parse_url
from apps.common.exceptions import OperationError

_REDIRECTS = {301, 302, 303, 307, 308}
_LONGEST_BODY_BYTES = 64 * 1024
_LONGEST_LINE_BYTES = 16 * 1024
_AGENT = "Seaworthy"


class TooManyRedirects(OperationError):
    """The address redirects more often than is followed."""


@dataclass(frozen=True)
class Answer:
    """What a server said: the status and how many bytes of the body were read."""

    status: int
    body_bytes: int


class CheckedResolver(AbstractResolver):
    """Resolves a name once and refuses it unless every address it has may be dialled."""

    def __init__(self, allowed: Sequence[Network], resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            check_address(result["host"], self._allowed)
        return found

    async def close(self) -> None:
        await self._resolver.close()


@asynccontextmanager
async def safe_session(
    *, allowed: Sequence[Network] | None = None, resolver: AbstractResolver | None = None, connections: int = 500
) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a session whose connections go to checked addresses only, without proxies, cookies or kept connections."""
    networks = allowed_networks() if allowed is None else allowed

    def make_socket(info: Any) -> socket.socket:
        # The last look: the very address that is about to be dialled, also when it was written as a number.
        family, kind, protocol, _, address = info
        check_address(str(address[0]), networks)
        return socket.socket(family=family, type=kind, proto=protocol)

    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(networks, resolver),
        use_dns_cache=False,
        force_close=True,
        limit=connections,
        socket_factory=make_socket,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": _AGENT},
        max_line_size=_LONGEST_LINE_BYTES,
        max_field_size=_LONGEST_LINE_BYTES,
    ) as session:
        yield session


async def safe_get(
    session: aiohttp.ClientSession, address: str, *, timeout_seconds: float, redirects: int = 3
) -> Answer:
    """Ask for the address, following a few redirects. Raises UrlRefused, AddressRefused or TooManyRedirects."""
    url = parse_url(address)
    timeout = aiohttp.ClientTimeout(total=timeout_seconds)
    for _ in range(redirects + 1):
        async with session.get(url, allow_redirects=False, timeout=timeout) as response:
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None or not redirects:
                body = await response.content.read(_LONGEST_BODY_BYTES)
                return Answer(status=response.status, body_bytes=len(body))
        url = _next_url(url, location)
    raise TooManyRedirects(f"The address redirects more than {redirects} times.")


def _next_url(url: URL, location: str) -> URL:
    following = parse_url(str(url.join(URL(location))))
    if url.scheme == "https" and following.scheme == "http":
        raise UrlRefused("The address redirects from https to http.")
    return following


__all__ = ["AddressRefused", "Answer", "TooManyRedirects", "UrlRefused", "safe_get", "safe_session"]
