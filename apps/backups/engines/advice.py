"""What to do about each finding, and findings as they are kept and shown."""

from collections.abc import Iterable
from typing import Any

from . import findings
from .findings import Finding

TAKE_ANOTHER = "Take another backup now, drill it, and find out what changed the stored one."
ASK_THE_DUMP = "Take another backup and drill it. If it is found again, the dump tool or the source is at fault."
LOOK_AT_WORKER = "Nothing is known of the backup. Mend the worker, then drill again."

ADVICE = {
    findings.MANIFEST_MISSING: TAKE_ANOTHER,
    findings.MANIFEST_UNREADABLE: TAKE_ANOTHER,
    findings.MANIFEST_DIFFERS: TAKE_ANOTHER,
    findings.ARTEFACT_MISSING: TAKE_ANOTHER,
    findings.ARTEFACT_TRUNCATED: TAKE_ANOTHER,
    findings.ARTEFACT_CHECKSUM_DIFFERS: TAKE_ANOTHER,
    findings.ARTEFACT_UNREADABLE: TAKE_ANOTHER,
    findings.RESTORE_FAILED: ASK_THE_DUMP,
    findings.CONSTRAINT_VIOLATED: "Correct the rows in the source; until then no dump of it restores.",
    findings.ENCODING_DIFFERS: ASK_THE_DUMP,
    findings.COLLATION_DIFFERS: ASK_THE_DUMP,
    findings.EXTENSION_MISSING: ASK_THE_DUMP,
    findings.TABLE_MISSING: ASK_THE_DUMP,
    findings.OBJECT_MISSING: "Let the backup's user see it (subscriptions need a superuser), then take another backup.",
    findings.OBJECT_UNEXPECTED: ASK_THE_DUMP,
    findings.OWNER_DIFFERS: ASK_THE_DUMP,
    findings.PRIVILEGES_DIFFER: ASK_THE_DUMP,
    findings.SCHEMA_DIFFERS: ASK_THE_DUMP,
    findings.ROLE_MISSING: ASK_THE_DUMP,
    findings.ROLE_DIFFERS: ASK_THE_DUMP,
    findings.ROW_COUNT_DIFFERS: ASK_THE_DUMP,
    findings.CONTENT_DIFFERS: ASK_THE_DUMP,
    findings.SEQUENCE_BEHIND: "Do not restore this without setting the sequence. Update pg_dump, take another backup.",
    findings.SEQUENCE_AHEAD: ASK_THE_DUMP,
    findings.LARGE_OBJECTS_DIFFER: ASK_THE_DUMP,
    findings.INTEGRITY_FAILED: "Run PRAGMA integrity_check on the source: it may be damaged there too.",
    findings.INDEX_CORRUPT: "REINDEX the index in the source, and look for what broke it: memory, disk, or a new libc.",
    findings.HEAP_CORRUPT: "Check the worker's memory and disk, then drill again.",
    findings.CHECK_FAILED: "Look at the data: either it is wrong, or what the check expects has changed.",
    findings.PAGE_CHECKSUM_INVALID: "Look for what broke the source's disk; restore the pages from an older backup.",
    findings.REPOSITORY_DAMAGED: "Take a full backup now: incremental ones lean on the damaged files.",
    findings.WAL_MISSING: "Take a full backup now, and find why the archive has a gap: archive_command, its disk.",
    findings.TARGET_NOT_REACHED: "Look at archive_command on the source: what came later is not in the archive.",
    findings.TARGET_OVERSHOT: "Check the clocks of the source and of this machine, and the time zone of the target.",
    findings.TARGET_BEFORE_OLDEST_BACKUP: "Choose a later time, or keep backups longer: repo1-retention-full.",
    findings.INSTANT_NOT_EXACT: "Take the next backup when fewer transactions commit, and drill that one.",
    findings.NOTHING_TO_COMPARE: "Add a check, or name a reference database: a restore without an error proves little.",
    findings.TOOL_MISSING: "Install the tool that the message names on the worker.",
    findings.ROLES_MADE_UP: "Keep the roles too: pg_dumpall --roles-only --no-role-passwords.",
    findings.SERVER_MISSING: "Install the PostgreSQL programs that the message names on the worker.",
    findings.SERVER_FAILED: LOOK_AT_WORKER,
    findings.DISK_TOO_SMALL: "Free space on the worker, or point TMPDIR to a larger disk.",
    findings.DISK_BUDGET_EXCEEDED: "Raise DRILL_DISK_BUDGET_BYTES, or give the worker a larger disk.",
    findings.KEY_MISSING: "Find the identity of one of the keys, and try it: manage.py drill --identity-file PATH",
    findings.STORAGE_UNREADABLE: "Check the storage and its credentials, then drill again.",
    findings.EXTENSION_NOT_INSTALLED_HERE: "Install the extension's package on the worker.",
    findings.LOCALE_NOT_INSTALLED_HERE: "Install the locale on the worker.",
    findings.TIME_LIMIT_REACHED: "Give drills of this database a faster worker or a longer time limit.",
    findings.CLOCK_SKEWED: "Set the clocks of the worker and of the source by NTP, then drill again.",
    findings.DRILL_BROKEN: LOOK_AT_WORKER,
    findings.EXTENSION_VERSION_DIFFERS: "Install the source's version on the worker to drill what production runs.",
    findings.COLLATION_VERSION_DIFFERS: "A restore sorts by the restoring server's rules; its indexes are built anew.",
    findings.INDEX_CHECK_SKIPPED: "Install the amcheck extension for the PostgreSQL that drills use.",
    findings.NETWORK_NOT_ISOLATED: "Allow user namespaces on the worker, so that a drill has a network of its own.",
    findings.CHECKS_NOT_RUN: "Remove the checks, or ask for them where the engine runs them.",
    findings.SEQUENCE_BEHIND_DATA: "Set the sequence above the largest value with setval(), before an insert fails.",
    findings.INDEX_INVALID: "DROP and CREATE the index again: no dump carries it, and the planner does not use it.",
    findings.UNLOGGED_NOT_DUMPED: "Back up the primary where rows of unlogged tables matter.",
    findings.SOURCE_CHANGED: "Check the connection URL: it leads to another database than last time.",
    findings.SOURCE_STALE: "Mend the replication, or back up the primary.",
    findings.SOURCE_IS_STANDBY: "Nothing, if a standby is what you meant to back up.",
    findings.TABLE_NOT_TRANSACTIONAL: "ALTER TABLE … ENGINE=InnoDB, so that a snapshot holds the table still.",
    findings.CONTENT_UNSETTLED: "GRANT RELOAD ON *.* to the backup's user: then commits wait while the dump begins.",
    findings.PATH_ESCAPES: "Restore nothing of it by hand. Find out who could write to the storage.",
    findings.FILES_VANISHED: "Nothing, if files come and go there.",
    findings.FILES_LEFT_OUT: "Nothing: programs make them anew.",
    findings.PRIVILEGES_NOT_READ: "GRANT SELECT ON mysql.* to the backup's user.",
    findings.CONTENT_SAMPLED: "Raise BACKUP_SAMPLE_ABOVE_BYTES to compare every row of larger tables.",
}


def as_rows(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as rows keep them: with how severe they are and what to do."""
    return [
        {
            "id": finding.id,
            "message": finding.message,
            "severity": finding.severity.value,
            "advice": ADVICE.get(finding.id, ""),
        }
        for finding in found
    ]
