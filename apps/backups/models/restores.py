"""Restores that people ask for: a backup into something new, never over what is there."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from apps.backups.engines.destinations import Destination
from apps.backups.engines.register import engine_named
from apps.backups.exceptions import BackupError
from apps.common.clock import now
from apps.common.runs import UNFINISHED, Run, RunQuerySet, RunStatus

from .backups import Backup
from .databases import Database

LONGEST_NAME = 500


class RestoreRunQuerySet(RunQuerySet["RestoreRun"]):
    """Named filters of restores."""

    def waiting_for_approval(self) -> Self:
        return self.filter(status=RunStatus.QUEUED, needs_approval=True, approved_at__isnull=True)

    def ready(self) -> Self:
        """Queued, and approved where that is needed."""
        return self.filter(Q(needs_approval=False) | Q(approved_at__isnull=False), status=RunStatus.QUEUED)


class RestoreRun(Run):
    """One restore of one backup into a database, a file or a folder that did not exist before."""

    backup = models.ForeignKey(Backup, models.PROTECT, related_name="restores")
    server = models.ForeignKey(
        Database,
        models.PROTECT,
        related_name="restores_beside",
        help_text="A new database is made on its server. Of what becomes a file or a folder: the backup's own.",
    )
    new_name = models.CharField(
        "into", max_length=LONGEST_NAME, help_text="The name or the path of what is made. Nothing is there yet."
    )
    parts = models.JSONField(default=list, blank=True, help_text="Only these tables, or paths. Empty: everything.")
    with_owners = models.BooleanField("owners and privileges too", default=True)
    target_at = models.DateTimeField(
        "as of", null=True, blank=True, help_text="The moment to recover to. Empty: that of the backup."
    )
    reason = models.TextField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    needs_approval = models.BooleanField(default=False, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField("approved", null=True, blank=True, editable=False)
    sent_at = models.DateTimeField("sent to a worker", null=True, editable=False)
    stages = models.JSONField(default=list, blank=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    done_items = models.PositiveBigIntegerField("done", default=0, editable=False)
    total_items = models.PositiveBigIntegerField("of", null=True, editable=False)
    outcome = models.TextField("what came of it", blank=True, editable=False)

    objects: ClassVar = RestoreRunQuerySet.as_manager()

    class Meta(Run.Meta):
        verbose_name = "restore"
        permissions = [("approve_restorerun", "Can approve a restore into production")]
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(
                fields=["server", "new_name"],
                condition=Q(status__in=UNFINISHED),
                name="backups_one_restore_into_a_name",
            ),
            models.CheckConstraint(
                condition=Q(needs_approval=False)
                | Q(approved_at__isnull=False)
                | ~Q(status__in=["running", "succeeded"]),
                name="backups_restore_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="backups_restore_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"Restore {self.pk} of {self.backup.database} into {self.new_name}"

    @property
    def mark(self) -> str:
        """What it bears while it is half made, so that nothing else is ever removed."""
        return f"seaworthy restore {self.pk}, claim {self.fence}"

    @property
    def destination(self) -> Destination:
        """What the backup's engine makes of it."""
        return engine_named(self.backup.engine).destination

    @property
    def is_on_a_server(self) -> bool:
        """Whether a database is made; files and folders are made on the worker."""
        return bool(self.destination.server_engine)

    @property
    def waits_for_approval(self) -> bool:
        return self.status == RunStatus.QUEUED and self.needs_approval and self.approved_at is None

    @property
    def percent(self) -> int | None:
        """How much of it is done, once that is known."""
        return min(99, 100 * self.done_items // self.total_items) if self.total_items else None

    @property
    def stage_rows(self) -> list[tuple[str, float]]:
        """Each stage with its seconds, in the order in which they happened."""
        return [(str(name), float(seconds)) for name, seconds in self.stages]

    def approve(self, *, by: Any, at: Any) -> bool:
        """Let it run. False: it was decided before, or by the one who asked."""
        waiting = RestoreRun.objects.waiting_for_approval().filter(pk=self.pk).exclude(requested_by=by)
        approved = waiting.update(approved_by=by, approved_at=at, sent_at=at)
        self.refresh_from_db()
        return approved == 1

    def refuse(self, *, at: Any, error: str) -> bool:
        """End it before it begins. False: it was decided before."""
        waiting = RestoreRun.objects.waiting_for_approval().filter(pk=self.pk)
        refused = waiting.update(status=RunStatus.FAILED, finished_at=at, error=error)
        self.refresh_from_db()
        return refused == 1

    def clean(self) -> None:
        """Refuse what the backup's engine could not make."""
        try:
            self.destination.check(self.new_name)
        except BackupError as error:
            raise ValidationError({"new_name": error.message}) from error
        if message := self._cannot_be():
            raise ValidationError(message)

    def _cannot_be(self) -> dict[str, str]:
        """What this kind of restore has no use for, or lacks, by its field."""
        wanted = self.destination
        if wanted.server_engine and self.server.engine != wanted.server_engine:
            return {"server": f"Choose a database of the engine {wanted.server_engine}: it is made on its server."}
        if not wanted.server_engine and self.server != self.backup.database:
            return {"server": f"The {wanted.noun} is made on the worker. Leave the server out."}
        if self.parts and not wanted.parts_help:
            return {"parts": "Backups of this engine are restored whole."}
        if self.target_at and not wanted.reaches_instants:
            return {"target_at": "Backups of this engine hold one moment only. Leave the time out."}
        if self.target_at and self.target_at > now():
            return {"target_at": "The moment lies ahead. Choose one that has passed."}
        return {}
