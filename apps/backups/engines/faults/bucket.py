"""A bucket that refuses everything, on the loopback: the storage's own client meets it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

from apps.backups.engines.storage import Storage

ANSWER = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>Refused.</Message></Error>"
LOOPBACK = ip_network("127.0.0.0/8")


@contextmanager
def refusing_bucket(status: int, code: str) -> Iterator[Storage]:
    """A bucket whose server answers every request with the status and the code."""
    from apps.backups.engines.s3.bucket import Bucket  # its library takes half a second to load
    from apps.backups.engines.s3.storage import S3Storage

    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(status, code)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        bucket = Bucket(
            name="refusing",
            storage="refusing",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            access_key_id="expired",
            secret_access_key="expired",  # noqa: S106 - it opens nothing
            allowed=[LOOPBACK],
        )
        try:
            yield S3Storage(bucket)
        finally:
            server.shutdown()
            thread.join()


def _handler(status: int, code: str) -> type[BaseHTTPRequestHandler]:
    class Refusing(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = ANSWER.format(code=code).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _refuse

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the terminal."""

    return Refusing
