"""A run is a row before it is work: a killed process is seen, and a second delivery is harmless."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol, Self, TypeVar

import structlog
from django.db import connection, models, transaction
from django.db.models import F, Q

from apps.common.clock import Clock, now
from apps.common.exceptions import OperationError

logger = structlog.get_logger(__name__)
Result = TypeVar("Result")
AnyRun = TypeVar("AnyRun", bound="Run", covariant=True)

LEASE = timedelta(minutes=2)
FARTHEST_LEASE = timedelta(hours=1)  # a lease that ends later was given by a clock that has been set back since
UNEXPECTED_ERROR = "Unexpected error; the log has the details."
LEASE_RAN_OUT = "The worker that carried this out stopped without a word; the run was ended when its lease ran out."


class RunStatus(models.TextChoices):
    """How far a run is. The last four are ends."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"  # the tool or the world said no
    ERRORED = "errored", "Errored"  # our own code broke, or its process died
    MISSED = "missed", "Missed"  # a slot of the schedule that nobody was there to take


UNFINISHED = [RunStatus.QUEUED, RunStatus.RUNNING]


class RunQuerySet(models.QuerySet[AnyRun]):
    """Named filters of runs."""

    def unfinished(self) -> Self:
        """Queued or running."""
        return self.filter(status__in=UNFINISHED)

    def succeeded(self) -> Self:
        """Ended well."""
        return self.filter(status=RunStatus.SUCCEEDED)

    def overdue(self, at: datetime) -> Self:
        """Running, with a lease that ended before the instant, or ends beyond any: the worker is dead."""
        dead = Q(lease_expires_at__lt=at) | Q(lease_expires_at__gt=at + FARTHEST_LEASE)
        return self.filter(dead, status=RunStatus.RUNNING)


class Run(models.Model):
    """One attempt at an operation, kept whatever came of it."""

    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.QUEUED, editable=False)
    scheduled_for = models.DateTimeField("scheduled for", null=True, blank=True, editable=False)
    queued_at = models.DateTimeField("queued", default=now, editable=False)
    started_at = models.DateTimeField("started", null=True, blank=True, editable=False)
    finished_at = models.DateTimeField("finished", null=True, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts the claims; an old holder's writes are refused."
    )
    error = models.TextField(blank=True, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-queued_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=UNFINISHED, finished_at__isnull=True)
                | (~Q(status__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="%(app_label)s_%(class)s_finished_when_ended",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.RUNNING) | Q(lease_expires_at__isnull=False, started_at__isnull=False),
                name="%(app_label)s_%(class)s_running_has_lease",
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED

    @property
    def duration(self) -> timedelta | None:
        """From the start to the end, by the wall clock."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None

    def claim(self, *, at: datetime) -> bool:
        """Take the queued run. False means that another worker has it, or had it."""
        queued = type(self).objects.filter(pk=self.pk, status=RunStatus.QUEUED)
        claimed = queued.update(
            status=RunStatus.RUNNING, started_at=at, lease_expires_at=at + LEASE, fence=F("fence") + 1
        )
        self.refresh_from_db()
        return claimed == 1

    def renew(self, *, at: datetime) -> bool:
        """Extend the lease. False means that the run is no longer this worker's."""
        return self._mine().update(lease_expires_at=at + LEASE) == 1

    def give_back(self) -> bool:
        """Queue the run again, if it is still this worker's."""
        given = self._mine().update(status=RunStatus.QUEUED, started_at=None, lease_expires_at=None)
        self.refresh_from_db()
        return given == 1

    def finish(self, status: RunStatus, *, at: datetime, error: str = "", **fields: Any) -> bool:
        """End the run, if it is still this worker's."""
        ended = self._mine().update(status=status, finished_at=at, lease_expires_at=None, error=error, **fields)
        self.refresh_from_db()
        return ended == 1

    def _mine(self) -> models.QuerySet:
        return type(self).objects.filter(pk=self.pk, status=RunStatus.RUNNING, fence=self.fence)


class LeaseLost(OperationError):
    """The run was ended by somebody else while the work went on; its result does not count."""


def carry_out(
    run: Run,
    work: Callable[[], Result],
    record: Callable[[Result], Mapping[str, Any]] = lambda result: {},
    *,
    clock: Clock = now,
) -> bool:
    """Claim the run, do the work under a renewed lease, and record how it ended, whatever it is.

    `record` gets what the work returned, in the same transaction as the end of the run, and returns the run's
    own fields. False means that another worker has the run. Errors other than OperationError are raised again.
    A worker that is told to stop gives the run back, to be carried out from its beginning by another.
    """
    if not run.claim(at=clock()):
        return False
    log = logger.bind(run=f"{run._meta.label_lower}:{run.pk}")
    try:
        with renewed_lease(run, clock=clock):
            result = work()
        with transaction.atomic():
            if not run.finish(RunStatus.SUCCEEDED, at=clock(), **record(result)):
                raise LeaseLost("The run was ended while its work went on, so the result was dropped.")
    except OperationError as error:
        log.warning("run_failed", error=error.message)
        run.finish(RunStatus.FAILED, at=clock(), error=error.message)
    except (SystemExit, KeyboardInterrupt):
        log.warning("run_given_back")
        run.give_back()
        raise
    except BaseException:
        log.exception("run_errored")
        run.finish(RunStatus.ERRORED, at=clock(), error=UNEXPECTED_ERROR)
        raise
    return True


class Leased(Protocol):
    """What one worker has for a while, and may ask to keep."""

    pk: Any

    def renew(self, *, at: datetime) -> bool:
        """Extend the lease. False means that it is no longer this worker's."""


@contextmanager
def renewed_lease(run: Leased, *, clock: Clock = now) -> Iterator[None]:
    """Renew the lease from a thread until the block ends."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(LEASE.total_seconds() / 4):
            try:
                if not run.renew(at=clock()):
                    logger.error("lease_lost", run=run.pk)
            except Exception:  # the database may be gone for a while; the next renewal tries again
                logger.exception("lease_not_renewed", run=run.pk)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def reap(model: type[Run], *, at: datetime) -> int:
    """End the runs whose worker died, and return how many there were."""
    return model.objects.overdue(at).update(
        status=RunStatus.ERRORED, finished_at=at, lease_expires_at=None, error=LEASE_RAN_OUT
    )
