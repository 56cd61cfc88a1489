"""Where the other tool puts its dumps."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.engines.source_paths import allowed_path
from apps.backups.exceptions import AddressInvalid

PARAMETERS = {"database", "timezone", "settled_seconds", "reference"}
SETTLED_SECONDS = 60
NOT_YET = {"barman": "Barman", "wal-g": "WAL-G", "s3": "a bucket"}


@dataclass(frozen=True)
class Location:
    """A folder of dumps, and how they are to be understood."""

    folder: Path
    database: str
    timezone: ZoneInfo
    settled_after: timedelta
    reference: Address | None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read file:///srv/dumps?database=NAME. Raises AddressInvalid."""
        if tool := NOT_YET.get(url.partition(":")[0]):
            message = f"Backups of {tool} cannot be adopted yet. What can: a folder of pg_dump files, file:///srv/dumps"
            raise AddressInvalid(f"{message}, and a pgBackRest repository, by the engine PostgreSQL by pgBackRest.")
        target, _, query = url.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        if unknown := given.keys() - PARAMETERS:
            known = ", ".join(sorted(PARAMETERS))
            raise AddressInvalid(f"The connection URL has a parameter {min(unknown)}. There are: {known}.")
        return cls(
            folder=allowed_path(target, "file"),
            database=given.get("database", ""),
            timezone=_timezone(given.get("timezone", "UTC")),
            settled_after=_seconds(given.get("settled_seconds", str(SETTLED_SECONDS))),
            reference=parse_address(given["reference"]) if "reference" in given else None,
        )


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise AddressInvalid(f"The timezone {name} is not known; write one such as Europe/Berlin.") from None


def _seconds(text: str) -> timedelta:
    if not text.isdecimal():
        raise AddressInvalid("The settled_seconds in the connection URL is not a number of seconds.")
    return timedelta(seconds=int(text))
