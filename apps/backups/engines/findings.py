"""What a drill can find. The ids are a promise: people and scripts match on them."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a drill says of a backup. A drill that could not look has not proven anything."""

    PROVEN = "proven"
    FAILED = "failed"
    COULD_NOT_VERIFY = "could_not_verify"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with a stable id and a sentence for a person."""

    id: str
    message: str


# The stored bytes.
MANIFEST_MISSING = "manifest-missing"
MANIFEST_UNREADABLE = "manifest-unreadable"
MANIFEST_DIFFERS = "manifest-differs"
ARTEFACT_MISSING = "artefact-missing"
ARTEFACT_TRUNCATED = "artefact-truncated"
ARTEFACT_CHECKSUM_DIFFERS = "artefact-checksum-differs"
ARTEFACT_UNREADABLE = "artefact-unreadable"
# The restore.
RESTORE_FAILED = "restore-failed"
# The restored database, against the fingerprint of the source.
ENCODING_DIFFERS = "encoding-differs"
COLLATION_DIFFERS = "collation-differs"
EXTENSION_MISSING = "extension-missing"
TABLE_MISSING = "table-missing"
OBJECT_MISSING = "object-missing"
OBJECT_UNEXPECTED = "object-unexpected"
OWNER_DIFFERS = "owner-differs"
PRIVILEGES_DIFFER = "privileges-differ"
SCHEMA_DIFFERS = "schema-differs"
ROW_COUNT_DIFFERS = "row-count-differs"
CONTENT_DIFFERS = "content-differs"
SEQUENCE_BEHIND = "sequence-behind"
SEQUENCE_AHEAD = "sequence-ahead"
LARGE_OBJECTS_DIFFER = "large-objects-differ"
INTEGRITY_FAILED = "integrity-failed"
# Why nothing could be said.
ENGINE_UNKNOWN = "engine-unknown"
SERVER_MISSING = "server-missing"
SERVER_FAILED = "server-failed"
DISK_TOO_SMALL = "disk-too-small"
STORAGE_UNREADABLE = "storage-unreadable"
EXTENSION_NOT_INSTALLED_HERE = "extension-not-installed-here"
LOCALE_NOT_INSTALLED_HERE = "locale-not-installed-here"
TIME_LIMIT_REACHED = "time-limit-reached"
DRILL_BROKEN = "drill-broken"
