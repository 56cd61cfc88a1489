"""What was taken, what was proven and what was not, of one database over a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.backups.engines.proof import instant, make_statement, within_objective
from apps.backups.engines.watching import proven_ages, quantile
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict

from .watching import ENDED, proofs_of


@dataclass(frozen=True)
class RestoreProof:
    """The drills and backups of a period, with how long the objective was met."""

    database: Database
    since: datetime
    until: datetime
    backups: Sequence[Backup]
    drills: Sequence[DrillRun]
    within_objective: float

    @property
    def proven(self) -> int:
        return sum(drill.verdict == DrillVerdict.PROVEN for drill in self.drills)

    @property
    def refuted(self) -> int:
        return sum(drill.verdict == DrillVerdict.FAILED for drill in self.drills)

    @property
    def undecided(self) -> int:
        """Drills that could not verify, or broke."""
        return len(self.drills) - self.proven - self.refuted

    @property
    def within_percent(self) -> float:
        """Cut, not rounded: what was missed for a moment is not 100 %."""
        return int(self.within_objective * 10_000) / 100

    @property
    def rto_p95(self) -> timedelta | None:
        seconds = quantile([drill.rto_seconds for drill in self.drills if drill.rto_seconds is not None], 0.95)
        return timedelta(seconds=seconds) if seconds is not None else None

    @property
    def statement(self) -> dict[str, Any]:
        """All of it as an in-toto Statement."""
        environment = self.database.environment
        return make_statement(
            backups=[_backup(backup) for backup in self.backups],
            predicate={
                "database": self.database.name,
                "service": environment.service.slug,
                "environment": environment.name,
                "from": instant(self.since),
                "until": instant(self.until),
                "objectives": {
                    "rpo_seconds": self.database.rpo_objective.total_seconds(),
                    "rto_seconds": self.database.rto_objective.total_seconds(),
                },
                "rpo_met_share": round(self.within_objective, 6),
                "rto_p95_seconds": self.rto_p95.total_seconds() if self.rto_p95 else None,
                "drills": [_drill(drill) for drill in self.drills],
            },
        )


def restore_proof(database: Database, *, since: datetime, until: datetime) -> RestoreProof:
    """The proof for the period. Drills count by when they ended, backups by the moment that they hold."""
    ended = DrillRun.objects.filter(database=database, status__in=ENDED, finished_at__range=(since, until))
    taken = Backup.objects.filter(database=database, snapshot_at__range=(since, until)).with_newest_verdict()
    ages = proven_ages(proofs_of(database, until), since=since, until=until)
    return RestoreProof(
        database=database,
        since=since,
        until=until,
        backups=list(taken.order_by("snapshot_at", "pk").defer("fingerprint")),
        drills=list(ended.select_related("backup", "requested_by").order_by("finished_at", "pk")),
        within_objective=within_objective(ages, database.rpo_objective),
    )


def _backup(backup: Any) -> dict[str, Any]:
    return {
        "id": backup.pk,
        "storage_key": backup.storage_key,
        "sha256": backup.sha256,
        "manifest_sha256": backup.manifest_sha256,
        "size_bytes": backup.size_bytes,
        "snapshot_at": instant(backup.snapshot_at),
        "engine": backup.engine,
        "server_version": backup.server_version,
        "tables": backup.tables,
        "rows": backup.rows,
        "recipients": backup.recipients,
        "verdict": backup.drilled_as,
        "removed_at": instant(backup.removed_at),
    }


def _drill(drill: DrillRun) -> dict[str, Any]:
    return {
        "id": drill.pk,
        "backup": drill.backup_id,
        "finished_at": instant(drill.finished_at),
        "outcome": drill.outcome,
        "findings": drill.findings,
        "rto_seconds": drill.rto_seconds,
        "stages": dict(drill.stage_rows),
        "asked_by": str(drill.requested_by) if drill.requested_by else None,
    }
