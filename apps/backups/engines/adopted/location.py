"""Where the other tool puts its backups."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from apps.backups.engines.files.bucket_address import PARAMETERS as OF_BUCKETS
from apps.backups.engines.files.bucket_address import SCHEME as BUCKET
from apps.backups.engines.files.bucket_address import BucketAddress
from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.engines.source_paths import allowed_path
from apps.backups.exceptions import AddressInvalid, AdoptionFailed

PARAMETERS = {"database", "timezone", "settled_seconds", "reference", "superuser"}
SETTLED_SECONDS = 60
SUPERUSER = "postgres"
INSTEAD = {
    "barman": "Backups of Barman are a folder too: write file:///var/lib/barman/SERVER?database=NAME",
    "wal-g": "Backups of WAL-G cannot be adopted yet. Drill them by wal-g backup-fetch, or adopt files of pg_dump.",
}


@dataclass(frozen=True)
class Location:
    """A folder of dumps or of Barman's, or a prefix of a bucket, and how what lies there is to be understood."""

    place: Path | BucketAddress
    database: str
    timezone: ZoneInfo
    settled_after: timedelta
    reference: Address | None
    superuser: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read file:///srv/dumps?database=NAME, or s3://BUCKET/prefix?database=NAME. Raises AddressInvalid."""
        if sentence := INSTEAD.get(url.partition(":")[0]):
            raise AddressInvalid(sentence)
        target, _, query = url.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        is_bucket = target.startswith(f"{BUCKET}://")
        parameters = PARAMETERS | OF_BUCKETS if is_bucket else PARAMETERS
        if unknown := given.keys() - parameters:
            known = ", ".join(sorted(parameters))
            raise AddressInvalid(f"The connection URL has a parameter {min(unknown)}. There are: {known}.")
        return cls(
            place=_bucket(target, given) if is_bucket else allowed_path(target, "file"),
            database=given.get("database", ""),
            timezone=_timezone(given.get("timezone", "UTC")),
            settled_after=_seconds(given.get("settled_seconds", str(SETTLED_SECONDS))),
            reference=parse_address(given["reference"]) if "reference" in given else None,
            superuser=given.get("superuser", SUPERUSER),
        )


def _bucket(target: str, given: dict[str, str]) -> BucketAddress:
    query = urlencode({name: value for name, value in given.items() if name in OF_BUCKETS})
    return BucketAddress.from_url(f"{target}?{query}")


def require_adoptable(folder: Path) -> None:
    """Refuse what is not there, and what other tools keep there that is not drilled. Raises AdoptionFailed."""
    if not folder.is_dir():
        raise AdoptionFailed(f"The folder {folder} is not there. Check what is mounted.")
    if walg := list(folder.glob("basebackups_005/*_backup_stop_sentinel.json")):
        raise AdoptionFailed(f"{folder} holds {len(walg)} backups of WAL-G. {INSTEAD['wal-g']}")
    if servers := sorted({path.parent.parent.name for path in folder.glob("*/base/*") if path.is_dir()}):
        message = f"{folder} holds several servers of Barman. Name one of them, such as {folder / servers[0]}"
        raise AdoptionFailed(message)


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise AddressInvalid(f"The timezone {name} is not known; write one such as Europe/Berlin.") from None


def _seconds(text: str) -> timedelta:
    if not text.isdecimal():
        raise AddressInvalid("The settled_seconds in the connection URL is not a number of seconds.")
    return timedelta(seconds=int(text))
