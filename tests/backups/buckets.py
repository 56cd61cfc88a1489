"""A server that speaks S3, for tests: moto, in a thread of this process."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from moto.server import ThreadedMotoServer

from apps.backups.engines.s3.bucket import Bucket
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.models import Storage, StorageKind

LOOPBACK = "127.0.0.0/8"


@dataclass(frozen=True)
class Buckets:
    """Makes buckets on the server at the endpoint."""

    endpoint_url: str
    made: list[str] = field(default_factory=list)

    def make(self, *, locked_days: int = 0, endpoint_url: str = "", **options) -> S3Storage:
        """An empty bucket of its own, opened."""
        name = f"bucket-{secrets.token_hex(4)}"
        bucket = Bucket(
            name=name,
            storage="cloud",
            prefix="seaworthy/",
            endpoint_url=endpoint_url or self.endpoint_url,
            region="us-east-1",
            access_key_id="AKIAIOSFODNN7EXAMPLE",
            secret_access_key="wJalrXUtnFEMI-secret",
            locked_days=locked_days,
            allowed=[ip_network(LOOPBACK)],
            **options,
        )
        storage = S3Storage(bucket)
        storage.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=bool(locked_days))
        self.made.append(name)
        return storage

    def row(self, storage: S3Storage, *, name: str = "cloud") -> Storage:
        """The bucket as a storage that plans can name. DIALLING_ALLOWED_NETWORKS must hold LOOPBACK."""
        bucket = storage.bucket
        return Storage.objects.create(
            name=name,
            kind=StorageKind.S3,
            bucket=bucket.name,
            prefix=bucket.prefix,
            endpoint_url=bucket.endpoint_url,
            region=bucket.region,
            access_key_id=bucket.access_key_id,
            secret_access_key=bucket.secret_access_key,
            locked_days=bucket.locked_days,
            lock_mode=bucket.lock_mode,
        )


@contextmanager
def serve_buckets() -> Iterator[Buckets]:
    """A running server on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Buckets(f"http://{host}:{port}")
    finally:
        server.stop()
