"""Backups run."""

from datetime import timedelta

from apps.backups import selectors
from apps.backups.models import Backup
from apps.backups.services.observing import RECENT
from apps.common.wording import size_in_words
from apps.evidence.contract import Context, NothingYet, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register

from .subjects import BYTES, COUNT, PARAMETERS, SECONDS, counted, databases_in
from .wording import suggestion_from


class Recent(Verifier):
    """Backups run, and the newest is young."""

    key = RECENT
    title = "Backups run"
    description = (
        "Every database of the environment has a finished backup. It goes stale by itself when no new one comes."
    )
    facts_schema = {
        "type": "object",
        "properties": {
            "databases": COUNT,
            "without_backup": COUNT,
            "tables": COUNT,
            "rows": COUNT,
            "size_bytes": BYTES,
            "duration_seconds": SECONDS,
        },
        "required": ["databases", "without_backup"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "without_backup", "operator": "==", "value": 0}
    default_ttl = timedelta(hours=26)
    longest_ttl = timedelta(days=8)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = databases_in(context, parameters)
        newest = [backup for one in databases if (backup := selectors.protection_of(one).newest)]
        if not newest:
            raise NothingYet("No backup has been taken yet. Press “Back up now”, or wait for the schedule.")
        oldest = min(newest, key=lambda backup: backup.snapshot_at)
        return Observation(
            facts={
                "databases": len(databases),
                "without_backup": len(databases) - len(newest),
                "tables": sum(backup.tables for backup in newest),
                "rows": sum(backup.rows for backup in newest),
                "size_bytes": sum(backup.size_bytes for backup in newest),
                "duration_seconds": sum(_seconds(backup) for backup in newest),
            },
            observed_at=oldest.snapshot_at,
            subject=f"backup {oldest.pk} of {oldest.database}",
            summary=f"{counted(databases)} backed up, {size_in_words(sum(one.size_bytes for one in newest))}",
            source=f"/admin/backups/backup/{oldest.pk}/change/",
        )

    def suggest(self, text: str) -> Suggestion | None:
        return suggestion_from(
            text,
            r"\b(?:daily|nightly|hourly|weekly|regular|automated|automatic|scheduled)\b[^.;]{0,30}\bback-?ups?\b",
            r"\bback-?ups?\b[^.;]{0,40}\b(?:automated|automatic|scheduled|daily|nightly|hourly|every \w+)\b",
        )


def _seconds(backup: Backup) -> float:
    duration = backup.run.duration
    return round(duration.total_seconds(), 3) if duration else 0.0


register(Recent())
