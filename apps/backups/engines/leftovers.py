"""Tells whole backups in a listing from those that are not."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .manifest import MANIFEST_NAME
from .storage import Listed

# <database>/<queued>-<run>-<claim>, as BackupRun.storage_key writes it; after -r the re-encryption and its claim.
RUN_PREFIX = re.compile(r"(?P<of_run>[-\w]+/\d{8}T\d{6}Z-(?P<run>\d{1,18})-)\d{1,9}(-r\d{1,18}-\d{1,9})?")


@dataclass
class Group:
    """What a storage lists under one backup's prefix."""

    has_manifest: bool = False
    size_bytes: int = 0  # without the manifest
    newest_at: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def add(self, found: Listed) -> None:
        if found.key.endswith(f"/{MANIFEST_NAME}"):
            self.has_manifest = True
        else:
            self.size_bytes += found.size_bytes
        self.newest_at = max(self.newest_at, found.stored_at)


def group_by_prefix(listed: Iterable[Listed]) -> dict[str, Group]:
    """The listing, by the prefix of each backup."""
    groups: dict[str, Group] = defaultdict(Group)
    for found in listed:
        groups[found.key.rpartition("/")[0]].add(found)
    return dict(groups)
