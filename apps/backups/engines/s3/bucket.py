"""A bucket, and the client that reaches it: bounded in time, and only at addresses that may be dialled."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import boto3
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config

from apps.backups.exceptions import StorageFailed
from apps.common.dialling.addresses import Network, check_address
from apps.common.dialling.urls import UrlRefused, parse_url

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
ATTEMPTS = 4
CONNECTIONS = 8


@dataclass(frozen=True)
class Bucket:
    """One bucket, what comes before each key in it, and how it is reached. Without a key the worker's own role is."""

    name: str
    prefix: str = ""
    storage: str = ""  # what messages call it
    endpoint_url: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    locked_days: int = 0
    lock_mode: str = "COMPLIANCE"
    allowed: Sequence[Network] = ()

    def __str__(self) -> str:
        return f"the bucket {self.name} of the storage {self.storage}" if self.storage else f"the bucket {self.name}"


def connect(bucket: Bucket) -> Any:
    """A client for the bucket. Raises StorageFailed for an endpoint that is no address."""
    if bucket.endpoint_url:
        _check_endpoint(bucket)
    session = boto3.session.Session(
        aws_access_key_id=bucket.access_key_id or None,
        aws_secret_access_key=bucket.secret_access_key or None,
        region_name=bucket.region or "us-east-1",
    )
    client = session.client("s3", endpoint_url=bucket.endpoint_url or None, config=_config(bucket))
    if bucket.endpoint_url:
        _check_what_is_dialled(client, bucket.allowed)
    return client


def _check_endpoint(bucket: Bucket) -> None:
    try:
        parse_url(bucket.endpoint_url)
    except UrlRefused as refused:
        raise StorageFailed(f"The endpoint of {bucket} cannot be used. {refused.message}") from refused


def _config(bucket: Bucket) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        signature_version="s3v4",
        # Who runs a server of his own seldom has a name for each bucket.
        s3={"addressing_style": "path" if bucket.endpoint_url else "auto"},
        # Checksums are made here, over what was read; further ones are not understood everywhere.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
        user_agent_appid="seaworthy",
    )


def _check_what_is_dialled(client: Any, networks: Sequence[Network]) -> None:
    """Look at the very address of each connection before anything is sent: a name may mean another one by then."""

    class Checked:
        allowed: ClassVar = networks

        def _new_conn(self) -> socket.socket:
            connection: socket.socket = super()._new_conn()  # type: ignore[misc]
            try:
                check_address(str(connection.getpeername()[0]), self.allowed)
            except BaseException:
                connection.close()
                raise
            return connection

    class CheckedHTTP(Checked, AWSHTTPConnection):
        pass

    class CheckedHTTPS(Checked, AWSHTTPSConnection):
        pass

    class PoolHTTP(AWSHTTPConnectionPool):
        ConnectionCls = CheckedHTTP

    class PoolHTTPS(AWSHTTPSConnectionPool):
        ConnectionCls = CheckedHTTPS

    # botocore has no place for this; a test holds that it works.
    client._endpoint.http_session._manager.pool_classes_by_scheme = {"http": PoolHTTP, "https": PoolHTTPS}
