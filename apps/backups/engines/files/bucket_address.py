"""Which prefix of which bucket, and how it is reached."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from apps.backups.exceptions import AddressInvalid
from apps.common.dialling.urls import UrlRefused, parse_url

SCHEME = "s3"
FORM = "s3://KEY_ID:SECRET@BUCKET/prefix?endpoint=https://...&region=..."
PARAMETERS = {"endpoint", "region"}


@dataclass(frozen=True)
class BucketAddress:
    """One prefix of one bucket. Without an access key, the worker's own role reads it."""

    bucket: str
    prefix: str
    access_key_id: str = ""
    secret_access_key: str = field(default="", repr=False)
    endpoint_url: str = ""
    region: str = ""

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read s3://KEY_ID:SECRET@BUCKET/prefix. Raises AddressInvalid, which never repeats the secret."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        except ValueError:
            raise AddressInvalid(f"The connection URL is not one; write {FORM}") from None
        if parts.scheme != SCHEME or not parts.hostname or "@" in parts.path:
            raise AddressInvalid(
                f"The connection URL is not one; write {FORM}, and in a secret %2F for / and %2B for +"
            )
        if bool(parts.username) != bool(parts.password):
            raise AddressInvalid("An access key has an id and a secret: give both in the connection URL, or neither.")
        if options.keys() - PARAMETERS:
            raise AddressInvalid(f"After the ? only {' and '.join(sorted(PARAMETERS))} are known.")
        prefix = unquote(parts.path).strip("/")
        return cls(
            bucket=parts.netloc.rpartition("@")[2],
            prefix=f"{prefix}/" if prefix else "",
            access_key_id=unquote(parts.username or ""),
            secret_access_key=unquote(parts.password or ""),
            endpoint_url=_checked(options.get("endpoint", "")),
            region=options.get("region", ""),
        )

    def __str__(self) -> str:
        return f"{SCHEME}://{self.bucket}/{self.prefix.rstrip('/')}"

    @property
    def name(self) -> str:
        """The last word of the prefix, or the bucket."""
        return self.prefix.rstrip("/").rpartition("/")[2] or self.bucket


def _checked(endpoint_url: str) -> str:
    if endpoint_url:
        try:
            parse_url(endpoint_url)
        except UrlRefused as refused:
            raise AddressInvalid(f"The endpoint in the connection URL cannot be used. {refused.message}") from refused
    return endpoint_url
