"""Proofs of the drill as runs: by schedule or by hand, an alarm when the drill stops catching."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines.faults.proof import Proof
from apps.backups.exceptions import RunUnfinished
from apps.backups.models import Backup, ProofRun
from apps.common import runs
from apps.common.addresses import change_address
from apps.common.clock import Clock, now
from apps.common.runs import RunStatus
from apps.common.slots import IntervalSlots

from .proving import prove_drill
from .queueing import queue_run

FIRST_SLOT = datetime(2024, 1, 7, 4, tzinfo=UTC)  # a Sunday
HEALTHY_ROUNDS = 10
SENT_AGAIN_AFTER = timedelta(minutes=30)
TOLD = "backups.drill_database"


@transaction.atomic
def queue_proof(*, actor: Any = None, scheduled_for: datetime | None = None, at: datetime | None = None) -> ProofRun:
    """Add a proof of the drill. The caller sends the task. Raises RunUnfinished."""
    refusal = "The drill is being proven already. Wait until that run has ended."
    if ProofRun.objects.unfinished().exists():
        raise RunUnfinished(refusal)
    run = ProofRun(requested_by=actor, scheduled_for=scheduled_for)
    queue_run(run, action="proof.queued", at=at, refusal=refusal)
    return run


def prove_everything() -> Proof:
    """Every fault, and some healthy backups, of the sample."""
    return prove_drill(healthy_rounds=HEALTHY_ROUNDS)


def carry_out_proof(
    *,
    run: ProofRun,
    prove: Callable[[], Proof] = prove_everything,
    clock: Clock = now,
) -> bool:
    """Prove the drill and tell the operators when it does not hold. False means that another worker has the run."""
    is_mine = runs.carry_out(run, prove, lambda proof: _record(run, proof, clock()), clock=clock)
    if is_mine and run.status != RunStatus.SUCCEEDED:
        _tell(run, "The drill could not be proven", run.error, clock())
    return is_mine


def proofs_to_send(*, at: datetime) -> list[ProofRun]:
    """End the dead proofs, queue the one that is due, and return those that a worker should be told of."""
    runs.reap(ProofRun, at=at)
    due = _queue_due(at)
    long_ago = Q(sent_at__lt=at - SENT_AGAIN_AFTER) | Q(sent_at__gt=at + SENT_AGAIN_AFTER)
    waiting = ProofRun.objects.filter(long_ago, status=RunStatus.QUEUED)
    forgotten = [run for run in waiting if waiting.filter(pk=run.pk).update(sent_at=at)]
    return [*([due] if due else []), *forgotten]


def _queue_due(at: datetime) -> ProofRun | None:
    """The newest slot that is due. Where nothing was ever backed up, nothing needs a drill."""
    if not settings.DRILL_PROOF_DAYS:
        return None
    last = ProofRun.objects.filter(scheduled_for__lte=at).aggregate(last=Max("scheduled_for"))["last"]
    after = last or Backup.objects.order_by("finished_at").values_list("finished_at", flat=True).first()
    slots = IntervalSlots(starts_at=FIRST_SLOT, interval=timedelta(days=settings.DRILL_PROOF_DAYS))
    due = slots.due(after=after, until=at) if after else []
    if not due:
        return None
    try:
        return queue_proof(scheduled_for=due[-1], at=at)
    except RunUnfinished:  # somebody asked for one, or another beat was quicker
        return None


def _record(run: ProofRun, proof: Proof, at: datetime) -> dict[str, Any]:
    caught, missed = len(proof.outcomes) - len(proof.missed), len(proof.missed)
    if not proof.holds:
        names = ", ".join(outcome.id for outcome in proof.missed) or "none"
        text = f"Faults missed: {names}. False alarms: {len(proof.alarms)}. Until this is mended, drills prove less."
        _tell(run, "Drills do not catch what they must", text, at)
    audit.record(action="proof.finished", subject=run, details={"holds": proof.holds, "missed": missed})
    return {
        "holds": proof.holds,
        "caught": caught,
        "missed": missed,
        "healthy": proof.healthy,
        "false_alarms": len(proof.alarms),
        "matrix": proof.as_json(),
    }


def _tell(run: ProofRun, subject: str, text: str, at: datetime) -> None:
    notify(
        recipients=people_who_may(TOLD),
        key=f"proof:{run.pk}",
        subject=subject,
        text=text,
        path=change_address(run),
        at=at,
    )
