"""A relay before a server of S3 that begins to refuse, as a real one does in the middle of an upload."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

from apps.common.clock import Clock, now
from tests.backups.certificates import Certificate

LARGEST_SKEW = timedelta(minutes=15)
ERROR = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>Refused by {code}.</Message></Error>'


@dataclass
class Relay:
    """Passes requests on until `refuses` says otherwise: with a status and a code, or by cutting the answer short."""

    upstream: str
    endpoint_url: str = ""
    refuses: Callable[[str, str], tuple[int, str] | None] = lambda method, path: None
    cuts_after_bytes: list[int] = field(default_factory=list)
    clock: Clock = now
    asked: list[tuple[str, str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    relay: ClassVar[Relay]

    def _serve(self) -> None:
        relay = self.relay
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        relay.asked.append((self.command, self.path))
        refusal = self._skew() or relay.refuses(self.command, self.path)
        if refusal is not None:
            self._answer(refusal[0], {}, ERROR.format(code=refusal[1]).encode())
            return
        upstream = http.client.HTTPConnection(urlsplit(relay.upstream).netloc, timeout=60)
        # Named as it was asked for, or the signature would be of another host.
        upstream.request(self.command, self.path, body=body, headers=dict(self.headers.items()))
        answer = upstream.getresponse()
        content = answer.read()
        self._answer(answer.status, dict(answer.getheaders()), content)
        upstream.close()

    def _skew(self) -> tuple[int, str] | None:
        """What S3 says to whoever signs with another time."""
        signed_at = datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return (403, "RequestTimeTooSkewed") if abs(self.relay.clock() - signed_at) > LARGEST_SKEW else None

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        length = headers.get("Content-Length", headers.get("content-length")) if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command == "GET" and self.relay.cuts_after_bytes and len(content) > 1000:
            self.wfile.write(content[: self.relay.cuts_after_bytes.pop(0)])
            self.close_connection = True
            return
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def relay_to(upstream: str, certificate: Certificate | None = None) -> Iterator[Relay]:
    """A running relay on a free port, encrypted when it has a certificate."""
    relay = Relay(upstream)
    handler = type("OwnHandler", (Handler,), {"relay": relay})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate:
        server.socket = certificate.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    relay.endpoint_url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def after(requests: int, method: str, status: int, code: str) -> Callable[[str, str], tuple[int, str] | None]:
    """Refuses every request of the method but the first ones."""
    seen = [0]

    def refuses(asked: str, path: str) -> tuple[int, str] | None:
        seen[0] += asked == method
        return (status, code) if asked == method and seen[0] > requests else None

    return refuses
