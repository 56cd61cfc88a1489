"""The door to addresses that people enter."""

import asyncio
import socket
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from apps.common.dialling.addresses import AddressRefused, check_address
from apps.common.dialling.http import TooManyRedirects, safe_get, safe_session
from apps.common.dialling.urls import UrlRefused, parse_url

LOOPBACK = [ip_network("127.0.0.0/8")]

INNER_ADDRESSES = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.0.0.170", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "100::1",
]  # fmt: skip
PUBLIC_ADDRESSES = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"]
REFUSED_URLS = [
    "", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "http://", "http:///path",
    "http://user@example.org/", "http://user:pass@example.org/", "http://example.org@127.0.0.1/",
    "http://:@example.org/", "http://127.1/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://2130706433/",
    "http://017700000001/", "http://127.0.0.01/", "http://1.2.3.4.5/", "http://[fe80::1%25eth0]/", "http://[::1",
    "http://exa mple.org/", "http://example.org/\r\nHost: x", "http://example.org\\@127.0.0.1/", "http://-a.example/",
    "http://example.org:22/", "http://example.org:6379/", "http://example.org:0/", "http://example.org:99999/",
    "http://example..org/", "http://example.org/" + "a" * 2000, "http://\x00example.org/", "\thttp://example.org/",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_it_refuses_addresses_that_are_not_public(address):
    with pytest.raises(AddressRefused, match="DIALLING_ALLOWED_NETWORKS"):
        check_address(address, [])


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_it_lets_public_addresses_pass(address):
    assert check_address(address, [])


def test_an_allowed_network_may_be_dialled_and_no_other():
    assert str(check_address("127.0.0.1", LOOPBACK)) == "127.0.0.1"
    assert str(check_address("::ffff:127.0.0.1", LOOPBACK)) == "127.0.0.1"
    with pytest.raises(AddressRefused):
        check_address("10.0.0.1", LOOPBACK)


@pytest.mark.parametrize("text", REFUSED_URLS)
def test_it_refuses_what_is_no_plain_http_address(text):
    with pytest.raises(UrlRefused):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("https://example.org/health?full=1", "example.org", 443),
        ("http://example.org:8000", "example.org", 8000),
        ("http://93.184.216.34/", "93.184.216.34", 80),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("http://EXAMPLE.org./", "example.org.", 80),
    ],
)
def test_it_reads_host_and_port(text, host, port):
    url = parse_url(text)
    assert (url.raw_host, url.port) == (host, port)


@given(st.text(max_size=60).map(lambda text: f"http://{text}"))
def test_no_text_breaks_the_parser(text):
    try:
        url = parse_url(text)
    except UrlRefused:
        return
    assert url.raw_user is None
    assert url.scheme == "http"


class Answers(AbstractResolver):
    """A resolver that gives one answer after another, as a name server that rebinds does."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC) -> list[ResolveResult]:
        address = self.addresses[min(self.asked, len(self.addresses) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    async def close(self) -> None:
        pass


def ask(url_path, *, resolver=None, allowed=LOOPBACK, host="127.0.0.1", redirects=3):
    """Start a server with a few traps, ask it, and return the answer and the paths it was asked for."""
    seen = []

    async def answer(request):
        seen.append(request.path)
        if request.path == "/to-metadata":
            raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
        if request.path == "/to-mail":
            raise web.HTTPFound("http://127.0.0.1:25/")
        if request.path == "/to-user":
            raise web.HTTPFound("http://root@127.0.0.1/")
        if request.path == "/in-circles":
            raise web.HTTPFound("/in-circles")
        if request.path == "/once":
            raise web.HTTPFound("/there")
        if request.path == "/huge":
            return web.Response(body=b"x" * 1_000_000)
        return web.Response(text="fine")

    async def run():
        server = web.Server(answer)
        runner = web.ServerRunner(server)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            async with safe_session(allowed=allowed, resolver=resolver) as session:
                url = f"http://{host}:{port}{url_path}"
                return await safe_get(session, url, timeout_seconds=5, redirects=redirects)
        finally:
            await runner.cleanup()

    return asyncio.run(run()), seen


def test_it_asks_an_allowed_address():
    answer, seen = ask("/")
    assert (answer.status, seen) == (200, ["/"])


def test_it_refuses_an_address_written_as_numbers_without_a_resolver_being_asked():
    with pytest.raises(AddressRefused):
        ask("/", allowed=[])


def test_it_refuses_a_name_that_resolves_to_an_inner_address():
    with pytest.raises(AddressRefused):
        ask("/", resolver=Answers("127.0.0.1"), allowed=[], host="rebinding.example")


def test_it_resolves_once_so_a_name_that_rebinds_is_refused_or_dialled_as_checked():
    resolver = Answers("127.0.0.1", "169.254.169.254")
    answer, _ = ask("/", resolver=resolver, host="rebinding.example")
    assert (answer.status, resolver.asked) == (200, 1)


def test_a_second_connection_is_checked_anew():
    resolver = Answers("127.0.0.1", "169.254.169.254")
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        ask("/once", resolver=resolver, host="rebinding.example")
    assert resolver.asked == 2


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/to-metadata", AddressRefused),
        ("/to-mail", UrlRefused),
        ("/to-user", UrlRefused),
        ("/in-circles", TooManyRedirects),
    ],
)
def test_every_redirect_is_checked(path, error):
    with pytest.raises(error):
        ask(path)


def test_a_redirect_is_the_answer_when_none_may_be_followed():
    answer, seen = ask("/to-metadata", redirects=0)
    assert (answer.status, seen) == (302, ["/to-metadata"])


def test_it_reads_only_the_beginning_of_a_body():
    answer, _ = ask("/huge")
    assert answer.body_bytes <= 64 * 1024


def test_it_uses_no_proxy_of_the_environment(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    answer, _ = ask("/")
    assert answer.status == 200
