"""Failure modes that no copy of a backup can show: why, and which tests show them."""

from .fault import CaughtBy, OutOfReach

BACKUP, DRILL, MONITOR = CaughtBy.BACKUP, CaughtBy.DRILL, CaughtBy.MONITOR
KILLED = "tests/backups/test_killed.py"
SERVICES = "tests/backups/test_services.py"
SCHEDULES = "tests/backups/test_schedules.py"
RETENTION = "tests/backups/test_retention.py"
S3 = "tests/backups/test_s3.py"
CUSTODY = "tests/backups/test_custody.py"
VERIFIERS = "tests/backups/test_verifiers.py"

OUT_OF_REACH: tuple[OutOfReach, ...] = (
    OutOfReach(
        "killed-upload", 11, "The worker is killed while it uploads.",
        "It concerns the worker, not a copy: there is no manifest, so there is no backup.", MONITOR, KILLED,
    ),
    OutOfReach(
        "killed-before-commit", 12, "The worker dies after the upload, before its row is written.",
        "It concerns the worker, not a copy: what is not listed is swept.", MONITOR, KILLED,
    ),
    OutOfReach(
        "two-runs", 13, "Two backups of one database run at once.",
        "A constraint of the database refuses the second.", BACKUP, SERVICES,
    ),
    OutOfReach(
        "delivered-twice", 14, "A task is delivered twice.",
        "A run is claimed once, so the second delivery does nothing.",
        BACKUP, "tests/backups/test_racing.py",
    ),
    OutOfReach(
        "password-prompt", 16, "A program waits for a password.",
        "No program has a terminal or a prompt; a wrong password is the fault changed-password.", BACKUP,
        "tests/backups/test_backup.py",
    ),
    OutOfReach(
        "extension-tables", 29, "Tables that belong to an extension lose what was configured in them.",
        "None of the installed extensions keeps any.", DRILL,
    ),
    OutOfReach(
        "database-never-added", 31, "A database of the server was never added.",
        "There is no backup to drill; discovery compares the server with the plans.", MONITOR,
    ),
    OutOfReach(
        "server-too-new", 32, "The server is newer than every installed pg_dump.",
        "It takes a server that is newer than the installed tools.",
        BACKUP, "tests/common/test_postgresql.py",
    ),
    OutOfReach(
        "dump-too-new", 33, "The dump is newer than the server that restores it.",
        "The drill chooses a server at least as new as the tool that dumped.",
        DRILL, "tests/backups/test_drill.py",
    ),
    OutOfReach(
        "acts-on-production", 40, "The restored database acts on production: archives, dials, subscribes.",
        "It is prevented instead: no network, no archiving, no subscription in the throwaway server.",
        DRILL, "tests/backups/test_drill_depth.py",
    ),
    OutOfReach(
        "corrupt-index", 42, "An index of the source is corrupt.",
        "A dump holds no index pages: the restore builds each index anew, and amcheck reads it.",
        DRILL, "tests/backups/test_drill_depth.py",
    ),
    OutOfReach(
        "encrypted-source", 45, "Ransomware encrypted the source itself.",
        "The restored data equals the source's, so the drill is right: canary checks and anomalies see it.",
        MONITOR, "tests/backups/test_watching.py",
    ),
    OutOfReach("one-recipient", 48, "One key alone decrypts.", "It is a warning of key custody.", MONITOR, CUSTODY),
    OutOfReach(
        "key-in-the-backup", 49, "The key is kept in the database that it encrypts.",
        "Only a custody drill, with the escrowed key alone, tells.", MONITOR, CUSTODY,
    ),
    OutOfReach(
        "may-delete", 53, "The credential may delete what was promised to stay.",
        "The storage's own check asks the bucket.", MONITOR, S3,
    ),
    OutOfReach(
        "expired-certificate", 54, "The bucket's certificate expired.",
        "It takes a server with a certificate of its own.", BACKUP, "tests/backups/test_bad_days.py",
    ),
    OutOfReach(
        "pruned-last-proven", 55, "Retention removes the last proven backup.",
        "It concerns the list of backups, not one of them.", MONITOR, RETENTION,
    ),
    OutOfReach(
        "pruning-unreachable", 56, "The disk is full, so nothing is pruned, so it stays full.",
        "Retention runs by itself and needs no room.", MONITOR, RETENTION,
    ),
    OutOfReach(
        "failed-counted", 57, "Failed backups count as copies.",
        "Only a published manifest makes a backup, and only proven ones fill the floor.", MONITOR, RETENTION,
    ),
    OutOfReach(
        "removal-failed", 58, "The storage keeps what the list says was removed.",
        "Each copy is removed in two phases and asked for again.", MONITOR, SERVICES,
    ),
    OutOfReach(
        "summer-time", 59, "A clock or summer time makes backups look newer or older.",
        "Every instant is UTC; a wrong clock is the fault clock-set-back.", MONITOR, SCHEDULES,
    ),
    OutOfReach(
        "missed-slot", 60, "A slot passed while the scheduler was down.",
        "It concerns the schedule, not a copy.", MONITOR, SCHEDULES,
    ),
    OutOfReach(
        "cancelled-silently", 61, "A schedule ended without a word.",
        "The newest backup's age tells, whatever the schedule says.", MONITOR, VERIFIERS,
    ),
    OutOfReach(
        "pruned-in-progress", 62, "A backup that is being written or drilled is pruned.",
        "It concerns the list of backups, not one of them.", MONITOR, RETENTION,
    ),
    OutOfReach(
        "skipped-drill", 63, "A drill that did not run is shown as green.",
        "There is no report then; a run without a verdict is never green.", MONITOR, VERIFIERS,
    ),
    OutOfReach(
        "always-the-same", 65, "The drill always passes, or always fails.",
        "It is this proof as a whole: faults that must be caught, healthy backups that must be proven.", DRILL,
        "tests/backups/test_prove_drill.py",
    ),
    OutOfReach(
        "drilled-an-old-one", 66, "An old backup is drilled in place of the newest.",
        "It concerns the choice among backups: by instant, not by name.", DRILL, SERVICES,
    ),
    OutOfReach(
        "left-over", 67, "A drill leaves servers or folders behind.",
        "It is looked at after the drill.", DRILL, "tests/backups/test_drill.py",
    ),
    OutOfReach(
        "shared-folder", 68, "Two drills share a port or a folder.",
        "Each has a private folder and no port; this proof runs two at a time.",
        DRILL, "tests/backups/test_prove_drill.py",
    ),
    OutOfReach(
        "starved-production", 69, "A drill takes the machine from production.",
        "It is prevented instead: lower priority, a disk budget and a time limit.",
        DRILL, "tests/backups/test_drill_depth.py",
    ),
    OutOfReach(
        "slow-recovery", 70, "Recovery takes longer than its objective.",
        "It is measured, and judged against the objective of the database.", MONITOR, VERIFIERS,
    ),
    OutOfReach(
        "old-data", 71, "The newest proven backup is older than its objective.",
        "It is measured, and judged against the objective of the database.", MONITOR, VERIFIERS,
    ),
    OutOfReach(
        "altered-evidence", 72, "The evidence of a drill is altered later.",
        "It concerns the audit chain and the signed export.",
        MONITOR, "tests/audit/test_chain.py",
    ),
    OutOfReach(
        "point-not-reached", 73, "A recovery to a point in time stops elsewhere.",
        "It takes a write-ahead log: pgBackRest's drills look at both sides of the target.",
        DRILL, "tests/backups/test_pgbackrest.py",
    ),
)  # fmt: skip
