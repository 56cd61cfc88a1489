"""What a drill can find. The ids are a promise: people and scripts match on them."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a drill says of a backup. A drill that could not look has not proven anything."""

    PROVEN = "proven"
    FAILED = "failed"
    COULD_NOT_VERIFY = "could_not_verify"


class Severity(StrEnum):
    """Whether a finding decides the verdict. A warning is worth knowing, and never refutes a backup."""

    REFUTES = "refutes"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with a stable id and a sentence for a person."""

    id: str
    message: str

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.id in WARNINGS else Severity.REFUTES


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
CONSTRAINT_VIOLATED = "constraint-violated"
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
ROLE_MISSING = "role-missing"
ROLE_DIFFERS = "role-differs"
ROW_COUNT_DIFFERS = "row-count-differs"
CONTENT_DIFFERS = "content-differs"
SEQUENCE_BEHIND = "sequence-behind"
SEQUENCE_AHEAD = "sequence-ahead"
LARGE_OBJECTS_DIFFER = "large-objects-differ"
INTEGRITY_FAILED = "integrity-failed"
PATH_ESCAPES = "path-escapes"
# The restored database, looked at by itself.
INDEX_CORRUPT = "index-corrupt"
HEAP_CORRUPT = "heap-corrupt"
CHECK_FAILED = "check-failed"
# A physical backup, and its write-ahead log.
PAGE_CHECKSUM_INVALID = "page-checksum-invalid"
REPOSITORY_DAMAGED = "repository-damaged"
WAL_MISSING = "wal-missing"
TARGET_NOT_REACHED = "target-not-reached"
TARGET_OVERSHOT = "target-overshot"
TARGET_BEFORE_OLDEST_BACKUP = "target-before-oldest-backup"
# Why nothing could be said.
KEY_MISSING = "key-missing"
INSTANT_NOT_EXACT = "instant-not-exact"
NOTHING_TO_COMPARE = "nothing-to-compare"
TOOL_MISSING = "tool-missing"
ENGINE_UNKNOWN = "engine-unknown"
SERVER_MISSING = "server-missing"
SERVER_FAILED = "server-failed"
DISK_TOO_SMALL = "disk-too-small"
DISK_BUDGET_EXCEEDED = "disk-budget-exceeded"
STORAGE_UNREADABLE = "storage-unreadable"
EXTENSION_NOT_INSTALLED_HERE = "extension-not-installed-here"
LOCALE_NOT_INSTALLED_HERE = "locale-not-installed-here"
TIME_LIMIT_REACHED = "time-limit-reached"
CLOCK_SKEWED = "clock-skewed"
DRILL_BROKEN = "drill-broken"
# Worth knowing, of a restore.
EXTENSION_VERSION_DIFFERS = "extension-version-differs"
COLLATION_VERSION_DIFFERS = "collation-version-differs"
INDEX_CHECK_SKIPPED = "index-check-skipped"
NETWORK_NOT_ISOLATED = "network-not-isolated"
CHECKS_NOT_RUN = "checks-not-run"
CONTENT_SAMPLED = "content-sampled"
ROLES_MADE_UP = "roles-made-up"
# Worth knowing, of a backup.
SEQUENCE_BEHIND_DATA = "sequence-behind-data"
INDEX_INVALID = "index-invalid"
UNLOGGED_NOT_DUMPED = "unlogged-not-dumped"
SOURCE_CHANGED = "source-changed"
SOURCE_STALE = "source-stale"
SOURCE_IS_STANDBY = "source-is-standby"
TABLE_NOT_TRANSACTIONAL = "table-not-transactional"
CONTENT_UNSETTLED = "content-unsettled"
PRIVILEGES_NOT_READ = "privileges-not-read"
FILES_VANISHED = "files-vanished"
FILES_LEFT_OUT = "files-left-out"

WARNINGS = frozenset(
    {
        EXTENSION_VERSION_DIFFERS,
        COLLATION_VERSION_DIFFERS,
        INDEX_CHECK_SKIPPED,
        NETWORK_NOT_ISOLATED,
        CHECKS_NOT_RUN,
        CONTENT_SAMPLED,
        ROLES_MADE_UP,
        SEQUENCE_BEHIND_DATA,
        INDEX_INVALID,
        UNLOGGED_NOT_DUMPED,
        SOURCE_CHANGED,
        SOURCE_STALE,
        SOURCE_IS_STANDBY,
        TABLE_NOT_TRANSACTIONAL,
        CONTENT_UNSETTLED,
        PRIVILEGES_NOT_READ,
        FILES_VANISHED,
        FILES_LEFT_OUT,
    }
)
