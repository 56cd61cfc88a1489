"""What retention makes of a database's backups: a look ahead without a trace, and the marks that follow from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines.freezing import FAILED_BACKUPS, FAILED_DRILLS, History, reason_to_freeze
from apps.backups.engines.retention import Candidate, Decision, decide
from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, Plan, RestoreRun, Schedule
from apps.common.runs import RunStatus

from .plans import plan_of

RPO_FACTOR, INTERVAL_FACTOR = 3, 2
ENDED = [RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.ERRORED]


@dataclass(frozen=True)
class Judged:
    """One backup with what becomes of it."""

    backup: Backup
    decision: Decision
    grace: timedelta

    @property
    def proof(self) -> str:
        """What drills know of it."""
        one = self.decision.candidate
        return "proven" if one.is_proven else "refuted" if one.is_refuted else "unverified"

    @property
    def goes_at(self) -> datetime | None:
        """When its grace is over; None while it is not let go."""
        asked_at = self.backup.removal_asked_at
        return asked_at + self.grace if asked_at else None

    @property
    def why(self) -> str:
        return "; ".join(self.decision.kept_by) or self.decision.goes_because


@dataclass(frozen=True)
class Outlook:
    """What would go now, and why everything else stays. Frozen, nothing goes."""

    plan: Plan
    judged: list[Judged]
    frozen_because: str

    @property
    def going(self) -> list[Judged]:
        """What is let go, or would be if nothing were frozen."""
        return [one for one in self.judged if not one.decision.stays]

    @property
    def unmarked(self) -> list[Judged]:
        """What would be let go by the next look."""
        return [one for one in self.going if one.goes_at is None]

    @property
    def staying(self) -> list[Judged]:
        return [one for one in self.judged if one.decision.stays]

    @property
    def kept_bytes(self) -> int:
        return sum(one.backup.size_bytes for one in self.staying)

    @property
    def freed_bytes(self) -> int:
        return sum(one.backup.size_bytes for one in self.going)


def look_ahead(*, database: Database, at: datetime) -> Outlook:
    """What retention would do now. Writes nothing but a plan where none was."""
    plan = plan_of(database)
    backups = {backup.pk: backup for backup in database.backups.stored().kept_here().defer("fingerprint")}
    candidates = _candidates(database, backups.values())
    decisions = decide(candidates, plan.policy, now=at)
    judged = [Judged(backups[one.candidate.identifier], one, plan.removal_grace) for one in decisions]
    return Outlook(plan, judged, reason_to_freeze(_history(database, candidates, at), now=at))


@transaction.atomic
def mark_backups(*, database: Database, at: datetime) -> Outlook:
    """Let go what no rule keeps, and take back what a rule keeps again. Nothing is removed yet."""
    plan_of(database)
    Plan.objects.select_for_update().get(database=database)  # two workers mark one after the other
    outlook = look_ahead(database=database, at=at)
    _note_frozen(outlook, at)
    if outlook.frozen_because:
        return outlook
    for one in outlook.judged:
        if one.decision.stays and one.backup.take_back():
            audit.record(action="backup.taken_back", subject=one.backup, details={"why": one.why})
        elif not one.decision.stays and one.backup.let_go(one.why, at=at):
            audit.record(action="backup.let_go", subject=one.backup, details={"why": one.why})
    return outlook


def _note_frozen(outlook: Outlook, at: datetime) -> None:
    plan, why = outlook.plan, outlook.frozen_because if outlook.going else ""
    if plan.frozen_because == why:
        return
    is_new = bool(why) and not plan.frozen_because
    Plan.objects.filter(pk=plan.pk).update(frozen_because=why)
    plan.frozen_because = why
    if is_new:
        notify(
            recipients=people_who_may("backups.change_plan"),
            key=f"retention-frozen:{plan.pk}:{at.isoformat()}",
            subject=f"No backup of {plan.database} is removed for now",
            text=why,
            path=f"/admin/backups/database/{plan.database_id}/retention/",
            at=at,
        )
    audit.record(action="retention.frozen" if why else "retention.resumed", subject=plan, details={"why": why})


def _candidates(database: Database, backups: Iterable[Backup]) -> list[Candidate]:
    stored = database.backups.stored()
    proven = set(stored.proven().values_list("pk", flat=True))
    refuted = set(stored.refuted().values_list("pk", flat=True))
    used = in_use(database)
    return [
        Candidate(
            identifier=backup.pk,
            snapshot_at=backup.snapshot_at,
            size_bytes=backup.size_bytes,
            is_proven=backup.pk in proven,
            is_refuted=backup.pk in refuted,
            is_in_use=backup.pk in used,
            held_until=backup.held_until,
            hold_reason=backup.hold_reason,
        )
        for backup in backups
    ]


def in_use(database: Database) -> set[int | None]:
    """What is being drilled or restored. A drill that has not chosen yet will take the newest."""
    drilled = set(DrillRun.objects.unfinished().filter(database=database).values_list("backup", flat=True))
    restored = RestoreRun.objects.unfinished().filter(backup__database=database).values_list("backup", flat=True)
    newest = database.backups.stored().newest_first().values_list("pk", flat=True).first()
    return drilled | set(restored) | ({newest} if None in drilled else set())


def _history(database: Database, candidates: list[Candidate], at: datetime) -> History:
    drills = DrillRun.objects.filter(database=database, status__in=ENDED).order_by("-finished_at", "-pk")
    backups = BackupRun.objects.filter(database=database, status__in=ENDED).order_by("-finished_at", "-pk")
    return History(
        drills_proven=[drill.verdict == DrillVerdict.PROVEN for drill in drills[:FAILED_DRILLS]],
        backups_succeeded=[run.status == RunStatus.SUCCEEDED for run in backups[:FAILED_BACKUPS]],
        proven_at=max((one.snapshot_at for one in candidates if one.is_proven), default=None),
        snapshots_at=sorted((one.snapshot_at for one in candidates), reverse=True),
        longest_unproven=longest_unproven(database, at),
    )


def longest_unproven(database: Database, at: datetime) -> timedelta:
    """How old the newest proven backup may be before nothing goes any more: by the objective, or by the schedules."""
    intervals = [one.slots.length_at(at) for one in Schedule.objects.active().filter(database=database)]
    return max([RPO_FACTOR * database.rpo_objective, *(INTERVAL_FACTOR * one for one in intervals if one)])
